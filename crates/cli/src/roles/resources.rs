//! The resources that every cluster of Kubernetes 1.37 has, by group: a name without its group means these, as it
//! does for kubectl.

/// Group and resources.
#[rustfmt::skip]
const BUILT_IN: [(&str, &[&str]); 21] = [
    (
        "",
        &[
            "bindings", "componentstatuses", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes",
            "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "replicationcontrollers",
            "resourcequotas", "secrets", "serviceaccounts", "services",
            // No objects, but verbs: impersonate.
            "users", "groups", "uids", "userextras",
        ],
    ),
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("batch", &["cronjobs", "jobs"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("policy", &["poddisruptionbudgets"]),
    ("networking.k8s.io", &["ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"]),
    ("rbac.authorization.k8s.io", &["clusterrolebindings", "clusterroles", "rolebindings", "roles"]),
    (
        "storage.k8s.io",
        &[
            "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
            "volumeattributesclasses",
        ],
    ),
    ("scheduling.k8s.io", &["priorityclasses"]),
    ("node.k8s.io", &["runtimeclasses"]),
    ("coordination.k8s.io", &["leases", "leasecandidates"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("certificates.k8s.io", &["certificatesigningrequests", "clustertrustbundles", "podcertificaterequests"]),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
            "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
        ],
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("authentication.k8s.io", &["selfsubjectreviews", "tokenreviews"]),
    (
        "authorization.k8s.io",
        &["localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"],
    ),
    ("flowcontrol.apiserver.k8s.io", &["flowschemas", "prioritylevelconfigurations"]),
    ("resource.k8s.io", &["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"]),
    ("internal.apiserver.k8s.io", &["storageversions"]),
];

/// Those that are in no namespace.
#[rustfmt::skip]
const OF_THE_CLUSTER: [&str; 34] = [
    "componentstatuses", "namespaces", "nodes", "persistentvolumes", "users", "groups", "uids", "userextras",
    "ingressclasses", "ipaddresses", "servicecidrs", "clusterrolebindings", "clusterroles", "csidrivers", "csinodes",
    "storageclasses", "volumeattachments", "volumeattributesclasses", "priorityclasses", "runtimeclasses",
    "certificatesigningrequests", "clustertrustbundles", "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations", "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "validatingwebhookconfigurations", "customresourcedefinitions",
    "apiservices", "tokenreviews", "flowschemas", "prioritylevelconfigurations", "deviceclasses",
];

/// Short names of kubectl, and names in singular that are not just without their `s`.
#[rustfmt::skip]
const SHORT: [(&str, &str); 26] = [
    ("po", "pods"), ("svc", "services"), ("deploy", "deployments"), ("ds", "daemonsets"), ("rs", "replicasets"),
    ("sts", "statefulsets"), ("cm", "configmaps"), ("ns", "namespaces"), ("no", "nodes"), ("ep", "endpoints"),
    ("ev", "events"), ("pv", "persistentvolumes"), ("pvc", "persistentvolumeclaims"), ("sa", "serviceaccounts"),
    ("rc", "replicationcontrollers"), ("quota", "resourcequotas"), ("limits", "limitranges"), ("cj", "cronjobs"),
    ("hpa", "horizontalpodautoscalers"), ("pdb", "poddisruptionbudgets"), ("ing", "ingresses"),
    ("netpol", "networkpolicies"), ("sc", "storageclasses"), ("pc", "priorityclasses"),
    ("crd", "customresourcedefinitions"), ("csr", "certificatesigningrequests"),
];

/// Parts of objects that have rights of their own.
#[rustfmt::skip]
const SUBRESOURCES: [&str; 19] = [
    "log", "exec", "attach", "portforward", "proxy", "status", "scale", "eviction", "binding", "ephemeralcontainers",
    "resize", "token", "finalize", "approval", "bind", "metrics", "stats", "configz", "checkpoint",
];

/// The group of a resource, if every cluster has it.
pub(super) fn group(resource: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(_, resources)| resources.contains(&resource)).map(|(group, _)| *group)
}

/// Whether its objects are in no namespace.
pub(super) fn is_of_the_cluster(resource: &str) -> bool {
    OF_THE_CLUSTER.contains(&resource)
}

pub(super) fn is_subresource(name: &str) -> bool {
    SUBRESOURCES.contains(&name)
}

/// The resource that a short name or a name in singular means.
pub(super) fn plural(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let forms = [
        format!("{name}s"),
        format!("{name}es"),
        format!("{}ies", name.strip_suffix('y').unwrap_or("-")),
        name.clone(),
    ];
    let known = || BUILT_IN.iter().flat_map(|(_, resources)| *resources).copied();
    let short = SHORT.iter().find(|(short, _)| *short == name).map(|(_, resource)| *resource);
    short.or_else(|| known().find(|resource| forms.iter().any(|form| form == resource)))
}

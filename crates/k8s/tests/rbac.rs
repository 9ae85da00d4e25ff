#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
//! Roles and bindings: what is refused at load, what decides, and what must hold for all of them.

use claimant_k8s::rbac::{
    Attributes, Authorizer, ClusterRoleBinding, Decision, Holder, Manifests, NewBinding, Object, Objects, RoleBinding,
    RoleRef, Subject, Target,
};
use claimant_k8s::{ConfigError, UserInfo};

#[path = "rbac/laws.rs"]
mod laws;

fn object(kind: &str, body: &str) -> Object {
    let text = format!(r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{kind}",{body}}}"#);
    Object::from_json(&text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn objects(list: &[(&str, &str)]) -> Objects {
    let mut objects = Objects::new();
    list.iter().for_each(|(kind, body)| objects.insert(object(kind, body)).unwrap());
    objects.aggregated()
}

fn user(name: &str, groups: &[&str]) -> UserInfo {
    UserInfo {
        username: name.to_owned(),
        groups: groups.iter().map(ToString::to_string).collect(),
        ..UserInfo::default()
    }
}

fn on<'a>(verb: &'a str, namespace: &'a str, resource: &'a str) -> Attributes<'a> {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Attributes { verb, namespace, target: Target::Resource { api_group: "", resource, subresource, name: "x" } }
}

/// The paths of the fields that are refused, in order.
fn refused(kind: &str, body: &str) -> Vec<String> {
    match object(kind, body).checked() {
        Err(ConfigError::Invalid(fields)) => fields.into_iter().map(|field| field.path).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn every_field_that_is_refused_is_named_at_once() {
    let rule = r#"{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}"#;
    let reference = r#""roleRef":{"kind":"ClusterRole","name":"r"}"#;
    let long = format!(r#""metadata":{{"name":"r","annotations":{{"a":"{}"}}}}"#, "x".repeat(256 * 1024));
    for (kind, body, paths) in [
        ("Role", format!(r#""metadata":{{"name":"a b:C/","namespace":"n"}},"rules":[{rule}]"#), &["metadata.name"][..]),
        ("Role", format!(r#""metadata":{{"name":"Ünï:x y"}},"rules":[{rule}]"#), &["metadata.namespace"]),
        (
            "Role",
            r#""metadata":null,"rules":[null,{"nonResourceURLs":["/"],"resourceNames":["x"]}]"#.to_owned(),
            &[
                "metadata.name",
                "metadata.namespace",
                "rules[0].verbs",
                "rules[0].apiGroups",
                "rules[0].resources",
                "rules[1].verbs",
                "rules[1].nonResourceURLs",
                "rules[1].nonResourceURLs",
            ],
        ),
        ("ClusterRole", r#""metadata":{"name":"r","namespace":"Any Thing"},"rules":null"#.to_owned(), &[]),
        (
            "ClusterRole",
            r#""metadata":{"name":"r","labels":{"a/b/c":"-"},"annotations":{"UP/x":"","é":""}}"#.to_owned(),
            &["metadata.labels", "metadata.labels", "metadata.annotations"],
        ),
        ("ClusterRole", long, &["metadata.annotations"]),
        (
            "ClusterRole",
            r#""metadata":{"name":"r","generateName":"a/","generation":-1,"finalizers":["kubernetes","x","a/b","c d/e","orphan",
                "foregroundDeletion"],"ownerReferences":[{"apiVersion":"/v1","kind":"Event","name":"e","uid":"1"},null,
                {"apiVersion":"a/b/c","kind":"A","name":"a","uid":"2","controller":true},
                {"apiVersion":"a/","kind":"A","name":"a","uid":"2","controller":true}]}"#
                .to_owned(),
            &[
                "metadata.generateName",
                "metadata.generation",
                "metadata.finalizers[1]",
                "metadata.finalizers",
                "metadata.finalizers",
                "metadata.ownerReferences[0]",
                "metadata.ownerReferences[1].apiVersion",
                "metadata.ownerReferences[1].kind",
                "metadata.ownerReferences[1].name",
                "metadata.ownerReferences[1].uid",
                "metadata.ownerReferences[2].apiVersion",
                "metadata.ownerReferences[3].apiVersion",
                "metadata.ownerReferences",
            ],
        ),
        (
            "ClusterRole",
            r#""metadata":{"name":"r"},"aggregationRule":{}"#.to_owned(),
            &["aggregationRule.clusterRoleSelectors"],
        ),
        (
            "ClusterRole",
            r#""metadata":{"name":"r"},"aggregationRule":{"clusterRoleSelectors":[null,{"matchExpressions":
                [{"key":"a","operator":"Exists","values":["b c"]}]}]}"#
                .to_owned(),
            &[
                "aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values",
                "aggregationRule.clusterRoleSelectors[1].matchExpressions[0].values[0]",
                "aggregationRule.clusterRoleSelectors[1]",
            ],
        ),
        (
            "RoleBinding",
            format!(
                r#""metadata":{{"name":"b","namespace":"n"}},{reference},"subjects":[{{"kind":"ServiceAccount","name":"s"}}]"#
            ),
            &[],
        ),
        (
            "ClusterRoleBinding",
            r#""metadata":{"name":"b"},"roleRef":{"kind":"Role","apiGroup":"x"},"subjects":[{"kind":"ServiceAccount",
                "name":"S","apiGroup":"rbac.authorization.k8s.io"},{"kind":"user"},{"kind":"Group","name":"g"}]"#
                .to_owned(),
            &[
                "roleRef.apiGroup",
                "roleRef.kind",
                "roleRef.name",
                "subjects[0].name",
                "subjects[0].apiGroup",
                "subjects[0].namespace",
                "subjects[1].name",
                "subjects[1].kind",
            ],
        ),
    ] {
        assert_eq!(refused(kind, &body), paths, "{kind} {}", body.chars().take(200).collect::<String>());
    }
}

#[test]
fn what_is_no_object_of_the_group_does_not_decode() {
    let head = r#""apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole""#;
    for text in [
        "",
        "[]",
        "null",
        r#"{"kind":"ClusterRole"}"#,
        r#"{"apiVersion":"rbac.authorization.k8s.io/v1beta1","kind":"ClusterRole"}"#,
        r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"clusterrole"}"#,
        r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"List"}"#,
        &format!(r#"{{{head},"metadata":[]}}"#),
        &format!(r#"{{{head},"metadata":{{"name":["x"]}}}}"#),
        &format!(r#"{{{head},"metadata":{{"uid":1}}}}"#),
        &format!(r#"{{{head},"metadata":{{"ownerReferences":[["v1"]]}}}}"#),
        &format!(r#"{{{head},"rules":{{}}}}"#),
        &format!(r#"{{{head},"rules":[[["get"]]]}}"#),
        &format!(r#"{{{head},"rules":[{{"verbs":"get"}}]}}"#),
        &format!(r#"{{{head},"aggregationRule":[]}}"#),
        &format!(r#"{{{head},"metadata":{{"labels":{{"a":1}}}}}}"#),
    ] {
        assert!(matches!(Object::from_json(text), Err(ConfigError::Decode(_))), "{text}");
    }
}

#[test]
fn twins_are_refused_unless_they_are_the_same() {
    let role = |verb: &str| {
        let rules = format!(r#""rules":[{{"apiGroups":[""],"resources":["pods"],"verbs":["{verb}"]}}]"#);
        object("ClusterRole", &format!(r#""metadata":{{"name":"r"}},{rules}"#))
    };
    let mut objects = Objects::new();
    assert_eq!(objects.insert(role("get")), Ok(()));
    assert_eq!(objects.insert(role("get")), Ok(()));
    let before = objects.clone();
    assert!(
        matches!(objects.insert(role("list")), Err(ConfigError::Invalid(fields)) if fields[0].path == "metadata.name")
    );
    assert_eq!(objects, before);
}

const READER: (&str, &str) = (
    "ClusterRole",
    r#""metadata":{"name":"reader","labels":{"to":"all"}},"rules":[{"apiGroups":[""],"resources":["pods","*/log"],
       "verbs":["get"]},{"nonResourceURLs":["/logs/*"],"verbs":["get"]}]"#,
);

#[test]
fn the_answer_names_binding_subject_and_rule_as_the_api_server_does() {
    let authorizer = Authorizer::new(&objects(&[
        READER,
        (
            "RoleBinding",
            r#""metadata":{"name":"readers","namespace":"web"},"roleRef":{"kind":"ClusterRole","name":"reader"},
               "subjects":[{"kind":"Group","name":"dev"},{"kind":"ServiceAccount","name":"bot"}]"#,
        ),
        (
            "ClusterRoleBinding",
            r#""metadata":{"name":"lost"},"roleRef":{"kind":"ClusterRole","name":"gone"},
               "subjects":[{"kind":"Group","name":"dev"}]"#,
        ),
        (
            "RoleBinding",
            r#""metadata":{"name":"lost","namespace":"web"},"roleRef":{"kind":"Role","name":"gone"},
               "subjects":[{"kind":"Group","name":"dev"}]"#,
        ),
    ]));
    let bot = user("system:serviceaccount:web:bot", &[]);
    let Decision::Allow(grant) = authorizer.can(&bot, &on("get", "web", "jobs/log")) else { panic!() };
    assert_eq!(grant.holder(), Some(Holder::ServiceAccount { namespace: "web", name: "bot" }));
    assert_eq!(grant.rule().unwrap().resources, ["pods", "*/log"]);
    assert_eq!(
        grant.to_string(),
        r#"RBAC: allowed by RoleBinding "readers/web" of ClusterRole "reader" to ServiceAccount "bot/web""#
    );
    let dev = user("ann", &["dev"]);
    let Decision::NoOpinion(why) = authorizer.can(&dev, &on("get", "web", "jobs")) else { panic!() };
    assert_eq!(
        why.to_string(),
        r#"RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "gone" not found]"#
    );
    assert!(matches!(authorizer.can(&user("bob", &[]), &on("get", "web", "pods")),
        Decision::NoOpinion(why) if why.missing.is_empty() && why.to_string().is_empty()));
    let rules = authorizer.rules_for(&dev, "web");
    assert_eq!((rules.resource_rules.len(), rules.non_resource_rules.len(), rules.incomplete), (1, 1, false));
    assert!(rules.evaluation_error.contains("not found"));
    let who = authorizer.who_can(&on("get", "web", "pods"));
    assert_eq!(who.iter().filter_map(|grant| grant.holder()).count(), 2);
    assert_eq!(authorizer.allowed_subjects(&on("get", "web", "pods"), Some("root")).len(), 4);
}

#[test]
fn rules_that_are_fed_round_in_a_circle_come_to_rest() {
    // Each takes over the next one's rules, and each has one of its own.
    let role = |name: &str, takes: &str| {
        object(
            "ClusterRole",
            &format!(
                r#""metadata":{{"name":"{name}","labels":{{"is":"{name}"}}}},"rules":[{{"apiGroups":[""],
                   "resources":["{name}"],"verbs":["get"]}}],
                   "aggregationRule":{{"clusterRoleSelectors":[{{"matchLabels":{{"is":"{takes}"}}}}]}}"#
            ),
        )
    };
    let mut circle = Objects::new();
    for (name, takes) in [("a", "b"), ("b", "c"), ("c", "a")] {
        circle.insert(role(name, takes)).unwrap();
    }
    let rested = circle.aggregated();
    let rules = |name: &str| rested.cluster_role(name).unwrap().rules.clone();
    assert_eq!(rules("a"), rules("b"));
    assert_eq!(rules("b"), rules("c"));
    assert_eq!(rules("a").len(), 1);
    assert_eq!(rested.clone().aggregated(), rested);
}

#[test]
fn a_long_chain_arrives_whatever_the_names_are() {
    let mut chain = Objects::new();
    for i in 0..60 {
        let body = format!(
            r#""metadata":{{"name":"r{i:02}","labels":{{"is":"{i}"}}}},
               "aggregationRule":{{"clusterRoleSelectors":[{{"matchExpressions":[{{"key":"is","operator":"In","values":["{}"]}}]}}]}}"#,
            i + 1
        );
        chain.insert(object("ClusterRole", &body)).unwrap();
    }
    chain
        .insert(object(
            "ClusterRole",
            r#""metadata":{"name":"r60","labels":{"is":"60"}},
               "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]"#,
        ))
        .unwrap();
    assert_eq!(chain.aggregated().cluster_role("r00").unwrap().rules.len(), 1);
}

#[test]
fn a_binding_that_is_written_is_one_that_the_api_server_takes() {
    let role = |kind: &str| RoleRef { kind: kind.to_owned(), name: "r".to_owned(), ..RoleRef::default() };
    let subject = |kind: &str, name: &str, namespace: &str| Subject {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        ..Subject::default()
    };
    let subjects =
        vec![subject("User", "no", ""), subject("Group", "a: b\n", ""), subject("ServiceAccount", "s", "ns")];
    for (namespace, kind) in [("web", "Role"), ("", "ClusterRole")] {
        let written = NewBinding::new("b:1 ü", namespace, role(kind), subjects.clone()).unwrap().to_yaml();
        let mut manifests = Manifests::new();
        manifests.read("new.yaml", written.as_bytes());
        assert!(manifests.problems().is_empty(), "{written}{:?}", manifests.problems());
        let read = manifests.written().next().unwrap().object().clone();
        let (Object::RoleBinding(RoleBinding { subjects: read, .. })
        | Object::ClusterRoleBinding(ClusterRoleBinding { subjects: read, .. })) = read
        else {
            panic!("{written}");
        };
        let same = |(a, b): (&Subject, &Subject)| (&a.kind, &a.name, &a.namespace) == (&b.kind, &b.name, &b.namespace);
        assert!(read.len() == 3 && read.iter().zip(&subjects).all(same), "{written}");
    }
    for (name, namespace, kind, subjects) in [
        ("a/b", "web", "Role", subjects.clone()),
        ("b", "Web", "Role", subjects.clone()),
        ("b", "", "Role", subjects.clone()),
        ("b", "", "ClusterRole", vec![subject("User", "", "")]),
        ("b", "", "ClusterRole", vec![subject("ServiceAccount", "s", "")]),
    ] {
        assert!(matches!(NewBinding::new(name, namespace, role(kind), subjects), Err(ConfigError::Invalid(_))));
    }
}

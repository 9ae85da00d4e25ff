//! A file that is not the configuration itself but an object of a cluster or of a platform that holds it.

use super::expressions::offset;
use super::shape::nearest;
use super::{KIND, Options, Problem, Severity, configuration, file};
use crate::config::VERSIONS;
use crate::yaml::{Document, NodeType};

/// Kinds that people have around a configuration, by the group of their version.
const KNOWN: [(&str, &str, &str); 9] = [
    ("ConfigMap", "v1", "the API server reads a file: mount or write the value by itself"),
    ("Secret", "v1", "the API server reads a file: mount or write the value by itself"),
    ("Shoot", "core.gardener.cloud/", "Gardener takes the configuration from a ConfigMap that the Shoot names"),
    (
        "Authentication",
        "config.openshift.io/",
        "OpenShift has oidcProviders of its own form and writes the file itself",
    ),
    ("ClientConfig", "authentication.gke.io/", "GKE has a form of its own and takes no such file"),
    (
        "JWTAuthenticator",
        "authentication.concierge.pinniped.dev/",
        "Pinniped has a form of its own and verifies by itself",
    ),
    (
        "ClusterConfiguration",
        "kubeadm.k8s.io/",
        "kubeadm passes flags and files on: the configuration is a file of its own",
    ),
    (
        "KubeadmControlPlane",
        "controlplane.cluster.x-k8s.io/",
        "Cluster API writes files to nodes: the configuration is one of them",
    ),
    ("Cluster", "", "the configuration is a file of its own"),
];

/// The other files of the group.
const SIBLINGS: [&str; 5] = [
    "AdmissionConfiguration",
    "AuthorizationConfiguration",
    "EgressSelectorConfiguration",
    "EncryptionConfiguration",
    "TracingConfiguration",
];

/// Lints what is inside of a wrapper; whether there is one.
pub(super) fn look_inside(whole: &[u8], document: &Document, options: &Options, problems: &mut Vec<Problem>) -> bool {
    let text = |path| document.text(path).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let is_other = is_other_object(document);
    if kind == KIND || (VERSIONS.contains(&version) && !is_other) || document.node_type("") != Some(NodeType::Mapping) {
        return false;
    }
    let texts = document.scalars(|text| text.contains('\n') && text.contains(KIND));
    let nodes = document.scalars(|text| text == KIND);
    let nodes: Vec<&str> = nodes.iter().filter_map(|path| path.strip_suffix(".kind")).collect();
    let known = KNOWN.iter().find(|(name, group, _)| *name == kind && version.starts_with(group));
    if texts.is_empty() && nodes.is_empty() && known.is_none() && !is_other {
        return false;
    }
    let hint = known.map_or("the API server wants the configuration by itself", |(_, _, hint)| hint);
    let named = if kind.is_empty() { "a file of another form".to_owned() } else { format!("a {kind} of {version}") };
    let mut outer = Problem::warning("wrapped", document.place("kind"), String::new(), String::new());
    if texts.is_empty() && nodes.is_empty() {
        outer.severity = Severity::Error;
        outer.message = format!("this is {named}, and no {KIND} is inside; {hint}");
    } else {
        let inside: Vec<&str> = texts.iter().map(String::as_str).chain(nodes.iter().copied()).collect();
        outer.message = format!("this is {named}; {hint}. What follows is about {}", inside.join(" and "));
    }
    problems.push(outer);
    for path in &texts {
        inner_text(document, path, options, problems);
    }
    for path in nodes {
        configuration(whole, document, path, options, problems);
    }
    true
}

/// Whether a document says that it is something else, and looks no more like a configuration than that.
pub(super) fn is_other_object(document: &Document) -> bool {
    let text = |path| document.text(path).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let is_named = !version.is_empty() && !kind.is_empty();
    let is_meant = kind == KIND || nearest(kind, &[KIND]).is_some() || document.node_type("jwt").is_some();
    is_named && !is_meant && (!version.starts_with("apiserver.config.k8s.io/") || SIBLINGS.contains(&kind))
}

/// Whether this is the kind of a platform that has something to do with a configuration; every cluster is full of
/// ConfigMaps and Secrets that have not.
pub(super) fn is_platform(version: &str, kind: &str) -> bool {
    KNOWN.iter().any(|(name, group, _)| *name == kind && *group != "v1" && version.starts_with(group))
}

/// A configuration as text: its places are those of the outer file.
fn inner_text(document: &Document, path: &str, options: &Options, problems: &mut Vec<Problem>) {
    let Some(text) = document.text(path) else { return };
    let mut inner = Vec::new();
    file(text.as_bytes(), options, false, &mut inner);
    for mut problem in inner {
        let at = offset(text, problem.place.line, problem.place.column);
        problem.place = document.place_within(path, at).unwrap_or_else(|| document.place(path));
        problems.push(problem);
    }
}

//! What is asked for.

use super::resources::{group, is_of_the_cluster, is_subresource, plural};
use crate::args::What;
use crate::error::CliError;
use claimant_k8s::lint::nearest;
use claimant_k8s::rbac::{Attributes, RequestInfo, ResourceInfo, Target};
use serde_json::{Value, json};

/// A question, and what to know about how it was understood.
pub(crate) struct Question {
    verb: String,
    asked: Asked,
    pub(crate) notes: Vec<String>,
}

enum Asked {
    Resource { group: String, resource: String, subresource: String, name: String, namespace: String },
    Path(String),
}

impl Question {
    pub(crate) fn load(options: &What) -> Result<Self, CliError> {
        let What { verb, what, name, namespace } = options;
        if !what.starts_with('/') {
            if METHODS.contains(&verb.as_str()) {
                let ask = of_method(verb);
                return Err(CliError::Usage(format!(
                    "{verb} is an HTTP method and goes with a path, which begins with /: {verb} /{what}; of a resource \
                     ask by the verb: {ask} {what}"
                )));
            }
            let namespace = namespace.as_deref().unwrap_or_default();
            return Ok(Self::of_resource(verb, what, name.as_deref().unwrap_or_default(), namespace));
        }
        if let Some(name) = name {
            return Err(CliError::Usage(format!("{what} is a path, and {name} a name: a path has none")));
        }
        if namespace.is_some() {
            return Err(CliError::Usage(format!("{what} is a path, which is in no namespace; take -n away")));
        }
        let method = !verb.is_empty() && verb.chars().all(|c| c.is_ascii_uppercase());
        if !method {
            let asked = Asked::Path(what.clone());
            return Ok(Self { verb: verb.clone(), asked, notes: about_verb(verb, &VERBS_OF_PATHS) });
        }
        let info = RequestInfo::from_http(verb, what).map_err(|why| CliError::Usage(format!("{what}: {why}")))?;
        let asked = match info.resource {
            None => Asked::Path(info.path),
            Some(ResourceInfo { api_group: group, resource, subresource, name, namespace, .. }) => {
                Asked::Resource { group, resource, subresource, name, namespace }
            }
        };
        Ok(Self { verb: info.verb, asked, notes: Vec::new() })
    }

    fn of_resource(verb: &str, what: &str, name: &str, namespace: &str) -> Self {
        let mut notes = about_verb(verb, &VERBS);
        let (what, subresource) = what.split_once('/').unwrap_or((what, ""));
        let (resource, group) = match what.split_once('.') {
            Some((resource, group)) => (resource, group.to_owned()),
            None => (what, group(what).unwrap_or_default().to_owned()),
        };
        let known = what.contains('.') || resource == "*" || group_of(resource);
        if !known {
            let meant = plural(resource).map(|meant| format!("; perhaps {meant} is meant")).unwrap_or_default();
            notes.push(format!(
                "note: {resource} is taken for a resource of the core group, which has none of this name{meant}; that of \
                 another group is written {resource}.GROUP"
            ));
        }
        if !subresource.is_empty() && subresource != "*" && !is_subresource(subresource) && name.is_empty() {
            notes.push(format!(
                "note: {subresource} is taken for a subresource of {resource}; the name of an object stands by itself: \
                 {resource} {subresource}"
            ));
        }
        // The path of a namespace has its name twice for the authorizer.
        let namespace =
            if resource == "namespaces" && group.is_empty() && namespace.is_empty() { name } else { namespace };
        if !namespace.is_empty() && is_of_the_cluster(resource) && resource != "namespaces" {
            notes.push(format!("note: {resource} are in no namespace: no request for them carries one"));
        }
        if matches!(verb, "create" | "deletecollection") && !name.is_empty() && subresource.is_empty() {
            notes.push(format!(
                "note: the request of {verb} carries no name, so rules with resourceNames never allow it"
            ));
        }
        let asked = Asked::Resource {
            group,
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        };
        Self { verb: verb.to_owned(), asked, notes }
    }

    pub(crate) fn attributes(&self) -> Attributes<'_> {
        self.attributes_in(match &self.asked {
            Asked::Resource { namespace, .. } => namespace,
            Asked::Path(_) => "",
        })
    }

    /// The same in another namespace.
    pub(crate) fn attributes_in<'a>(&'a self, namespace: &'a str) -> Attributes<'a> {
        let verb = self.verb.as_str();
        match &self.asked {
            Asked::Path(path) => Attributes { verb, namespace: "", target: Target::Path(path) },
            Asked::Resource { group, resource, subresource, name, .. } => Attributes {
                verb,
                namespace,
                target: Target::Resource { api_group: group, resource, subresource, name },
            },
        }
    }

    /// In words: `get pods/log "nginx" in web`.
    pub(crate) fn words(&self) -> String {
        match &self.asked {
            Asked::Path(path) => format!("{} {path}", self.verb),
            Asked::Resource { group, resource, subresource, name, namespace } => {
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                let subresource = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
                let name = if name.is_empty() { String::new() } else { format!(" {name:?}") };
                let place = match namespace.as_str() {
                    "" if is_of_the_cluster(resource) => String::new(),
                    "" => " in all namespaces".to_owned(),
                    namespace => format!(" in namespace {namespace}"),
                };
                format!("{} {resource}{group}{subresource}{name}{place}", self.verb)
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        match &self.asked {
            Asked::Path(path) => json!({"verb": self.verb, "path": path}),
            Asked::Resource { group, resource, subresource, name, namespace } => json!({
                "verb": self.verb, "apiGroup": group, "resource": resource, "subresource": subresource, "name": name,
                "namespace": namespace,
            }),
        }
    }

    /// Whether another namespace could make a difference.
    pub(crate) fn is_everywhere(&self) -> bool {
        matches!(&self.asked, Asked::Resource { namespace, resource, .. } if namespace.is_empty() && !is_of_the_cluster(resource))
    }

    /// Group and resource, where it is for a resource.
    pub(crate) fn resource(&self) -> Option<(&str, &str)> {
        match &self.asked {
            Asked::Resource { group, resource, .. } => Some((group, resource)),
            Asked::Path(_) => None,
        }
    }
}

fn group_of(resource: &str) -> bool {
    group(resource).is_some()
}

/// A verb that is none, but nearly one. Others may be somebody's own.
fn about_verb(verb: &str, known: &[&'static str]) -> Vec<String> {
    let near = nearest(verb, known).filter(|_| !known.contains(&verb));
    let near = near.map(|meant| {
        format!(
            "note: {verb} is no verb of Kubernetes, which tells large and small letters apart; perhaps {meant} is meant"
        )
    });
    near.into_iter().collect()
}

/// The verb that people mean by a method.
fn of_method(method: &str) -> &'static str {
    match method {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "get",
    }
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Those of requests, and those that only rules have.
#[rustfmt::skip]
const VERBS: [&str; 16] = [
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "escalate",
    "impersonate", "approve", "sign", "attest", "proxy",
];
const VERBS_OF_PATHS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

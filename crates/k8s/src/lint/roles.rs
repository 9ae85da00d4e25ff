//! What roles and bindings allow that people regret, and what in them allows nothing though it looks so.

use super::Severity;
use crate::rbac::{ClusterRole, ManifestProblem, Manifests, Object, PolicyRule, RoleRef, Subject, Written};
use std::collections::HashMap;

/// Everything about manifests that were read: what is wrong with them, and warnings about what they allow.
///
/// ```
/// use claimant_k8s::lint::lint_roles;
/// use claimant_k8s::rbac::Manifests;
///
/// let mut manifests = Manifests::new();
/// manifests.read("all.yaml", b"apiVersion: rbac.authorization.k8s.io/v1
/// kind: ClusterRoleBinding
/// metadata: {name: all}
/// roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
/// subjects:
/// - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated'}
/// ");
/// let told = lint_roles(&manifests);
/// assert_eq!((told[0].problem.code, told[0].problem.place.line), ("bound_to_everybody", 6));
/// ```
pub fn lint_roles(manifests: &Manifests) -> Vec<ManifestProblem> {
    let roles = manifests.written().filter(|written| matches!(written.object().kind(), "Role" | "ClusterRole"));
    let roles = roles.map(|written| (written.object().metadata().name.as_str(), written)).collect();
    let mut advisor = Advisor { manifests, roles, problems: Vec::new() };
    for written in manifests.written() {
        advisor.object(&written);
    }
    let mut all = [manifests.problems().to_vec(), advisor.problems].concat();
    let order: HashMap<&str, usize> = manifests.file_names().enumerate().map(|(at, name)| (name, at)).collect();
    let file = |one: &ManifestProblem| order.get(one.file.as_str()).copied();
    all.sort_by_cached_key(|one| (file(one), one.file.clone(), one.document, one.problem.place, one.problem.severity));
    all
}

/// Whether every cluster has a ClusterRole of this name, by the API server's own bootstrap.
pub fn is_built_in_cluster_role(name: &str) -> bool {
    matches!(name, "cluster-admin" | "admin" | "edit" | "view") || name.starts_with("system:")
}

struct Advisor<'a> {
    manifests: &'a Manifests,
    /// One of each name, wherever it counts.
    roles: HashMap<&'a str, Written<'a>>,
    problems: Vec<ManifestProblem>,
}

impl Advisor<'_> {
    fn object(&mut self, written: &Written<'_>) {
        match written.object() {
            Object::Role(role) => self.rules(written, &role.rules, true),
            Object::ClusterRole(role) => {
                self.rules(written, &role.rules, false);
                self.aggregation(written, role);
            }
            Object::RoleBinding(binding) => {
                self.subjects(written, &binding.subjects, &binding.role_ref);
                self.role_ref(written, &binding.role_ref, &binding.metadata.namespace);
            }
            Object::ClusterRoleBinding(binding) => {
                self.subjects(written, &binding.subjects, &binding.role_ref);
                self.role_ref(written, &binding.role_ref, "");
            }
        }
    }

    fn warn(&mut self, written: &Written<'_>, code: &'static str, field: &str, message: String) {
        self.problems.push(ManifestProblem::of_field(written, Severity::Warning, code, field, message));
    }

    fn subjects(&mut self, written: &Written<'_>, subjects: &[Subject], role: &RoleRef) {
        for (i, subject) in subjects.iter().enumerate() {
            let Subject { kind, name, .. } = subject;
            let field = format!("subjects[{i}].name");
            let who = match (kind.as_str(), name.as_str()) {
                ("Group", "system:authenticated") => {
                    "everybody whom the API server knows, every service account of every namespace among them"
                }
                ("Group", "system:unauthenticated") | ("User", "system:anonymous") => {
                    "whoever reaches the API server, without any credential"
                }
                ("Group", "system:serviceaccounts") => "every service account of every namespace, and so every pod",
                ("User", "system:authenticated" | "system:unauthenticated") => {
                    let message = format!("{name} is a group, and no user has this name: the subject is nobody");
                    self.warn(written, "nobody", &field, message);
                    continue;
                }
                ("Group", "system:anonymous") => {
                    let message = format!("{name} is a user, and no group: the subject is nobody");
                    self.warn(written, "nobody", &field, message);
                    continue;
                }
                ("User" | "Group", "*") => {
                    let message = "a star is a letter here: the subject is nobody but whoever has this name".to_owned();
                    self.warn(written, "nobody", &field, message);
                    continue;
                }
                _ => continue,
            };
            let message = format!("{name} is {who}; they get the {} {:?}", role.kind, role.name);
            self.warn(written, "bound_to_everybody", &field, message);
        }
    }

    fn role_ref(&mut self, written: &Written<'_>, role: &RoleRef, namespace: &str) {
        let RoleRef { kind, name, .. } = role;
        let (found, place) = match kind.as_str() {
            "Role" => (self.manifests.find("Role", namespace, name), format!(" in namespace {namespace}")),
            _ => (self.manifests.find("ClusterRole", "", name), String::new()),
        };
        if found.is_none() && !(kind == "ClusterRole" && is_built_in_cluster_role(name)) {
            let elsewhere = self.roles.get(name.as_str()).map(|other| {
                let other = other.object();
                match other.metadata().namespace.as_str() {
                    "" => format!("; there is a {} of this name", other.kind()),
                    namespace => format!("; there is a {} of this name in namespace {namespace}", other.kind()),
                }
            });
            let message = format!(
                "there is no {kind} {name:?}{place} in these manifests: where the cluster has none either, the binding \
                 gives nothing{}",
                elsewhere.unwrap_or_default()
            );
            self.warn(written, "missing_role", "roleRef.name", message);
        }
        if kind == "ClusterRole" && name == "cluster-admin" {
            let place =
                if namespace.is_empty() { "the whole cluster".to_owned() } else { format!("namespace {namespace}") };
            self.warn(written, "cluster_admin", "roleRef.name", format!("cluster-admin may do everything in {place}"));
        }
    }

    fn rules(&mut self, written: &Written<'_>, rules: &[PolicyRule], namespaced: bool) {
        for (i, rule) in rules.iter().enumerate() {
            self.wildcards(written, rule, &format!("rules[{i}]"));
            self.escalation(written, rule, &format!("rules[{i}]"), namespaced);
            self.dead_words(written, rule, &format!("rules[{i}]"));
        }
    }

    fn wildcards(&mut self, written: &Written<'_>, rule: &PolicyRule, path: &str) {
        for (code, member, list, what) in [
            (
                "wildcard_verbs",
                "verbs",
                &rule.verbs,
                "every verb, also those that come with later versions, and escalate, bind and impersonate",
            ),
            ("wildcard_groups", "apiGroups", &rule.api_groups, "every API group, also those that are installed later"),
            (
                "wildcard_resources",
                "resources",
                &rule.resources,
                "every resource with all its parts, secrets and pods/exec among them, also those that are installed later",
            ),
        ] {
            if let Some(at) = list.iter().position(|word| word == "*") {
                self.warn(
                    written,
                    code,
                    &format!("{path}.{member}[{at}]"),
                    format!("* is {what}; name those that are needed"),
                );
            }
        }
        let is_all = |url: &str| {
            !url.is_empty() && url.trim_end_matches('*').trim_end_matches('/').is_empty() && url.ends_with('*')
        };
        if let Some(at) = rule.non_resource_urls.iter().position(|url| is_all(url)) {
            let field = format!("{path}.nonResourceURLs[{at}]");
            self.warn(
                written,
                "wildcard_urls",
                &field,
                "this is every path of the API server; name those that are needed".to_owned(),
            );
        }
    }

    /// Verbs by which one gets more than one has.
    fn escalation(&mut self, written: &Written<'_>, rule: &PolicyRule, path: &str, namespaced: bool) {
        let has = |list: &[String], words: &[&str]| list.iter().any(|one| one == "*" || words.contains(&one.as_str()));
        let of_roles =
            has(&rule.api_groups, &["rbac.authorization.k8s.io"]) && has(&rule.resources, &["roles", "clusterroles"]);
        let of_users = has(&rule.api_groups, &["", "authentication.k8s.io"])
            && rule.resources.iter().any(|one| {
                matches!(one.as_str(), "*" | "users" | "groups" | "uids" | "serviceaccounts")
                    || one.starts_with("userextras")
            });
        for (verb, counts, what) in [
            ("escalate", of_roles, "whoever may escalate can write roles that allow more than they have themselves"),
            (
                "bind",
                of_roles,
                "whoever may bind can give anybody, themselves too, roles that allow more than they have",
            ),
            ("impersonate", of_users, "whoever may impersonate acts as others, with all that these may do"),
        ] {
            let Some(at) = rule.verbs.iter().position(|one| one == verb) else { continue };
            let reach = match (counts, rule.resource_names.is_empty(), namespaced) {
                (false, ..) => "; on these resources it allows nothing",
                (true, false, _) => "",
                (true, true, true) => "; limit it by resourceNames",
                (true, true, false) => {
                    ", where a ClusterRoleBinding binds it in the whole cluster; limit it by resourceNames"
                }
            };
            self.warn(written, "escalation", &format!("{path}.verbs[{at}]"), format!("{what}{reach}"));
        }
    }

    /// What looks like a pattern or a group, and is a plain word that matches nothing real.
    fn dead_words(&mut self, written: &Written<'_>, rule: &PolicyRule, path: &str) {
        let mut told: Vec<(String, String)> = Vec::new();
        for (member, list) in [("verbs", &rule.verbs), ("apiGroups", &rule.api_groups), ("resources", &rule.resources)]
        {
            for (at, word) in list.iter().enumerate() {
                let field = format!("{path}.{member}[{at}]");
                let subresource =
                    member == "resources" && word.starts_with("*/") && word != "*/" && !word.ends_with('*');
                if word.contains('*') && word != "*" && !subresource {
                    told.push((field, format!("{word:?} is no pattern: a star counts only alone, or as */SUBRESOURCE of resources; this matches nothing")));
                } else if word.trim() != word {
                    told.push((
                        field,
                        format!("{word:?} has white space around it, which counts: this matches nothing"),
                    ));
                } else if member == "apiGroups" && word == "core" {
                    told.push((
                        field,
                        "the core group is \"\", and there is none called core: this matches nothing".to_owned(),
                    ));
                } else if member == "apiGroups" && word.contains('/') {
                    told.push((
                        field,
                        format!("{word:?} has a version, and groups here have none: this matches nothing"),
                    ));
                } else if member == "verbs" && *word != word.to_ascii_lowercase() {
                    told.push((
                        field,
                        format!("{word:?} is no verb: verbs are in small letters, and this matches nothing"),
                    ));
                } else if member == "resources" && *word != word.to_ascii_lowercase() {
                    told.push((field, format!("{word:?} is no resource: they are in small letters and in plural, as in paths; this matches nothing")));
                }
            }
        }
        for (at, url) in rule.non_resource_urls.iter().enumerate() {
            let field = format!("{path}.nonResourceURLs[{at}]");
            if url.trim_end_matches('*').contains('*') {
                told.push((
                    field,
                    format!("{url:?} has a star that is not at the end, which is a letter: this matches nothing real"),
                ));
            } else if !url.starts_with(['/', '*']) {
                told.push((field, format!("{url:?} does not begin with a slash: this matches nothing")));
            }
        }
        let nameless = ["create", "deletecollection"];
        let only_nameless = !rule.verbs.is_empty() && rule.verbs.iter().all(|verb| nameless.contains(&verb.as_str()));
        if let Some(at) = rule.verbs.iter().position(|verb| nameless.contains(&verb.as_str()))
            && !rule.resource_names.is_empty()
            && rule.resources.iter().all(|resource| !resource.contains('/'))
        {
            let more = if only_nameless { "the rule" } else { "the verb" };
            told.push((
                format!("{path}.verbs[{at}]"),
                format!(
                    "requests of create and deletecollection carry no name, so with resourceNames {more} allows nothing"
                ),
            ));
        }
        for (field, message) in told {
            self.warn(written, "no_effect", &field, message);
        }
    }

    /// A role whose own rules are lost.
    fn aggregation(&mut self, written: &Written<'_>, role: &ClusterRole) {
        if role.aggregation_rule.is_some() && !role.rules.is_empty() && role.metadata.labels.is_empty() {
            let message =
                "the cluster replaces these rules by those of the roles that aggregationRule selects".to_owned();
            self.warn(written, "rules_replaced", "rules", message);
        }
    }
}

//! Questions other than yes or no: what may this user do, and who may do this.

use super::authorizer::Authorizer;
use super::binding::Binding;
use super::decision::{Grant, Missing};
use super::rules::{Attributes, Filter};
use super::types::{API_GROUP, PolicyRule, Subject};
use crate::UserInfo;
use serde::Serialize;

/// What a user may do, as the status of a SelfSubjectRulesReview (authorization.k8s.io/v1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubjectRules {
    /// On resources.
    pub resource_rules: Vec<PolicyRule>,
    /// On paths.
    pub non_resource_rules: Vec<PolicyRule>,
    /// Always false: it is so in the API server too, even where roles are missing.
    pub incomplete: bool,
    /// Which roles are missing; empty where none is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evaluation_error: String,
}

impl Authorizer {
    /// The rules that are bound for the user everywhere, and in `namespace` unless that is empty.
    pub fn rules_for(&self, user: &UserInfo, namespace: &str) -> SubjectRules {
        let mut found = SubjectRules::default();
        let bindings = self.bindings_of(user, namespace);
        for rule in bindings.iter().filter_map(|binding| binding.rules()).flatten() {
            if !rule.resources.is_empty() {
                found.resource_rules.push(PolicyRule { non_resource_urls: Vec::new(), ..rule.clone() });
            }
            if !rule.non_resource_urls.is_empty() {
                found.non_resource_rules.push(PolicyRule {
                    verbs: rule.verbs.clone(),
                    non_resource_urls: rule.non_resource_urls.clone(),
                    ..PolicyRule::default()
                });
            }
        }
        found.evaluation_error = missing(bindings.into_iter());
        found
    }

    /// Who may do it, one answer for each subject of each binding that allows it. `system:masters`, to whom
    /// another authorizer allows everything, is not among them.
    pub fn who_can<'s>(&'s self, attributes: &Attributes<'_>) -> Vec<Grant<'s>> {
        self.allowing(attributes)
            .flat_map(|(binding, rule)| {
                (0..binding.subjects.len()).map(move |subject| Grant::new(binding, subject, rule))
            })
            .filter(|grant| grant.holder().is_some())
            .collect()
    }

    /// Who may do it, as the API server's `AllowedSubjects` says it: `system:masters` first, then `super_user`
    /// if there is one, then the subjects as written, some more than once. [`Authorizer::who_can`] says more.
    pub fn allowed_subjects(&self, attributes: &Attributes<'_>, super_user: Option<&str>) -> Vec<Subject> {
        let named = |kind: &str, name: &str| Subject {
            kind: kind.to_owned(),
            api_group: API_GROUP.to_owned(),
            name: name.to_owned(),
            namespace: String::new(),
        };
        let written = self.allowing(attributes).flat_map(|(binding, _)| binding.subjects.iter().cloned());
        std::iter::once(named("Group", "system:masters"))
            .chain(super_user.filter(|name| !name.is_empty()).map(|name| named("User", name)))
            .chain(written)
            .collect()
    }

    fn allowing<'s>(&'s self, attributes: &Attributes<'_>) -> impl Iterator<Item = (&'s Binding, usize)> {
        let filter = Filter::of_request(attributes);
        self.bindings
            .iter()
            .filter(|binding| binding.namespace.is_empty() || binding.namespace == attributes.namespace)
            .filter_map(move |binding| Some((&**binding, binding.first_allowing(attributes, &filter)?)))
    }
}

fn missing<'a>(bindings: impl Iterator<Item = &'a Binding>) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in bindings.filter(|binding| binding.rules().is_none()).map(|binding| Missing(binding).to_string()) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match texts.as_slice() {
        [one] => one.clone(),
        [] => String::new(),
        many => format!("[{}]", many.join(", ")),
    }
}

//! A binding with the rules of its role, prepared for matching.

use super::rules::{Attributes, Filter};
use super::types::{PolicyRule, RoleRef, Subject};
use std::sync::Arc;

/// A RoleBinding or a ClusterRoleBinding, with the rules of its role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binding {
    /// The name.
    pub name: String,
    /// Empty for a ClusterRoleBinding.
    pub namespace: String,
    /// What it binds.
    pub role_ref: RoleRef,
    /// To whom.
    pub subjects: Vec<Subject>,
    pub(super) rules: Option<Arc<Rules>>,
}

impl Binding {
    /// The rules of the role; none where there is no such role.
    pub fn rules(&self) -> Option<&[PolicyRule]> {
        self.rules.as_ref().map(|rules| rules.list.as_slice())
    }

    /// The place of the first rule that allows it, whoever asks.
    pub(super) fn first_allowing(&self, attributes: &Attributes<'_>, filter: &Filter) -> Option<usize> {
        let rules = self.rules.as_ref()?;
        let candidates = rules.filters.iter().zip(&rules.list);
        candidates.enumerate().find(|(_, (one, rule))| one.may_allow(filter) && rule.allows(attributes)).map(|(i, _)| i)
    }
}

/// The rules of a role; bindings share them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    list: Vec<PolicyRule>,
    /// One for each rule: most are out of the question at a glance.
    filters: Vec<Filter>,
    /// For all of them.
    pub(super) any: Filter,
}

impl Rules {
    pub(super) fn new(list: &[PolicyRule]) -> Self {
        let filters: Vec<Filter> = list.iter().map(Filter::of_rule).collect();
        let any = filters.iter().fold(Filter::default(), |any, one| any.or(one));
        Self { list: list.to_owned(), filters, any }
    }
}

/// Who a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder<'a> {
    /// By name.
    User(&'a str),
    /// All who are in it.
    Group(&'a str),
    /// As a user: `system:serviceaccount:NAMESPACE:NAME`.
    ServiceAccount {
        /// Its namespace, or that of the RoleBinding.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
}

impl<'a> Holder<'a> {
    /// None where a subject can be nobody: another kind, or an account in no namespace.
    pub fn of(subject: &'a Subject, binding_namespace: &'a str) -> Option<Self> {
        let name = subject.name.as_str();
        let namespace = if subject.namespace.is_empty() { binding_namespace } else { &subject.namespace };
        match subject.kind.as_str() {
            "User" => Some(Self::User(name)),
            "Group" => Some(Self::Group(name)),
            "ServiceAccount" if !namespace.is_empty() => Some(Self::ServiceAccount { namespace, name }),
            _ => None,
        }
    }

    pub(super) fn username(self) -> String {
        match self {
            Self::User(name) | Self::Group(name) => name.to_owned(),
            Self::ServiceAccount { namespace, name } => format!("system:serviceaccount:{namespace}:{name}"),
        }
    }
}

//! The outcome of a question, and what it rests on.

use super::binding::{Binding, Holder};
use super::quote::Quoted;
use super::types::{PolicyRule, RoleRef, Subject};
use std::fmt;

/// The outcome. There is no "deny": other authorizers may be asked where this one has no opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Allowed, and by what.
    Allow(Grant<'a>),
    /// Nothing allows it.
    NoOpinion(NoOpinion<'a>),
}

impl Decision<'_> {
    /// Whether it is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// What allows something. Its text is the API server's reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a Binding,
    subject: usize,
    rule: usize,
}

impl<'a> Grant<'a> {
    pub(super) fn new(binding: &'a Binding, subject: usize, rule: usize) -> Self {
        Self { binding, subject, rule }
    }

    /// The subject that means the user, as written in the binding.
    pub fn subject(&self) -> Option<&'a Subject> {
        self.binding.subjects.get(self.subject)
    }

    /// Who that subject is.
    pub fn holder(&self) -> Option<Holder<'a>> {
        Holder::of(self.subject()?, &self.binding.namespace)
    }

    /// The rule of the bound role.
    pub fn rule(&self) -> Option<&'a PolicyRule> {
        self.binding.rules()?.get(self.rule)
    }
}

impl fmt::Display for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { name, namespace, role_ref, .. } = self.binding;
        match namespace.as_str() {
            "" => write!(f, "RBAC: allowed by ClusterRoleBinding {}", Quoted(name))?,
            // Name before namespace, as the API server writes it.
            _ => write!(f, "RBAC: allowed by RoleBinding {}", Quoted(&format!("{name}/{namespace}")))?,
        }
        write!(f, " of {} {}", role_ref.kind, Quoted(&role_ref.name))?;
        match self.holder() {
            Some(Holder::User(name)) => write!(f, " to User {}", Quoted(name)),
            Some(Holder::Group(name)) => write!(f, " to Group {}", Quoted(name)),
            Some(Holder::ServiceAccount { namespace, name }) => {
                write!(f, " to ServiceAccount {}", Quoted(&format!("{name}/{namespace}")))
            }
            None => Ok(()),
        }
    }
}

/// Nothing allows it. Its text is the API server's reason, empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoOpinion<'a> {
    /// Bindings that mean the user and whose role is missing; one for each role.
    pub missing: Vec<&'a Binding>,
}

impl fmt::Display for NoOpinion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missing.as_slice() {
            [] => Ok(()),
            [one] => write!(f, "RBAC: {}", Missing(one)),
            many => {
                let texts: Vec<String> = many.iter().map(|one| Missing(one).to_string()).collect();
                write!(f, "RBAC: [{}]", texts.join(", "))
            }
        }
    }
}

/// The text for a role that is not there.
pub(super) struct Missing<'a>(pub(super) &'a Binding);

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RoleRef { kind, name, .. } = &self.0.role_ref;
        match kind.as_str() {
            "Role" => write!(f, "role.rbac.authorization.k8s.io {} not found", Quoted(name)),
            "ClusterRole" => write!(f, "clusterrole.rbac.authorization.k8s.io {} not found", Quoted(name)),
            other => write!(f, "unsupported role reference kind: {}", Quoted(other)),
        }
    }
}

//! A snapshot of roles and bindings that decides.

use super::objects::Objects;
use super::rules::Attributes;
use super::types::{PolicyRule, RoleRef, Subject};
use crate::UserInfo;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Decides as the API server's RBAC authorizer does, over objects as they were at one time.
///
/// It never changes: to follow a cluster, build another one and swap the two (`Arc`). A decision looks only at
/// the bindings that mean the user, one of the groups or the service account, and allocates nothing when it
/// allows.
#[derive(Debug, Default)]
pub struct Authorizer {
    pub(super) bindings: Vec<Arc<Binding>>,
    users: HashMap<String, Vec<Place>>,
    groups: HashMap<String, Vec<Place>>,
    namespaces: HashMap<String, usize>,
}

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
    /// Of the role; none where there is no such role.
    pub rules: Option<Arc<[PolicyRule]>>,
}

impl Binding {
    /// The place of the first rule that allows it, whoever asks.
    pub(super) fn first_allowing(&self, attributes: &Attributes<'_>) -> Option<usize> {
        self.rules.as_ref()?.iter().position(|rule| rule.allows(attributes))
    }
}

/// A binding that means somebody, and where it counts.
#[derive(Debug)]
struct Place {
    /// By number; 0 is everywhere.
    namespace: usize,
    subject: usize,
    binding: Arc<Binding>,
}

const EVERYWHERE: usize = 0;

impl Authorizer {
    /// Prepares the objects. References to missing roles are fine, as in a cluster.
    pub fn new(objects: &Objects) -> Self {
        let rules = |list: &[PolicyRule]| -> Arc<[PolicyRule]> { list.into() };
        let cluster_roles: HashMap<&str, Arc<[PolicyRule]>> =
            objects.cluster_roles.iter().map(|(name, role)| (name.as_str(), rules(&role.rules))).collect();
        let roles: HashMap<(&str, &str), Arc<[PolicyRule]>> = objects
            .roles
            .iter()
            .filter(|((namespace, _), _)| !namespace.is_empty())
            .map(|((namespace, name), role)| ((namespace.as_str(), name.as_str()), rules(&role.rules)))
            .collect();
        let find = |namespace: &str, role: &RoleRef| match role.kind.as_str() {
            "ClusterRole" => cluster_roles.get(role.name.as_str()).cloned(),
            "Role" => roles.get(&(namespace, role.name.as_str())).cloned(),
            _ => None,
        };
        let mut this = Self::default();
        for (name, binding) in &objects.cluster_role_bindings {
            this.add(Binding {
                name: name.clone(),
                namespace: String::new(),
                role_ref: binding.role_ref.clone(),
                subjects: binding.subjects.clone(),
                rules: find("", &binding.role_ref),
            });
        }
        // A RoleBinding without a namespace, which no API server stores, counts nowhere.
        for ((namespace, name), binding) in objects.role_bindings.iter().filter(|((n, _), _)| !n.is_empty()) {
            this.add(Binding {
                name: name.clone(),
                namespace: namespace.clone(),
                role_ref: binding.role_ref.clone(),
                subjects: binding.subjects.clone(),
                rules: find(namespace, &binding.role_ref),
            });
        }
        this
    }

    /// Decides. The groups are taken as they are: `system:authenticated` must be among them where it counts.
    pub fn can<'s>(&'s self, user: &UserInfo, attributes: &Attributes<'_>) -> Decision<'s> {
        for place in self.concerning(user, attributes.namespace) {
            if let Some(rule) = place.binding.first_allowing(attributes) {
                return Decision::Allow(Grant { binding: &place.binding, subject: place.subject, rule });
            }
        }
        let mut missing: Vec<&Binding> = Vec::new();
        for place in self.concerning(user, attributes.namespace).filter(|place| place.binding.rules.is_none()) {
            if !missing.iter().any(|one| same_role(one, &place.binding)) {
                missing.push(&place.binding);
            }
        }
        Decision::NoOpinion(NoOpinion { missing })
    }

    /// The bindings that mean the user, in no namespace and in this one; one of them can come several times.
    fn concerning<'s, 'u>(
        &'s self,
        user: &'u UserInfo,
        namespace: &str,
    ) -> impl Iterator<Item = &'s Place> + use<'s, 'u> {
        let here = self.namespaces.get(namespace).copied();
        let by_name = self.users.get(&user.username).into_iter();
        let by_group = user.groups.iter().filter_map(|group| self.groups.get(group));
        by_name.chain(by_group).flat_map(move |places| {
            let local = here.map_or(&[][..], |here| in_namespace(places, here));
            in_namespace(places, EVERYWHERE).iter().chain(local)
        })
    }

    /// As [`Self::concerning`], each once, in the order of their names.
    pub(super) fn bindings_of<'s>(&'s self, user: &UserInfo, namespace: &str) -> Vec<&'s Binding> {
        let mut found: Vec<&Binding> = self.concerning(user, namespace).map(|place| &*place.binding).collect();
        found.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        found.dedup_by(|a, b| (&a.namespace, &a.name) == (&b.namespace, &b.name));
        found
    }

    /// Bindings come in the order of namespaces and names, so that all lists of places are sorted.
    fn add(&mut self, binding: Binding) {
        let next = self.namespaces.len() + 1;
        let namespace = match binding.namespace.as_str() {
            "" => EVERYWHERE,
            name => *self.namespaces.entry(name.to_owned()).or_insert(next),
        };
        let binding = Arc::new(binding);
        for (subject, written) in binding.subjects.iter().enumerate() {
            let list = match Holder::of(written, &binding.namespace) {
                None => continue,
                Some(Holder::Group(name)) => self.groups.entry(name.to_owned()).or_default(),
                Some(holder) => self.users.entry(holder.username()).or_default(),
            };
            list.push(Place { namespace, subject, binding: Arc::clone(&binding) });
        }
        self.bindings.push(binding);
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

    fn username(self) -> String {
        match self {
            Self::User(name) | Self::Group(name) => name.to_owned(),
            Self::ServiceAccount { namespace, name } => format!("system:serviceaccount:{namespace}:{name}"),
        }
    }
}

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
        self.binding.rules.as_ref()?.get(self.rule)
    }
}

impl fmt::Display for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { name, namespace, role_ref, .. } = self.binding;
        match namespace.as_str() {
            "" => write!(f, "RBAC: allowed by ClusterRoleBinding {name:?}")?,
            // Name before namespace, as the API server writes it.
            _ => write!(f, "RBAC: allowed by RoleBinding {:?}", format!("{name}/{namespace}"))?,
        }
        write!(f, " of {} {:?}", role_ref.kind, role_ref.name)?;
        match self.holder() {
            Some(Holder::User(name)) => write!(f, " to User {name:?}"),
            Some(Holder::Group(name)) => write!(f, " to Group {name:?}"),
            Some(Holder::ServiceAccount { namespace, name }) => {
                write!(f, " to ServiceAccount {:?}", format!("{name}/{namespace}"))
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
            "Role" => write!(f, "role.rbac.authorization.k8s.io {name:?} not found"),
            "ClusterRole" => write!(f, "clusterrole.rbac.authorization.k8s.io {name:?} not found"),
            other => write!(f, "unsupported role reference kind: {other:?}"),
        }
    }
}

fn same_role(a: &Binding, b: &Binding) -> bool {
    (&a.role_ref.kind, &a.role_ref.name) == (&b.role_ref.kind, &b.role_ref.name)
}

fn in_namespace(places: &[Place], namespace: usize) -> &[Place] {
    let from = places.partition_point(|place| place.namespace < namespace);
    let rest = places.get(from..).unwrap_or_default();
    let length = rest.partition_point(|place| place.namespace == namespace);
    rest.get(..length).unwrap_or_default()
}

//! A snapshot of roles and bindings that decides.

use super::binding::{Binding, Holder, Rules};
use super::decision::{Decision, Grant, NoOpinion};
use super::objects::Objects;
use super::rules::{Attributes, Filter};
use super::types::{PolicyRule, RoleRef};
use crate::UserInfo;
use std::collections::HashMap;
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

/// A binding that means somebody, and where it counts.
#[derive(Debug)]
struct Place {
    /// By number; 0 is everywhere.
    namespace: usize,
    subject: usize,
    /// Of all its rules; none where the role is missing.
    any: Option<Filter>,
    binding: Arc<Binding>,
}

const EVERYWHERE: usize = 0;

impl Authorizer {
    /// Prepares the objects. References to missing roles are fine, as in a cluster.
    pub fn new(objects: &Objects) -> Self {
        let rules = |list: &[PolicyRule]| Arc::new(Rules::new(list));
        let cluster_roles: HashMap<&str, Arc<Rules>> =
            objects.cluster_roles.iter().map(|(name, role)| (name.as_str(), rules(&role.rules))).collect();
        let roles: HashMap<(&str, &str), Arc<Rules>> = objects
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
        let filter = Filter::of_request(attributes);
        let mut dangling = false;
        for place in self.concerning(user, attributes.namespace) {
            match &place.any {
                Some(any) if any.may_allow(&filter) => {
                    if let Some(rule) = place.binding.first_allowing(attributes, &filter) {
                        return Decision::Allow(Grant::new(&place.binding, place.subject, rule));
                    }
                }
                Some(_) => {}
                None => dangling = true,
            }
        }
        let missing = if dangling { self.missing(user, attributes.namespace) } else { Vec::new() };
        Decision::NoOpinion(NoOpinion { missing })
    }

    /// The bindings that mean the user and have no role, one for each role.
    fn missing(&self, user: &UserInfo, namespace: &str) -> Vec<&Binding> {
        let same = |a: &RoleRef, b: &RoleRef| (&a.kind, &a.name) == (&b.kind, &b.name);
        let mut missing: Vec<&Binding> = Vec::new();
        for place in self.concerning(user, namespace).filter(|place| place.any.is_none()) {
            if !missing.iter().any(|one| same(&one.role_ref, &place.binding.role_ref)) {
                missing.push(&place.binding);
            }
        }
        missing
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
            let any = binding.rules.as_ref().map(|rules| rules.any);
            list.push(Place { namespace, subject, any, binding: Arc::clone(&binding) });
        }
        self.bindings.push(binding);
    }
}

fn in_namespace(places: &[Place], namespace: usize) -> &[Place] {
    let from = places.partition_point(|place| place.namespace < namespace);
    let rest = places.get(from..).unwrap_or_default();
    let length = rest.partition_point(|place| place.namespace == namespace);
    rest.get(..length).unwrap_or_default()
}

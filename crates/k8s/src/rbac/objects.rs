//! A set of roles and bindings: read, given the API server's defaults, refused as it refuses.

use super::types::{API_GROUP, ClusterRole, ClusterRoleBinding, ObjectMeta, Role, RoleBinding, RoleRef, Subject};
use super::{aggregate, validate};
use crate::{ConfigError, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One object of rbac.authorization.k8s.io/v1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Object {
    Role(Role),
    ClusterRole(ClusterRole),
    RoleBinding(RoleBinding),
    ClusterRoleBinding(ClusterRoleBinding),
}

impl Object {
    /// Reads JSON; members that are not known are skipped. Nothing is checked yet but types.
    ///
    /// # Errors
    /// [`ConfigError::Decode`]: no JSON, another kind or version, or a member of the wrong type.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        Self::from_value(serde_json::from_str(text).map_err(|error| ConfigError::Decode(error.to_string()))?)
    }

    /// As [`Object::from_json`], from a value that is read already.
    ///
    /// # Errors
    /// As [`Object::from_json`].
    pub fn from_value(value: Value) -> Result<Self, ConfigError> {
        let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
        if !value.is_object() || text("apiVersion") != API_VERSION {
            return Err(ConfigError::Decode(format!("no object of {API_VERSION}")));
        }
        check_metadata(value.get("metadata").unwrap_or(&Value::Null))?;
        match text("kind") {
            "Role" => decode(value).map(Self::Role),
            "ClusterRole" => decode(value).map(Self::ClusterRole),
            "RoleBinding" => decode(value).map(Self::RoleBinding),
            "ClusterRoleBinding" => decode(value).map(Self::ClusterRoleBinding),
            other => Err(ConfigError::Decode(format!("no kind {other:?} in {API_VERSION}"))),
        }
    }

    /// Sets the API server's defaults, then refuses what it refuses.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every field that is refused.
    pub fn checked(mut self) -> Result<Self, ConfigError> {
        let mut errors = Vec::new();
        match &mut self {
            Self::Role(role) => validate::role(role, &mut errors),
            Self::ClusterRole(role) => {
                role.metadata.namespace.clear();
                validate::cluster_role(role, &mut errors);
            }
            Self::RoleBinding(binding) => {
                set_defaults(&mut binding.role_ref, &mut binding.subjects);
                validate::role_binding(binding, &mut errors);
            }
            Self::ClusterRoleBinding(binding) => {
                binding.metadata.namespace.clear();
                set_defaults(&mut binding.role_ref, &mut binding.subjects);
                validate::cluster_role_binding(binding, &mut errors);
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(ConfigError::Invalid(errors)) }
    }

    /// The kind's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Role(_) => "Role",
            Self::ClusterRole(_) => "ClusterRole",
            Self::RoleBinding(_) => "RoleBinding",
            Self::ClusterRoleBinding(_) => "ClusterRoleBinding",
        }
    }

    /// Name, namespace and labels.
    pub fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Role(role) => &role.metadata,
            Self::ClusterRole(role) => &role.metadata,
            Self::RoleBinding(binding) => &binding.metadata,
            Self::ClusterRoleBinding(binding) => &binding.metadata,
        }
    }
}

/// Roles and bindings, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    pub(super) roles: BTreeMap<Key, Role>,
    pub(super) cluster_roles: BTreeMap<String, ClusterRole>,
    pub(super) role_bindings: BTreeMap<Key, RoleBinding>,
    pub(super) cluster_role_bindings: BTreeMap<String, ClusterRoleBinding>,
}

/// Namespace and name.
pub(super) type Key = (String, String);

impl Objects {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object as somebody wrote it: with defaults set, and checked.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every field that the API server refuses, or where there is another object
    /// of that kind and name already; the set is then as before.
    pub fn insert(&mut self, object: Object) -> Result<(), ConfigError> {
        self.insert_stored(object.checked()?)
    }

    /// Adds an object as an API server stores it, which is not checked again: it decides by such an object even
    /// where it would refuse it today.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] where there is another object of that kind and name already.
    pub fn insert_stored(&mut self, object: Object) -> Result<(), ConfigError> {
        let key = |meta: &ObjectMeta| (meta.namespace.clone(), meta.name.clone());
        match object {
            Object::Role(role) => once(self.roles.entry(key(&role.metadata)), role),
            Object::ClusterRole(role) => once(self.cluster_roles.entry(role.metadata.name.clone()), role),
            Object::RoleBinding(binding) => once(self.role_bindings.entry(key(&binding.metadata)), binding),
            Object::ClusterRoleBinding(binding) => {
                once(self.cluster_role_bindings.entry(binding.metadata.name.clone()), binding)
            }
        }
    }

    /// Gives each aggregated ClusterRole the rules that the controller of a cluster would have given it in the
    /// end. Objects that were read from a cluster have them already; for them nothing changes.
    #[must_use]
    pub fn aggregated(mut self) -> Self {
        aggregate::aggregate(&mut self.cluster_roles);
        self
    }

    /// A ClusterRole by its name.
    pub fn cluster_role(&self, name: &str) -> Option<&ClusterRole> {
        self.cluster_roles.get(name)
    }
}

pub(super) const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, ConfigError> {
    serde_json::from_value(value).map_err(|error| ConfigError::Decode(error.to_string()))
}

/// The types of members that are not kept.
pub(crate) fn check_metadata(metadata: &Value) -> Result<(), ConfigError> {
    let is = |members: &[&'static str], good: fn(&Value) -> bool| {
        members
            .iter()
            .copied()
            .find(|member| metadata.get(member).is_some_and(|value| !value.is_null() && !good(value)))
    };
    let wrong = is(&["uid", "resourceVersion", "selfLink", "creationTimestamp", "deletionTimestamp"], Value::is_string)
        .or_else(|| is(&["deletionGracePeriodSeconds"], Value::is_i64))
        .or_else(|| is(&["managedFields"], Value::is_array));
    wrong.map_or(Ok(()), |member| Err(ConfigError::Decode(format!("metadata.{member} has the wrong type"))))
}

fn set_defaults(role_ref: &mut RoleRef, subjects: &mut [Subject]) {
    if role_ref.api_group.is_empty() {
        API_GROUP.clone_into(&mut role_ref.api_group);
    }
    for subject in subjects {
        if subject.api_group.is_empty() && matches!(subject.kind.as_str(), "User" | "Group") {
            API_GROUP.clone_into(&mut subject.api_group);
        }
    }
}

fn once<K: Ord, T: PartialEq>(entry: Entry<'_, K, T>, object: T) -> Result<(), ConfigError> {
    match entry {
        Entry::Vacant(place) => {
            place.insert(object);
            Ok(())
        }
        Entry::Occupied(place) if *place.get() == object => Ok(()),
        Entry::Occupied(_) => Err(ConfigError::Invalid(vec![FieldError {
            path: "metadata.name".to_owned(),
            why: "another object of that kind has this name".to_owned(),
        }])),
    }
}

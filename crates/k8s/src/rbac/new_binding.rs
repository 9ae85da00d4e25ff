//! Bindings to be written.

use super::objects::{API_VERSION, Object};
use super::types::{API_GROUP, RoleRef, Subject};
use crate::ConfigError;
use crate::yaml::to_yaml;
use serde::Serialize;

/// A RoleBinding or a ClusterRoleBinding that is to be: what the API server would refuse cannot be made.
///
/// ```
/// use claimant_k8s::rbac::{NewBinding, RoleRef, Subject};
///
/// let role = RoleRef { kind: "ClusterRole".into(), name: "view".into(), ..RoleRef::default() };
/// let devs = Subject { kind: "Group".into(), name: "oidc:devs".into(), ..Subject::default() };
/// let binding = NewBinding::new("devs", "web", role, vec![devs])?;
/// assert!(binding.to_yaml().starts_with("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"));
/// # Ok::<(), claimant_k8s::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewBinding {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    role_ref: RoleRef,
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
}

impl NewBinding {
    /// In a namespace a RoleBinding, in the empty one a ClusterRoleBinding.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every field that the API server refuses.
    pub fn new(
        name: impl Into<String>,
        namespace: impl Into<String>,
        role: RoleRef,
        subjects: Vec<Subject>,
    ) -> Result<Self, ConfigError> {
        let metadata = Metadata { name: name.into(), namespace: namespace.into() };
        let group = |subject: Subject| match subject.kind.as_str() {
            "User" | "Group" => Subject { api_group: API_GROUP.to_owned(), ..subject },
            _ => subject,
        };
        let this = Self {
            api_version: API_VERSION,
            kind: if metadata.namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" },
            metadata,
            role_ref: RoleRef { api_group: API_GROUP.to_owned(), ..role },
            subjects: subjects.into_iter().map(group).collect(),
        };
        Object::from_json(&serde_json::to_string(&this).unwrap_or_default())?.checked()?;
        Ok(this)
    }

    /// `RoleBinding` or `ClusterRoleBinding`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The manifest.
    pub fn to_yaml(&self) -> String {
        to_yaml(self).unwrap_or_default()
    }
}

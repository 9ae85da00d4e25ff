//! The kinds of rbac.authorization.k8s.io/v1, under their own names.
//!
//! Own types, not those of k8s-openapi: those refuse null in a list, which the API server reads as an empty
//! element, and weigh a hundred times as much.

use crate::null::{
    list_or_null, map_or_null, object_or_null, objects_or_null, optional_object, or_null, strings_or_null,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The group of all kinds here, and of the subjects that are users and groups.
pub const API_GROUP: &str = "rbac.authorization.k8s.io";

/// Rules that can be bound in one namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Role {
    /// Name and namespace.
    #[serde(deserialize_with = "object_or_null")]
    pub metadata: ObjectMeta,
    /// What it allows.
    #[serde(deserialize_with = "objects_or_null")]
    pub rules: Vec<PolicyRule>,
}

/// Rules that can be bound everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterRole {
    /// The name, and the labels that aggregation selects by.
    #[serde(deserialize_with = "object_or_null")]
    pub metadata: ObjectMeta,
    /// What it allows.
    #[serde(deserialize_with = "objects_or_null")]
    pub rules: Vec<PolicyRule>,
    /// Where its rules come from, if not from itself.
    #[serde(deserialize_with = "optional_object")]
    pub aggregation_rule: Option<AggregationRule>,
}

/// Gives a Role or a ClusterRole to subjects, in its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleBinding {
    /// Name and namespace.
    #[serde(deserialize_with = "object_or_null")]
    pub metadata: ObjectMeta,
    /// To whom.
    #[serde(deserialize_with = "objects_or_null")]
    pub subjects: Vec<Subject>,
    /// What.
    #[serde(deserialize_with = "object_or_null")]
    pub role_ref: RoleRef,
}

/// Gives a ClusterRole to subjects, in all namespaces and outside of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterRoleBinding {
    /// The name.
    #[serde(deserialize_with = "object_or_null")]
    pub metadata: ObjectMeta,
    /// To whom.
    #[serde(deserialize_with = "objects_or_null")]
    pub subjects: Vec<Subject>,
    /// What.
    #[serde(deserialize_with = "object_or_null")]
    pub role_ref: RoleRef,
}

/// What of the metadata of an object matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The name; anything that can stand between two slashes.
    #[serde(deserialize_with = "or_null")]
    pub name: String,
    /// The namespace; empty for the kinds of the cluster.
    #[serde(deserialize_with = "or_null")]
    pub namespace: String,
    /// The labels.
    #[serde(deserialize_with = "map_or_null")]
    pub labels: BTreeMap<String, String>,
    /// The annotations; only checked, as all that follows.
    #[serde(deserialize_with = "map_or_null")]
    pub annotations: BTreeMap<String, String>,
    /// What a name would be made from.
    #[serde(deserialize_with = "or_null")]
    pub generate_name: String,
    /// Counts changes.
    #[serde(deserialize_with = "or_null")]
    pub generation: i64,
    /// Who must be heard before the object goes.
    #[serde(deserialize_with = "list_or_null")]
    pub finalizers: Vec<String>,
    /// With whom the object goes.
    #[serde(deserialize_with = "objects_or_null")]
    pub owner_references: Vec<OwnerReference>,
}

/// An object that owns this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Group and version.
    #[serde(deserialize_with = "or_null")]
    pub api_version: String,
    /// Its kind.
    #[serde(deserialize_with = "or_null")]
    pub kind: String,
    /// Its name.
    #[serde(deserialize_with = "or_null")]
    pub name: String,
    /// Its uid.
    #[serde(deserialize_with = "or_null")]
    pub uid: String,
    /// Whether it is the one that controls it.
    pub controller: Option<bool>,
    /// Whether it waits for this one.
    pub block_owner_deletion: Option<bool>,
}

/// Allows what all of its lists name: verbs on resources, or verbs on paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// `*` is every verb.
    #[serde(deserialize_with = "strings_or_null")]
    pub verbs: Vec<String>,
    /// `""` is the core group, `*` every group.
    #[serde(deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`, `*/log` or `*`.
    #[serde(deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Empty: every name.
    #[serde(deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths; a star at the end stands for any rest.
    #[serde(rename = "nonResourceURLs", deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub non_resource_urls: Vec<String>,
}

/// Who is meant by a binding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    #[serde(deserialize_with = "or_null")]
    pub kind: String,
    /// [`API_GROUP`] for users and groups, empty for service accounts.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    /// The name.
    #[serde(deserialize_with = "or_null")]
    pub name: String,
    /// Of a service account; empty means that of the RoleBinding.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// Which role is bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleRef {
    /// [`API_GROUP`].
    #[serde(deserialize_with = "or_null")]
    pub api_group: String,
    /// `Role` or `ClusterRole`.
    #[serde(deserialize_with = "or_null")]
    pub kind: String,
    /// The name.
    #[serde(deserialize_with = "or_null")]
    pub name: String,
}

/// Whose rules a ClusterRole takes over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregationRule {
    /// At least one; each adds.
    #[serde(deserialize_with = "objects_or_null")]
    pub cluster_role_selectors: Vec<LabelSelector>,
}

/// A choice by labels (meta/v1): all parts must match, and none match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// These labels with these values.
    #[serde(deserialize_with = "map_or_null")]
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    #[serde(deserialize_with = "objects_or_null")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// One condition on one label.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorRequirement {
    /// The label.
    #[serde(deserialize_with = "or_null")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[serde(deserialize_with = "or_null")]
    pub operator: String,
    /// For `In` and `NotIn`.
    #[serde(deserialize_with = "list_or_null")]
    pub values: Vec<String>,
}

//! The fields of the file, under their own names; null is the same as absent, as in the API server. What is
//! serialized is what the API server would write.

use crate::null::{object_or_null, objects_or_null, optional_object, or_null, strings_or_null};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AuthenticationConfiguration {
    /// `apiserver.config.k8s.io/v1`, `v1beta1` or `v1alpha1`.
    #[serde(deserialize_with = "or_null")]
    pub api_version: String,
    /// `AuthenticationConfiguration`.
    #[serde(deserialize_with = "or_null")]
    pub kind: String,
    /// The issuers, at most 64.
    #[serde(deserialize_with = "objects_or_null")]
    pub jwt: Vec<JwtAuthenticator>,
    /// Anonymous requests.
    #[serde(deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<Anonymous>,
}

/// One issuer, and how its claims become a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct JwtAuthenticator {
    /// Who signs.
    #[serde(deserialize_with = "object_or_null")]
    pub issuer: Issuer,
    /// What the claims must say.
    #[serde(deserialize_with = "objects_or_null", skip_serializing_if = "Vec::is_empty")]
    pub claim_validation_rules: Vec<ClaimValidationRule>,
    /// Which claim becomes what.
    #[serde(deserialize_with = "object_or_null")]
    pub claim_mappings: ClaimMappings,
    /// What the user must be like.
    #[serde(deserialize_with = "objects_or_null", skip_serializing_if = "Vec::is_empty")]
    pub user_validation_rules: Vec<UserValidationRule>,
}

/// Who signs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Issuer {
    /// The `iss` of its tokens; https.
    #[serde(deserialize_with = "or_null")]
    pub url: String,
    /// Where its discovery document stands, if not below `url`.
    #[serde(rename = "discoveryURL", deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub discovery_url: String,
    /// PEM of the certificates that its server is trusted by.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub certificate_authority: String,
    /// A token must name one of these.
    #[serde(deserialize_with = "strings_or_null")]
    pub audiences: Vec<String>,
    /// `MatchAny` where there are several audiences.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub audience_match_policy: String,
    /// `controlplane` or `cluster`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub egress_selector_type: String,
}

/// Through which network the API server fetches an issuer's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EgressSelector {
    /// `controlplane`.
    ControlPlane,
    /// `cluster`.
    Cluster,
}

impl Issuer {
    /// `egressSelectorType`, where it is one that the API server knows.
    pub fn egress_selector(&self) -> Option<EgressSelector> {
        match self.egress_selector_type.as_str() {
            "controlplane" => Some(EgressSelector::ControlPlane),
            "cluster" => Some(EgressSelector::Cluster),
            _ => None,
        }
    }
}

impl fmt::Display for EgressSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlPlane => "controlplane",
            Self::Cluster => "cluster",
        })
    }
}

/// A claim that must be there with a value, or a CEL expression that must be true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClaimValidationRule {
    /// The claim, which must be there as text; or else `expression`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The text that it must be.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub required_value: String,
    /// CEL over `claims` that must be true.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// What is told where it is not; by default the expression.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A CEL expression over the user that must be true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct UserValidationRule {
    /// CEL over `user` that must be true.
    #[serde(deserialize_with = "or_null")]
    pub expression: String,
    /// What is told where it is not; by default the expression.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Which claim becomes what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClaimMappings {
    /// The user name; required.
    #[serde(deserialize_with = "object_or_null")]
    pub username: PrefixedClaimOrExpression,
    /// The groups.
    #[serde(deserialize_with = "object_or_null")]
    pub groups: PrefixedClaimOrExpression,
    /// The uid.
    #[serde(deserialize_with = "object_or_null")]
    pub uid: ClaimOrExpression,
    /// Further facts, by CEL alone.
    #[serde(deserialize_with = "objects_or_null", skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraMapping>,
}

/// A claim with a prefix, or a CEL expression.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct PrefixedClaimOrExpression {
    /// The claim; or else `expression`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// What is put before it; required with a claim, where an empty one puts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// CEL over `claims` that gives text (groups: text or a list of it).
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

impl PrefixedClaimOrExpression {
    /// The mapping by claim, for people.
    pub(crate) fn in_words(&self) -> String {
        format!("claim {:?} behind {:?}", self.claim, self.prefix.as_deref().unwrap_or_default())
    }
}

/// A claim, or a CEL expression.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClaimOrExpression {
    /// The claim; or else `expression`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// CEL over `claims` that gives text.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// An extra and the CEL expression of its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ExtraMapping {
    /// The key: a domain, a slash and a path, in lower case; not one of Kubernetes.
    #[serde(deserialize_with = "or_null")]
    pub key: String,
    /// CEL over `claims` that gives text or a list of it; nothing leaves the key out.
    #[serde(deserialize_with = "or_null")]
    pub value_expression: String,
}

/// Whether requests without credentials are let in, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Anonymous {
    /// Whether they are let in at all.
    #[serde(deserialize_with = "or_null")]
    pub enabled: bool,
    /// Where; everywhere if there is none.
    #[serde(deserialize_with = "objects_or_null", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<AnonymousCondition>,
}

/// A path that anonymous requests may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AnonymousCondition {
    /// The path, compared byte for byte.
    #[serde(deserialize_with = "or_null")]
    pub path: String,
}

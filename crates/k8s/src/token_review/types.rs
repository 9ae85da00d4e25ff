//! The TokenReview of authentication.k8s.io, as both sides write and read it.

use crate::UserInfo;
use crate::null::{map_of_lists_or_null, object_or_null, or_null, strings_or_null};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// A question and, where `status` is filled in, its answer. The token never shows in `Debug`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenReview {
    /// `authentication.k8s.io/v1` or `authentication.k8s.io/v1beta1`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// `TokenReview`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// As it came: a server gives it back, nobody reads it.
    #[serde(deserialize_with = "or_null")]
    pub metadata: Map<String, Value>,
    /// The question.
    #[serde(deserialize_with = "object_or_null")]
    pub spec: TokenReviewSpec,
    /// The answer.
    #[serde(deserialize_with = "object_or_null")]
    pub status: TokenReviewStatus,
}

/// Which token, and for whom it should be good.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenReviewSpec {
    /// The token.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// Those who ask. Empty means the API server itself.
    #[serde(deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
}

impl fmt::Debug for TokenReviewSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReviewSpec").field("audiences", &self.audiences).finish_non_exhaustive()
    }
}

/// The answer. Nothing in it counts unless `authenticated` is true: an API server may give back what the
/// asker wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenReviewStatus {
    /// Whether the token is good.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "std::ops::Not::not")]
    pub authenticated: bool,
    /// Whose it is.
    #[serde(deserialize_with = "user_or_null")]
    pub user: UserInfo,
    /// For which of the audiences that were asked for.
    #[serde(deserialize_with = "strings_or_null", skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Why not, where the token is not good.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub error: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    #[serde(deserialize_with = "or_null")]
    username: String,
    #[serde(deserialize_with = "or_null")]
    uid: String,
    #[serde(deserialize_with = "strings_or_null")]
    groups: Vec<String>,
    #[serde(deserialize_with = "map_of_lists_or_null")]
    extra: std::collections::BTreeMap<String, Vec<String>>,
}

fn user_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UserInfo, D::Error> {
    let User { username, uid, groups, extra } = object_or_null(deserializer)?;
    Ok(UserInfo { username, uid, groups, extra })
}

/// The versions that are spoken. They differ in name only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// `authentication.k8s.io/v1`.
    #[default]
    V1,
    /// `authentication.k8s.io/v1beta1`: the default of `--authentication-token-webhook-version`.
    V1beta1,
}

impl Version {
    /// The value of `apiVersion`.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "authentication.k8s.io/v1",
            Self::V1beta1 => "authentication.k8s.io/v1beta1",
        }
    }
}

/// By the names that `--authentication-token-webhook-version` takes: `v1`, `v1beta1`.
impl FromStr for Version {
    type Err = crate::ConfigError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "v1" => Ok(Self::V1),
            "v1beta1" => Ok(Self::V1beta1),
            other => Err(crate::ConfigError::Flag {
                flag: "authentication-token-webhook-version",
                why: format!("no version {other:?} of TokenReview; there are v1 and v1beta1"),
            }),
        }
    }
}

impl TokenReview {
    /// The kind's name.
    pub const KIND: &str = "TokenReview";

    /// The question about a token.
    pub fn question(version: Version, token: &str, audiences: &[String]) -> Self {
        Self {
            api_version: version.api_version().to_owned(),
            kind: Self::KIND.to_owned(),
            spec: TokenReviewSpec { token: token.to_owned(), audiences: audiences.to_vec() },
            ..Self::default()
        }
    }
}

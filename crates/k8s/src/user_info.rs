//! Who a token belongs to.

use serde::Serialize;
use std::collections::BTreeMap;

/// The `UserInfo` of authentication.k8s.io/v1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The user's name.
    pub username: String,
    /// The user's uid; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The groups, in the token's order. `system:authenticated` is not among them: the API server's request
    /// chain adds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Further facts, e.g. `authentication.kubernetes.io/credential-id`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

pub(crate) const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

impl UserInfo {
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.extra.insert(key.to_owned(), vec![value.to_owned()]);
    }
}

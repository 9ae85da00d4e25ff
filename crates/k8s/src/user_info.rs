//! Who a token belongs to.

use serde::Serialize;
use std::collections::BTreeMap;

/// The `UserInfo` of authentication.k8s.io/v1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The user's name.
    #[serde(skip_serializing_if = "String::is_empty")]
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

/// Of everybody who has shown a good credential.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";
/// Of everybody else who is let in.
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
/// Who has shown no credential.
pub(crate) const ANONYMOUS: &str = "system:anonymous";

impl UserInfo {
    /// The user that somebody becomes who impersonates this name and these groups (`kubectl --as --as-group`): a
    /// service account without groups has its own, and all have `system:authenticated`, but the anonymous user
    /// (k8s.io/apiserver, pkg/endpoints/filters/impersonation).
    ///
    /// ```
    /// let user = claimant_k8s::UserInfo::impersonated("system:serviceaccount:web:shop", Vec::new());
    /// assert_eq!(user.groups, ["system:serviceaccounts", "system:serviceaccounts:web", "system:authenticated"]);
    /// ```
    #[must_use]
    pub fn impersonated(username: impl Into<String>, groups: Vec<String>) -> Self {
        let username = username.into();
        let account = username.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
        let groups = match account.filter(|(_, name)| groups.is_empty() && !name.contains(':')) {
            Some((namespace, _)) => {
                vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
            }
            None => groups,
        };
        let mut user = Self { username, groups, ..Self::default() };
        if user.username == ANONYMOUS && !user.groups.iter().any(|group| group == UNAUTHENTICATED) {
            user.groups.push(UNAUTHENTICATED.to_owned());
        }
        user.in_request()
    }

    /// As the API server's request chain completes a user who was authenticated: `system:authenticated` is among
    /// the groups, unless they say already whether it is so.
    #[must_use]
    pub fn in_request(mut self) -> Self {
        let said = |group: &String| group == AUTHENTICATED || group == UNAUTHENTICATED;
        if self.username != ANONYMOUS && !self.groups.iter().any(said) {
            self.groups.push(AUTHENTICATED.to_owned());
        }
        self
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.extra.insert(key.to_owned(), vec![value.into()]);
    }
}

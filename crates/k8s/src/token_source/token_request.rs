//! Tokens of a service account by the TokenRequest API.

use super::{Fetch, FetchFailure, Fetching, Fresh, SecretToken};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Client;
use kube::api::{Api, PostParams};
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;

/// Asks an API server for tokens of one account, each time for ten seconds at most. It needs `create` on
/// `serviceaccounts/token`.
pub struct TokenRequests {
    accounts: Api<ServiceAccount>,
    name: String,
    audiences: Vec<String>,
    seconds: u32,
}

impl TokenRequests {
    /// For these audiences (none means the API server), each for so many seconds; an API server gives at least 600, and
    /// may give less or more than asked for.
    pub fn new<S: Into<String>>(
        client: Client,
        namespace: &str,
        name: impl Into<String>,
        audiences: impl IntoIterator<Item = S>,
        seconds: u32,
    ) -> Self {
        let audiences = audiences.into_iter().map(Into::into).collect();
        Self { accounts: Api::namespaced(client, namespace), name: name.into(), audiences, seconds }
    }

    async fn ask(&self) -> Result<Fresh, FetchFailure> {
        let spec = TokenRequestSpec {
            audiences: Some(self.audiences.clone()),
            expiration_seconds: Some(i64::from(self.seconds)),
            ..TokenRequestSpec::default()
        };
        let question = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let post = PostParams::default();
        let answer = timeout(PATIENCE, self.accounts.create_token_request(&self.name, &post, &question)).await;
        let status = match answer {
            Ok(Ok(answer)) => answer.status.ok_or(FetchFailure::Unreadable)?,
            Ok(Err(kube::Error::Api(status))) if status.code < 500 && status.code != TOO_MANY => {
                return Err(FetchFailure::Refused(status.code));
            }
            Ok(Err(kube::Error::SerdeError(_))) => return Err(FetchFailure::Unreadable),
            Ok(Err(_)) | Err(_) => return Err(FetchFailure::Unreachable),
        };
        match (status.token.map(SecretToken::new), status.expiration_timestamp) {
            (Some(token), Some(expires)) if !token.expose().is_empty() => {
                Ok(Fresh { token, expires: expires.0.as_second(), look_again: None })
            }
            _ => Err(FetchFailure::Unreadable),
        }
    }
}

impl Fetch for TokenRequests {
    fn fetch(&self, _now: i64) -> Fetching<'_> {
        Box::pin(self.ask())
    }
}

impl fmt::Debug for TokenRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequests")
            .field("name", &self.name)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// "Not now", which is no refusal.
const TOO_MANY: u16 = 429;

//! The API server, as the parts of this program talk to it.

use crate::api::{Outcome, now};
use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::service_account::{
    Asked, Fetched, Fetching, ObjectKind, ObjectLookup, ObjectMeta, ServiceAccounts, Stale, TokenSecret, WatchedObjects,
};
use claimant_k8s::token_review::{KubeTransport, TokenReviewer};
use claimant_k8s::{Authenticated, Error, authenticate_async};
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::{Client, Resource};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) const ISSUER: &str = "https://kubernetes.default.svc";
pub(crate) const SPACE: &str = "e2e";
pub(crate) const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) ours: ServiceAccounts,
    pub(crate) theirs: TokenReviewer<KubeTransport>,
    pub(crate) objects: Arc<WatchedObjects>,
}

impl Cluster {
    /// Both, until they say what they must, and the same user.
    pub(crate) async fn agree(&self, token: &str, good: bool) -> Outcome<String> {
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let (ours, theirs) = (self.judge(token).await, self.review(token).await);
            if ours.is_ok() == good && theirs.is_ok() == good {
                if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
                    same_user(ours, theirs)?;
                }
                return Ok(format!("{}, {}", word(&ours), word(&theirs)));
            }
            if Instant::now() > limit {
                return Err(format!("ours says {}, TokenReview {}, expected {good}", word(&ours), word(&theirs)).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn keys(&self) -> Outcome<KeySet> {
        let text = std::fs::read_to_string(std::env::var("E2E_KEYS")?)?;
        Ok(KeySet::from_pem(&text, &provider::Default, &Limits::default())?)
    }

    pub(crate) fn in_space<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), SPACE)
    }

    pub(crate) async fn token(&self, account: &str, kind: &str, uid: Option<Option<String>>) -> Outcome<String> {
        match uid {
            Some(uid) => self.bound(account, kind, "thing", uid).await,
            None => self.request(account, None).await,
        }
    }

    pub(crate) async fn bound(&self, account: &str, kind: &str, name: &str, uid: Option<String>) -> Outcome<String> {
        let reference = BoundObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some(kind.to_owned()),
            name: Some(name.to_owned()),
            uid,
        };
        self.request(account, Some(reference)).await
    }

    pub(crate) async fn request(
        &self,
        account: &str,
        bound_object_ref: Option<BoundObjectReference>,
    ) -> Outcome<String> {
        let spec =
            TokenRequestSpec { audiences: Some(vec![ISSUER.to_owned()]), bound_object_ref, ..Default::default() };
        let question = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let accounts = self.in_space::<ServiceAccount>();
        let answer = accounts.create_token_request(account, &PostParams::default(), &question).await?;
        Ok(answer.status.and_then(|status| status.token).ok_or("no token")?)
    }

    pub(crate) async fn judge(&self, token: &str) -> Result<Authenticated, Error> {
        authenticate_async(&self.ours, token, now()).await
    }

    pub(crate) async fn review(&self, token: &str) -> Result<Authenticated, Error> {
        authenticate_async(&self.theirs, token, now()).await
    }
}

pub(crate) fn pod(name: &str, account: &str) -> serde_json::Value {
    json!({"metadata": {"name": name}, "spec": {"serviceAccountName": account, "nodeName": "nowhere",
        "containers": [{"name": "c", "image": "none"}]}})
}

/// TokenReview adds the group of everybody who is authenticated.
pub(crate) fn same_user(ours: &Authenticated, theirs: &Authenticated) -> Outcome<()> {
    let mut theirs = theirs.user.clone();
    theirs.groups.retain(|group| group != "system:authenticated");
    if ours.user == theirs { Ok(()) } else { Err(format!("another user: {:?}, {theirs:?}", ours.user).into()) }
}

pub(crate) fn word(outcome: &Result<Authenticated, Error>) -> String {
    outcome.as_ref().map_or_else(|why| why.reason().to_owned(), |_| "ok".to_owned())
}

/// What the watches tell, and the content of a legacy token's secret, which they do not, from the API server.
pub(crate) struct WithSecrets {
    pub(crate) watched: Arc<WatchedObjects>,
    pub(crate) client: Client,
}

impl ObjectLookup for WithSecrets {
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        self.watched.get(kind, key)
    }

    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        self.watched.token_secret(key)
    }

    fn fetch<'a>(&'a self, asked: &'a Asked) -> Option<Fetching<'a>> {
        let Asked::TokenSecret(key) = asked else { return None };
        let (namespace, name) = key.split_once('/')?;
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        Some(Box::pin(async move {
            let found = secrets.get_opt(name).await.map_err(|_| Stale)?;
            Ok(Fetched::TokenSecret(found.map(|secret| {
                let meta = secret.metadata;
                let marked = meta.labels.and_then(|labels| labels.get(INVALID_SINCE).cloned());
                let deleted_at = meta.deletion_timestamp.map(|time| time.0.as_second());
                TokenSecret {
                    meta: ObjectMeta { uid: meta.uid.unwrap_or_default(), deleted_at },
                    token: secret.data.and_then(|mut data| data.remove("token")).unwrap_or_default().0,
                    marked_invalid: marked.is_some_and(|since| !since.is_empty()),
                }
            })))
        }))
    }
}

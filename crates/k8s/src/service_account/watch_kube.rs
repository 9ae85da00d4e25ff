//! Feeds [`WatchedObjects`] from an API server: metadata only, no content of any secret.

use super::watched::Seen;
use super::{ObjectKind, ObjectMeta, Scope, WatchedObjects};
use crate::watch::{Pace, follow};
use futures_util::future::join_all;
use k8s_openapi::api::core::v1::{Node, Pod, Secret, ServiceAccount};
use kube::Client;
use kube::api::{Api, PartialObjectMeta};
use kube::core::NamespaceResourceScope;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

impl WatchedObjects {
    /// Watches for as long as the future is polled; it never ends by itself. It needs `list` and `watch` on what its
    /// scopes name.
    pub async fn watch(self: Arc<Self>, client: Client) {
        let pace = Pace::for_lag(self.policy().max_watch_lag);
        join_all(self.scopes().map(|scope| self.one(client.clone(), scope, pace))).await;
    }

    fn one<'a>(&'a self, client: Client, scope: &'a Scope, pace: Pace) -> Watching<'a> {
        match scope.kind {
            ObjectKind::ServiceAccount => self.namespaced::<ServiceAccount>(client, scope, pace),
            ObjectKind::Secret => self.namespaced::<Secret>(client, scope, pace),
            ObjectKind::Pod => self.namespaced::<Pod>(client, scope, pace),
            ObjectKind::Node => {
                let api: Api<PartialObjectMeta<Node>> = Api::all(client);
                Box::pin(follow(api, pace, read, move |event| self.take(scope, event)))
            }
        }
    }

    fn namespaced<'a, K>(&'a self, client: Client, scope: &'a Scope, pace: Pace) -> Watching<'a>
    where
        K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + std::fmt::Debug + Send + 'static,
    {
        let api: Api<PartialObjectMeta<K>> = match &scope.namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        Box::pin(follow(api, pace, read, move |event| self.take(scope, event)))
    }
}

type Watching<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Key, uid and the little that is kept.
fn read<K>(object: PartialObjectMeta<K>) -> Option<(String, String, Seen)> {
    let meta = object.metadata;
    let (name, uid) = (meta.name?, meta.uid.unwrap_or_default());
    let key = super::objects::key(meta.namespace.as_deref().unwrap_or_default(), &name);
    let marked_invalid = meta.labels.is_some_and(|labels| labels.get(INVALID_SINCE).is_some_and(|v| !v.is_empty()));
    let deleted_at = meta.deletion_timestamp.map(|time| time.0.as_second());
    Some((key, uid.clone(), Seen { meta: ObjectMeta { uid, deleted_at }, marked_invalid }))
}

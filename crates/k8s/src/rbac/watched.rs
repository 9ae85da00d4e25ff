//! Roles and bindings as watches tell them.

use super::{Authorizer, Object, Objects};
use crate::watch::{HasUid, Mirror, Monotonic, Pace, WatchEvent, WatchFailure, follow};
use crate::{OutOfReach, Unavailable};
use futures_util::future::join_all;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// The roles and bindings of a cluster, and an [`Authorizer`] over them that is never silently older than the policy
/// wants. Share it in an [`Arc`], and have [`WatchedRoles::watch`] polled.
///
/// Its age is that of the oldest of its four watches, as [`Mirror`] counts it; what was told but is not prepared yet
/// leaves it as old as what is.
#[derive(Debug)]
pub struct WatchedRoles {
    told: Mutex<Told>,
    prepared: RwLock<Prepared>,
    max_watch_lag: Duration,
    clock: Monotonic,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Told {
    mirrors: [Mirror<Stored>; 4],
    /// Whether more is known than what is prepared.
    news: bool,
}

#[derive(Debug, Default)]
struct Prepared {
    authorizer: Arc<Authorizer>,
    /// When all watches had told everything that is in it.
    as_of: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    uid: String,
    /// One that cannot be read allows nothing: the safe side, as there is no "deny".
    object: Option<Object>,
}

impl HasUid for Stored {
    fn uid(&self) -> &str {
        &self.uid
    }
}

const KINDS: [(&str, &str); 4] = [
    ("Role", "roles"),
    ("ClusterRole", "clusterroles"),
    ("RoleBinding", "rolebindings"),
    ("ClusterRoleBinding", "clusterrolebindings"),
];

impl WatchedRoles {
    /// Nothing is known before each watch has told a whole list.
    pub fn new(max_watch_lag: Duration, clock: Monotonic) -> Self {
        Self { told: Mutex::default(), prepared: RwLock::default(), max_watch_lag, clock, changed: Notify::new() }
    }

    /// Who decides now. Keep it for a decision, not for longer.
    ///
    /// # Errors
    /// [`OutOfReach::Objects`]: what is known is older than `max_watch_lag`, or nothing is. Answer 503, or ask a
    /// SubjectAccessReview.
    pub fn authorizer(&self) -> Result<Arc<Authorizer>, Unavailable> {
        let prepared = self.prepared.read().unwrap_or_else(PoisonError::into_inner);
        match prepared.as_of.map(|as_of| self.clock.now().saturating_sub(as_of)) {
            Some(age) if age <= self.max_watch_lag => Ok(Arc::clone(&prepared.authorizer)),
            _ => Err(Unavailable::new("roles", OutOfReach::Objects)),
        }
    }

    /// How old that is; `None` before everything has been told once.
    pub fn age(&self) -> Option<Duration> {
        let as_of = self.prepared.read().unwrap_or_else(PoisonError::into_inner).as_of;
        as_of.map(|as_of| self.clock.now().saturating_sub(as_of))
    }

    /// The first of the four kinds, as its path names it, whose last attempt failed, and why: HTTP 403 means that we
    /// may not list or watch it. `None` once each has told something since.
    pub fn last_failure(&self) -> Option<(&'static str, WatchFailure)> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        KINDS.iter().zip(&told.mirrors).find_map(|((_, plural), mirror)| Some((*plural, mirror.last_failure()?)))
    }

    /// Watches for as long as the future is polled; it never ends by itself. It needs `list` and `watch` on all four
    /// kinds in the whole cluster.
    pub async fn watch(self: Arc<Self>, client: Client) {
        let pace = Pace::for_lag(self.max_watch_lag);
        let watches = KINDS.into_iter().enumerate().map(|(place, (kind, plural))| {
            let gvk = GroupVersionKind::gvk(super::API_GROUP, "v1", kind);
            let api: Api<DynamicObject> =
                Api::all_with(client.clone(), &ApiResource::from_gvk_with_plural(&gvk, plural));
            let this = &self;
            follow(api, pace, move |object| read(kind, object), move |event| this.take(place, event))
        });
        let prepare = async {
            loop {
                self.changed.notified().await;
                self.prepare();
            }
        };
        // Neither ends.
        tokio::select! {
            _ = join_all(watches) => {}
            () = prepare => {}
        }
    }

    fn take(&self, place: usize, event: WatchEvent<Stored>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let news = matches!(event, WatchEvent::ListDone | WatchEvent::Applied(..) | WatchEvent::Deleted(..));
        let younger = news || event == WatchEvent::Bookmark;
        if let Some(mirror) = told.mirrors.get_mut(place) {
            mirror.take(event, self.clock.now());
        }
        told.news |= news;
        if younger {
            // Many events in a row are prepared once.
            self.changed.notify_one();
        }
    }

    fn prepare(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let ages: Option<Vec<Duration>> = told.mirrors.iter().map(|mirror| mirror.age(now)).collect();
        let Some(oldest) = ages.and_then(|ages| ages.into_iter().max()) else { return };
        let as_of = Some(now.saturating_sub(oldest));
        if !std::mem::take(&mut told.news) {
            self.prepared.write().unwrap_or_else(PoisonError::into_inner).as_of = as_of;
            return;
        }
        let mut objects = Objects::new();
        for object in told.mirrors.iter().flat_map(Mirror::values).filter_map(|stored| stored.object.clone()) {
            // Each stands under a key of its own, so that there are no twins.
            let _ = objects.insert_stored(object);
        }
        drop(told);
        // The controller of the cluster has aggregated the roles already.
        let authorizer = Arc::new(Authorizer::new(&objects));
        *self.prepared.write().unwrap_or_else(PoisonError::into_inner) = Prepared { authorizer, as_of };
    }
}

/// What is kept of an object that has a name.
fn read(kind: &str, object: DynamicObject) -> Option<(String, String, Stored)> {
    let meta = &object.metadata;
    let (name, uid) = (meta.name.clone()?, meta.uid.clone().unwrap_or_default());
    let key = format!("{}/{name}", meta.namespace.as_deref().unwrap_or_default());
    let mut value = object.data;
    if let Some(members) = value.as_object_mut() {
        members.insert("apiVersion".to_owned(), json!(format!("{}/v1", super::API_GROUP)));
        members.insert("kind".to_owned(), json!(kind));
        let metadata = json!({"name": name, "namespace": meta.namespace, "labels": meta.labels});
        members.insert("metadata".to_owned(), metadata);
    }
    Some((key, uid.clone(), Stored { uid, object: Object::from_value(value).ok() }))
}

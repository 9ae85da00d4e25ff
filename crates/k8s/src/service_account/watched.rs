//! Objects as watches tell them: offline verification that knows of deletions.

use super::objects::{ObjectKind, ObjectLookup, ObjectMeta, Stale, TokenSecret};
use crate::watch::{HasUid, Mirror, Monotonic, WatchEvent, WatchFailure};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// What one watch is over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Of which kind.
    pub kind: ObjectKind,
    /// In which namespace; in all of them, and for nodes, `None`.
    pub namespace: Option<String>,
}

impl Scope {
    /// All four kinds, in the whole cluster.
    pub fn everything() -> Vec<Self> {
        KINDS.map(|kind| Self { kind, namespace: None }).to_vec()
    }

    /// All four kinds, those that have namespaces in these alone. A token of another namespace is then
    /// `Unavailable`, or for the fallback.
    pub fn namespaces<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<Self> {
        let mut all = vec![Self { kind: ObjectKind::Node, namespace: None }];
        for name in names {
            let name = name.into();
            let namespaced = KINDS.into_iter().filter(|kind| *kind != ObjectKind::Node);
            all.extend(namespaced.map(|kind| Self { kind, namespace: Some(name.clone()) }));
        }
        all
    }

    fn covers(&self, kind: ObjectKind, key: &str) -> bool {
        let here = |wanted: &String| key.split_once('/').is_some_and(|(namespace, _)| namespace == wanted);
        self.kind == kind && self.namespace.as_ref().is_none_or(here)
    }
}

const KINDS: [ObjectKind; 4] = [ObjectKind::ServiceAccount, ObjectKind::Secret, ObjectKind::Pod, ObjectKind::Node];

/// When what a watch told is not to be believed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchPolicy {
    /// How old it may be. Beyond, nobody can tell ([`Stale`]): the token goes to the
    /// [`Fallback`](super::Fallback), or is `Unavailable`.
    pub max_watch_lag: Duration,
    /// Whether an object that is missing counts as one of which nobody can tell. A token can reach us before the
    /// watch does, if its pod was made just now; an API server looks into its storage before it refuses. With a
    /// fallback, so should we; without one, refuse.
    pub ask_about_missing: bool,
}

/// 60 s, as long as a bound token outlives the deletion of its object anyway.
impl Default for WatchPolicy {
    fn default() -> Self {
        Self { max_watch_lag: Duration::from_secs(60), ask_about_missing: false }
    }
}

/// Names, uids and deletion times of the objects that tokens hang on, as watches told them. Share it in an
/// [`Arc`](std::sync::Arc): [`super::ServiceAccounts::with_objects`] takes one, and whoever watches feeds it
/// (`kube`: [`WatchedObjects::watch`]).
///
/// Legacy tokens need the content of a secret, which is not watched. Where the secret is gone or marked invalid
/// they are refused; otherwise nobody can tell here, and the fallback has to.
#[derive(Debug)]
pub struct WatchedObjects {
    watches: Vec<(Scope, RwLock<Mirror<Seen>>)>,
    policy: WatchPolicy,
    clock: Monotonic,
}

/// What is kept of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Uid and deletion time.
    pub meta: ObjectMeta,
    /// Whether the label `kubernetes.io/legacy-token-invalid-since` has a value.
    pub marked_invalid: bool,
}

impl HasUid for Seen {
    fn uid(&self) -> &str {
        &self.meta.uid
    }
}

impl WatchedObjects {
    /// Nothing is known yet, and nobody can tell, until each watch has told a whole list.
    pub fn new(scopes: impl IntoIterator<Item = Scope>, policy: WatchPolicy, clock: Monotonic) -> Self {
        let watches = scopes.into_iter().map(|scope| (scope, RwLock::default())).collect();
        Self { watches, policy, clock }
    }

    /// Takes an event of the watch over `scope`, as of now. Keys are as in [`ObjectLookup::get`].
    pub fn take(&self, scope: &Scope, event: WatchEvent<Seen>) {
        if let Some((_, mirror)) = self.watches.iter().find(|(own, _)| own == scope) {
            mirror.write().unwrap_or_else(PoisonError::into_inner).take(event, self.clock.now());
        }
    }

    /// The age of what each watch told; `None` before its first whole list.
    pub fn ages(&self) -> Vec<(&Scope, Option<Duration>)> {
        let now = self.clock.now();
        let age = |mirror: &RwLock<Mirror<Seen>>| mirror.read().unwrap_or_else(PoisonError::into_inner).age(now);
        self.watches.iter().map(|(scope, mirror)| (scope, age(mirror))).collect()
    }

    /// The first watch whose last attempt failed, and why: HTTP 403 means that we may not list or watch there.
    /// `None` once each has told something since.
    pub fn last_failure(&self) -> Option<(&Scope, WatchFailure)> {
        let failure =
            |mirror: &RwLock<Mirror<Seen>>| mirror.read().unwrap_or_else(PoisonError::into_inner).last_failure();
        self.watches.iter().find_map(|(scope, mirror)| Some((scope, failure(mirror)?)))
    }

    /// Whether every watch is younger than the policy wants: what a readiness probe may ask.
    pub fn is_fresh(&self) -> bool {
        self.ages().iter().all(|(_, age)| age.is_some_and(|age| age <= self.policy.max_watch_lag))
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.watches.iter().map(|(_, mirror)| mirror.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(feature = "kube")]
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.watches.iter().map(|(scope, _)| scope)
    }

    #[cfg(feature = "kube")]
    pub(super) fn policy(&self) -> WatchPolicy {
        self.policy
    }

    fn find(&self, kind: ObjectKind, key: &str) -> Result<Option<Seen>, Stale> {
        let (_, mirror) = self.watches.iter().find(|(scope, _)| scope.covers(kind, key)).ok_or(Stale)?;
        let mirror = mirror.read().unwrap_or_else(PoisonError::into_inner);
        // The clock after the lock: an event that waited for it is not younger than this.
        match mirror.age(self.clock.now()) {
            Some(age) if age <= self.policy.max_watch_lag => match mirror.get(key).cloned() {
                None if self.policy.ask_about_missing => Err(Stale),
                found => Ok(found),
            },
            _ => Err(Stale),
        }
    }
}

impl ObjectLookup for WatchedObjects {
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        self.find(kind, key).map(|found| found.map(|seen| seen.meta))
    }

    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        match self.find(ObjectKind::Secret, key)? {
            Some(Seen { meta, marked_invalid }) if marked_invalid || meta.deleted_at.is_some() => {
                Ok(Some(TokenSecret { meta, token: Vec::new(), marked_invalid }))
            }
            Some(_) => Err(Stale),
            None => Ok(None),
        }
    }
}

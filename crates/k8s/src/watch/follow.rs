//! One list-and-watch loop against an API server.
//!
//! Not by way of kube-runtime: its watcher keeps bookmarks to itself, and without them nobody knows how old a quiet
//! watch is.

use super::{WatchEvent, WatchFailure};
use futures_util::StreamExt;
use kube::api::{Api, ListParams, WatchParams};
use kube::core::WatchEvent as Told;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How a watch goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long one watch lasts before the next goes on from there. An API server sends a bookmark shortly before the
    /// end, and else about every minute: what is watched is seldom older than this.
    pub watch: Duration,
    /// The pause after a first failure; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How many objects one page of a list has.
    pub page: u32,
}

impl Pace {
    /// For what may be so old: two watches in that time, and eight attempts.
    pub fn for_lag(max_watch_lag: Duration) -> Self {
        let part = |n: u32| max_watch_lag.checked_div(n).unwrap_or_default();
        Self {
            watch: part(2).clamp(Duration::from_secs(5), Duration::from_secs(290)),
            first_pause: Duration::from_millis(250),
            longest_pause: part(8).clamp(Duration::from_secs(1), Duration::from_secs(30)),
            page: 500,
        }
    }

    fn pause(&self, failures: u32) -> Duration {
        let doubled = self.first_pause.saturating_mul(2u32.saturating_pow(failures.min(16)));
        // Half of it to all of it, so that many watchers do not come back at once.
        let bits = u32::try_from(RandomState::new().hash_one(failures) >> 32).unwrap_or_default();
        doubled.min(self.longest_pause).mul_f64(0.5 + f64::from(bits) / f64::from(u32::MAX) / 2.0)
    }
}

/// Lists, watches, lists again where the server has forgotten (410), for ever; `read` makes a key and a value of an
/// object, `take` gets every event. Dropping the future ends it, and what it fed grows old.
pub async fn follow<K, V>(
    api: Api<K>,
    pace: Pace,
    read: impl Fn(K) -> Option<(String, String, V)>,
    take: impl Fn(WatchEvent<V>),
) where
    K: Clone + DeserializeOwned + Debug + kube::Resource,
{
    let mut failures = 0;
    let mut version = None;
    loop {
        let from = match version.take() {
            Some(version) => version,
            None => match list(&api, pace, &read, &take).await {
                Ok(version) => version,
                Err(why) => {
                    failed(&api, why, &take);
                    take(WatchEvent::Disconnected);
                    sleep(pace.pause(failures)).await;
                    failures = failures.saturating_add(1);
                    continue;
                }
            },
        };
        let mut watched = Watched { version: from, told: false };
        let end = watch(&api, pace, &mut watched, &read, &take).await;
        take(WatchEvent::Disconnected);
        failures = if watched.told { 0 } else { failures };
        // A watch that is over goes on where it was; one that failed too, but for those that cannot.
        if !matches!(end, End::Forgotten) {
            version = Some(watched.version);
        }
        if !matches!(end, End::Over) || !watched.told {
            sleep(pace.pause(failures)).await;
            failures = failures.saturating_add(1);
        }
    }
}

struct Watched {
    version: String,
    told: bool,
}

enum End {
    /// In good order, or by a lost connection.
    Over,
    /// Not even begun.
    Failed,
    /// The version is too old, or an event was lost: list again.
    Forgotten,
}

async fn list<K, V>(
    api: &Api<K>,
    pace: Pace,
    read: &impl Fn(K) -> Option<(String, String, V)>,
    take: &impl Fn(WatchEvent<V>),
) -> Result<String, WatchFailure>
where
    K: Clone + DeserializeOwned + Debug + kube::Resource,
{
    take(WatchEvent::ListBegun);
    // No version: the list is what storage holds, not what a cache of the server does.
    let mut params = ListParams { limit: Some(pace.page), ..ListParams::default() };
    loop {
        let page = match timeout(PATIENCE, api.list(&params)).await {
            Ok(page) => page.map_err(|why| WatchFailure::from(&why))?,
            Err(_) => return Err(WatchFailure::TimedOut),
        };
        page.items.into_iter().filter_map(read).for_each(|(key, _, value)| take(WatchEvent::Listed(key, value)));
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            take(WatchEvent::ListDone);
            return Ok(page.metadata.resource_version.unwrap_or_default());
        }
    }
}

async fn watch<K, V>(
    api: &Api<K>,
    pace: Pace,
    watched: &mut Watched,
    read: &impl Fn(K) -> Option<(String, String, V)>,
    take: &impl Fn(WatchEvent<V>),
) -> End
where
    K: Clone + DeserializeOwned + Debug + kube::Resource,
{
    let seconds = u32::try_from(pace.watch.as_secs()).unwrap_or(u32::MAX).max(1);
    let params = WatchParams { timeout: Some(seconds), bookmarks: true, ..WatchParams::default() };
    let events = match timeout(PATIENCE, api.watch(&params, &watched.version)).await {
        Ok(Ok(events)) => events,
        Ok(Err(kube::Error::Api(status))) if status.code == GONE => return End::Forgotten,
        Ok(Err(why)) => {
            failed(api, WatchFailure::from(&why), take);
            return End::Failed;
        }
        Err(_) => {
            failed(api, WatchFailure::TimedOut, take);
            return End::Failed;
        }
    };
    let mut events = pin!(events);
    loop {
        // A connection that hangs beyond its own end is lost.
        let event = match timeout(pace.watch + PATIENCE, events.next()).await {
            Ok(Some(event)) => event,
            Ok(None) => return End::Over,
            Err(_) => {
                failed(api, WatchFailure::TimedOut, take);
                return End::Over;
            }
        };
        let version = |object: &K| object.meta().resource_version.clone();
        let (newer, tell) = match event {
            Ok(Told::Added(object) | Told::Modified(object)) => {
                (version(&object), read(object).map(|(key, _, value)| WatchEvent::Applied(key, value)))
            }
            Ok(Told::Deleted(object)) => {
                (version(&object), read(object).map(|(key, uid, _)| WatchEvent::Deleted(key, uid)))
            }
            Ok(Told::Bookmark(mark)) => (Some(mark.metadata.resource_version), Some(WatchEvent::Bookmark)),
            Err(kube::Error::ReadEvents(_) | kube::Error::HyperError(_) | kube::Error::Service(_)) => {
                failed(api, WatchFailure::Unreachable, take);
                return End::Over;
            }
            Ok(Told::Error(status)) if status.code == GONE => return End::Forgotten,
            Ok(Told::Error(status)) => {
                failed(api, WatchFailure::Status(status.code), take);
                return End::Forgotten;
            }
            // What it told cannot be read (which the client takes for a status), and would not be the next time either.
            Err(_) => {
                failed(api, WatchFailure::Unreadable, take);
                return End::Forgotten;
            }
        };
        watched.told = true;
        if let Some(newer) = newer.filter(|newer| !newer.is_empty()) {
            watched.version = newer;
        }
        tell.into_iter().for_each(take);
    }
}

/// Says it to whoever looks at the state, and to whoever reads the log.
fn failed<K: kube::Resource, V>(_api: &Api<K>, why: WatchFailure, take: &impl Fn(WatchEvent<V>)) {
    #[cfg(feature = "tracing")]
    tracing::warn!(resource = _api.resource_url(), reason = why.reason(), error = %why, "a watch failed");
    take(WatchEvent::Failed(why));
}

const GONE: u16 = 410;
/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

//! What the program needs of the world, so that tests can be the world.

use claimant::config::{DiscoveredKeys, Issuer, IssuerKeys};
use claimant::jwks::handle::TokioRuntime;
use claimant::jwks::lifecycle::{Jitter, Moment};
use claimant::jwks::{BoxFuture, Runtime};
use claimant::k8s::Keys;
use metrics_exporter_prometheus::PrometheusHandle;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Clocks, timers, keys and numbers.
pub struct World {
    /// Where the keys of the configuration's issuers come from.
    pub keys: Box<dyn IssuerKeys>,
    /// By which files are looked at again, and the keys of service accounts are refreshed.
    pub clock: Clock,
    /// The time by which tokens are judged, in seconds since 1970.
    pub now: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
}

impl World {
    /// The real one: discovery over HTTPS, tokio's timers, the system's clock.
    pub fn real(metrics: PrometheusHandle) -> Self {
        Self {
            keys: Box::new(DiscoveredKeys::default()),
            clock: Clock::new(TokioRuntime::new()),
            now: Arc::new(system_seconds),
            metrics,
        }
    }
}

/// A runtime of keys that is shared.
#[derive(Clone)]
pub struct Clock(Arc<dyn Runtime>);

impl Clock {
    /// This one.
    pub fn new(runtime: impl Runtime) -> Self {
        Self(Arc::new(runtime))
    }

    /// Waits so long.
    pub(crate) async fn pause(&self, length: Duration) {
        self.0.sleep_until(self.0.now().steady.saturating_add(length)).await;
    }
}

impl Runtime for Clock {
    fn now(&self) -> Moment {
        self.0.now()
    }

    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep_until(steady)
    }

    fn jitter(&self) -> Jitter {
        self.0.jitter()
    }
}

/// Keys from wherever the world has them.
pub(crate) struct WorldKeys(pub(crate) Box<dyn IssuerKeys>);

impl IssuerKeys for WorldKeys {
    fn keys(&self, issuer: &Issuer) -> Result<Keys, Box<dyn Error + Send + Sync>> {
        self.0.keys(issuer)
    }
}

/// A clock that stands before 1970 shows 1970: no token is good then.
fn system_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

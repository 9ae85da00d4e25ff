//! What a cluster's watches tell, kept in memory with its age.
//!
//! [`Mirror`] is the state machine of one watch. With the feature `kube`, [`follow`] feeds one from an API server. They
//! serve [`crate::service_account::WatchedObjects`] (which objects are alive) and `rbac::WatchedRoles`.

mod failure;
#[cfg(feature = "kube")]
mod follow;
mod mirror;

pub use failure::WatchFailure;
#[cfg(feature = "kube")]
pub use follow::{Pace, follow};
pub use mirror::{HasUid, Mirror, WatchEvent};

use std::sync::Arc;
use std::time::{Duration, Instant};

/// A clock that never goes back, counted from any one moment.
#[derive(Clone)]
pub struct Monotonic(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Monotonic {
    /// One's own, for tests.
    pub fn new(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// The time since some moment.
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

/// The system's.
impl Default for Monotonic {
    fn default() -> Self {
        let start = Instant::now();
        Self::new(move || start.elapsed())
    }
}

impl std::fmt::Debug for Monotonic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Monotonic")
    }
}

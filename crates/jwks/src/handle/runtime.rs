//! Clock, timer and randomness: what a driver needs of the world.

use crate::lifecycle::{Jitter, Moment};
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A future in a box.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clocks, the timer and the dice of a [`Driver`](super::Driver).
pub trait Runtime: Send + Sync + 'static {
    /// Now, by both clocks.
    fn now(&self) -> Moment;

    /// Resolves at `steady`, as [`Runtime::now`] counts it; at once if that is over.
    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()>;

    /// A random number.
    fn jitter(&self) -> Jitter {
        // Each `RandomState` has keys of its own.
        let random = RandomState::new().hash_one(0) >> 32;
        Jitter(u32::try_from(random).unwrap_or_default())
    }
}

/// The clock of the standard library, for a driver that has a thread for itself and sleeps by parking it.
pub(super) struct ThreadRuntime {
    start: Instant,
}

impl ThreadRuntime {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Runtime for ThreadRuntime {
    fn now(&self) -> Moment {
        Moment { steady: self.start.elapsed(), wall: wall() }
    }

    fn sleep_until(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// Since 1970; a clock that is set to before that stands still there.
pub(super) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

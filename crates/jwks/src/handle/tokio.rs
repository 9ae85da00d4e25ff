//! A driver as a task of tokio.

use super::runtime::wall;
use super::{BoxFuture, Keys, Runtime};
use crate::lifecycle::Moment;
use crate::{KeyPolicy, KeySource, Misconfigured};
use std::time::Duration;
use tokio::time::Instant;

/// Keys of `source`, kept fresh by a task of the current runtime that ends with the last clone.
/// [`Keys::ready`] tells when the first set is there.
///
/// # Errors
/// As [`KeyPolicy::check`].
///
/// # Panics
/// Outside of a tokio runtime, as `tokio::spawn` does.
pub fn spawn<S: KeySource + 'static>(source: S, policy: KeyPolicy) -> Result<Keys, Misconfigured> {
    let (keys, driver) = Keys::new(source, policy, TokioRuntime::new())?;
    tokio::spawn(driver.run());
    Ok(keys)
}

/// Tokio's clock and timer. Times count from its creation.
#[derive(Debug)]
pub struct TokioRuntime {
    start: Instant,
}

impl TokioRuntime {
    /// Starts to count now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for TokioRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime for TokioRuntime {
    fn now(&self) -> Moment {
        Moment { steady: self.start.elapsed(), wall: wall() }
    }

    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()> {
        match self.start.checked_add(steady) {
            Some(at) => Box::pin(tokio::time::sleep_until(at)),
            None => Box::pin(std::future::pending()),
        }
    }
}

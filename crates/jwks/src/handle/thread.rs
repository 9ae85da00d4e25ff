//! A driver with a thread for itself, for programs without a runtime.

use super::Keys;
use super::runtime::ThreadRuntime;
use super::waiter::Unpark;
use crate::{KeyPolicy, KeySource, Misconfigured};
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

impl Keys {
    /// Keys of a source that needs no runtime of its own (files; a blocking client), kept fresh by a thread that
    /// ends with the last clone.
    ///
    /// # Errors
    /// As [`KeyPolicy::check`], or [`Misconfigured::Thread`].
    pub fn spawn_thread<S: KeySource + 'static>(source: S, policy: KeyPolicy) -> Result<Self, Misconfigured> {
        let (keys, driver) = Self::new(source, policy, ThreadRuntime::new())?;
        let shared = Arc::clone(&keys.shared);
        let run = move || {
            let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
            let mut run = std::pin::pin!(driver.run());
            while run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                let now = shared.runtime().map_or(Duration::MAX, |runtime| runtime.now().steady);
                std::thread::park_timeout(shared.asleep().saturating_sub(now));
            }
        };
        std::thread::Builder::new().name("keys".to_owned()).spawn(run).map_err(|_| Misconfigured::Thread)?;
        Ok(keys)
    }
}

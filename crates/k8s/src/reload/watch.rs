//! Looks at a source again and again.

use super::source::{ConfigSource, digest};
use super::{ReloadError, Shared, health};
use crate::config::Assembled;
use claimant_jwks::Runtime;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How a source is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchPolicy {
    /// The pause between two looks: 10 seconds (the API server: one minute).
    pub interval: Duration,
    /// A new text must be the same after so long, since a file that is being written may be good up to there:
    /// half a second.
    pub settle: Duration,
}

impl Default for WatchPolicy {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), settle: Duration::from_millis(500) }
    }
}

/// Keeps a [`Reloadable`](super::Reloadable) at the text of a source while it runs.
#[must_use = "it does nothing unless it runs"]
pub struct Watch<S> {
    shared: Weak<Shared>,
    source: S,
    policy: WatchPolicy,
    /// What was found at the last look, if it is not what serves.
    found: Option<Found>,
}

/// A text, or its absence, that does not serve.
enum Found {
    /// It cannot be read, for this reason.
    Unreadable(ReloadError),
    /// It is wrong, and stays so.
    Broken([u8; 32]),
    /// Its issuers' keys are not there yet; they go on to be fetched.
    Unhealthy([u8; 32], Box<Pending>),
    /// Of another attempt that serves instead, which was pushed.
    Passed([u8; 32]),
}

/// A configuration that waits for keys.
struct Pending {
    assembled: Assembled,
    attempt: u64,
    why: ReloadError,
}

impl<S: ConfigSource> Watch<S> {
    pub(super) fn new(shared: Weak<Shared>, source: S, policy: WatchPolicy) -> Self {
        let serves = shared.upgrade().and_then(|shared| shared.book().state.digest);
        // What was pushed before stays until the text changes; what was never seen counts as a change.
        Self { shared, source, policy, found: serves.map(Found::Passed) }
    }

    /// Runs until the last clone of the [`Reloadable`](super::Reloadable) is gone.
    pub async fn run(mut self) {
        while let Some(shared) = self.shared.upgrade() {
            self.look(&shared).await;
            let runtime = Arc::clone(&shared.runtime);
            drop(shared);
            pause(&*runtime, self.policy.interval).await;
        }
    }

    async fn look(&mut self, shared: &Shared) {
        let text = match self.read(shared).await {
            Ok(text) => text,
            Err(why) => {
                if !matches!(&self.found, Some(Found::Unreadable(known)) if *known == why) {
                    shared.fail(why.clone());
                }
                self.found = Some(Found::Unreadable(why));
                return;
            }
        };
        let digest = digest(&text);
        let found = match self.found.take() {
            Some(same @ (Found::Broken(known) | Found::Passed(known))) if known == digest => same,
            Some(Found::Unhealthy(known, pending)) if known == digest => try_again(shared, digest, *pending).await,
            // The text is again the one that serves: whatever was wrong in between is over.
            _ if shared.book().state.digest == Some(digest) => {
                shared.restored();
                Found::Passed(digest)
            }
            _ => load(shared, digest, &text).await,
        };
        self.found = Some(found);
    }

    /// The text; where it is a new one, after it stayed the same for a while.
    async fn read(&mut self, shared: &Shared) -> Result<Vec<u8>, ReloadError> {
        let failed = |error: std::io::Error| ReloadError::Source(error.to_string());
        let mut text = self.source.read().await.map_err(failed)?;
        let known = match &self.found {
            Some(Found::Broken(known) | Found::Passed(known) | Found::Unhealthy(known, ..)) => Some(*known),
            _ => None,
        };
        if known == Some(digest(&text)) {
            return Ok(text);
        }
        for _ in 0..SETTLES {
            pause(&*shared.runtime, self.policy.settle).await;
            let again = self.source.read().await.map_err(failed)?;
            if again == text {
                return Ok(text);
            }
            text = again;
        }
        Err(ReloadError::Source("it changes all the time".to_owned()))
    }
}

async fn load(shared: &Shared, digest: [u8; 32], text: &[u8]) -> Found {
    let attempt = shared.begin();
    let serving = shared.serving.load_full();
    let assembled = match shared.assembly.assemble_yaml(text, Some(&serving)) {
        Ok(assembled) => assembled,
        Err(why) => {
            shared.fail(why.into());
            return Found::Broken(digest);
        }
    };
    match health::wait(&assembled, &*shared.runtime, shared.health_timeout).await {
        Ok(()) => swap(shared, attempt, digest, assembled),
        Err(issuers) => {
            let why = shared.fail(ReloadError::Unhealthy { issuers });
            Found::Unhealthy(digest, Box::new(Pending { assembled, attempt, why }))
        }
    }
}

/// A text that was good but for keys that were out of reach: that is told once, and again only where others are.
async fn try_again(shared: &Shared, digest: [u8; 32], mut pending: Pending) -> Found {
    match health::wait(&pending.assembled, &*shared.runtime, Duration::ZERO).await {
        Ok(()) => swap(shared, pending.attempt, digest, pending.assembled),
        Err(issuers) => {
            let why = ReloadError::Unhealthy { issuers };
            if why != pending.why {
                pending.why = shared.fail(why);
            }
            Found::Unhealthy(digest, Box::new(pending))
        }
    }
}

fn swap(shared: &Shared, attempt: u64, digest: [u8; 32], assembled: Assembled) -> Found {
    // Where one that was pushed later serves already, this text has had its chance.
    let _ = shared.swap(attempt, assembled, Some(digest));
    Found::Passed(digest)
}

impl<S> fmt::Debug for Watch<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("policy", &self.policy).finish_non_exhaustive()
    }
}

async fn pause(runtime: &dyn Runtime, length: Duration) {
    runtime.sleep_until(runtime.now().steady.saturating_add(length)).await;
}

/// So often a text may change while it is being looked at.
const SETTLES: usize = 5;

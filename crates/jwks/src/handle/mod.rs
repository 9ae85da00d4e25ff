//! What readers hold: [`Keys`], an atomic snapshot of an issuer's keys and a bounded wait for a key that is missed.
//!
//! [`Keys::new`] gives the handle and a [`Driver`]; whoever runs the driver keeps the keys fresh. The feature
//! `tokio` has `claimant_jwks::spawn`, and [`Keys::spawn_thread`] needs no runtime at all.
//!
//! ```
//! use claimant_core::KeySet;
//! use claimant_jwks::{Keys, Miss};
//!
//! let keys = Keys::fixed(KeySet::default());
//! match keys.load().keys() {
//!     Some(set) => println!("verify with {} keys", set.keys().len()),
//!     None => println!("503: the keys are out of reach"),
//! }
//! // The set lacks the key id of a token, and no fetch could bring it: 401.
//! assert!(matches!(keys.miss("a"), Miss::Absent));
//! ```

mod driver;
mod runtime;
mod shared;
mod thread;
#[cfg(feature = "tokio")]
mod tokio;
mod waiter;
mod watch;

pub use driver::Driver;
pub use runtime::{BoxFuture, Runtime};
#[cfg(feature = "tokio")]
pub use tokio::{TokioRuntime, spawn};
pub use waiter::{Answer, Waiter};

use crate::lifecycle::{KeyPolicy, Snapshot, State};
use crate::{KeySource, Misconfigured};
use claimant_core::KeySet;
use shared::{Alive, Shared};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The keys of one issuer, as readers hold them. A clone is the same keys and costs two counts.
///
/// Reading never waits for a fetch, never allocates, and needs no runtime.
#[derive(Clone)]
pub struct Keys {
    shared: Arc<Shared>,
    /// The driver ends when the last of these is gone.
    _alive: Option<Arc<Alive>>,
}

/// What a reader does that misses the key of its token.
#[derive(Debug)]
#[must_use]
pub enum Miss {
    /// It is there by now: load again.
    Present,
    /// A set that was fetched since lacks it: refuse the token.
    Absent,
    /// A fetch will tell within [`Promises::reader_wait`](crate::lifecycle::Promises::reader_wait).
    Wait(Waiter),
    /// It cannot be known in time: the answer is "unavailable", not "refused".
    Unavailable,
}

impl Keys {
    /// Keys that never change.
    pub fn fixed(keys: KeySet) -> Self {
        Self { shared: Arc::new(Shared::fixed(keys)), _alive: None }
    }

    /// Keys of `source`. They are missing until the driver has run for the first time.
    ///
    /// # Errors
    /// As [`KeyPolicy::check`].
    pub fn new<S: KeySource>(
        source: S,
        policy: KeyPolicy,
        runtime: impl Runtime,
    ) -> Result<(Self, Driver<S>), Misconfigured> {
        let shared = Arc::new(Shared::live(source.name(), policy, Arc::new(runtime))?);
        let _alive = Some(Arc::new(Alive(Arc::clone(&shared))));
        Ok((Self { shared: Arc::clone(&shared), _alive }, Driver::new(source, shared)))
    }

    /// What is known now. Cheap; not to be kept for longer than a verification.
    #[inline]
    pub fn load(&self) -> Loaded {
        Loaded(self.shared.load())
    }

    /// The same, to be kept.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.load().0)
    }

    /// Takes note that the set lacks `kid`, which comes from a token that nobody has verified yet. May cause a
    /// fetch, within the limits of the policy. Not for a key whose signature is bad.
    pub fn miss(&self, kid: &str) -> Miss {
        Shared::miss(self, kid)
    }

    /// Changes when the keys change, and not with a refresh that brought the same: what was judged under another
    /// is to be judged anew.
    #[inline]
    pub fn generation(&self) -> u64 {
        self.shared.peek(Snapshot::generation)
    }

    /// Removes the keys of this id now, and bars it from all sets to come.
    ///
    /// # Errors
    /// [`Misconfigured::TooManyForgotten`]: one more than [`KeyPolicy::forgotten`].
    pub fn forget(&self, kid: &str) -> Result<(), Misconfigured> {
        self.shared.forget(kid)
    }

    /// Wants a fetch past all caches, as soon as the policy allows.
    pub fn refresh(&self) {
        self.shared.refresh();
    }

    /// What the source is called in events and metrics.
    pub fn name(&self) -> &str {
        self.shared.name()
    }

    /// Where the keys stand. `None` for [`Keys::fixed`].
    pub fn state(&self) -> Option<State> {
        self.shared.state()
    }

    /// How long until the next fetch is due, zero while one is under way: when it is worth to ask again for what is
    /// out of reach. `None` for [`Keys::fixed`], and where nobody fetches any more.
    pub fn retry_after(&self) -> Option<Duration> {
        self.shared.retry_after()
    }

    /// Resolves when there are keys, or when there never will be any since the driver is gone
    /// ([`Answer::Unavailable`]). For the start of a service; unbounded, so give it a timeout of your own.
    pub async fn ready(&self) -> Answer {
        match waiter::until_ready(self) {
            Some(waiter) => waiter.wait().await,
            None => Answer::Present,
        }
    }
}

/// A [`Snapshot`] that was loaded.
pub struct Loaded(arc_swap::Guard<Arc<Snapshot>>);

impl Deref for Loaded {
    type Target = Snapshot;

    #[inline]
    fn deref(&self) -> &Snapshot {
        &self.0
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl From<KeySet> for Keys {
    fn from(keys: KeySet) -> Self {
        Self::fixed(keys)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::fixed(KeySet::default())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.shared.peek(Clone::clone);
        f.debug_struct("Keys")
            .field("name", &self.name())
            .field("standing", &now.standing())
            .field("keys", &now.keys().map_or(0, |keys| keys.keys().len()))
            .field("generation", &now.generation())
            .finish_non_exhaustive()
    }
}

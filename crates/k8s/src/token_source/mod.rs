//! The client's side: tokens of one's own that are renewed before they end.
//!
//! [`Renewing`] hands out a token that is good now, from a [`Fetch`]: a file that the kubelet rotates
//! ([`TokenFile`]), an OIDC refresh token ([`OidcRefresh`]), the TokenRequest API (`TokenRequests`, feature `kube`),
//! or one's own. It has no task and no clock: whoever asks says what time it is.

mod file;
mod oidc;
mod renewal;
#[cfg(feature = "kube")]
mod token_request;

pub use file::TokenFile;
pub use oidc::{FormTransport, OidcRefresh};
pub use renewal::{Renewal, RenewalPolicy};
#[cfg(feature = "kube")]
pub use token_request::TokenRequests;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// A token. Its memory is overwritten when it is dropped, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretToken(Zeroizing<String>);

impl SecretToken {
    /// Takes a token over.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// The token itself. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken")
    }
}

/// A token as it was just had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// The token.
    pub token: SecretToken,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    /// When to look again at the latest, in seconds since 1970, where it may be replaced before its time.
    pub look_again: Option<i64>,
}

/// Where tokens come from.
pub trait Fetch: Send + Sync {
    /// A token of now, in seconds since 1970.
    fn fetch(&self, now: i64) -> Fetching<'_>;
}

/// What a [`Fetch`] gives.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fresh, FetchFailure>> + Send + 'a>>;

/// Why there is no token. Holds no part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFailure {
    /// Whoever gives them cannot be reached, or a file cannot be read.
    #[error("the source of tokens cannot be reached")]
    Unreachable,
    /// It refuses, with this HTTP status.
    #[error("the source of tokens refuses: HTTP {0}")]
    Refused(u16),
    /// What it gives is no token, or one that says no time at which it ends.
    #[error("the source of tokens gives none")]
    Unreadable,
    /// It gave one that has ended.
    #[error("the source of tokens gives one that has ended")]
    Ended,
    /// The last attempt failed a moment ago; the next is not due.
    #[error("the source of tokens failed a moment ago")]
    TooSoon,
}

/// Hands out a current token, never one that has ended, and renews it when it is due. Of many who ask at once, one
/// fetches; while a good token is there, nobody else waits for that.
pub struct Renewing<F> {
    source: F,
    renewal: Mutex<Renewal>,
    fetching: tokio::sync::Mutex<()>,
    chance: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl<F: Fetch> Renewing<F> {
    /// From `source`; `chance` gives a random number from 0 to 1 at each call, for the jitter.
    pub fn new(source: F, policy: RenewalPolicy, chance: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self {
            source,
            renewal: Mutex::new(Renewal::new(policy)),
            fetching: tokio::sync::Mutex::new(()),
            chance: Box::new(chance),
        }
    }

    /// A token that is good at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// There is none that is good, and the source gives none.
    pub async fn token(&self, now: i64) -> Result<Arc<SecretToken>, FetchFailure> {
        let time = Passing { now, asked: Instant::now() };
        let (current, due) = self.look(now);
        if let Some(token) = current {
            if due && let Ok(_turn) = self.fetching.try_lock() {
                // A failure is not the caller's where the token at hand is good, still good after the wait.
                return self.renew(time).await.or_else(|why| self.look(time.now()).0.ok_or(why));
            }
            return Ok(token);
        }
        let _turn = self.fetching.lock().await;
        match self.look(time.now()) {
            // Somebody else has fetched in the meantime.
            (Some(token), _) => Ok(token),
            (None, true) => self.renew(time).await,
            (None, false) => Err(FetchFailure::TooSoon),
        }
    }

    /// Throws the token away, as when a server refused it: the next who asks fetches, if that is due.
    pub fn discard(&self) {
        self.lock().discard();
    }

    async fn renew(&self, time: Passing) -> Result<Arc<SecretToken>, FetchFailure> {
        let outcome = self.source.fetch(time.now()).await;
        let now = time.now();
        let mut renewal = self.lock();
        match outcome.and_then(|fresh| renewal.fetched(fresh, now, (self.chance)())) {
            Ok(token) => Ok(token),
            Err(why) => {
                renewal.failed(now, (self.chance)());
                Err(why)
            }
        }
    }

    fn look(&self, now: i64) -> (Option<Arc<SecretToken>>, bool) {
        let renewal = self.lock();
        (renewal.current(now), renewal.is_due(now))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> fmt::Debug for Renewing<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").finish_non_exhaustive()
    }
}

/// The caller's time, which goes on while it waits.
#[derive(Clone, Copy)]
struct Passing {
    now: i64,
    asked: Instant,
}

impl Passing {
    fn now(self) -> i64 {
        // Rounded up: rather an early end than a late one.
        let waited = self.asked.elapsed().as_millis().div_ceil(1000);
        self.now.saturating_add(i64::try_from(waited).unwrap_or(i64::MAX))
    }
}

/// When a JWT of one's own says that it ends. Nobody has verified that; it only decides when to renew.
fn own_expiry(token: &str) -> Option<i64> {
    crate::claimed_expiry::of(token, &claimant_core::Limits::default())
}

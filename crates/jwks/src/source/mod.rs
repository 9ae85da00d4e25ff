//! Where keys come from: text at hand ([`inline`]), files ([`Files`]), an issuer over HTTPS ([`Remote`], feature
//! `remote`), the cluster that this process runs in ([`InCluster`], feature `reqwest`), or one's own
//! [`KeySource`].

mod files;
#[cfg(feature = "reqwest")]
mod in_cluster;
mod inline;
#[cfg(feature = "remote")]
pub mod remote;

pub use files::Files;
#[cfg(feature = "reqwest")]
pub use in_cluster::InCluster;
pub use inline::inline;
#[cfg(feature = "remote")]
pub use remote::Remote;

use crate::FetchError;
use crate::handle::BoxFuture;
use crate::lifecycle::Fetched;
use std::time::Duration;

/// What a fetch is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchRequest {
    /// Past all caches (`Cache-Control: no-cache`): somebody misses a key, or the set looked old.
    pub forced: bool,
    /// [`Fetched::digest`] of the set at hand: the one that the source may call unchanged.
    pub held: Option<[u8; 32]>,
    /// The fetch is given up, and its future dropped, after so long.
    pub timeout: Duration,
}

impl FetchRequest {
    /// For tests of a source.
    pub fn new(forced: bool, held: Option<[u8; 32]>, timeout: Duration) -> Self {
        Self { forced, held, timeout }
    }
}

/// What a fetch brought.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// A set of keys.
    Fetched(Fetched),
    /// Word that the set at hand ([`FetchRequest::held`]) is still the one.
    Unchanged {
        /// How long the source says it is fresh.
        fresh_for: Option<Duration>,
    },
}

/// A source of keys: one's own, or one of this module. A fetch may be dropped at any point; the next one starts
/// afresh. There is never more than one at a time.
///
/// ```
/// use claimant_core::{JwkRules, Limits, provider};
/// use claimant_jwks::lifecycle::Fetched;
/// use claimant_jwks::{BoxFuture, FetchError, FetchRequest, KeySource, Outcome};
///
/// struct Database;
///
/// impl KeySource for Database {
///     fn fetch(&mut self, _: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
///         Box::pin(async {
///             let json = br#"{"keys": []}"#; // from wherever
///             Fetched::from_jwks(json, JwkRules::Bind, &provider::Default, &Limits::default()).map(Outcome::Fetched)
///         })
///     }
/// }
/// ```
pub trait KeySource: Send {
    /// What it is called in events and metrics: an issuer, a URL, a path. No secret.
    fn name(&self) -> String {
        "keys".to_owned()
    }

    /// Brings the keys of now.
    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>>;
}

impl KeySource for Box<dyn KeySource> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        (**self).fetch(request)
    }
}

/// Where a runtime is at hand, its other tasks are not to wait for a disk.
#[cfg(feature = "tokio")]
async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, FetchError> + Send + 'static,
) -> Result<T, FetchError> {
    let Ok(handle) = tokio::runtime::Handle::try_current() else { return read() };
    handle.spawn_blocking(read).await.unwrap_or(Err(FetchError::Panicked))
}

#[cfg(not(feature = "tokio"))]
async fn aside<T>(read: impl FnOnce() -> Result<T, FetchError>) -> Result<T, FetchError> {
    read()
}

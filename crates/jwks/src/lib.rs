//! Keys that rotate: where they come from, when they are fetched, and five promises in numbers.
//!
//! The promises, as [`lifecycle::KeyPolicy::promises`] computes them:
//! a new key is accepted within **A**, a withdrawn one refused within **B**, an outage of the issuer survived for
//! **C**, no more than **D** fetches a minute under any input, and no reader waits longer than **E**.
//!
//! ```
//! use claimant_jwks::lifecycle::KeyPolicy;
//! use std::time::Duration;
//!
//! let promises = KeyPolicy::default().promises();
//! assert_eq!(promises.new_key, Duration::from_secs(41));
//! assert_eq!(promises.fetches_per_minute, 10);
//! ```
//!
//! [`Keys`] is what readers hold; [`source`] has where keys come from (text, files, an issuer over HTTPS, the cluster,
//! one's own [`KeySource`]); [`lifecycle`] decides when they are fetched. `docs/operating.md` in the repository has the
//! promises as a table, the metrics, and what to do when something is wrong.
#![forbid(unsafe_code)]

mod error;
pub mod handle;
pub mod lifecycle;
pub mod source;

pub use error::{FetchError, Misconfigured};
#[cfg(feature = "tokio")]
pub use handle::spawn;
pub use handle::{Answer, BoxFuture, Driver, Keys, Loaded, Miss, Runtime, Waiter};
pub use lifecycle::KeyPolicy;
pub use source::{FetchRequest, KeySource, Outcome};

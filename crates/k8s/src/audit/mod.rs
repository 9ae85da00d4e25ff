//! One event for every verdict: who was let in, or why nobody was.
//!
//! ```
//! use claimant_k8s::audit::{Audited, channel};
//! use claimant_k8s::{Authenticator, Union};
//!
//! let (sink, events) = channel(1024);
//! let audited = Audited::new(Union::new(), sink)?;
//! let _ = audited.authenticate("not.a.token", 1_790_000_000);
//! let event = events.recv()?;
//! assert_eq!((event.decision.code(), event.reason), ("unrecognized", Some("unrecognized")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An event never holds the token. It holds a [`Fingerprint`], by which the events of one token are found by whoever
//! has the key, and the credential id, by which they join the API server's own audit log: there it stands in the
//! annotation `authentication.kubernetes.io/issued-credential-id` of the request that issued the token.
//!
//! No sink should hold up a verdict. [`ChannelSink`], and with it [`JsonLines`], takes an event or drops it, and counts what
//! it drops. `Tracing` (feature `tracing`) calls its subscriber before the verdict goes on: how long that takes is the
//! subscriber's, so that one which writes to a slow disk or pipe itself does hold verdicts up.

mod audited;
mod event;
mod fingerprint;
mod sink;
#[cfg(feature = "tracing")]
mod tracing;

pub use audited::Audited;
pub(crate) use audited::Teller;
pub use event::{ABANDONED, Decision, Event};
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use sink::{ChannelSink, JsonLines, Sink, channel};
#[cfg(feature = "tracing")]
pub use tracing::Tracing;

//! When keys are fetched, how long they serve and who waits: a state machine without I/O or a clock.
//!
//! Whoever drives it hands in [`Event`]s with the [`Moment`] at which they happened, and does what the
//! [`Actions`] say. `claimant_jwks::spawn` (feature `tokio`) is such a driver, a simulator in the tests another.
//!
//! ```
//! use claimant_jwks::lifecycle::{Event, Jitter, KeyPolicy, Lifecycle, Moment};
//! use std::{hash::RandomState, time::Duration};
//!
//! let mut lifecycle = Lifecycle::new(KeyPolicy::default(), RandomState::new())?;
//! let start = Moment { steady: Duration::ZERO, wall: Duration::from_secs(1_790_000_000) };
//! let actions = lifecycle.handle(start, Event::Tick, Jitter::NONE);
//! assert!(actions.fetch.is_some()); // there are no keys yet
//! # Ok::<(), claimant_jwks::Misconfigured>(())
//! ```

mod event;
mod machine;
mod negative;
mod pace;
mod policy;
mod snapshot;
mod state;

pub use event::{Actions, Event, Fetch, FetchId, Jitter, Moment, Verdict};
pub use machine::Lifecycle;
pub use policy::{KeyPolicy, Promises};
pub use snapshot::{Fetched, Snapshot, Standing};
pub use state::State;

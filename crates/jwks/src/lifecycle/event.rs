//! What goes into the state machine and what comes out of it.

use super::Snapshot;
use crate::FetchError;
use crate::lifecycle::Fetched;
use std::sync::Arc;
use std::time::Duration;

/// When something happened, by two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since any fixed instant, by a clock that never jumps. All intervals are measured by it.
    pub steady: Duration,
    /// Since 1970. Only tells that the machine slept: where it runs ahead of the steady clock, keys are fetched.
    pub wall: Duration,
}

/// Where in its range a random delay falls: 0 is the start, [`u32::MAX`] the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(pub u32);

impl Jitter {
    /// The start of every range.
    pub const NONE: Self = Self(0);

    /// That part of `range`.
    pub(super) fn of(self, range: Duration) -> Duration {
        Duration::from_nanos(u64::try_from((range.as_nanos() * u128::from(self.0)) >> 32).unwrap_or(u64::MAX))
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Time went by; due at [`Actions::next`], harmless at any other time.
    Tick,
    /// A token names a key id that the set lacks. A reader that asks again after it was woken says since when.
    UnknownKid {
        /// The id. It comes from a stranger.
        kid: &'a str,
        /// When this reader asked first, by the steady clock; `None` if that is now.
        since: Option<Duration>,
    },
    /// A fetch brought a set.
    Fetched {
        /// Which fetch.
        id: FetchId,
        /// What it brought.
        fetched: Fetched,
    },
    /// A fetch brought word that the set is the same (`304 Not Modified`).
    Unchanged {
        /// Which fetch.
        id: FetchId,
        /// How long the source says it is fresh.
        fresh_for: Option<Duration>,
    },
    /// A fetch brought nothing of use.
    Failed {
        /// Which fetch.
        id: FetchId,
        /// Why; and [`FetchError::retry_after`] says when not to ask again.
        why: FetchError,
    },
    /// Somebody wants the set to be fetched as soon as the cooldown allows.
    Refresh,
}

/// Names one fetch, so that a late answer is not taken for that of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchId(pub(super) u64);

/// A fetch to be started now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// To be handed back with what became of it.
    pub id: FetchId,
    /// Past all caches (`Cache-Control: no-cache`): somebody misses a key, or the set looked old.
    pub forced: bool,
    /// [`Fetched::digest`] of the set at hand: the one that the source may call unchanged.
    pub held: Option<[u8; 32]>,
}

/// What is to be done now.
#[derive(Debug)]
#[must_use]
pub struct Actions {
    /// Start this fetch.
    pub fetch: Option<Fetch>,
    /// Let readers see this snapshot from now on.
    pub publish: Option<Arc<Snapshot>>,
    /// Wake the readers that wait, so that they ask again.
    pub wake: bool,
    /// The answer to [`Event::UnknownKid`].
    pub verdict: Option<Verdict>,
    /// When to come back with [`Event::Tick`], by the steady clock.
    pub next: Duration,
}

/// What a reader of an unknown key id is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The key is there by now.
    Present,
    /// A set that was fetched since lacks it: refuse the token.
    Absent,
    /// A fetch will tell in time: wait to be woken, and ask again.
    Wait,
    /// It cannot be known in time: answer that the keys are out of reach.
    Undecided,
}

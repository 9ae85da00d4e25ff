//! What can be known of an issuer's keys from outside.

use super::Standing;
use crate::FetchError;
use std::time::Duration;

/// Where the keys of one issuer stand. Times are by the steady clock of the driver. Holds nothing of any token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// The time of this.
    pub now: Duration,
    /// How far the keys can be relied on.
    pub standing: Standing,
    /// Since the fetch of the set that serves was started.
    pub age: Option<Duration>,
    /// Usable keys.
    pub keys: usize,
    /// Keys that were left out of the set.
    pub unusable: usize,
    /// SHA-256 of what the set was read from.
    pub digest: Option<[u8; 32]>,
    /// When a fetch last succeeded.
    pub last_success: Option<Duration>,
    /// When a fetch last failed, and why.
    pub last_error: Option<(Duration, FetchError)>,
    /// When the next fetch is due; `None` while one is under way.
    pub next_fetch: Option<Duration>,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// Fetches started.
    pub fetches: u64,
    /// Of these, forced past caches.
    pub forced: u64,
    /// Fetches that failed, for whatever reason.
    pub failed: u64,
    /// Unknown key ids that readers asked for.
    pub unknown_kids: u64,
    /// Of these, answered from memory, without wanting a fetch.
    pub remembered_kids: u64,
    /// Sets that had been served before and were not believed without a second, forced fetch.
    pub older_sets: u64,
    /// Times that the wall clock ran ahead, as after a sleep of the machine.
    pub clock_jumps: u64,
    /// Reads of a stale set.
    pub stale_reads: u64,
    /// Key ids that were forgotten by order.
    pub forgotten: Vec<String>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            now: Duration::ZERO,
            standing: Standing::Missing,
            age: None,
            keys: 0,
            unusable: 0,
            digest: None,
            last_success: None,
            last_error: None,
            next_fetch: None,
            failures_in_a_row: 0,
            fetches: 0,
            forced: 0,
            failed: 0,
            unknown_kids: 0,
            remembered_kids: 0,
            older_sets: 0,
            clock_jumps: 0,
            stale_reads: 0,
            forgotten: Vec::new(),
        }
    }
}

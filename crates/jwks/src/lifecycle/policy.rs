//! The knobs, and what they promise.

use crate::Misconfigured;
use std::time::Duration;

/// How the keys of one issuer are kept. Every field can be set; [`KeyPolicy::promises`] says what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPolicy {
    /// How long a set is fresh when its source does not say: 10 minutes. It is fetched again after 80 to 90 % of it.
    pub refresh: Duration,
    /// The shortest time that a source can ask for (`Cache-Control`; RFC 9111, section 5.2.2): 1 minute.
    pub refresh_floor: Duration,
    /// The longest time that a source can ask for: 15 minutes.
    pub refresh_ceiling: Duration,
    /// A fetch is given up after 5 seconds, all its requests together.
    pub fetch_timeout: Duration,
    /// Two fetches do not start closer to each other than 6 seconds, whatever became of the first.
    pub cooldown: Duration,
    /// No more than 10 fetches start in any minute.
    pub fetches_per_minute: usize,
    /// After failures the pause doubles from the cooldown up to 2 minutes. Caps `Retry-After` too.
    pub retry_ceiling: Duration,
    /// A set that is no longer fresh serves for 24 hours more while it cannot be fetched.
    pub max_stale: Duration,
    /// A reader of an unknown key id waits up to 2 seconds.
    pub wait: Duration,
    /// A key id that was asked for and not found does not cause another fetch for 30 seconds.
    pub negative_life: Duration,
    /// So many unknown key ids are remembered: 256 (6 KiB, taken with the first of them).
    pub negative_size: usize,
    /// So many readers wait at the same time: 1024. The others get their answer at once.
    pub waiting_readers: usize,
    /// So many key ids can be forgotten: 64.
    pub forgotten: usize,
}

/// What a [`KeyPolicy`] promises. A and B count from the moment at which the source serves the new set to us
/// and answers within [`KeyPolicy::fetch_timeout`]; a cache in front of the issuer adds its own delay. A has one
/// exception, [`Promises::new_key_after_pause`]: a source that asked for a pause is given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Promises {
    /// **A**: a new key is accepted within this time of its publication, under any flood of other key ids, even
    /// if tokens with it were seen before.
    pub new_key: Duration,
    /// A, where nobody used the key before it was published.
    pub new_key_unseen: Duration,
    /// A, where the source answered the fetch before with `Retry-After` (a 429 or 503, say). That holds back every
    /// fetch, also one that a new key is missed for, by what it asks for and up to [`KeyPolicy::retry_ceiling`].
    pub new_key_after_pause: Duration,
    /// **B**: a withdrawn key is refused within this time.
    pub withdrawn_key: Duration,
    /// B, while the source cannot be reached: beyond it the set is dropped.
    pub withdrawn_key_in_outage: Duration,
    /// **C**: an outage of this length is survived with the keys at hand.
    pub outage: Duration,
    /// **D**: no more fetches than this start in any minute, under any input. A fetch by discovery is at most two
    /// documents, each behind at most three redirects: eight requests.
    pub fetches_per_minute: usize,
    /// **E**: no reader waits longer, and none waits whose key is at hand.
    pub reader_wait: Duration,
}

impl KeyPolicy {
    /// The five promises.
    ///
    /// With *gate* the longest time until a fetch that is wanted now can start,
    /// `max(cooldown, fetch_timeout, 60 s − (fetches_per_minute − 1) × cooldown)`:
    ///
    /// | promise | is | by default |
    /// |---|---|---:|
    /// | A, a new key is accepted | `negative_life + gate + fetch_timeout` | 41 s |
    /// | A, if nobody used it before | `gate + fetch_timeout` | 11 s |
    /// | A, after `Retry-After` | `max(negative_life + gate, retry_ceiling) + fetch_timeout` | 125 s |
    /// | B, a withdrawn key is refused | `refresh_ceiling + 2 × (gate + fetch_timeout)` | 15 min 22 s |
    /// | B, in an outage | `refresh_ceiling + max_stale` | 24 h 15 min |
    /// | C, an outage is survived | `max_stale − (gate + fetch_timeout)` | 23 h 59 min 49 s |
    /// | D, fetches in a minute | `min(fetches_per_minute, ⌈60 s ÷ cooldown⌉)` | 10 |
    /// | E, a reader waits | `wait` | 2 s |
    pub fn promises(&self) -> Promises {
        let turn = self.gate().saturating_add(self.fetch_timeout);
        Promises {
            new_key: self.negative_life.saturating_add(turn),
            new_key_unseen: turn,
            new_key_after_pause: (self.negative_life.saturating_add(turn))
                .max(self.retry_ceiling.saturating_add(self.fetch_timeout)),
            withdrawn_key: self.refresh_ceiling.saturating_add(turn.saturating_mul(2)),
            withdrawn_key_in_outage: self.refresh_ceiling.saturating_add(self.max_stale),
            outage: self.max_stale.saturating_sub(turn),
            fetches_per_minute: self.starts_per_minute(),
            reader_wait: self.wait,
        }
    }

    /// For files: looked at every 10 seconds, and a broken one is survived for 30 days.
    pub fn for_files() -> Self {
        Self {
            refresh: Duration::from_secs(10),
            refresh_floor: Duration::from_secs(10),
            refresh_ceiling: Duration::from_secs(10),
            fetch_timeout: Duration::from_secs(2),
            cooldown: Duration::from_secs(2),
            fetches_per_minute: 30,
            retry_ceiling: Duration::from_secs(8),
            max_stale: Duration::from_secs(30 * 24 * 3600),
            ..Self::default()
        }
    }

    /// Whether the knobs make sense together.
    ///
    /// # Errors
    /// [`Misconfigured::Policy`] says which do not.
    pub fn check(&self) -> Result<(), Misconfigured> {
        let wrong = [
            (self.cooldown < Duration::from_millis(10), "cooldown is below 10 ms"),
            (self.fetch_timeout.is_zero(), "fetch_timeout is zero"),
            (self.fetches_per_minute == 0, "fetches_per_minute is zero"),
            (self.refresh_floor > self.refresh_ceiling, "refresh_floor is above refresh_ceiling"),
            (self.refresh_floor < self.cooldown, "refresh_floor is below cooldown"),
            (self.retry_ceiling < self.cooldown, "retry_ceiling is below cooldown"),
            (self.retry_ceiling > self.refresh_ceiling, "retry_ceiling is above refresh_ceiling"),
            (self.negative_size == 0, "negative_size is zero"),
        ];
        match wrong.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, why)) => Err(Misconfigured::Policy(why)),
            None => Ok(()),
        }
    }

    /// How long a set is fresh whose source says `asked`.
    pub(super) fn freshness(&self, asked: Option<Duration>) -> Duration {
        asked.unwrap_or(self.refresh).clamp(self.refresh_floor.min(self.refresh_ceiling), self.refresh_ceiling)
    }

    /// The pause after so many failures in a row, before jitter.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doubled = 1u32.checked_shl(failures.saturating_sub(1).min(31)).unwrap_or(u32::MAX);
        self.cooldown.saturating_mul(doubled).min(self.retry_ceiling)
    }

    fn gate(&self) -> Duration {
        let others = u32::try_from(self.fetches_per_minute.saturating_sub(1)).unwrap_or(u32::MAX);
        let budget = MINUTE.saturating_sub(self.cooldown.saturating_mul(others));
        self.cooldown.max(self.fetch_timeout).max(budget)
    }

    fn starts_per_minute(&self) -> usize {
        let spaced = MINUTE.as_nanos().div_ceil(self.cooldown.as_nanos().max(1));
        self.fetches_per_minute.min(usize::try_from(spaced).unwrap_or(usize::MAX))
    }
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(10 * 60),
            refresh_floor: MINUTE,
            refresh_ceiling: Duration::from_secs(15 * 60),
            fetch_timeout: Duration::from_secs(5),
            cooldown: Duration::from_secs(6),
            fetches_per_minute: 10,
            retry_ceiling: Duration::from_secs(2 * 60),
            max_stale: Duration::from_secs(24 * 3600),
            wait: Duration::from_secs(2),
            negative_life: Duration::from_secs(30),
            negative_size: 256,
            waiting_readers: 1024,
            forgotten: 64,
        }
    }
}

pub(super) const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_docs_is_what_the_defaults_promise() {
        let seconds = Duration::from_secs;
        let promises = KeyPolicy::default().promises();
        assert_eq!(promises.new_key, seconds(41));
        assert_eq!(promises.new_key_unseen, seconds(11));
        assert_eq!(promises.new_key_after_pause, seconds(125));
        assert_eq!(promises.withdrawn_key, seconds(15 * 60 + 22));
        assert_eq!(promises.withdrawn_key_in_outage, seconds(24 * 3600 + 15 * 60));
        assert_eq!(promises.outage, seconds(24 * 3600 - 11));
        assert_eq!(promises.fetches_per_minute, 10);
        assert_eq!(promises.reader_wait, seconds(2));
    }

    #[test]
    fn a_small_budget_shows_in_the_promises() {
        let policy = KeyPolicy { cooldown: Duration::from_secs(1), fetches_per_minute: 2, ..KeyPolicy::default() };
        assert_eq!(policy.promises().new_key_unseen, Duration::from_secs(59 + 5));
        assert_eq!(policy.promises().fetches_per_minute, 2);
    }

    #[test]
    fn knobs_that_contradict_each_other_are_refused_and_the_ready_made_ones_are_not() {
        assert_eq!(KeyPolicy::default().check(), Ok(()));
        assert_eq!(KeyPolicy::for_files().check(), Ok(()));
        let zero = KeyPolicy { cooldown: Duration::ZERO, ..KeyPolicy::default() };
        assert!(matches!(zero.check(), Err(Misconfigured::Policy(_))));
        let crossed = KeyPolicy { refresh_floor: Duration::from_secs(3600), ..KeyPolicy::default() };
        assert!(matches!(crossed.check(), Err(Misconfigured::Policy(_))));
    }

    #[test]
    fn pauses_double_up_to_the_ceiling_and_never_overflow() {
        let policy = KeyPolicy::default();
        let pauses: Vec<u64> = [1, 2, 3, 4, 5, 6, u32::MAX].map(|n| policy.pause(n).as_secs()).into();
        assert_eq!(pauses, [6, 12, 24, 48, 96, 120, 120]);
    }
}

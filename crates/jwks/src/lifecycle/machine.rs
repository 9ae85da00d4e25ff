//! The state machine itself.

use super::negative::NegativeMemory;
use super::pace::Pace;
use super::{Actions, Event, Fetch, FetchId, Fetched, Jitter, KeyPolicy, Moment, Snapshot, Standing, State, Verdict};
use crate::{FetchError, Misconfigured};
use claimant_core::KeySet;
use std::collections::VecDeque;
use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

/// The keys of one issuer over time. See [`crate::lifecycle`].
pub struct Lifecycle {
    policy: KeyPolicy,
    pace: Pace,
    negative: NegativeMemory,
    current: Option<Current>,
    /// Digests of sets that were replaced, the latest last.
    replaced: VecDeque<[u8; 32]>,
    flight: Option<Flight>,
    /// When the next refresh or retry is due.
    due: Duration,
    /// Somebody wants a fetch that starts after now.
    wanted: bool,
    /// The next fetch goes past caches, until one has succeeded.
    force: bool,
    /// The source asked to be left alone until then.
    hold: Duration,
    now: Duration,
    /// How far the wall clock was ahead of the steady one, in nanoseconds.
    ahead: Option<i128>,
    snapshot: Arc<Snapshot>,
    state: State,
}

/// The last set that was good.
struct Current {
    keys: Arc<KeySet>,
    digest: [u8; 32],
    sequence: Option<u64>,
    started: Duration,
    fresh_until: Duration,
}

struct Flight {
    id: FetchId,
    started: Duration,
    forced: bool,
}

impl Lifecycle {
    /// Without keys yet: the first event starts a fetch. `hasher` keys the memory of unknown key ids.
    ///
    /// # Errors
    /// As [`KeyPolicy::check`].
    pub fn new(policy: KeyPolicy, hasher: RandomState) -> Result<Self, Misconfigured> {
        policy.check()?;
        Ok(Self {
            pace: Pace::new(policy.fetches_per_minute, policy.cooldown),
            negative: NegativeMemory::new(policy.negative_size, hasher),
            policy,
            current: None,
            replaced: VecDeque::new(),
            flight: None,
            due: Duration::ZERO,
            wanted: false,
            force: false,
            hold: Duration::ZERO,
            now: Duration::ZERO,
            ahead: None,
            snapshot: Arc::new(Snapshot::missing()),
            state: State::new(),
        })
    }

    /// Takes note of `event`, which happened at `at`, and says what is to be done.
    pub fn handle(&mut self, at: Moment, event: Event<'_>, jitter: Jitter) -> Actions {
        let number = self.snapshot.number;
        self.advance(at);
        let mut asked = None;
        let mut wake = self.give_up(jitter);
        match event {
            Event::Tick => {}
            Event::Refresh => self.want(),
            Event::UnknownKid { kid, since } => {
                asked = Some((kid, since.unwrap_or(self.now), self.ask(kid, since)));
            }
            Event::Fetched { id, fetched } => wake |= self.fetched(id, fetched, jitter),
            Event::Unchanged { id, fresh_for } => wake |= self.unchanged(id, fresh_for, jitter),
            Event::Failed { id, why } => wake |= self.failed(id, why, jitter),
        }
        self.settle();
        let fetch = self.start();
        let verdict = asked.map(|(kid, since, first)| self.verdict(kid, since, first));
        self.actions(fetch, number, wake, verdict)
    }

    /// Removes the keys of this id now, and bars it from all sets to come.
    ///
    /// # Errors
    /// [`Misconfigured::TooManyForgotten`]: one more than [`KeyPolicy::forgotten`].
    pub fn forget(&mut self, at: Moment, kid: &str) -> Result<Actions, Misconfigured> {
        let number = self.snapshot.number;
        self.advance(at);
        if !self.state.forgotten.iter().any(|one| one == kid) {
            if self.state.forgotten.len() >= self.policy.forgotten {
                return Err(Misconfigured::TooManyForgotten(self.policy.forgotten));
            }
            self.state.forgotten.push(kid.to_owned());
        }
        if let Some(current) = &mut self.current {
            current.keys = Arc::new(current.keys.without(kid));
            self.publish(self.snapshot.standing);
        }
        self.settle();
        Ok(self.actions(None, number, true, None))
    }

    /// Nobody drives this any more: no key serves that nobody would withdraw.
    pub fn end(&mut self, at: Moment) -> Actions {
        let number = self.snapshot.number;
        self.advance(at);
        self.flight = None;
        self.current = None;
        self.publish(Standing::Dropped);
        self.actions(None, number, true, None)
    }

    /// The policy that it was made with.
    pub fn policy(&self) -> &KeyPolicy {
        &self.policy
    }

    /// What readers see now.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Where the keys stand, as of the last event.
    pub fn state(&self) -> State {
        let current = self.current.as_ref();
        let serving = self.snapshot.keys();
        State {
            now: self.now,
            standing: self.snapshot.standing,
            age: current.map(|current| self.now.saturating_sub(current.started)),
            keys: serving.map_or(0, |keys| keys.keys().len()),
            unusable: serving.map_or(0, |keys| keys.unusable().len()),
            digest: current.map(|current| current.digest),
            next_fetch: if self.flight.is_some() { None } else { Some(self.next_start()) },
            ..self.state.clone()
        }
    }

    /// Bytes that the memory of unknown key ids takes.
    pub fn negative_bytes(&self) -> usize {
        self.negative.bytes()
    }

    fn advance(&mut self, at: Moment) {
        self.now = self.now.max(at.steady);
        let signed = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        let ahead = signed(at.wall).saturating_sub(signed(at.steady));
        if self.ahead.is_some_and(|before| ahead.saturating_sub(before) > signed(JUMP)) {
            self.state.clock_jumps += 1;
            self.want();
        }
        self.ahead = Some(ahead);
    }

    /// A fetch that takes longer than the policy allows has failed, whatever comes of it.
    fn give_up(&mut self, jitter: Jitter) -> bool {
        let timeout = self.policy.fetch_timeout;
        match &self.flight {
            Some(flight) if self.now >= flight.started.saturating_add(timeout) => {
                let id = flight.id;
                self.failed(id, FetchError::Timeout, jitter)
            }
            _ => false,
        }
    }

    fn want(&mut self) {
        self.wanted = true;
        self.force = true;
    }

    /// Since when this key id is missed, as far as is remembered.
    fn ask(&mut self, kid: &str, since: Option<Duration>) -> Duration {
        let again = since.is_some();
        let since = since.unwrap_or(self.now);
        if self.snapshot.knows(kid) {
            return since;
        }
        self.state.unknown_kids += u64::from(!again);
        match self.negative.asked(kid, self.now, self.policy.negative_life) {
            Some(first) => {
                self.state.remembered_kids += u64::from(!again);
                first.min(since)
            }
            None => {
                // A reader that was woken and asks again is answered by what was fetched since; a stranger's id
                // that was flooded out of the memory meanwhile must not want another fetch.
                if !again {
                    self.want();
                }
                since
            }
        }
    }

    fn verdict(&self, kid: &str, since: Duration, first: Duration) -> Verdict {
        if self.snapshot.knows(kid) {
            return Verdict::Present;
        }
        let current = self.current.as_ref().filter(|_| self.snapshot.keys().is_some());
        if current.is_some_and(|current| current.started >= first) {
            return Verdict::Absent;
        }
        let deadline = since.saturating_add(self.policy.wait);
        let answers = match &self.flight {
            Some(flight) if flight.started >= first => flight.started,
            // What is under way may bring it; what is asked of it later is asked again.
            Some(_) => self.now,
            None => self.next_start(),
        };
        if answers <= deadline && self.now < deadline { Verdict::Wait } else { Verdict::Undecided }
    }

    fn fetched(&mut self, id: FetchId, fetched: Fetched, jitter: Jitter) -> bool {
        let Some(&Flight { started, forced, .. }) = self.flight.as_ref().filter(|flight| flight.id == id) else {
            return false;
        };
        let Fetched { mut keys, digest, fresh_for, sequence } = fetched;
        for kid in &self.state.forgotten {
            keys = keys.without(kid);
        }
        let current = self.current.as_ref();
        let older = current.and_then(|current| current.sequence).is_some_and(|held| sequence.is_some_and(|s| s < held));
        let another = current.is_some_and(|current| current.digest != digest);
        let why = if keys.keys().is_empty() {
            Some(FetchError::NoUsableKey)
        } else if older {
            Some(FetchError::Older)
        } else if another && !forced && self.replaced.contains(&digest) {
            self.state.older_sets += 1;
            self.want();
            Some(FetchError::ServedBefore)
        } else {
            None
        };
        if let Some(why) = why {
            return self.failed(id, why, jitter);
        }
        self.replaced.retain(|one| *one != digest);
        // Served once more: the keys at hand stay, and with them the generation.
        let same = self.current.as_ref().filter(|_| !another).map(|current| Arc::clone(&current.keys));
        if let Some(replaced) = self.current.take().filter(|_| another) {
            self.replaced.push_back(replaced.digest);
            if self.replaced.len() > REPLACED {
                self.replaced.pop_front();
            }
        }
        let keys = match same {
            Some(keys) => keys,
            None => Arc::new(keys),
        };
        self.current = Some(Current { keys, digest, sequence, started, fresh_until: started });
        self.succeeded(fresh_for, jitter);
        self.publish(Standing::Fresh);
        true
    }

    fn unchanged(&mut self, id: FetchId, fresh_for: Option<Duration>, jitter: Jitter) -> bool {
        let Some(flight) = self.flight.as_ref().filter(|flight| flight.id == id) else { return false };
        let started = flight.started;
        let Some(current) = &mut self.current else {
            let why = FetchError::Document { document: "keys", why: "unchanged, but there were none".to_owned() };
            return self.failed(id, why, jitter);
        };
        current.started = started;
        self.succeeded(fresh_for, jitter);
        true
    }

    /// The current set is as of the fetch that ends here.
    fn succeeded(&mut self, fresh_for: Option<Duration>, jitter: Jitter) {
        let fresh = self.policy.freshness(fresh_for);
        if let Some(current) = &mut self.current {
            current.fresh_until = current.started.saturating_add(fresh);
            self.due = current.started.saturating_add(fresh / 10 * 8).saturating_add(jitter.of(fresh / 10));
        }
        if self.flight.take().is_some_and(|flight| flight.forced) {
            self.force = self.wanted;
        }
        self.hold = Duration::ZERO;
        self.state.failures_in_a_row = 0;
        self.state.last_success = Some(self.now);
    }

    fn failed(&mut self, id: FetchId, why: FetchError, jitter: Jitter) -> bool {
        if self.flight.as_ref().is_none_or(|flight| flight.id != id) {
            return false;
        }
        self.flight = None;
        self.state.failed += 1;
        self.state.failures_in_a_row = self.state.failures_in_a_row.saturating_add(1);
        let retry_after = why.retry_after();
        self.state.last_error = Some((self.now, why));
        let half = self.policy.pause(self.state.failures_in_a_row) / 2;
        self.due = self.now.saturating_add(half).saturating_add(jitter.of(half));
        if let Some(asked) = retry_after {
            self.hold = self.now.saturating_add(asked.clamp(self.policy.cooldown, self.policy.retry_ceiling));
        }
        true
    }

    /// Lets time take its toll on the standing of the set.
    fn settle(&mut self) {
        let Some(current) = &self.current else { return };
        let standing = if self.now < current.fresh_until {
            Standing::Fresh
        } else if self.now < current.fresh_until.saturating_add(self.policy.max_stale) {
            Standing::Stale
        } else {
            Standing::Dropped
        };
        if standing != self.snapshot.standing {
            self.publish(standing);
        }
    }

    fn publish(&mut self, standing: Standing) {
        let usable = matches!(standing, Standing::Fresh | Standing::Stale);
        let keys = self.current.as_ref().filter(|_| usable).map(|current| Arc::clone(&current.keys));
        self.snapshot = Arc::new(self.snapshot.next(keys, standing));
    }

    /// Starts a fetch where one is due and allowed.
    fn start(&mut self) -> Option<Fetch> {
        if self.flight.is_some() || self.now < self.next_start() {
            return None;
        }
        let id = FetchId(self.state.fetches);
        self.state.fetches += 1;
        self.state.forced += u64::from(self.force);
        self.pace.started(self.now);
        self.wanted = false;
        self.flight = Some(Flight { id, started: self.now, forced: self.force });
        Some(Fetch { id, forced: self.force, held: self.current.as_ref().map(|current| current.digest) })
    }

    fn next_start(&self) -> Duration {
        let due = if self.wanted { Duration::ZERO } else { self.due };
        due.max(self.pace.opens()).max(self.hold)
    }

    fn actions(&self, fetch: Option<Fetch>, number: u64, wake: bool, verdict: Option<Verdict>) -> Actions {
        let fetch_or_give_up = match &self.flight {
            Some(flight) => flight.started.saturating_add(self.policy.fetch_timeout),
            None => self.next_start(),
        };
        let turns = self.current.as_ref().map(|current| match self.snapshot.standing {
            Standing::Fresh => current.fresh_until,
            Standing::Stale => current.fresh_until.saturating_add(self.policy.max_stale),
            Standing::Missing | Standing::Dropped => Duration::MAX,
        });
        let changed = self.snapshot.number != number;
        Actions {
            fetch,
            publish: changed.then(|| Arc::clone(&self.snapshot)),
            wake: wake || changed,
            verdict,
            next: fetch_or_give_up.min(turns.unwrap_or(Duration::MAX)),
        }
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle").field("policy", &self.policy).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// The wall clock may run so far ahead of the steady one before that counts as a jump.
const JUMP: Duration = Duration::from_secs(30);
/// So many replaced sets are known again.
const REPLACED: usize = 8;

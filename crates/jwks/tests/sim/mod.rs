#![allow(dead_code)]
//! A virtual clock, an issuer that follows a script, readers, and the five promises asserted at every step.

use claimant_core::{KeySet, Limits, provider};
use claimant_jwks::FetchError;
use claimant_jwks::lifecycle::{
    Actions, Event, Fetch, FetchId, Fetched, Jitter, KeyPolicy, Lifecycle, Moment, Promises, Standing, Verdict,
};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::RandomState;
use std::time::Duration;

#[allow(dead_code)]
pub type Time = Duration;

/// What the issuer does, and when.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Key id, published from, until.
    pub keys: Vec<(String, Time, Time)>,
    /// From, until: every fetch in it fails.
    pub outages: Vec<(Time, Time, Trouble)>,
    /// From, until: a cache in between serves the set as it was then, unless told not to.
    pub rollbacks: Vec<(Time, Time, Time)>,
    /// Key ids, from, until, and the time between two random ones.
    pub floods: Vec<(Time, Time, Time)>,
    /// When the wall clock jumps, and by how many seconds.
    pub jumps: Vec<(Time, i64)>,
    /// What the source says of freshness.
    pub max_age: Option<Duration>,
    /// From question to answer.
    pub latency: Duration,
    /// Whether the answer is as of its end, or of its beginning.
    pub late_view: bool,
    /// The sum of it.
    pub length: Time,
    /// Between two probes with every key id of the script.
    pub probe: Duration,
    /// Tokens of a key appear so long before it is published.
    pub early: Duration,
}

/// How the issuer fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Refused,
    Hangs,
    EmptySet,
    RetryAfter(u64),
}

/// What a run amounted to.
#[derive(Debug, Default)]
pub struct Report {
    pub fetches: usize,
    pub forced: usize,
    pub waits: usize,
    pub unknown: usize,
    pub stale_probes: usize,
    pub longest_wait: Duration,
    pub slowest_new_key: Duration,
    pub slowest_withdrawal: Duration,
    pub negative_bytes: usize,
    pub older_sets: u64,
    pub clock_jumps: u64,
    pub dropped: bool,
}

pub struct World {
    script: Script,
    promises: Promises,
    policy: KeyPolicy,
    machine: Lifecycle,
    now: Time,
    wall: i64,
    next: Time,
    flight: Option<(Fetch, Time, Result<Vec<String>, Trouble>)>,
    waiting: VecDeque<(String, Time)>,
    starts: VecDeque<Time>,
    first_probe: BTreeMap<String, Time>,
    accepted: HashMap<String, Time>,
    first_held: Option<Time>,
    /// Until then good keys may be missing, after an outage beyond what is promised.
    excused: Time,
    sets: HashMap<Vec<String>, KeySet>,
    jitter: u32,
    report: Report,
}

impl World {
    pub fn new(script: Script, policy: KeyPolicy) -> Self {
        let machine = Lifecycle::new(policy.clone(), RandomState::new()).unwrap();
        Self {
            script,
            promises: policy.promises(),
            policy,
            machine,
            now: Time::ZERO,
            wall: 0,
            next: Time::ZERO,
            flight: None,
            waiting: VecDeque::new(),
            starts: VecDeque::new(),
            first_probe: BTreeMap::new(),
            accepted: HashMap::new(),
            first_held: None,
            excused: Time::ZERO,
            sets: HashMap::new(),
            jitter: 1,
            report: Report::default(),
        }
    }

    /// Runs the script to its end.
    pub fn run(mut self) -> Report {
        let mut probe = Time::ZERO;
        let mut jumps: VecDeque<_> = self.script.jumps.clone().into();
        let mut floods: Vec<_> = self.script.floods.clone();
        let mut strangers = 0u64;
        loop {
            let flight = self.flight.as_ref().map_or(Time::MAX, |(_, end, _)| *end);
            let deadline = self.waiting.front().map(|(_, since)| *since + self.promises.reader_wait);
            let jump = jumps.front().map_or(Time::MAX, |(at, _)| *at);
            let flood = floods.iter().filter(|(from, to, _)| from < to).map(|(from, ..)| *from).min();
            let turns = [self.next, flight, deadline.unwrap_or(Time::MAX), jump, flood.unwrap_or(Time::MAX), probe];
            let at = turns.into_iter().min().unwrap();
            if at > self.script.length {
                break;
            }
            self.now = self.now.max(at);
            if flight <= self.now {
                self.land();
            }
            if jump <= self.now {
                self.wall += jumps.pop_front().unwrap().1;
            }
            if self.next <= self.now {
                self.event(Event::Tick);
            }
            self.leave();
            if let Some(flood) = floods.iter_mut().find(|(from, to, _)| from < to && *from <= at) {
                flood.0 += flood.2;
                strangers += 1;
                self.ask(&format!("stranger-{strangers}"));
            }
            if probe <= self.now {
                probe = self.now + self.script.probe;
                self.probe();
            }
        }
        let state = self.machine.state();
        self.report.older_sets = state.older_sets;
        self.report.clock_jumps = state.clock_jumps;
        self.report.negative_bytes = self.machine.negative_bytes();
        self.report
    }

    fn event(&mut self, event: Event<'_>) -> Option<Verdict> {
        self.jitter = self.jitter.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wall = Duration::from_secs(1_790_000_000 + self.now.as_secs()).as_secs().saturating_add_signed(self.wall);
        let moment = Moment { steady: self.now, wall: Duration::from_secs(wall) };
        let actions = self.machine.handle(moment, event, Jitter(self.jitter));
        self.act(actions)
    }

    fn act(&mut self, actions: Actions) -> Option<Verdict> {
        self.next = actions.next;
        assert!(self.next > self.now, "the machine wants to be asked again at once, at {:?}", self.now);
        if let Some(fetch) = actions.fetch {
            self.take_off(fetch);
        }
        if actions.wake {
            for (kid, since) in std::mem::take(&mut self.waiting) {
                if self.event(Event::UnknownKid { kid: &kid, since: Some(since) }) == Some(Verdict::Wait) {
                    assert!(self.now < since + self.promises.reader_wait, "E: a reader is kept beyond its time");
                    self.waiting.push_back((kid, since));
                } else {
                    self.report.longest_wait = self.report.longest_wait.max(self.now - since);
                }
            }
        }
        actions.verdict
    }

    /// D: counts this start among those of the last minute.
    fn take_off(&mut self, fetch: Fetch) {
        let minute = Duration::from_secs(60);
        self.starts.retain(|start| self.now - *start < minute);
        self.starts.push_back(self.now);
        assert!(self.starts.len() <= self.promises.fetches_per_minute, "D: {} fetches in a minute", self.starts.len());
        assert!(self.flight.as_ref().is_none_or(|(_, end, _)| *end > self.now), "two fetches at once");
        self.report.fetches += 1;
        self.report.forced += usize::from(fetch.forced);
        let seen = if self.script.late_view { self.now + self.script.latency } else { self.now };
        let trouble = self.trouble(self.now).or_else(|| self.trouble(seen));
        let view = if fetch.forced { None } else { self.rollback(seen) };
        let answer = match trouble {
            Some(trouble) => Err(trouble),
            None => Ok(self.published(view.unwrap_or(seen))),
        };
        let end = match trouble {
            Some(Trouble::Hangs) => Time::MAX,
            _ => self.now + self.script.latency,
        };
        self.flight = Some((fetch, end, answer));
    }

    fn land(&mut self) {
        let (fetch, _, answer) = self.flight.take().unwrap();
        let (id, document) = (fetch.id, "keys");
        let failed = |why| Event::Failed { id, why };
        let event = match answer {
            Ok(kids) => self.fetched(id, kids, fetch.held),
            Err(Trouble::EmptySet) => self.fetched(id, Vec::new(), fetch.held),
            Err(Trouble::RetryAfter(seconds)) => {
                let retry_after = Some(Duration::from_secs(seconds));
                failed(FetchError::Status { document, status: 429, retry_after })
            }
            Err(_) => failed(FetchError::Unreachable("refused".into())),
        };
        self.event(event);
    }

    fn fetched(&mut self, id: FetchId, kids: Vec<String>, held: Option<[u8; 32]>) -> Event<'static> {
        let mut digest = [0; 32];
        for (at, byte) in kids.join(",").bytes().enumerate() {
            digest[at % 32] = u8::rotate_left(digest[at % 32], 3) ^ byte;
        }
        let fresh_for = self.script.max_age;
        if held == Some(digest) {
            return Event::Unchanged { id, fresh_for };
        }
        let keys = self.sets.entry(kids).or_insert_with_key(|kids| key_set(kids)).clone();
        Event::Fetched { id, fetched: Fetched { keys, digest, fresh_for, sequence: None } }
    }

    /// A reader with a token of this key id.
    fn ask(&mut self, kid: &str) {
        if self.machine.snapshot().knows(kid) {
            return;
        }
        self.report.unknown += 1;
        match self.event(Event::UnknownKid { kid, since: None }) {
            Some(Verdict::Wait) if self.waiting.len() < self.policy.waiting_readers => {
                self.report.waits += 1;
                self.waiting.push_back((kid.to_owned(), self.now));
            }
            _ => {}
        }
    }

    /// E: nobody waits longer.
    fn leave(&mut self) {
        let (now, most) = (self.now, self.promises.reader_wait);
        while self.waiting.front().is_some_and(|(_, since)| now - *since >= most) {
            self.waiting.pop_front();
        }
    }

    /// One token of every key id that tokens are about with.
    fn probe(&mut self) {
        if self.first_held.is_none() && self.machine.snapshot().keys().is_some() {
            self.first_held = Some(self.now);
        }
        let kids: Vec<_> = self.script.keys.clone();
        for (kid, from, to) in kids {
            if from.saturating_sub(self.script.early) <= self.now && self.now < to {
                self.first_probe.entry(kid.clone()).or_insert(self.now);
                self.ask(&kid);
            }
            let accepted = self.machine.snapshot().key(&kid).is_some();
            self.check_new(&kid, accepted);
            self.check_withdrawn(&kid, accepted);
            if accepted {
                self.accepted.insert(kid, self.now);
            }
        }
        self.check_outage();
        let standing = self.machine.snapshot().standing();
        self.report.stale_probes += usize::from(standing == Standing::Stale);
        self.report.dropped |= standing == Standing::Dropped;
    }

    /// A: published, asked for, and the issuer answers: then it is accepted in time. And a good key stays.
    fn check_new(&mut self, kid: &str, accepted: bool) {
        let Some((from, _)) = self.life(kid) else { return };
        let calm = self.calm_since(self.now);
        // Where the issuer asked to be left alone, the promise counts from the end of that.
        let hold = self.script.outages.iter().any(|o| matches!(o.2, Trouble::RetryAfter(_)));
        let hold = if hold { self.policy.retry_ceiling } else { Duration::ZERO };
        let ready = from.max(self.first_probe[kid]).max(calm.map_or(Time::MAX, |calm| calm + hold));
        let limit = ready.saturating_add(self.promises.new_key + self.script.probe);
        assert!(accepted || self.now <= limit, "A: {kid} is still refused at {:?}, published {from:?}", self.now);
        let taken = self.accepted.get(kid).is_some_and(|at| *at >= from);
        if accepted && !taken && ready < self.now {
            self.report.slowest_new_key = self.report.slowest_new_key.max(self.now - ready);
        }
        let rolled = self.script.rollbacks.iter().any(|(start, ..)| *start <= self.now);
        if taken && !rolled && self.now > self.excused && self.outage_start().is_none_or(|o| self.within_promise(o)) {
            assert!(accepted, "a good key was lost: {kid} at {:?}", self.now);
        }
    }

    /// B: withdrawn, and the issuer answers: then it is refused in time; and in any case in the longer time.
    fn check_withdrawn(&mut self, kid: &str, accepted: bool) {
        if !accepted || self.life(kid).is_some() {
            return;
        }
        let until = self.script.keys.iter().filter(|(k, _, to)| k == kid && *to <= self.now).map(|(.., to)| *to).max();
        let until = until.unwrap_or_default();
        let served = self.script.rollbacks.iter().filter(|(from, ..)| *from <= self.now);
        let served = served.map(|(_, to, _)| (*to).min(self.now)).max().unwrap_or_default().max(until);
        let longest = served + self.promises.withdrawn_key_in_outage;
        assert!(self.now < longest, "B in an outage: {kid} is still accepted at {:?}", self.now);
        if let Some(calm) = self.calm_since(self.now) {
            let limit = until.max(calm) + self.promises.withdrawn_key;
            assert!(self.now <= limit, "B: {kid} is still accepted at {:?}, withdrawn {until:?}", self.now);
        }
        if self.script.outages.is_empty() {
            self.report.slowest_withdrawal = self.report.slowest_withdrawal.max(self.now - until);
        }
    }

    /// C: the keys that were there when the outage began are there.
    fn check_outage(&mut self) {
        let Some(begun) = self.outage_start() else { return };
        if !self.within_promise(begun) {
            self.excused = self.now + self.recovery();
        } else if self.first_held.is_some_and(|held| held < begun) && self.now > self.excused {
            assert!(self.machine.snapshot().keys().is_some(), "C: no keys {:?} into an outage", self.now - begun);
        }
    }

    fn within_promise(&self, begun: Time) -> bool {
        self.now - begun <= self.promises.outage
    }

    /// How long after an outage a set is there again for certain.
    fn recovery(&self) -> Duration {
        self.policy.retry_ceiling + self.promises.new_key_unseen * 2
    }

    /// When the trouble of now began; troubles that follow each other closely are one.
    fn outage_start(&self) -> Option<Time> {
        let mut outages: Vec<_> = self.script.outages.iter().map(|(from, to, _)| (*from, *to)).collect();
        outages.sort_unstable();
        let (mut begun, mut end) = (None, Time::ZERO);
        for (from, to) in outages.into_iter().filter(|(from, _)| *from <= self.now) {
            if begun.is_none() || from > end + self.recovery() {
                begun = Some(from);
            }
            end = end.max(to);
        }
        begun.filter(|_| self.now <= end + self.recovery())
    }

    /// Since when the issuer answers and no cache interferes; `None` while it does not.
    fn calm_since(&self, now: Time) -> Option<Time> {
        let outages = self.script.outages.iter().map(|(from, to, _)| (*from, *to));
        let troubles: Vec<_> = outages.chain(self.script.rollbacks.iter().map(|(from, to, _)| (*from, *to))).collect();
        if troubles.iter().any(|(from, to)| *from <= now && now < *to) {
            return None;
        }
        Some(troubles.iter().filter(|(_, to)| *to <= now).map(|(_, to)| *to).max().unwrap_or_default())
    }

    fn life(&self, kid: &str) -> Option<(Time, Time)> {
        let lives = self.script.keys.iter().filter(|(k, from, to)| k == kid && *from <= self.now && self.now < *to);
        lives.map(|(_, from, to)| (*from, *to)).next()
    }

    fn trouble(&self, at: Time) -> Option<Trouble> {
        self.script.outages.iter().find(|(from, to, _)| *from <= at && at < *to).map(|(.., trouble)| *trouble)
    }

    fn rollback(&self, at: Time) -> Option<Time> {
        self.script.rollbacks.iter().find(|(from, to, _)| *from <= at && at < *to).map(|(.., view)| *view)
    }

    fn published(&self, at: Time) -> Vec<String> {
        let there = self.script.keys.iter().filter(|(_, from, to)| *from <= at && at < *to);
        there.map(|(kid, ..)| kid.clone()).collect()
    }
}

/// A set with these ids; nobody verifies with it here.
pub fn key_set(kids: &[String]) -> KeySet {
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let one = |kid: &String| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{X}"}}"#);
    let json = format!(r#"{{"keys":[{}]}}"#, kids.iter().map(one).collect::<Vec<_>>().join(","));
    KeySet::from_jwks(json.as_bytes(), &provider::Default, &Limits::default()).unwrap()
}

//! Single steps of the state machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod sim;

use claimant_jwks::lifecycle::{Actions, Event, Fetch, Fetched, Jitter, Lifecycle, Moment, Standing, Verdict};
use claimant_jwks::{FetchError, KeyPolicy, Misconfigured};
use sim::key_set;
use std::hash::RandomState;
use std::time::Duration;

fn at(seconds: u64) -> Moment {
    Moment { steady: Duration::from_secs(seconds), wall: Duration::from_secs(1_790_000_000 + seconds) }
}

fn fetched(kids: &[&str], sequence: Option<u64>) -> Fetched {
    let kids: Vec<String> = kids.iter().map(|kid| (*kid).to_owned()).collect();
    let mut digest = [0; 32];
    kids.join(",").bytes().enumerate().for_each(|(at, byte)| digest[at] = byte);
    Fetched { keys: key_set(&kids), digest, fresh_for: None, sequence }
}

fn bring(machine: &mut Lifecycle, now: u64, fetch: Fetch, kids: &[&str]) -> Actions {
    machine.handle(at(now), Event::Fetched { id: fetch.id, fetched: fetched(kids, None) }, Jitter::NONE)
}

fn started() -> (Lifecycle, Fetch) {
    let mut machine = Lifecycle::new(KeyPolicy::default(), RandomState::new()).unwrap();
    let fetch = machine.handle(at(0), Event::Tick, Jitter::NONE).fetch.unwrap();
    (machine, fetch)
}

fn ask(machine: &mut Lifecycle, now: u64, kid: &str) -> (Option<Fetch>, Verdict) {
    let actions = machine.handle(at(now), Event::UnknownKid { kid, since: None }, Jitter::NONE);
    (actions.fetch, actions.verdict.unwrap())
}

#[test]
fn one_fetch_at_a_time_and_its_answer_wakes_the_readers() {
    let (mut machine, fetch) = started();
    assert!(!fetch.forced);
    assert_eq!(ask(&mut machine, 1, "a"), (None, Verdict::Wait));
    assert!(machine.handle(at(1), Event::Refresh, Jitter::NONE).fetch.is_none());
    let actions = bring(&mut machine, 2, fetch, &["a"]);
    assert!(actions.wake && actions.publish.is_some());
    assert_eq!(ask(&mut machine, 2, "a").1, Verdict::Present);
}

#[test]
fn an_unknown_kid_causes_one_forced_fetch_and_is_remembered() {
    let (mut machine, fetch) = started();
    let _ = bring(&mut machine, 0, fetch, &["a"]);
    let (fetch, verdict) = ask(&mut machine, 100, "b");
    assert!(fetch.unwrap().forced);
    assert_eq!(verdict, Verdict::Wait);
    let _ = bring(&mut machine, 101, fetch.unwrap(), &["a"]);
    assert_eq!(ask(&mut machine, 101, "b"), (None, Verdict::Absent));
    assert_eq!(ask(&mut machine, 129, "b"), (None, Verdict::Absent));
    assert!(ask(&mut machine, 130, "b").0.is_some());
}

#[test]
fn the_cooldown_counts_failed_fetches_and_a_wanted_fetch_starts_when_it_ends() {
    let (mut machine, fetch) = started();
    let _ = bring(&mut machine, 0, fetch, &["a"]);
    let fetch = ask(&mut machine, 100, "b").0.unwrap();
    let why = FetchError::Unreachable("x".into());
    let _ = machine.handle(at(101), Event::Failed { id: fetch.id, why }, Jitter(u32::MAX));
    assert_eq!(ask(&mut machine, 102, "c"), (None, Verdict::Undecided));
    let actions = machine.handle(at(105), Event::Tick, Jitter::NONE);
    assert_eq!((actions.fetch, actions.next), (None, Duration::from_secs(106)));
    assert!(machine.handle(at(106), Event::Tick, Jitter::NONE).fetch.unwrap().forced);
}

#[test]
fn retry_after_holds_even_wanted_fetches_but_no_longer_than_the_ceiling() {
    let (mut machine, fetch) = started();
    let retry_after = Some(Duration::from_secs(86_400));
    let why = FetchError::Status { document: "keys", status: 429, retry_after };
    let _ = machine.handle(at(1), Event::Failed { id: fetch.id, why }, Jitter::NONE);
    assert_eq!(ask(&mut machine, 20, "a"), (None, Verdict::Undecided));
    assert!(machine.handle(at(120), Event::Tick, Jitter::NONE).fetch.is_none());
    let fetch = machine.handle(at(121), Event::Tick, Jitter::NONE).fetch.unwrap();
    // The slowest answer that counts: promise A with its exception, and no more.
    let policy = KeyPolicy::default();
    let _ = bring(&mut machine, 125, fetch, &["a"]);
    assert!(machine.snapshot().key("a").is_some());
    assert_eq!(at(1).steady + policy.promises().new_key_after_pause, at(121).steady + policy.fetch_timeout);
}

#[test]
fn a36_an_empty_set_is_a_failure_and_a_late_answer_is_nobodys() {
    let (mut machine, first) = started();
    let _ = bring(&mut machine, 0, first, &["a"]);
    let fetch = ask(&mut machine, 100, "b").0.unwrap();
    let _ = bring(&mut machine, 101, fetch, &[]);
    assert_eq!(machine.state().last_error.unwrap().1, FetchError::NoUsableKey);
    assert!(machine.snapshot().key("a").is_some());
    // Given up after the timeout; what it brings then is not looked at, nor is anything a second time.
    let fetch = machine.handle(at(200), Event::Tick, Jitter::NONE).fetch.unwrap();
    let _ = machine.handle(at(205), Event::Tick, Jitter::NONE);
    assert_eq!(machine.state().last_error.unwrap().1, FetchError::Timeout);
    let failed = machine.state().failed;
    assert!(bring(&mut machine, 205, fetch, &["z"]).publish.is_none());
    assert!(bring(&mut machine, 205, first, &["z"]).publish.is_none());
    assert!(machine.snapshot().key("a").is_some() && machine.state().failed == failed);
}

#[test]
fn a_stale_set_serves_visibly_and_is_dropped_in_the_end() {
    let (mut machine, fetch) = started();
    let _ = bring(&mut machine, 0, fetch, &["a"]);
    let mut seen = Vec::new();
    let mut now = Duration::ZERO;
    while machine.snapshot().standing() != Standing::Dropped {
        let moment = Moment { steady: now, wall: now };
        let actions = machine.handle(moment, Event::Tick, Jitter::NONE);
        now = actions.next;
        if let Some(snapshot) = actions.publish {
            seen.push((moment.steady.as_secs(), snapshot.standing(), snapshot.keys().is_some()));
        }
    }
    assert_eq!(seen, [(600, Standing::Stale, true), (600 + 86_400, Standing::Dropped, false)]);
}

#[test]
fn a40_a_forgotten_key_is_gone_at_once_and_does_not_come_back() {
    let (mut machine, fetch) = started();
    let _ = bring(&mut machine, 0, fetch, &["a", "b"]);
    let actions = machine.forget(at(1), "a").unwrap();
    assert!(actions.publish.unwrap().key("a").is_none());
    let fetch = ask(&mut machine, 100, "c").0.unwrap();
    let _ = bring(&mut machine, 100, fetch, &["a", "b", "c"]);
    assert!(machine.snapshot().key("a").is_none() && machine.snapshot().key("c").is_some());
    for n in 0..63 {
        let _ = machine.forget(at(101), &n.to_string()).unwrap();
    }
    assert_eq!(machine.forget(at(101), "z").unwrap_err(), Misconfigured::TooManyForgotten(64));
    assert!(machine.forget(at(101), "a").is_ok());
}

#[test]
fn a41_an_older_set_is_believed_only_past_the_caches_and_a_lower_sequence_never() {
    let (mut machine, fetch) = started();
    let _ = bring(&mut machine, 0, fetch, &["a"]);
    let fetch = machine.handle(at(500), Event::Tick, Jitter::NONE).fetch.unwrap();
    let _ = bring(&mut machine, 500, fetch, &["b"]);
    let fetch = machine.handle(at(1000), Event::Tick, Jitter::NONE).fetch.unwrap();
    assert!(!fetch.forced && fetch.held == Some(fetched(&["b"], None).digest));
    let _ = bring(&mut machine, 1000, fetch, &["a"]);
    assert!(machine.snapshot().key("a").is_none() && machine.state().older_sets == 1);
    let fetch = machine.handle(at(1006), Event::Tick, Jitter::NONE).fetch.unwrap();
    assert!(fetch.forced);
    let _ = bring(&mut machine, 1006, fetch, &["a"]);
    assert!(machine.snapshot().key("a").is_some());

    let (mut machine, fetch) = started();
    let event = Event::Fetched { id: fetch.id, fetched: fetched(&["a"], Some(7)) };
    let _ = machine.handle(at(0), event, Jitter::NONE);
    let fetch = ask(&mut machine, 100, "b").0.unwrap();
    let event = Event::Fetched { id: fetch.id, fetched: fetched(&["b"], Some(6)) };
    let _ = machine.handle(at(100), event, Jitter::NONE);
    assert_eq!(machine.state().last_error.unwrap().1, FetchError::Older);
    assert!(machine.snapshot().key("a").is_some());
}

#[test]
fn what_the_source_says_of_freshness_counts_between_floor_and_ceiling() {
    for (asked, stale_at) in [(None, 600), (Some(0), 60), (Some(61), 61), (Some(u64::MAX), 900)] {
        let (mut machine, fetch) = started();
        let fresh_for = asked.map(Duration::from_secs);
        let event = Event::Fetched { id: fetch.id, fetched: Fetched { fresh_for, ..fetched(&["a"], None) } };
        let _ = machine.handle(at(0), event, Jitter::NONE);
        // Refreshed ahead: after 80 to 90 % of it.
        assert_eq!(machine.state().next_fetch.unwrap(), Duration::from_secs(stale_at) / 10 * 8);
        let _ = machine.handle(at(stale_at - 1), Event::Tick, Jitter::NONE);
        assert_eq!(machine.snapshot().standing(), Standing::Fresh);
        let _ = machine.handle(at(stale_at), Event::Tick, Jitter::NONE);
        assert_eq!(machine.snapshot().standing(), Standing::Stale);
    }
}

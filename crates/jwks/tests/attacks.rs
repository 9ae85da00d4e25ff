//! Attack classes on the fetching of keys, in simulated time. Those that need a network are in `attacks_tls.rs`,
//! those that need long scripts in `simulator.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_jwks::lifecycle::Standing;
use claimant_jwks::{Answer, FetchError, KeyPolicy, Keys, Miss, Outcome};
use hand::{Hand, Script, Task};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// With key `good`, an hour after the start.
fn world() -> (Hand, Script, Keys, Task<()>) {
    let (clock, source) = (Hand::default(), Script::default());
    let (keys, driver) = Keys::new(source.clone(), KeyPolicy::default(), clock.clone()).unwrap();
    let mut driver = Task::new(driver.run());
    assert!(driver.poll().is_pending());
    source.serve(&["good"]);
    assert!(driver.run().is_pending());
    (clock, source, keys, driver)
}

#[test]
fn a32_a_million_random_kids_in_a_minute_cost_few_fetches_no_memory_and_no_good_reader() {
    let (clock, source, keys, mut driver) = world();
    let before = source.asked().len();
    let mut flood = |from: u64, to: u64| {
        for n in from..to {
            clock.advance(Duration::from_micros(60));
            let _ = keys.miss(&format!("stranger-{n}"));
            assert!(keys.load().key("good").is_some());
            if n % 1000 == 0 && source.is_asked() {
                source.serve(&["good"]);
            }
            assert!(driver.run().is_pending());
        }
    };
    // The first of them fill the memories of fixed size.
    flood(0, 20_000);
    let counted = allocation_counter::measure(|| flood(20_000, 1_000_000));
    let fetches = source.asked().len() - before;
    let promised = KeyPolicy::default().promises().fetches_per_minute;
    assert!((2..=promised + 1).contains(&fetches), "{fetches} fetches in a minute");
    // What is left: the set of the last fetch in place of another, and what the test's script has noted.
    assert!(counted.bytes_current < 4096, "{} bytes survive the flood", counted.bytes_current);
    assert_eq!(keys.state().unwrap().unknown_kids, 1_000_000);
}

#[test]
fn a33_a_million_misses_of_a_known_kid_cost_no_fetch() {
    let (clock, source, keys, mut driver) = world();
    let before = source.asked().len();
    for _ in 0..1_000_000 {
        assert!(matches!(keys.miss("good"), Miss::Present));
    }
    clock.advance(seconds(60));
    assert!(driver.run().is_pending());
    assert_eq!(source.asked().len(), before);
}

#[test]
fn a34_a_flood_of_long_kids_leaves_nothing_behind() {
    let (clock, _source, keys, mut driver) = world();
    clock.advance(seconds(60));
    let long = "x".repeat(8 * 1024);
    let ask = |n: usize| match keys.miss(&format!("{long}{n}")) {
        Miss::Wait(waiter) => Some(waiter),
        _ => None,
    };
    // All places to wait are taken; whoever comes then is told at once.
    let waiting: Vec<_> = (0..10_000).filter_map(ask).collect();
    assert_eq!(waiting.len(), KeyPolicy::default().waiting_readers);
    assert!(matches!(keys.miss("one more"), Miss::Unavailable));
    drop(waiting);
    let counted = allocation_counter::measure(|| assert_eq!((0..1_000).filter_map(ask).count(), 1_000));
    assert_eq!(counted.bytes_current, 0, "a place that was left is free");
    assert!(driver.run().is_pending());
}

#[test]
fn a35_a_flood_evicts_no_good_key_and_no_good_reader_from_its_place() {
    let (clock, source, keys, mut driver) = world();
    clock.advance(seconds(60));
    let Miss::Wait(waiter) = keys.miss("new") else { panic!("no wait") };
    let mut waiter = Task::new(waiter.wait());
    assert!(waiter.poll().is_pending());
    for n in 0..100_000 {
        let _ = keys.miss(&n.to_string());
    }
    assert!(driver.run().is_pending() && waiter.run().is_pending());
    source.serve(&["good", "new"]);
    assert!(driver.run().is_pending());
    assert_eq!(waiter.run(), Poll::Ready(Answer::Present));
    assert!(keys.load().key("good").is_some());
}

/// A waker that does what an executor may do: run something at once that asks again.
struct Reenters(Keys, AtomicUsize);

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        let _ = self.0.miss("another");
        let _ = (self.0.state(), self.0.load().keys().is_some());
        self.0.refresh();
    }
}

#[test]
fn a36_whoever_is_woken_by_a_failed_fetch_may_come_back_at_once() {
    let (clock, source, keys, mut driver) = world();
    clock.advance(seconds(60));
    let Miss::Wait(waiter) = keys.miss("new") else { panic!("no wait") };
    assert!(driver.run().is_pending());
    let reenters = Arc::new(Reenters(keys.clone(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&reenters));
    let mut waiting = Box::pin(waiter.wait());
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    source.answer(Err(FetchError::Status { document: "keys", status: 500, retry_after: None }));
    assert!(driver.run().is_pending());
    assert_eq!(reenters.1.load(Ordering::SeqCst), 1);
    assert!(keys.load().key("good").is_some());
}

#[test]
fn a36_old_keys_serve_until_max_stale_and_not_a_moment_longer() {
    let (clock, source, keys, mut driver) = world();
    let promises = KeyPolicy::default().promises();
    let end = promises.withdrawn_key_in_outage;
    while clock.now() < end {
        let kept = keys.load().key("good").is_some();
        assert!(kept || clock.now() >= promises.outage, "lost after {:?}", clock.now());
        source.answer(Err(FetchError::Unreachable("down".into())));
        clock.advance(seconds(60));
        assert!(driver.run().is_pending());
    }
    assert_eq!(keys.load().standing(), Standing::Dropped);
    assert!(keys.load().keys().is_none());
    assert!(!matches!(keys.miss("good"), Miss::Absent), "the verifier fails, not the token");
}

#[test]
fn a40_a_key_that_is_forgotten_is_gone_for_all_clones_at_once_and_verdicts_are_void() {
    let (_clock, _source, keys, mut driver) = world();
    let other = keys.clone();
    let before = other.generation();
    keys.forget("good").unwrap();
    assert!(other.load().key("good").is_none());
    assert_ne!(other.generation(), before);
    assert!(driver.run().is_pending());
}

#[test]
fn a42_the_wall_clock_decides_nothing_about_keys() {
    let (clock, source, keys, mut driver) = world();
    let generation = keys.generation();
    for _ in 0..100 {
        clock.jump(seconds(400 * 24 * 3600));
        clock.advance(Duration::from_millis(100));
        assert!(driver.run().is_pending());
        let _ = keys.miss("unknown");
        assert!(driver.run().is_pending());
        assert_eq!(keys.load().standing(), Standing::Fresh);
    }
    // Each jump wants a fetch; the budget holds all the same.
    assert!(source.asked().len() <= 3, "{}", source.asked().len());
    assert_eq!(keys.generation(), generation);
    source.answer(Ok(Outcome::Unchanged { fresh_for: None }));
    assert!(driver.run().is_pending());
    assert_eq!(keys.state().unwrap().clock_jumps, 100);
}

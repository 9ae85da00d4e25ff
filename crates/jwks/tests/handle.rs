//! Readers, waiters and the driver, step by step on a clock that the test moves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_jwks::lifecycle::Standing;
use claimant_jwks::{Answer, FetchError, KeyPolicy, Keys, Misconfigured, Miss, Outcome, Waiter};
use hand::{Hand, Script, Task};
use std::task::Poll;
use std::time::Duration;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct World {
    clock: Hand,
    source: Script,
    keys: Keys,
    driver: Task<()>,
}

impl World {
    fn new(policy: KeyPolicy) -> Self {
        let (clock, source) = (Hand::default(), Script::default());
        let (keys, driver) = Keys::new(source.clone(), policy, clock.clone()).unwrap();
        let mut driver = Task::new(driver.run());
        assert!(driver.poll().is_pending());
        Self { clock, source, keys, driver }
    }

    fn with(kids: &[&str]) -> Self {
        let mut world = Self::new(KeyPolicy::default());
        world.source.serve(kids);
        assert!(world.driver.run().is_pending());
        world
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        assert!(self.driver.run().is_pending());
    }

    fn wait(&self, kid: &str) -> Task<Answer> {
        let mut task = Task::new(self.waiter(kid).wait());
        assert!(task.poll().is_pending());
        task
    }

    fn waiter(&self, kid: &str) -> Waiter {
        match self.keys.miss(kid) {
            Miss::Wait(waiter) => waiter,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_first_fetch_brings_keys_and_ready_tells() {
    let mut world = World::new(KeyPolicy::default());
    let keys = world.keys.clone();
    let mut ready = Task::new(async move { keys.ready().await });
    assert!(ready.poll().is_pending());
    assert_eq!(world.keys.load().standing(), Standing::Missing);
    assert!(world.keys.load().keys().is_none());
    world.source.serve(&["a"]);
    assert!(world.driver.run().is_pending());
    assert_eq!(ready.run(), Poll::Ready(Answer::Present));
    assert!(world.keys.load().key("a").is_some());
    assert!(!world.source.asked()[0].forced && world.source.asked()[0].held.is_none());
}

#[test]
fn who_misses_a_key_causes_one_fetch_and_is_woken_by_what_it_brings() {
    let mut world = World::with(&["a"]);
    assert!(matches!(world.keys.miss("a"), Miss::Present));
    world.advance(seconds(10));
    let mut many: Vec<_> = (0..50).map(|_| world.wait("b")).collect();
    let mut other = world.wait("c");
    assert!(world.driver.run().is_pending());
    assert_eq!(world.source.asked().len(), 2);
    assert!(world.source.asked()[1].forced && world.source.asked()[1].held.is_some());
    world.source.serve(&["a", "b"]);
    assert!(world.driver.run().is_pending());
    assert!(many.iter_mut().all(|task| task.run() == Poll::Ready(Answer::Present)));
    assert_eq!(other.run(), Poll::Ready(Answer::Absent));
    assert!(matches!(world.keys.miss("c"), Miss::Absent));
}

#[test]
fn nobody_waits_longer_than_promised_and_the_driver_wakes_them() {
    let mut world = World::with(&["a"]);
    world.advance(seconds(10));
    let mut waiter = world.wait("b");
    assert!(world.driver.run().is_pending());
    world.advance(Duration::from_millis(1_999));
    assert!(waiter.run().is_pending());
    world.advance(Duration::from_millis(1));
    assert_eq!(waiter.run(), Poll::Ready(Answer::Unavailable));
    // The fetch goes on, and brings it for the next.
    world.source.serve(&["b"]);
    assert!(world.driver.run().is_pending());
    assert!(matches!(world.keys.miss("b"), Miss::Present));
}

#[test]
fn a_fetch_beyond_its_time_is_dropped_and_the_next_one_starts() {
    let mut world = World::with(&["a"]);
    world.advance(seconds(10));
    let waiter = world.waiter("b");
    assert!(world.driver.run().is_pending());
    world.advance(seconds(5));
    assert_eq!((world.source.dropped(), world.source.asked().len()), (1, 2));
    assert_eq!(world.keys.state().unwrap().last_error.unwrap().1, FetchError::Timeout);
    world.advance(seconds(6));
    assert_eq!(world.source.asked().len(), 3);
    world.source.serve(&["a", "b"]);
    assert!(world.driver.run().is_pending());
    assert_eq!(waiter.wait_blocking(), Answer::Present);
}

#[test]
fn only_so_many_wait_and_places_come_free() {
    let mut world = World::new(KeyPolicy { waiting_readers: 2, ..KeyPolicy::default() });
    let (one, _two) = (world.waiter("b"), world.waiter("c"));
    assert!(matches!(world.keys.miss("d"), Miss::Unavailable));
    drop(one);
    let _three = world.waiter("d");
    assert!(world.driver.run().is_pending());
}

#[test]
fn the_generation_changes_with_the_keys_and_with_nothing_else() {
    let mut world = World::with(&["a", "b"]);
    let first = world.keys.generation();
    world.advance(seconds(480));
    world.source.serve(&["a", "b"]);
    assert!(world.driver.run().is_pending());
    world.advance(seconds(480));
    world.source.answer(Ok(Outcome::Unchanged { fresh_for: None }));
    assert!(world.driver.run().is_pending());
    assert_eq!((world.keys.generation(), world.source.asked().len()), (first, 3));
    world.advance(seconds(480));
    world.source.answer(Err(FetchError::Unreachable("x".into())));
    assert!(world.driver.run().is_pending());
    world.advance(seconds(120));
    assert_eq!((world.keys.load().standing(), world.keys.generation()), (Standing::Stale, first));
    world.keys.forget("b").unwrap();
    let second = world.keys.generation();
    assert_ne!(second, first);
    assert!(world.keys.load().key("b").is_none());
    world.source.serve(&["a", "b", "c"]);
    assert!(world.driver.run().is_pending());
    assert_ne!(world.keys.generation(), second);
    assert!(world.keys.load().key("b").is_none() && world.keys.load().key("c").is_some());
}

#[test]
fn every_use_of_a_stale_set_counts() {
    let mut world = World::with(&["a"]);
    let _ = world.keys.load();
    assert_eq!(world.keys.state().unwrap().stale_reads, 0);
    world.advance(seconds(600));
    for _ in 0..3 {
        assert!(world.keys.load().keys().is_some());
    }
    let _ = (world.keys.generation(), format!("{:?}", world.keys));
    assert_eq!(world.keys.state().unwrap().stale_reads, 3);
}

#[test]
fn refresh_goes_past_the_caches_within_the_budget() {
    let mut world = World::with(&["a"]);
    world.keys.refresh();
    world.keys.refresh();
    assert!(world.driver.run().is_pending());
    assert_eq!(world.source.asked().len(), 1);
    world.advance(seconds(6));
    assert_eq!(world.source.asked().len(), 2);
    assert!(world.source.asked()[1].forced);
}

#[test]
fn a_source_that_panics_is_a_failed_fetch() {
    let mut world = World::with(&["a"]);
    world.keys.refresh();
    world.advance(seconds(6));
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    world.source.answer_with(|| panic!("a bug of the source"));
    assert!(world.driver.run().is_pending());
    std::panic::set_hook(quiet);
    assert_eq!(world.keys.state().unwrap().last_error.unwrap().1, FetchError::Panicked);
    world.advance(seconds(6));
    world.source.serve(&["b"]);
    assert!(world.driver.run().is_pending());
    assert!(world.keys.load().key("b").is_some());
}

#[test]
fn the_driver_ends_with_the_last_reader_and_the_keys_with_the_driver() {
    let world = World::with(&["a"]);
    let World { keys, mut driver, .. } = world;
    let other = keys.clone();
    drop(keys);
    assert!(driver.run().is_pending());
    drop(other);
    assert_eq!(driver.run(), Poll::Ready(()));

    let world = World::new(KeyPolicy::default());
    let mut waiter = world.wait("a");
    drop(world.driver);
    assert_eq!(waiter.run(), Poll::Ready(Answer::Unavailable));
    assert!(matches!(world.keys.miss("a"), Miss::Unavailable));

    let world = World::with(&["a"]);
    drop(world.driver);
    assert_eq!(world.keys.load().standing(), Standing::Dropped);
    assert!(world.keys.load().keys().is_none());
}

#[test]
fn a_sleep_of_the_machine_is_noticed_at_the_next_event() {
    let mut world = World::with(&["a"]);
    world.advance(seconds(100));
    world.clock.jump(seconds(3600));
    assert!(matches!(world.keys.miss("b"), Miss::Wait(_)));
    assert!(world.driver.run().is_pending());
    assert_eq!(world.keys.state().unwrap().clock_jumps, 1);
}

#[test]
fn fixed_keys_never_change_but_can_be_forgotten() {
    let keys = Keys::fixed(hand::set(&["a", "b"]).keys);
    let generation = keys.generation();
    assert!(matches!(keys.miss("a"), Miss::Present));
    assert!(matches!(keys.miss("c"), Miss::Absent));
    assert_eq!(keys.load().standing(), Standing::Fresh);
    keys.forget("c").unwrap();
    assert_eq!(keys.generation(), generation);
    keys.clone().forget("a").unwrap();
    assert_ne!(keys.generation(), generation);
    assert!(keys.load().key("a").is_none() && keys.load().key("b").is_some());
    assert!(keys.state().is_none());
}

#[test]
fn nothing_of_a_token_shows_in_debug() {
    let world = World::with(&["a"]);
    world.clock.advance(seconds(10));
    let shown = format!("{:?} {:?}", world.keys, world.waiter("strangers-secret"));
    assert!(!shown.contains("strangers-secret"), "{shown}");
}

#[test]
fn a_policy_that_contradicts_itself_is_refused() {
    let policy = KeyPolicy { cooldown: Duration::ZERO, ..KeyPolicy::default() };
    let refused = Keys::new(Script::default(), policy, Hand::default());
    assert!(matches!(refused, Err(Misconfigured::Policy(_))));
}

#[test]
fn a_reader_whose_key_is_there_allocates_nothing() {
    let mut world = World::with(&["a"]);
    let read = |keys: &Keys| {
        let loaded = keys.load();
        assert!(loaded.key("a").is_some() && keys.generation() > 0);
        assert!(matches!(keys.miss("a"), Miss::Present));
    };
    read(&world.keys);
    let counted = allocation_counter::measure(|| (0..100).for_each(|_| read(&world.keys)));
    assert_eq!(counted.count_total, 0);
    assert!(world.driver.run().is_pending());
}

#[test]
fn a_thread_drives_where_there_is_no_runtime() {
    let source = Script::default();
    let keys = Keys::spawn_thread(source.clone(), KeyPolicy::default()).unwrap();
    let waiter = match keys.miss("a") {
        Miss::Wait(waiter) => waiter,
        other => panic!("{other:?}"),
    };
    source.serve(&["a"]);
    assert_eq!(waiter.wait_blocking(), Answer::Present);
    assert!(keys.load().key("a").is_some());
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn tokio_drives_and_its_clock_counts() {
    let source = Script::default();
    let keys = claimant_jwks::spawn(source.clone(), KeyPolicy::default()).unwrap();
    source.serve(&["a"]);
    assert_eq!(keys.ready().await, Answer::Present);
    let start = tokio::time::Instant::now();
    tokio::time::sleep(seconds(10)).await;
    let Miss::Wait(waiter) = keys.miss("b") else { panic!("no wait") };
    // The source says nothing, and the clock of tokio runs by itself while all sleep.
    assert_eq!(waiter.wait().await, Answer::Unavailable);
    assert_eq!(start.elapsed(), seconds(12));
    source.serve(&["b"]);
    assert_eq!(keys.ready().await, Answer::Present);
}

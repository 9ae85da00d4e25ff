//! What is told to whoever watches: state, events, numbers; and that nothing of a token is among it.

#![cfg(all(feature = "tracing", feature = "metrics"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_jwks::lifecycle::Standing;
use claimant_jwks::{FetchError, KeyPolicy, Keys};
use hand::{Hand, Script, Task};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// `tracing` asks once for all threads whether anybody listens to a line, and may ask while another test has nobody who
/// does: so these run one after another.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A life of keys: fetched, stale in an outage, dropped, changed; strangers all the while.
fn live() -> Keys {
    let (clock, source) = (Hand::default(), Script::default());
    let (keys, driver) = Keys::new(source.clone(), KeyPolicy::default(), clock.clone()).unwrap();
    let mut driver = Task::new(driver.run());
    assert!(driver.poll().is_pending());
    source.serve(&["a", "b"]);
    assert!(driver.run().is_pending());
    keys.forget("b").unwrap();
    while keys.load().standing() != Standing::Dropped {
        let _ = keys.miss("STRANGER\u{1b}[2J\r\n");
        source.answer(Err(FetchError::Unreachable("connection refused".into())));
        clock.advance(seconds(3600));
        assert!(driver.run().is_pending());
    }
    clock.jump(seconds(3600));
    clock.advance(seconds(120));
    assert!(driver.run().is_pending());
    source.serve(&["c"]);
    assert!(driver.run().is_pending());
    clock.advance(seconds(30));
    drop(driver);
    keys
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn events_tell_what_happens_to_the_keys_and_nothing_of_a_token() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = Lines::default();
    let out = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || out.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, live);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "INFO claimant_jwks::handle::watch: keys changed source=\"script\" keys=2",
        "INFO claimant_jwks::handle::watch: keys are fresh",
        "WARN claimant_jwks::handle::watch: key forgotten by order source=\"script\" kid=\"b\"",
        "WARN claimant_jwks::handle::watch: keys could not be fetched source=\"script\" reason=\"fetch_unreachable\"",
        "WARN claimant_jwks::handle::watch: keys are stale and still serve",
        "ERROR claimant_jwks::handle::watch: keys are too old and serve no longer",
        "the wall clock ran ahead",
        "keys=1 unusable=0",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    assert!(!text.contains("STRANGER"), "{text}");
}

#[test]
fn the_end_is_trouble_only_where_somebody_still_reads() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for still_read in [false, true] {
        let lines = Lines::default();
        let out = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || out.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let (clock, source) = (Hand::default(), Script::default());
            let (keys, driver) = Keys::new(source.clone(), KeyPolicy::default(), clock).unwrap();
            let mut driver = Task::new(driver.run());
            assert!(driver.poll().is_pending());
            source.serve(&["a"]);
            assert!(driver.run().is_pending());
            if still_read {
                drop(driver);
                assert_eq!(keys.load().standing(), Standing::Dropped);
            } else {
                drop(keys);
                assert!(driver.run().is_ready());
            }
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.contains("serve no longer"), still_read, "{text}");
    }
}

#[test]
fn numbers_are_those_of_the_state() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let keys = metrics::with_local_recorder(&recorder, live);
    let state = keys.state().unwrap();
    let mut numbers = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let labels: Vec<_> = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        assert_eq!(labels, [("source".to_owned(), "script".to_owned())]);
        let value = match value {
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Gauge(value) => value.into_inner().to_string(),
            DebugValue::Histogram(_) => panic!("no histogram is promised"),
        };
        numbers.insert(key.name().to_owned(), value);
    }
    let of = |name: &str| numbers[&format!("claimant_keys_{name}")].parse::<u64>().unwrap();
    assert_eq!(of("fetches_total"), state.fetches);
    assert_eq!(of("failed_fetches_total"), state.failed);
    assert!(state.failed > 20 && state.unknown_kids > 20);
    assert_eq!(of("unknown_kids_total"), state.unknown_kids);
    assert_eq!(of("stale_reads_total"), state.stale_reads);
    assert_eq!(of("clock_jumps_total"), 1);
    // The driver is gone, and with it the keys.
    assert_eq!((of("available"), of("usable"), of("stale")), (0, 0, 0));
    assert_eq!(numbers.len(), 14, "{numbers:?}");
}

#[test]
fn the_state_is_as_of_now_and_not_of_the_last_event() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (clock, source) = (Hand::default(), Script::default());
    let (keys, driver) = Keys::new(source.clone(), KeyPolicy::default(), clock.clone()).unwrap();
    let mut driver = Task::new(driver.run());
    assert!(driver.poll().is_pending());
    source.serve(&["a"]);
    assert!(driver.run().is_pending());
    clock.advance(seconds(100));
    let state = keys.state().unwrap();
    assert_eq!((state.age, state.now, state.last_success), (Some(seconds(100)), seconds(100), Some(Duration::ZERO)));
    assert_eq!((state.keys, keys.name()), (1, "script"));
    assert_eq!(state.digest, Some(hand::set(&["a"]).digest));
}

//! The log lines of a reload, and its metrics.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_jwks::lifecycle::Moment;
use claimant_jwks::{BoxFuture, Runtime};
use claimant_k8s::Keys;
use claimant_k8s::config::{Assembly, Issuer};
use claimant_k8s::reload::Reloadable;
use common::block_on;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// `tracing` asks once for all threads whether anybody listens to a line, and may ask while another test has nobody who
/// does: so these run one after another.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Still;

impl Runtime for Still {
    fn now(&self) -> Moment {
        Moment { steady: Duration::ZERO, wall: Duration::from_secs(1_790_000_000) }
    }

    fn sleep_until(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// Keeps every line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

const GOOD: &str = r#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[]}"#;

/// Starts, is given a broken file, then a good one.
fn three_steps() {
    let assembly = Assembly::new(|_: &Issuer| Ok(Keys::default()));
    let live = Reloadable::from_yaml(GOOD.as_bytes(), assembly, Still).unwrap();
    assert!(block_on(live.push_yaml(GOOD.replace("jwt", "jvt").as_bytes())).is_err());
    assert_eq!(block_on(live.push_yaml(GOOD.as_bytes())), Ok(2));
}

#[test]
fn a_broken_configuration_is_an_error_in_the_log_with_its_reason_and_place() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), three_steps);
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("INFO") && lines[0].contains("generation=1"), "{}", lines[0]);
    for part in ["ERROR", "generation=1", "reload_config", "line 1, column ", "jvt", "last good one"] {
        assert!(lines[1].contains(part), "{part}: {}", lines[1]);
    }
    assert!(lines[2].starts_with("INFO") && lines[2].contains("generation=2"), "{}", lines[2]);
}

#[cfg(feature = "metrics")]
mod metric {
    use super::*;
    use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Recorder, SharedString, Unit};

    /// Keeps the last value by name and labels.
    #[derive(Default)]
    struct Values(Arc<Mutex<Vec<(String, f64)>>>);

    struct One(String, Arc<Mutex<Vec<(String, f64)>>>);

    impl CounterFn for One {
        fn increment(&self, value: u64) {
            self.1.lock().unwrap().push((self.0.clone(), f64::from(u32::try_from(value).unwrap())));
        }
        fn absolute(&self, _: u64) {}
    }

    impl GaugeFn for One {
        fn increment(&self, _: f64) {}
        fn decrement(&self, _: f64) {}
        fn set(&self, value: f64) {
            self.1.lock().unwrap().push((self.0.clone(), value));
        }
    }

    impl Values {
        fn one(&self, key: &Key) -> Arc<One> {
            let labels: String = key.labels().map(|label| format!("{{{}={}}}", label.key(), label.value())).collect();
            Arc::new(One(format!("{}{labels}", key.name()), Arc::clone(&self.0)))
        }
    }

    impl Recorder for Values {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &metrics::Metadata<'_>) -> Counter {
            Counter::from_arc(self.one(key))
        }
        fn register_gauge(&self, key: &Key, _: &metrics::Metadata<'_>) -> Gauge {
            Gauge::from_arc(self.one(key))
        }
        fn register_histogram(&self, _: &Key, _: &metrics::Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn successes_failures_and_what_is_wrong_now_are_counted() {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let values = Values::default();
        metrics::with_local_recorder(&values, three_steps);
        let seen = values.0.lock().unwrap();
        let prefix = "claimant_authentication_config_";
        let of = |name: &str| -> Vec<f64> {
            seen.iter().filter(|(known, _)| *known == format!("{prefix}{name}")).map(|(_, value)| *value).collect()
        };
        assert_eq!(of("automatic_reloads_total{status=success}"), [1.0, 1.0]);
        assert_eq!(of("automatic_reloads_total{status=failure}"), [1.0]);
        assert_eq!(of("last_reload_failed"), [0.0, 1.0, 0.0]);
        assert_eq!(of("automatic_reload_last_timestamp_seconds{status=failure}"), [1_790_000_000.0]);
    }
}

//! What is told to whoever watches: events (feature `tracing`) and numbers (feature `metrics`). Made of [`State`]
//! alone, so that nothing of a token can be in it.

use crate::lifecycle::{Moment, State};

/// What was told last.
#[derive(Default)]
pub(super) struct Watch {
    #[cfg(feature = "tracing")]
    last: Option<Box<State>>,
}

/// What there is to tell.
#[must_use]
pub(super) struct News {
    #[cfg(feature = "tracing")]
    before: Option<Box<State>>,
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    after: State,
}

#[cfg(not(any(feature = "tracing", feature = "metrics")))]
impl Watch {
    pub(super) fn look(&mut self, _: State) -> News {
        News {}
    }
}

#[cfg(not(any(feature = "tracing", feature = "metrics")))]
impl News {
    pub(super) fn tell(self, _: &str, _: Moment) {}
}

#[cfg(any(feature = "tracing", feature = "metrics"))]
impl Watch {
    pub(super) fn look(&mut self, state: State) -> News {
        News {
            #[cfg(feature = "tracing")]
            before: self.last.replace(Box::new(state.clone())),
            after: state,
        }
    }
}

#[cfg(any(feature = "tracing", feature = "metrics"))]
impl News {
    pub(super) fn tell(self, name: &str, now: Moment) {
        #[cfg(feature = "tracing")]
        self.events(name);
        #[cfg(feature = "metrics")]
        self.numbers(name, now);
        let _ = now;
    }
}

#[cfg(feature = "tracing")]
impl News {
    fn events(&self, name: &str) {
        use crate::lifecycle::Standing;
        use tracing::{debug, error, info, warn};
        let (after, start) = (&self.after, State::new());
        let before = self.before.as_deref().unwrap_or(&start);
        if after.failed > before.failed {
            if let Some((_, why)) = &after.last_error {
                let failures = after.failures_in_a_row;
                warn!(source = name, reason = why.reason(), error = %why, failures, "keys could not be fetched");
            }
        } else if after.last_success != before.last_success {
            debug!(source = name, keys = after.keys, "keys fetched");
        }
        if after.digest != before.digest && after.digest.is_some() {
            let digest = after.digest.map(hex).unwrap_or_default();
            info!(source = name, keys = after.keys, unusable = after.unusable, digest, "keys changed");
        }
        if after.forgotten.len() > before.forgotten.len() {
            warn!(source = name, kid = after.forgotten.last(), "key forgotten by order");
        }
        if after.clock_jumps > before.clock_jumps {
            info!(source = name, "the wall clock ran ahead; keys are fetched");
        }
        if after.standing != before.standing {
            match after.standing {
                Standing::Missing => {}
                Standing::Fresh => info!(source = name, "keys are fresh"),
                Standing::Stale => warn!(source = name, "keys are stale and still serve"),
                Standing::Dropped => error!(source = name, "keys are too old and serve no longer"),
            }
        }
    }
}

#[cfg(feature = "tracing")]
fn hex(digest: [u8; 32]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Into memory: it cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(feature = "metrics")]
impl News {
    fn numbers(&self, name: &str, now: Moment) {
        use crate::lifecycle::Standing;
        use metrics::{counter, gauge};
        let (after, name) = (&self.after, name.to_owned());
        let total = |metric: &'static str, value: u64| counter!(metric, "source" => name.clone()).absolute(value);
        total("claimant_keys_fetches_total", after.fetches);
        total("claimant_keys_forced_fetches_total", after.forced);
        total("claimant_keys_failed_fetches_total", after.failed);
        total("claimant_keys_unknown_kids_total", after.unknown_kids);
        total("claimant_keys_remembered_kids_total", after.remembered_kids);
        total("claimant_keys_older_sets_total", after.older_sets);
        total("claimant_keys_clock_jumps_total", after.clock_jumps);
        total("claimant_keys_stale_reads_total", after.stale_reads);
        let set = |metric: &'static str, value: f64| gauge!(metric, "source" => name.clone()).set(value);
        set("claimant_keys_usable", number(after.keys));
        set("claimant_keys_unusable", number(after.unusable));
        set("claimant_keys_failures_in_a_row", f64::from(after.failures_in_a_row));
        set("claimant_keys_stale", f64::from(u8::from(after.standing == Standing::Stale)));
        set("claimant_keys_available", f64::from(u8::from(after.keys > 0)));
        if let Some(age) = after.age {
            set("claimant_keys_fetched_timestamp_seconds", now.wall.saturating_sub(age).as_secs_f64());
        }
    }
}

#[cfg(feature = "metrics")]
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

//! When to ask again: which replies are worth it, after which pause, how often.

use std::time::Duration;

/// How often a question is asked, and the pauses in between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The pause after the first.
    pub pause: Duration,
    /// By what each further pause is longer.
    pub factor: f64,
    /// By up to what share a pause is lengthened, so that many clients do not ask at once.
    pub jitter: f64,
}

/// As client-go's webhooks: five attempts, after 0.5 s, 0.75 s, 1.125 s, 1.6875 s, each up to 20 % more.
impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 5, pause: Duration::from_millis(500), factor: 1.5, jitter: 0.2 }
    }
}

impl Retry {
    /// Asks once.
    pub const NEVER: Self = Self { attempts: 1, pause: Duration::ZERO, factor: 1.0, jitter: 0.0 };

    /// The pause after this attempt (from 1), where there may be another; `chance` is random, from 0 to 1.
    /// A server's own word (`Retry-After`) counts where it is longer.
    pub fn pause_after(&self, attempt: u32, told: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let steps = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.pause.as_secs_f64() * self.factor.powi(steps) * (1.0 + self.jitter * chance.clamp(0.0, 1.0));
        // A knob that makes no sense makes no pause that does; an hour is longer than any deadline.
        let own = Duration::try_from_secs_f64(seconds.min(3600.0)).unwrap_or_default();
        Some(told.map_or(own, |told| told.max(own)))
    }
}

/// What a status code says of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The body is the answer.
    Answer,
    /// It may go better next time.
    Again,
    /// It will not.
    Final,
}

/// By code, as client-go sees it.
pub(super) fn class(code: u16, retry_after: Option<Duration>) -> Class {
    match code {
        200..=206 => Class::Answer,
        429 | 500 | 501 | 502 | 504 => Class::Again,
        505..=599 | 503 if retry_after.is_some() => Class::Again,
        _ => Class::Final,
    }
}

/// The value of a `Retry-After` header, where it is a whole number of seconds; a date is not understood.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse::<u32>().ok().map(|seconds| Duration::from_secs(u64::from(seconds)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_grow_by_half_and_end_with_the_attempts() {
        let retry = Retry::default();
        let pauses: Vec<_> = (1..=5).map(|attempt| retry.pause_after(attempt, None, 0.0)).collect();
        let ms = |ms: u64| Some(Duration::from_micros(ms));
        assert_eq!(pauses, [ms(500_000), ms(750_000), ms(1_125_000), ms(1_687_500), None]);
        assert_eq!(retry.pause_after(1, None, 1.0), ms(600_000));
        assert_eq!(retry.pause_after(1, Some(Duration::from_secs(3)), 0.0), ms(3_000_000));
        assert_eq!(retry.pause_after(1, Some(Duration::ZERO), 0.0), ms(500_000));
    }

    #[test]
    fn knobs_without_sense_do_not_panic() {
        for (factor, jitter) in [(f64::NAN, 0.0), (f64::INFINITY, f64::NAN), (-5.0, -9.0), (1e300, 1e300)] {
            let retry = Retry { attempts: u32::MAX, pause: Duration::MAX, factor, jitter };
            assert!(retry.pause_after(u32::MAX - 1, None, 2.0).unwrap() <= Duration::from_secs(3600));
        }
    }

    #[test]
    fn an_unreadable_retry_after_is_none() {
        for value in ["", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"] {
            assert_eq!(retry_after(value), None, "{value}");
        }
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
    }
}

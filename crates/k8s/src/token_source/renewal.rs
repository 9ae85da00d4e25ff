//! When a token is renewed: a state machine without a clock.

use super::{FetchFailure, Fresh, SecretToken};
use std::sync::Arc;

/// When to renew, and how to go on after failures. Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalPolicy {
    /// After so many hundredths of its life. 80, as the kubelet does.
    pub percent_of_life: u8,
    /// Up to so many hundredths of its life earlier, so that many clients do not come at once.
    pub jitter_percent: u8,
    /// A token that ends within this is not handed out any more: it has to get where it is used.
    pub margin: u32,
    /// The pause after a first failure; each further one doubles it.
    pub first_pause: u32,
    /// The longest pause.
    pub longest_pause: u32,
}

impl Default for RenewalPolicy {
    fn default() -> Self {
        Self { percent_of_life: 80, jitter_percent: 10, margin: 10, first_pause: 1, longest_pause: 60 }
    }
}

/// The token at hand, and when the next attempt is due. Times are in seconds since 1970.
#[derive(Debug)]
pub struct Renewal {
    policy: RenewalPolicy,
    token: Option<(Arc<SecretToken>, i64)>,
    due: i64,
    failures: u32,
}

impl Renewal {
    /// Without a token: one is due at once.
    pub fn new(policy: RenewalPolicy) -> Self {
        Self { policy, token: None, due: i64::MIN, failures: 0 }
    }

    /// The token, where it is good for a while longer.
    pub fn current(&self, now: i64) -> Option<Arc<SecretToken>> {
        let good = |ends: i64| now < ends.saturating_sub(i64::from(self.policy.margin));
        self.token.as_ref().filter(|(_, ends)| good(*ends)).map(|(token, _)| Arc::clone(token))
    }

    /// Whether to fetch one now.
    pub fn is_due(&self, now: i64) -> bool {
        now >= self.due
    }

    /// When to fetch the next one.
    pub fn due(&self) -> i64 {
        self.due
    }

    /// Takes a new one, and gives the one that is at hand then; `chance` is random, from 0 to 1. One that ends before
    /// the one at hand does not replace it, unless its source is one that is looked at again
    /// ([`Fresh::look_again`]): that says what counts now.
    ///
    /// # Errors
    /// [`FetchFailure::Ended`]; the one at hand stays.
    pub fn fetched(&mut self, fresh: Fresh, now: i64, chance: f64) -> Result<Arc<SecretToken>, FetchFailure> {
        let life = fresh.expires.saturating_sub(now);
        if life <= i64::from(self.policy.margin) {
            return Err(FetchFailure::Ended);
        }
        let part = |percent: u8| life.saturating_mul(i64::from(percent.min(100))) / 100;
        let early = scaled(part(self.policy.jitter_percent), chance);
        let own = now.saturating_add(part(self.policy.percent_of_life).saturating_sub(early).max(1));
        self.due = fresh.look_again.map_or(own, |look| look.max(now.saturating_add(1)).min(own));
        self.failures = 0;
        if let Some((at_hand, ends)) = &self.token
            && *ends > fresh.expires
            && fresh.look_again.is_none()
        {
            return Ok(Arc::clone(at_hand));
        }
        let token = Arc::new(fresh.token);
        self.token = Some((Arc::clone(&token), fresh.expires));
        Ok(token)
    }

    /// An attempt failed; `chance` as above.
    pub fn failed(&mut self, now: i64, chance: f64) {
        let doubled = u64::from(self.policy.first_pause) << self.failures.min(30);
        let pause = i64::try_from(doubled.min(u64::from(self.policy.longest_pause))).unwrap_or(i64::MAX).max(1);
        self.failures = self.failures.saturating_add(1);
        // Half of it to all of it.
        self.due = now.saturating_add(pause - scaled(pause / 2, chance));
    }

    /// Forgets the token; a pause after a failure goes on.
    pub fn discard(&mut self) {
        self.token = None;
        if self.failures == 0 {
            self.due = i64::MIN;
        }
    }
}

/// The share of a number of seconds, in thousandths.
fn scaled(seconds: i64, share: f64) -> i64 {
    let thousandths = (0..1000).rev().find(|n| f64::from(*n) <= share * 1000.0).unwrap_or(0);
    seconds.saturating_mul(i64::from(thousandths)) / 1000
}

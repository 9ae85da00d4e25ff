//! When the next fetch may start.

use super::policy::MINUTE;
use std::collections::VecDeque;
use std::time::Duration;

/// The starts of the last fetches, of failed ones too.
pub(super) struct Pace {
    starts: VecDeque<Duration>,
    budget: usize,
    cooldown: Duration,
}

impl Pace {
    pub(super) fn new(budget: usize, cooldown: Duration) -> Self {
        Self { starts: VecDeque::new(), budget, cooldown }
    }

    /// The earliest start that neither the cooldown nor the budget of a minute forbids.
    pub(super) fn opens(&self) -> Duration {
        let cooled = self.starts.back().map_or(Duration::ZERO, |last| last.saturating_add(self.cooldown));
        let spent = self.starts.len() >= self.budget;
        let paid = self.starts.front().filter(|_| spent).map_or(Duration::ZERO, |first| first.saturating_add(MINUTE));
        cooled.max(paid)
    }

    pub(super) fn started(&mut self, now: Duration) {
        if self.starts.len() >= self.budget {
            self.starts.pop_front();
        }
        self.starts.push_back(now);
        // What is over a minute old no longer counts; an idle issuer keeps one start.
        while self.starts.len() > 1 && self.starts.front().is_some_and(|first| now.saturating_sub(*first) >= MINUTE) {
            self.starts.pop_front();
        }
    }
}

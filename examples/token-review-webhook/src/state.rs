//! What all requests share, and whether it is fit to judge.

use crate::body::Budget;
use crate::judge::Accounts;
use crate::numbers::{self, Standing};
use crate::review::RequestLimits;
use crate::serve::Phase;
use crate::tls::Tls;
use crate::world::Clock;
use claimant::Cached;
use claimant::jwks::Runtime;
use claimant::k8s::audit::{ChannelSink, FingerprintKey, Sink};
use claimant::k8s::reload::Reloadable;
use claimant::k8s::token_review::Answerer;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

pub(crate) struct State {
    pub(crate) answerer: Answerer<Arc<Cached<Reloadable>>>,
    pub(crate) accounts: Option<Accounts>,
    pub(crate) own_issuers: Vec<String>,
    pub(crate) live: Reloadable,
    pub(crate) cached: Arc<Cached<Reloadable>>,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) key: FingerprintKey,
    pub(crate) lines: Option<ChannelSink>,
    pub(crate) tls: Arc<Tls>,
    pub(crate) limits: RequestLimits,
    pub(crate) bodies: Budget,
    pub(crate) places: Semaphore,
    pub(crate) most_places: usize,
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) now: Arc<dyn Fn() -> i64 + Send + Sync>,
    pub(crate) metrics: PrometheusHandle,
    /// The keys of all issuers were there at one time.
    pub(crate) was_ready: AtomicBool,
    pub(crate) clock: Clock,
    /// By that clock, from when on one issuer with keys is enough also where it was never so.
    pub(crate) lenient_from: Duration,
}

/// What `/readyz` says.
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    /// One line for each thing that was looked at.
    pub(crate) text: String,
}

impl State {
    /// At the start all issuers must have keys, so that a roll-out stops at one that has none. Later, and after
    /// `--ready-grace`, one is enough: an issuer that is down for long must not take the tokens of the others with it,
    /// nor keep a replica that starts meanwhile from judging them.
    pub(crate) fn readiness(&self) -> Readiness {
        let serving = self.live.load();
        let missing = serving.without_keys();
        let accounts = self.accounts.as_ref().map(|accounts| accounts.keys.load().keys().is_some());
        let all = serving.issuers().count() + usize::from(accounts.is_some());
        let without = missing.len() + usize::from(accounts == Some(false));
        let draining = *self.phase.borrow() != Phase::Serving;
        let complete = all > 0 && without == 0;
        if complete {
            self.was_ready.store(true, Ordering::Release);
        }
        let lenient = self.was_ready.load(Ordering::Acquire) || self.clock.now().steady >= self.lenient_from;
        let enough = complete || lenient && without < all;
        let mut text = String::new();
        let mut line = |good: bool, what: &str| {
            text.push_str(if good { "[+] " } else { "[-] " });
            text.push_str(what);
            text.push('\n');
        };
        line(!draining, if draining { "shutting down" } else { "serving" });
        line(enough, &format!("keys of {} of {all} issuers", all - without.min(all)));
        for issuer in &missing {
            line(false, &format!("no keys of {issuer}"));
        }
        if accounts == Some(false) {
            line(false, "no keys of service accounts");
        }
        // What follows is not wanted so, and yet the last good one serves.
        if let Some((_, why)) = &self.live.state().last_error {
            line(false, &format!("the last good configuration serves: {}", why.reason()));
        }
        if self.tls.trouble().is_some() {
            line(false, "the last good certificate serves");
        }
        Readiness { ready: enough && !draining, text }
    }

    /// The numbers, as of now.
    pub(crate) fn metrics(&self) -> String {
        let counts = self.cached.counts();
        numbers::standing(&Standing {
            connections: self.open.load(Ordering::Acquire),
            in_flight: self.most_places.saturating_sub(self.places.available_permits()),
            ready: self.readiness().ready,
            audit_dropped: self.lines.as_ref().map_or(0, ChannelSink::dropped),
            audit_failed: self.lines.as_ref().map_or(0, ChannelSink::failed),
            cached: counts.verdicts,
            hits: counts.hits,
            misses: counts.misses,
        });
        self.metrics.render()
    }
}

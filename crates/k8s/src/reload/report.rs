//! What can be seen of a reload: state, log line, metric.

use crate::ConfigError;
use crate::config::Assembled;
use claimant_core::Reason;
use std::time::Duration;

/// Why a new configuration does not judge. The last good one does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// Its text is out of reach.
    #[error("the configuration cannot be read: {0}")]
    Source(String),
    /// It is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys of these issuers are not there in time.
    #[error("no keys in time: {}", .issuers.join(", "))]
    Unhealthy {
        /// Their URLs.
        issuers: Vec<String>,
    },
    /// One that was pushed later serves already.
    #[error("a later configuration serves already")]
    Superseded,
}

impl ReloadError {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Source(_) => "reload_source",
            Self::Config(_) => "reload_config",
            Self::Unhealthy { .. } => "reload_unhealthy",
            Self::Superseded => "reload_superseded",
        }
    }
}

/// Where the configuration of a [`Reloadable`](super::Reloadable) stands. Times count from 1970, by its runtime's
/// wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadState {
    /// Counts the configurations that served, from 1.
    pub generation: u64,
    /// SHA-256 of the text of the one that serves; `None` where it was made in code.
    pub digest: Option<[u8; 32]>,
    /// When it began to serve.
    pub loaded_at: Duration,
    /// When the last attempt failed, and why; `None` where the last one succeeded. While there is one, what serves
    /// is not what was wanted.
    pub last_error: Option<(Duration, ReloadError)>,
    /// Failed attempts. A text that stays broken counts once.
    pub failures: u64,
}

impl ReloadState {
    pub(super) fn new(now: Duration, digest: Option<[u8; 32]>) -> Self {
        Self { generation: 1, digest, loaded_at: now, last_error: None, failures: 0 }
    }

    pub(super) fn loaded(&mut self, now: Duration, digest: Option<[u8; 32]>) {
        let generation = self.generation.wrapping_add(1);
        *self = Self { generation, digest, loaded_at: now, last_error: None, failures: self.failures };
    }

    pub(super) fn failed(&mut self, now: Duration, why: ReloadError) {
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some((now, why));
    }
}

pub(super) fn loaded(_state: &ReloadState, _assembled: &Assembled) {
    #[cfg(feature = "tracing")]
    {
        let issuers = _assembled.issuers().count();
        tracing::info!(generation = _state.generation, issuers, "the authentication configuration is loaded");
    }
    #[cfg(feature = "metrics")]
    {
        metrics::counter!(RELOADS, "status" => "success").increment(1);
        metrics::gauge!(TIMESTAMP, "status" => "success").set(_state.loaded_at.as_secs_f64());
        metrics::gauge!(BROKEN).set(0.0);
    }
}

pub(super) fn restored(_state: &ReloadState) {
    #[cfg(feature = "tracing")]
    tracing::info!(generation = _state.generation, "the authentication configuration is again the one that serves");
    #[cfg(feature = "metrics")]
    metrics::gauge!(BROKEN).set(0.0);
}

pub(super) fn kept(_state: &ReloadState, _why: &ReloadError) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        generation = _state.generation,
        reason = _why.reason(),
        error = %_why,
        "the new authentication configuration is not used; the last good one goes on to judge"
    );
    #[cfg(feature = "metrics")]
    {
        let at = _state.last_error.as_ref().map_or(_state.loaded_at, |(at, _)| *at);
        metrics::counter!(RELOADS, "status" => "failure").increment(1);
        metrics::gauge!(TIMESTAMP, "status" => "failure").set(at.as_secs_f64());
        metrics::gauge!(BROKEN).set(1.0);
    }
}

/// Names as those of the API server (`apiserver_authentication_config_controller_…`), with our prefix.
#[cfg(feature = "metrics")]
const RELOADS: &str = "claimant_authentication_config_automatic_reloads_total";
#[cfg(feature = "metrics")]
const TIMESTAMP: &str = "claimant_authentication_config_automatic_reload_last_timestamp_seconds";
/// 1 while what serves is not what was wanted.
#[cfg(feature = "metrics")]
const BROKEN: &str = "claimant_authentication_config_last_reload_failed";

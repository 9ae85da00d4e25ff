//! What Prometheus is told.

use claimant::k8s::audit::{Decision, Event};
use http::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::time::Duration;

use crate::error::StartError;

const REQUESTS: &str = "token_review_webhook_requests_total";
const SECONDS: &str = "token_review_webhook_request_duration_seconds";
const VERDICTS: &str = "token_review_webhook_verdicts_total";
const SHED: &str = "token_review_webhook_shed_total";
const CONNECTIONS: &str = "token_review_webhook_connections";
const REFUSED: &str = "token_review_webhook_connections_refused_total";
const HANDSHAKES: &str = "token_review_webhook_failed_handshakes_total";
const IN_FLIGHT: &str = "token_review_webhook_in_flight";
const READY: &str = "token_review_webhook_ready";
const AUDIT_DROPPED: &str = "token_review_webhook_audit_dropped_total";
const AUDIT_FAILED: &str = "token_review_webhook_audit_failed_total";
const TLS_RELOADS: &str = "token_review_webhook_tls_reloads_total";
const TLS_BROKEN: &str = "token_review_webhook_tls_last_reload_failed";
const TLS_EXPIRY: &str = "token_review_webhook_tls_certificate_expiry_timestamp_seconds";
const CACHED: &str = "token_review_webhook_cache_verdicts";
const HITS: &str = "token_review_webhook_cache_hits_total";
const MISSES: &str = "token_review_webhook_cache_misses_total";

/// A recorder of the program's numbers, and what shows them.
///
/// # Errors
/// None that a caller could cause.
pub fn recorder() -> Result<(PrometheusRecorder, PrometheusHandle), StartError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), BUCKETS)
        .map_err(|why| StartError::Metrics(why.to_string()))?
        .build_recorder();
    let handle = recorder.handle();
    Ok((recorder, handle))
}

/// Says what each number is, and starts those at zero that alerts look at.
pub(crate) fn describe() {
    describe_counter!(REQUESTS, "TokenReview requests by HTTP status.");
    describe_histogram!(SECONDS, Unit::Seconds, "From the head of a request to its answer.");
    describe_counter!(VERDICTS, "Verdicts by decision, stable reason code, issuer of the configuration, and cache.");
    describe_counter!(
        SHED,
        "Questions that were answered 503 since too many were in flight, or their bodies together too long."
    );
    describe_gauge!(CONNECTIONS, "Open connections.");
    describe_counter!(REFUSED, "Connections that were closed since too many were open.");
    describe_counter!(HANDSHAKES, "TLS handshakes that failed or took too long.");
    describe_gauge!(IN_FLIGHT, "Questions that are being judged.");
    describe_gauge!(READY, "1 while /readyz says yes.");
    describe_counter!(AUDIT_DROPPED, "Audit events that were dropped since their writer was behind.");
    describe_counter!(AUDIT_FAILED, "Audit events that could not be written.");
    describe_counter!(TLS_RELOADS, "Changes of the certificate's files by outcome.");
    describe_gauge!(TLS_BROKEN, "1 while the certificate's files are not what serves.");
    describe_gauge!(TLS_EXPIRY, "When the certificate that serves ends, since 1970.");
    describe_gauge!(CACHED, "Verdicts that are remembered.");
    describe_counter!(HITS, "Verdicts that were remembered.");
    describe_counter!(MISSES, "Verdicts that had to be found.");
    for name in [SHED, REFUSED, HANDSHAKES, AUDIT_DROPPED, AUDIT_FAILED] {
        counter!(name).absolute(0);
    }
}

pub(crate) fn answered(status: StatusCode, took: Duration) {
    counter!(REQUESTS, "code" => status.as_str().to_owned()).increment(1);
    histogram!(SECONDS).record(took.as_secs_f64());
}

pub(crate) fn verdict(event: &Event) {
    let issuer = event.issuer.clone().unwrap_or_default();
    let cache = match event.cached {
        Some(true) => "hit",
        Some(false) => "miss",
        None => "",
    };
    let reason = match event.decision {
        Decision::Allowed => "",
        _ => event.reason.unwrap_or_default(),
    };
    counter!(
        VERDICTS, "decision" => event.decision.code(), "reason" => reason, "issuer" => issuer, "cache" => cache
    )
    .increment(1);
}

pub(crate) fn shed() {
    counter!(SHED).increment(1);
}

pub(crate) fn handshake_failed() {
    counter!(HANDSHAKES).increment(1);
}

pub(crate) fn connection_refused() {
    counter!(REFUSED).increment(1);
}

pub(crate) fn tls_loaded(expiry: Duration) {
    counter!(TLS_RELOADS, "status" => "success").increment(1);
    tls_restored();
    gauge!(TLS_EXPIRY).set(expiry.as_secs_f64());
}

pub(crate) fn tls_restored() {
    gauge!(TLS_BROKEN).set(0.0);
}

pub(crate) fn tls_kept() {
    counter!(TLS_RELOADS, "status" => "failure").increment(1);
    gauge!(TLS_BROKEN).set(1.0);
}

/// What is read where it stands, when somebody asks.
pub(crate) struct Standing {
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) ready: bool,
    pub(crate) audit_dropped: u64,
    pub(crate) audit_failed: u64,
    pub(crate) cached: usize,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

pub(crate) fn standing(now: &Standing) {
    gauge!(CONNECTIONS).set(number(now.connections));
    gauge!(IN_FLIGHT).set(number(now.in_flight));
    gauge!(READY).set(f64::from(u8::from(now.ready)));
    counter!(AUDIT_DROPPED).absolute(now.audit_dropped);
    counter!(AUDIT_FAILED).absolute(now.audit_failed);
    gauge!(CACHED).set(number(now.cached));
    counter!(HITS).absolute(now.hits);
    counter!(MISSES).absolute(now.misses);
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// From a remembered verdict to the longest wait for a key.
const BUCKETS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

//! Events of `tracing`.

use super::{Decision, Event, Sink};

/// Makes each an event of the target `claimant::audit`: at `INFO` who was let in, at `WARN` the others.
///
/// The subscriber is called before the verdict goes on, and may take its time: give it a writer that does not wait, as that
/// of `tracing-appender`, or use [`JsonLines`](super::JsonLines), which has a thread of its own and drops what is too
/// much.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tracing;

impl Sink for Tracing {
    fn record(&self, event: Event) {
        let groups = event.groups.join(",");
        let audiences = event.audiences.join(",");
        macro_rules! emit {
            ($level:ident) => {
                ::tracing::$level!(
                    target: "claimant::audit",
                    time = event.time,
                    decision = event.decision.code(),
                    reason = event.reason,
                    fingerprint = %event.fingerprint,
                    issuer = event.issuer,
                    key_id = event.key_id,
                    username = event.username,
                    uid = event.uid,
                    groups,
                    credential_id = event.credential_id,
                    audiences,
                    cached = event.cached,
                    latency_ns = u64::try_from(event.latency.as_nanos()).unwrap_or(u64::MAX),
                )
            };
        }
        match event.decision {
            Decision::Allowed => emit!(info),
            _ => emit!(warn),
        }
    }
}

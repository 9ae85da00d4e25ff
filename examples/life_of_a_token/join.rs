//! Two kinds of events, joined by the credential id; our refusals by the fingerprint of a token that was good once.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Whose log a line is from.
#[derive(Clone, Copy)]
pub enum Log {
    ApiServer,
    Ours,
}

/// The annotation of the request that issued a token.
const ISSUED: &str = "authentication.kubernetes.io/issued-credential-id";
/// The extra of a user by the token that was used.
const USED: &str = "authentication.kubernetes.io/credential-id";

/// One event in the life of a token.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// RFC 3339 in UTC, of which the order of text is that of time.
    pub time: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum What {
    /// The API server, or an issuer of the test kit, has issued it.
    Issued { by: String, for_whom: String },
    /// The API server was asked something with it.
    Request { user: String, verb: String, uri: String, code: u16 },
    /// We were asked who it is.
    Verdict {
        decision: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        audiences: Vec<String>,
        cached: bool,
        latency_nanoseconds: u64,
    },
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.time)?;
        match &self.what {
            What::Issued { by, for_whom } => write!(f, "issued to {by} for {for_whom}"),
            What::Request { user, verb, uri, code } => write!(f, "API server: {code} for {user}: {verb} {uri}"),
            What::Verdict { decision, reason, user, audiences, cached, latency_nanoseconds } => {
                write!(f, "{decision}")?;
                user.iter().try_for_each(|user| write!(f, ": {user}"))?;
                reason.iter().try_for_each(|reason| write!(f, ": {reason}"))?;
                if !audiences.is_empty() {
                    write!(f, " for {}", audiences.join(", "))?;
                }
                let from = if *cached { ", from the cache" } else { "" };
                write!(f, " ({} us{from})", latency_nanoseconds / 1_000)
            }
        }
    }
}

/// What is joined so far.
#[derive(Default)]
pub struct Lives {
    by_credential: BTreeMap<String, Vec<Moment>>,
    /// Whose token has this fingerprint: known where it was let in.
    fingerprints: HashMap<String, String>,
    /// Verdicts that have no credential id, by fingerprint.
    nameless: HashMap<String, Vec<Moment>>,
}

impl Lives {
    /// False if the line is no event of this log. One that speaks of no credential is taken and says nothing.
    pub fn take(&mut self, log: Log, line: &str) -> bool {
        match log {
            Log::ApiServer => serde_json::from_str(line).map(|event| self.take_api_server(event)).is_ok(),
            Log::Ours => serde_json::from_str(line).map(|event| self.take_ours(event)).is_ok(),
        }
    }

    fn take_api_server(&mut self, event: AuditEvent) {
        // One of several stages of the same request; the last says how it ended.
        if event.stage != "ResponseComplete" {
            return;
        }
        let time = seconds_only(&event.stage_timestamp);
        let code = event.response_status.map_or(0, |status| status.code);
        if let Some(credential) = event.annotations.get(ISSUED) {
            let account = event.object_ref.unwrap_or_default();
            let for_whom = format!("system:serviceaccount:{}:{}", account.namespace, account.name);
            let what = What::Issued { by: event.user.username.clone(), for_whom };
            self.add(credential, Moment { time: time.clone(), what });
        }
        for credential in event.user.extra.get(USED).into_iter().flatten() {
            let (user, verb, uri) = (event.user.username.clone(), event.verb.clone(), event.request_uri.clone());
            self.add(credential, Moment { time: time.clone(), what: What::Request { user, verb, uri, code } });
        }
    }

    fn take_ours(&mut self, event: OurEvent) {
        let time = rfc3339(event.time);
        let what = if event.decision == "issued" {
            let whose = event.subject.unwrap_or_default();
            What::Issued { by: event.issuer.unwrap_or_default(), for_whom: whose }
        } else {
            What::Verdict {
                decision: event.decision,
                reason: event.reason,
                user: event.username,
                audiences: event.audiences,
                cached: event.cached.unwrap_or_default(),
                latency_nanoseconds: event.latency_nanoseconds,
            }
        };
        let moment = Moment { time, what };
        match (event.credential_id, event.fingerprint) {
            (Some(credential), fingerprint) => {
                fingerprint.into_iter().for_each(|print| {
                    self.fingerprints.insert(print, credential.clone());
                });
                self.add(&credential, moment);
            }
            (None, Some(print)) => self.nameless.entry(print).or_default().push(moment),
            (None, None) => {}
        }
    }

    fn add(&mut self, credential: &str, moment: Moment) {
        self.by_credential.entry(credential.to_owned()).or_default().push(moment);
    }

    /// Each credential with its moments in the order of time, the verdicts on tokens of unknown credentials by their
    /// fingerprint at the end.
    pub fn ordered(mut self) -> Vec<(String, Vec<Moment>)> {
        let mut unknown = BTreeMap::new();
        for (print, moments) in std::mem::take(&mut self.nameless) {
            match self.fingerprints.get(&print) {
                Some(credential) => self.by_credential.entry(credential.clone()).or_default().extend(moments),
                None => {
                    unknown.insert(format!("fingerprint {print}"), moments);
                }
            }
        }
        let mut all: Vec<_> = self.by_credential.into_iter().chain(unknown).collect();
        for (_, moments) in &mut all {
            // Within one second, as it was issued, used, judged.
            moments.sort_by(|a, b| a.time.cmp(&b.time).then(a.what.rank().cmp(&b.what.rank())));
        }
        all
    }
}

impl What {
    fn rank(&self) -> u8 {
        match self {
            Self::Issued { .. } => 0,
            Self::Request { .. } | Self::Verdict { .. } => 1,
        }
    }
}

/// The API server writes microseconds; our events have seconds.
fn seconds_only(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

/// A time that no calendar has stands as its number.
fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// Of an event of `audit.k8s.io/v1`, what is needed here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditEvent {
    stage: String,
    stage_timestamp: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: AuditUser,
    #[serde(default)]
    object_ref: Option<ObjectRef>,
    #[serde(default)]
    response_status: Option<ResponseStatus>,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

#[derive(Deserialize)]
struct AuditUser {
    #[serde(default)]
    username: String,
    #[serde(default)]
    extra: HashMap<String, Vec<String>>,
}

#[derive(Deserialize, Default)]
struct ObjectRef {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct ResponseStatus {
    #[serde(default)]
    code: u16,
}

/// Of `claimant::audit::Event` and of what the test kit issues.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OurEvent {
    time: i64,
    decision: String,
    reason: Option<String>,
    fingerprint: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    username: Option<String>,
    credential_id: Option<String>,
    #[serde(default)]
    audiences: Vec<String>,
    cached: Option<bool>,
    #[serde(default)]
    latency_nanoseconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use claimant::audit::{Audited, channel};
    use claimant::{Authenticator, KeySet, Limits, ServiceAccounts, Union, provider};
    use claimant_testkit::Issuer;
    use serde_json::json;

    /// 2026-09-21T15:06:40Z.
    const NOW: i64 = 1_790_003_200;

    #[test]
    fn a_token_that_was_issued_used_judged_and_ran_out() {
        let issuer = Issuer::start().unwrap();
        issuer.advance(NOW - issuer.now());
        let jwks = json!({"keys": [issuer.jwk()]}).to_string();
        let keys = KeySet::from_jwks(jwks.as_bytes(), &provider::Default, &Limits::default()).unwrap();
        let (sink, events) = channel(16);
        let accounts = ServiceAccounts::new([issuer.url()], keys, ["my-api"]);
        let judge = Audited::new(Union::new().with(accounts), sink).unwrap();
        let token = issuer.service_account_token("team-a", "builder", "builder-0", &issuer.options("my-api")).unwrap();
        judge.authenticate(&token, NOW + 1).unwrap();
        judge.authenticate(&token, NOW + 90_000).unwrap_err();
        judge.authenticate("not.a.token", NOW).unwrap_err();

        let credential = format!("JTI=team-a-builder-{NOW}");
        let mut lives = Lives::default();
        for line in [audit_issued(&credential), audit_used(&credential)] {
            assert!(lives.take(Log::ApiServer, &line));
        }
        // The refusal comes first: the logs may be read in any order.
        let mut ours: Vec<String> = events.try_iter().map(|event| serde_json::to_string(&event).unwrap()).collect();
        ours.reverse();
        ours.extend(issuer.issued().iter().map(|issued| issued.to_json().to_string()));
        assert!(ours.iter().all(|line| lives.take(Log::Ours, line)));
        assert!(!lives.take(Log::Ours, "{}") && !lives.take(Log::ApiServer, "no"));

        let all = lives.ordered();
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(all[0].0, credential);
        let told: Vec<String> = all[0].1.iter().map(|moment| moment.to_string()).collect();
        let told: Vec<&str> = told.iter().map(|line| line.split(" (").next().unwrap()).collect();
        let whose = "system:serviceaccount:team-a:builder";
        assert_eq!(
            told,
            [
                format!("2026-09-21T15:06:40Z issued to system:node:n1 for {whose}"),
                format!("2026-09-21T15:06:40Z issued to {} for {whose}", issuer.url()),
                format!("2026-09-21T15:06:41Z allowed: {whose} for my-api"),
                format!("2026-09-21T15:06:42Z API server: 200 for {whose}: list /api/v1/namespaces/team-a/pods"),
                "2026-09-22T16:06:40Z refused: expired".to_owned(),
            ]
        );
        assert!(all[1].0.starts_with("fingerprint "));
    }

    fn audit_issued(credential: &str) -> String {
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "stage": "ResponseComplete",
            "stageTimestamp": "2026-09-21T15:06:40.123456Z", "verb": "create",
            "requestURI": "/api/v1/namespaces/team-a/serviceaccounts/builder/token",
            "user": {"username": "system:node:n1", "groups": ["system:nodes"]},
            "objectRef": {"resource": "serviceaccounts", "subresource": "token", "namespace": "team-a", "name": "builder"},
            "responseStatus": {"code": 201},
            "annotations": {ISSUED: credential, "authorization.k8s.io/decision": "allow"},
        })
        .to_string()
    }

    fn audit_used(credential: &str) -> String {
        json!({
            "stage": "ResponseComplete", "stageTimestamp": "2026-09-21T15:06:42.000001Z", "verb": "list",
            "requestURI": "/api/v1/namespaces/team-a/pods", "responseStatus": {"code": 200},
            "user": {"username": "system:serviceaccount:team-a:builder", "extra": {USED: [credential]}},
        })
        .to_string()
    }
}

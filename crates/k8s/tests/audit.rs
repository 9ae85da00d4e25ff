//! One event for every verdict, and nothing of the token in it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_core::Bearer;
use claimant_k8s::audit::{ABANDONED, Audited, Decision, FingerprintKey, JsonLines, Sink, channel};
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::token_review::{Answerer, TokenReview, Version};
use claimant_k8s::{Authenticated, Authenticator, CachePolicy, Cached, Error, Judging, Union, authenticate_async};
use common::{AUDIENCE, NOW, block_on, claims, key, oidc, set};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

const ISSUER: &str = "https://cluster";

fn accounts(keys: claimant_core::KeySet) -> ServiceAccounts {
    ServiceAccounts::new([ISSUER], keys, [AUDIENCE])
}

fn token(key: &claimant_testkit::SigningKey) -> String {
    let account = json!({
        "jti": "6b2f", "kubernetes.io": {"namespace": "web", "serviceaccount": {"name": "shop", "uid": "u-1"}},
    });
    key.sign(&claims(ISSUER, account)).unwrap()
}

fn secret() -> FingerprintKey {
    FingerprintKey::new([7; 16])
}

#[test]
fn who_was_let_in_and_why_the_others_were_not() {
    let (known, strange) = (key("k1"), key("k2"));
    let (sink, events) = channel(16);
    let ticks = AtomicU64::new(0);
    let audited = Audited::with_key(Union::new().with(accounts(set(&[&known]))), sink, secret())
        .with_clock(move || Duration::from_micros(ticks.fetch_add(1, Ordering::Relaxed)));
    let good = token(&known);
    audited.authenticate(&good, NOW).unwrap();
    audited.authenticate(&good, NOW + 1_000_000).unwrap_err();
    audited.authenticate(&token(&strange), NOW).unwrap_err();
    let foreign = known.sign(&claims("https://elsewhere.example", json!({}))).unwrap();
    audited.authenticate(&foreign, NOW).unwrap_err();
    block_on(authenticate_async(&audited, &good, NOW)).unwrap();

    let allowed = events.recv().unwrap();
    let group = ["system:serviceaccounts", "system:serviceaccounts:web"];
    assert_eq!((allowed.time, allowed.decision, allowed.reason), (NOW, Decision::Allowed, None));
    assert_eq!(allowed.username.as_deref(), Some("system:serviceaccount:web:shop"));
    assert_eq!((allowed.uid.as_deref(), allowed.groups.as_slice()), (Some("u-1"), &group.map(String::from)[..]));
    assert_eq!((allowed.issuer.as_deref(), allowed.key_id.as_deref()), (Some(ISSUER), Some("k1")));
    assert_eq!(allowed.credential_id.as_deref(), Some("JTI=6b2f"));
    assert_eq!((allowed.audiences.as_slice(), allowed.cached), (&[AUDIENCE.to_owned()][..], Some(false)));
    assert_eq!(allowed.latency, Duration::from_micros(1));

    let expired = events.recv().unwrap();
    assert_eq!((expired.decision, expired.reason), (Decision::Refused, Some("expired")));
    assert_eq!((expired.username, expired.issuer.as_deref()), (None, Some(ISSUER)));
    assert_eq!(expired.fingerprint, allowed.fingerprint);

    let unknown = events.recv().unwrap();
    assert_eq!((unknown.reason, unknown.key_id.as_deref()), (Some("unknown_key"), Some("k2")));
    assert_ne!(unknown.fingerprint, allowed.fingerprint);

    let nobodys = events.recv().unwrap();
    assert_eq!((nobodys.decision, nobodys.issuer), (Decision::Unrecognized, None));
    assert_eq!(events.recv().unwrap().decision, Decision::Allowed);
}

#[test]
fn a_cache_shows() {
    let known = key("k1");
    let (sink, events) = channel(16);
    let cached = Cached::new(accounts(set(&[&known])), CachePolicy::default()).unwrap();
    let audited = Audited::new(cached, sink).unwrap();
    let good = token(&known);
    for _ in 0..2 {
        audited.authenticate(&good, NOW).unwrap();
    }
    assert_eq!(events.try_iter().map(|event| event.cached).collect::<Vec<_>>(), [Some(false), Some(true)]);
}

#[test]
fn fingerprints_are_those_of_the_key() {
    let print = |key: u8, token| FingerprintKey::new([key; 16]).fingerprint(token).to_string();
    assert_eq!(print(1, "a"), print(1, "a"));
    assert_ne!(print(1, "a"), print(2, "a"));
    assert_ne!(print(1, "a"), print(1, "b"));
    assert_eq!(print(1, "a").len(), 16);
}

/// Keeps what is written, and begins only when it is told to.
#[derive(Clone)]
struct Page(Arc<Mutex<Vec<u8>>>, Arc<Mutex<mpsc::Receiver<()>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.lock().unwrap().recv().ok();
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a54_lines_hold_no_token_and_a_slow_disk_holds_nobody_up() {
    let known = key("k1");
    let good = token(&known);
    let text = Arc::new(Mutex::new(Vec::new()));
    let (begin, wait) = mpsc::channel();
    let (sink, lines) = JsonLines::start(Page(Arc::clone(&text), Arc::new(Mutex::new(wait))), 4).unwrap();
    let audited = Audited::with_key(accounts(set(&[&known])), sink.clone(), secret());
    for _ in 0..100 {
        audited.authenticate(&good, NOW).unwrap();
    }
    // Four wait in the channel, and one with the writer if it has got there.
    assert!(matches!(sink.dropped(), 95 | 96), "{}", sink.dropped());
    drop(begin);
    drop((audited, sink.clone()));
    let kept = 100 - sink.dropped();
    drop(sink);
    assert_eq!(lines.join().unwrap(), kept);
    let text = String::from_utf8(text.lock().unwrap().clone()).unwrap();
    assert_eq!(u64::try_from(text.lines().count()).unwrap(), kept);
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["decision"], "allowed");
        assert_eq!(event["credentialId"], "JTI=6b2f");
        assert!(event["latencyNanoseconds"].is_u64() && event.get("reason").is_none());
    }
    for part in good.split('.') {
        assert!(!text.contains(part));
    }
}

/// Says no to the first line, takes half of the second, and then all.
#[derive(Clone, Default)]
struct Full(Arc<Mutex<(u32, Vec<u8>)>>);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut page = self.0.lock().unwrap();
        page.0 += 1;
        match page.0 {
            1 | 3 => Err(io::ErrorKind::StorageFull.into()),
            2 => {
                page.1.extend_from_slice(&bytes[..10]);
                Ok(10)
            }
            _ => page.1.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_loses_what_comes_meanwhile_and_no_more() {
    let page = Full::default();
    let (sink, lines) = JsonLines::start(page.clone(), 16).unwrap();
    let audited = Audited::with_key(Union::new(), sink.clone(), secret());
    for now in 0..4 {
        audited.authenticate("x", now).unwrap_err();
    }
    drop(audited);
    while sink.failed() < 2 {
        std::thread::yield_now();
    }
    drop(sink);
    assert_eq!((lines.failed(), lines.join().unwrap()), (2, 2));
    let text = String::from_utf8(page.0.lock().unwrap().1.clone()).unwrap();
    let times: Vec<_> =
        text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["time"].clone()).collect();
    assert_eq!(times, [2, 3], "{text}");
}

#[test]
fn two_sinks_get_each_event() {
    let (one, ones) = channel(1);
    let (two, twos) = channel(1);
    let two: Arc<dyn Sink> = Arc::new(two);
    let audited = Audited::new(Union::new(), (one, two)).unwrap();
    audited.authenticate("x", NOW).unwrap_err();
    assert_eq!(ones.recv().unwrap(), twos.recv().unwrap());
}

#[cfg(feature = "tracing")]
#[test]
fn a54_tracing_gets_the_event_and_not_the_token() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let known = key("k1");
    let good = token(&known);
    tracing::subscriber::with_default(subscriber, || {
        let audited = Audited::new(accounts(set(&[&known])), claimant_k8s::audit::Tracing).unwrap();
        audited.authenticate(&good, NOW).unwrap();
        audited.authenticate(&good, NOW + 1_000_000).unwrap_err();
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(" INFO ") && text.contains("system:serviceaccount:web:shop"), "{text}");
    assert!(text.contains(" WARN ") && text.contains("reason=\"expired\""), "{text}");
    for part in good.split('.') {
        assert!(!text.contains(part));
    }
}

#[test]
fn an_answer_is_told_as_it_is_given() {
    let known = key("k1");
    let (sink, events) = channel(16);
    let people = Union::new().with(oidc("https://people", set(&[&known]), json!({})));
    let answerer = Answerer::new(people, ["api", "other"]).with_audit(Arc::new(sink), secret());
    let good = known.sign(&claims("https://people", json!({"sub": "jane"}))).unwrap();
    let ask = |audiences: &[&str]| {
        let audiences: Vec<_> = audiences.iter().map(ToString::to_string).collect();
        block_on(answerer.answer(&TokenReview::question(Version::V1, &good, &audiences), NOW)).unwrap();
        events.recv().unwrap()
    };
    let vault = ask(&["vault"]);
    assert_eq!((vault.decision, vault.reason), (Decision::Refused, Some("audience")));
    assert_eq!((vault.username, vault.issuer.as_deref()), (None, Some("https://people")));
    let api = ask(&["x", "api"]);
    assert_eq!((api.decision, api.audiences), (Decision::Allowed, vec!["api".to_owned()]));
    assert!(ask(&[]).audiences.is_empty());
}

/// Waits for ever.
struct Never;

impl Authenticator for Never {
    fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        Err(Error::Unrecognized)
    }

    fn begin<'a>(&'a self, _: &'a Bearer<'a>, _: i64) -> Judging<'a> {
        Judging::waits(std::future::pending())
    }

    fn issuers(&self) -> Option<Vec<String>> {
        Some(vec![ISSUER.to_owned()])
    }
}

#[test]
fn a_verdict_that_nobody_waits_for_any_more_is_told() {
    let (sink, events) = channel(16);
    let audited = Audited::with_key(Never, sink, secret());
    let good = token(&key("k1"));
    let mut waits = Box::pin(authenticate_async(&audited, &good, NOW));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(waits.as_mut().poll(&mut context).is_pending());
    assert!(events.try_recv().is_err());
    drop(waits);
    let event = events.recv().unwrap();
    assert_eq!((event.decision, event.reason), (Decision::Unavailable, Some(ABANDONED)));
    assert_eq!(event.issuer.as_deref(), Some(ISSUER));
    assert!(events.try_recv().is_err());
}

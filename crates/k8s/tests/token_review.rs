//! The TokenReview client against servers that lie, stumble and tire.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "token_review/server.rs"]
mod server;

use claimant_core::{Bearer, KeySet, Limits, provider};
use claimant_k8s::explain::Explanation;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::token_review::{Retry, ReviewFailure, TokenReviewer, TransportError, Unreadable};
use claimant_k8s::{
    Authenticated, Authenticator, CachePolicy, Cached, Error, Generation, Refusal, UserInfo, authenticate_async,
};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use server::Server;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

const NOW: i64 = 1_790_000_000;
const ISSUER: &str = "https://cluster.example";

fn key() -> SigningKey {
    SigningKey::generate("k", KeyKind::Es256).unwrap()
}

fn token(key: &SigningKey, jti: &str) -> String {
    key.sign(&json!({"iss": ISSUER, "aud": ["us"], "exp": NOW + 600, "jti": jti,
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}}))
        .unwrap()
}

fn local(key: &SigningKey) -> ServiceAccounts {
    let set = json!({"keys": [key.jwk()]}).to_string();
    let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    ServiceAccounts::new([ISSUER], keys, ["us"])
}

fn yes(changes: Value) -> Value {
    let mut status = json!({"authenticated": true, "user": {"username": "jane"}, "audiences": ["us"]});
    for (name, value) in changes.as_object().unwrap() {
        status[name] = value.clone();
    }
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})
}

async fn ask(reviewer: &TokenReviewer<Arc<Server>>, token: &str) -> Result<Authenticated, &'static str> {
    authenticate_async(reviewer, token, NOW).await.map_err(|error| error.reason())
}

#[tokio::test(start_paused = true)]
async fn a52_a_yes_counts_only_for_our_audience_with_a_user_and_without_an_error() {
    let key = key();
    for (changes, expected) in [
        (json!({}), Ok(vec!["us"])),
        (json!({"audiences": ["them", "us", "also-us"]}), Ok(vec!["us", "also-us"])),
        (json!({"audiences": ["them"]}), Err("review_audience")),
        (json!({"audiences": []}), Err("review_audience")),
        (json!({"audiences": null}), Err("review_audience")),
        (json!({"audiences": ["US", "us ", ""]}), Err("review_audience")),
        (json!({"error": "token has expired"}), Err("review_error")),
        (json!({"user": {}}), Err("review_user")),
        (json!({"user": null}), Err("review_user")),
        (json!({"authenticated": false}), Err("unrecognized")),
        (json!({"authenticated": null}), Err("unrecognized")),
        (json!({"authenticated": false, "error": "no"}), Err("review")),
        (json!({"authenticated": "true"}), Err("unavailable_judge")),
        (json!({"authenticated": 1}), Err("unavailable_judge")),
        (json!({"audiences": "us"}), Err("unavailable_judge")),
        (json!({"user": ["jane"]}), Err("unavailable_judge")),
    ] {
        let server = Server::answering(200, &yes(changes.clone()));
        let reviewer = TokenReviewer::new(server, ["us", "also-us"]).unwrap();
        let ours = ask(&reviewer, &token(&key, "1")).await.map(|who| who.audiences);
        assert_eq!(ours, expected.map(|list| list.iter().map(ToString::to_string).collect()), "{changes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_is_remembered_no_longer_than_the_token_says_of_itself() {
    let key = key();
    let ends = |exp: Value| key.sign(&json!({"iss": ISSUER, "aud": ["us"], "exp": exp})).unwrap();
    for (exp, expected) in [
        (json!(NOW + 5), Some(NOW + 5)),
        (json!(1_790_000_005.5), Some(NOW + 5)),
        (json!(null), None),
        (json!("soon"), None),
    ] {
        let server = Server::answering(200, &yes(json!({})));
        let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
        assert_eq!(ask(&reviewer, &ends(exp.clone())).await.unwrap().expires, expected, "{exp}");
        let cached = Cached::new(reviewer, CachePolicy { seconds: 60, ..CachePolicy::default() }).unwrap();
        let token = ends(exp);
        for (after, asked) in [(0, 2), (4, 2), (5, if expected.is_some() { 3 } else { 2 })] {
            authenticate_async(&cached, &token, NOW + after).await.unwrap();
            assert_eq!(server.asked(), asked, "{token} {after}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_is_forgotten_when_the_local_key_goes() {
    /// Takes everything, under keys that change.
    struct Keys(Arc<AtomicU64>);
    impl Authenticator for Keys {
        fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
            match self.0.load(Relaxed) {
                0 => Ok(Authenticated::of(UserInfo::default())),
                _ => Err(Refusal::UnknownToken.into()),
            }
        }

        fn generation(&self, _: &str) -> Generation {
            Generation::of_keys(self.0.load(Relaxed))
        }
    }
    let keys = Arc::new(AtomicU64::new(0));
    let server = Server::answering(200, &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_local(Keys(Arc::clone(&keys)));
    let cached = Cached::new(reviewer, CachePolicy::default()).unwrap();
    let token = token(&key(), "1");
    assert!(authenticate_async(&cached, &token, NOW).await.is_ok());
    assert!(authenticate_async(&cached, &token, NOW).await.is_ok());
    keys.store(1, Relaxed);
    assert!(authenticate_async(&cached, &token, NOW).await.is_err());
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a52_an_answer_without_audiences_is_good_for_the_api_server_alone() {
    let server = Server::answering(201, &yes(json!({"audiences": []})));
    for (ours, expected) in [("https://api", Ok(())), ("us", Err("review_audience"))] {
        let reviewer = TokenReviewer::new(Arc::clone(&server), [ours]).unwrap().with_api_audiences(["https://api"]);
        assert_eq!(ask(&reviewer, &token(&key(), "1")).await.map(|_| ()), expected);
    }
}

#[test]
fn explained_it_shows_the_local_checks_and_that_nobody_is_asked() {
    let known = key();
    let server = Server::answering(200, &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_local(local(&known));
    let text = Explanation::of(&reviewer, &token(&known, "1"), NOW).to_string();
    assert!(text.contains("ok   signature: ") && text.contains("ok   aud: "), "{text}");
    assert!(text.contains("FAIL TokenReview: expected a yes for any of [\"us\"]; not asked here"), "{text}");
    assert!(
        text.ends_with(
            "verdict: unavailable: unavailable_judge: the verdict of issuer \"TokenReview\" cannot be had now\n"
        ),
        "{text}"
    );
    let other = Explanation::of(&reviewer, &token(&key(), "1"), NOW);
    assert_eq!(other.outcome.unwrap_err().reason(), "signature");
    assert_eq!(server.asked(), 0);
}

#[test]
fn a52_there_is_no_client_without_an_audience() {
    for audiences in [vec![], vec![""], vec!["us", ""]] {
        let server = Server::answering(200, &yes(json!({})));
        assert!(TokenReviewer::new(server, audiences).is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a52_what_is_no_answer_is_not_believed() {
    let whole = yes(json!({}));
    let with = |name: &str, value: Value| {
        let mut changed = whole.clone();
        changed[name] = value;
        changed.to_string()
    };
    let twice = whole.to_string().replace(r#""authenticated":true"#, r#""authenticated":false,"authenticated":true"#);
    for (body, why) in [
        (String::new(), Unreadable::Empty),
        ("yes".to_owned(), Unreadable::Json),
        (format!("[{whole}]"), Unreadable::Json),
        (format!("{whole}{whole}"), Unreadable::Json),
        (twice, Unreadable::Json),
        (with("metadata", json!("m")), Unreadable::Json),
        (with("metadata", json!({"labels": {"a": 1}})), Unreadable::Json),
        (with("spec", json!({"token": 1})), Unreadable::Json),
        (with("kind", json!("Status")), Unreadable::Kind),
        (with("apiVersion", json!("authentication.k8s.io/v1beta1")), Unreadable::Kind),
        (with("apiVersion", json!("v1")), Unreadable::Kind),
        (with("Kind", json!("Status")), Unreadable::Folded),
        (with("x", json!("y".repeat(1 << 20))), Unreadable::TooLong),
    ] {
        let server = Server::answering_text(200, &body);
        let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
        assert_eq!(ask(&reviewer, &token(&key(), "1")).await, Err("unavailable_judge"), "{why}");
        assert_eq!(reviewer.last_failure(), Some(ReviewFailure::Unreadable(why)));
        assert_eq!(server.asked(), 1);
    }
    assert!(yes(json!({})).to_string().len() < 1 << 20);
}

#[tokio::test(start_paused = true)]
async fn a53_nothing_is_asked_about_what_fails_here() {
    let (ours, theirs) = (key(), key());
    let server = Server::answering(200, &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_local(local(&ours));
    let good = token(&ours, "1");
    for (bad, reason) in [
        (String::new(), "not_compact"),
        (format!("{good} "), "not_compact"),
        (format!("{good}\nx"), "not_compact"),
        ("opaque".to_owned(), "unrecognized"),
        (".".repeat(8 << 20), "too_long"),
        (token(&theirs, "1"), "signature"),
        (good.replace('.', ".A"), "unrecognized"),
        (ours.sign(&json!({"iss": "https://elsewhere", "aud": "us", "exp": NOW + 9})).unwrap(), "unrecognized"),
        (ours.sign(&json!({"iss": ISSUER, "aud": "us", "exp": NOW - 61})).unwrap(), "expired"),
        (ours.sign(&json!({"iss": ISSUER, "aud": "them", "exp": NOW + 9})).unwrap(), "audience"),
    ] {
        assert_eq!(ask(&reviewer, &bad).await, Err(reason), "{}", bad.len());
    }
    assert_eq!(server.asked(), 0);
    assert_eq!(ask(&reviewer, &good).await.unwrap().expires, Some(NOW + 600));
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a53_without_keys_only_our_issuers_and_only_jwts_are_asked_about() {
    let server = Server::answering(200, &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_issuers([ISSUER]);
    assert_eq!(ask(&reviewer, "opaque").await, Err("unrecognized"));
    let foreign = key().sign(&json!({"iss": "https://elsewhere"})).unwrap();
    assert_eq!(ask(&reviewer, &foreign).await, Err("unrecognized"));
    assert_eq!(server.asked(), 0);
    let opaque = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_opaque_tokens("bootstrap tokens");
    assert!(ask(&opaque, "opaque").await.is_ok());
    assert!(format!("{opaque:?}").contains("bootstrap tokens"));
}

#[tokio::test(start_paused = true)]
async fn a53_a_crowd_is_served_few_at_a_time_and_turned_away_beyond_the_queue() {
    let server = Server::slow(Duration::from_secs(1), &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_concurrency(3, 10);
    let reviewer = Arc::new(reviewer.with_retry(Retry::NEVER));
    let key = key();
    let crowd: Vec<_> = (0..1000)
        .map(|n| {
            let (reviewer, token) = (Arc::clone(&reviewer), token(&key, &n.to_string()));
            tokio::spawn(async move { authenticate_async(&*reviewer, &token, NOW).await })
        })
        .collect();
    let mut served = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(_) => served += 1,
            Err(Error::Unavailable(why)) => assert_eq!(why.retry_after_seconds(), Some(1)),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((served, server.asked(), server.most_at_once()), (13, 13, 3));
}

#[tokio::test(start_paused = true)]
async fn a53_attempts_and_time_are_bounded() {
    let began = tokio::time::Instant::now();
    for (code, asked) in [(429, 5), (500, 5), (504, 5), (503, 1), (401, 1), (403, 1), (302, 1), (0, 1)] {
        let server = Server::answering(code, &yes(json!({})));
        let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
        assert_eq!(ask(&reviewer, &token(&key(), "1")).await, Err("unavailable_judge"));
        assert_eq!((server.asked(), reviewer.last_failure()), (asked, Some(ReviewFailure::Status(code))), "{code}");
    }
    assert!(began.elapsed() < Duration::from_secs(30));

    let server = Server::slow(Duration::from_secs(3600), &yes(json!({})));
    let reviewer = TokenReviewer::new(server, ["us"]).unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&reviewer, &token(&key(), "1")).await, Err("unavailable_judge"));
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert_eq!(reviewer.last_failure(), Some(ReviewFailure::TimedOut(Duration::from_secs(10))));
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_tried_again_and_no_connection_is_not() {
    for (error, asked) in [(TransportError::Lost, 5), (TransportError::Failed, 1)] {
        let server = Server::failing(error);
        let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
        assert_eq!(ask(&reviewer, &token(&key(), "1")).await, Err("unavailable_judge"));
        assert_eq!(server.asked(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_when_is_left_alone_until_then() {
    let server = Server::busy("3", &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
    let began = tokio::time::Instant::now();
    assert!(ask(&reviewer, &token(&key(), "1")).await.is_ok());
    assert_eq!((began.elapsed(), server.asked()), (Duration::from_secs(3), 2));

    // Longer than anybody waits: said at once.
    let server = Server::busy("60", &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap();
    let outcome = authenticate_async(&reviewer, &token(&key(), "1"), NOW).await;
    let Err(Error::Unavailable(why)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((why.retry_after_seconds(), server.asked()), (Some(60), 1));
}

#[tokio::test(start_paused = true)]
async fn a54_no_error_shows_the_token() {
    let token = token(&key(), "1");
    let signature = token.rsplit('.').next().unwrap();
    for text in [format!("bad token {token}"), format!("bad signature {signature}"), "control \u{1b}[31m".to_owned()] {
        let server = Server::answering(200, &yes(json!({"authenticated": false, "error": text})));
        let reviewer = TokenReviewer::new(server, ["us"]).unwrap();
        let outcome = authenticate_async(&reviewer, &token, NOW).await;
        assert!(matches!(outcome, Err(Error::Refused(Refusal::Review(_)))), "{outcome:?}");
        let shown = format!("{outcome:?} {} {reviewer:?}", outcome.clone().unwrap_err());
        assert!(!shown.contains(signature) && !shown.contains('\u{1b}'), "{shown}");
    }
}

#[test]
fn who_does_not_wait_gets_no_user() {
    let key = key();
    let server = Server::answering(200, &yes(json!({})));
    let reviewer = TokenReviewer::new(Arc::clone(&server), ["us"]).unwrap().with_local(local(&key));
    let reason = |token: &str| reviewer.authenticate(token, NOW).unwrap_err().reason();
    assert_eq!(reason(&token(&key, "1")), "unavailable_judge");
    assert_eq!(reason("opaque"), "unrecognized");
    assert_eq!(server.asked(), 0);
}

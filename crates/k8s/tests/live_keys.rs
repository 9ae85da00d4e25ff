//! Keys that rotate under an authenticator: who waits, who is refused, and who is told to come back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "common/live.rs"]
mod live;

use claimant_core::{Bearer, Buffer, Limits};
use claimant_jwks::FetchError;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{Authenticator, Error, Generation, Judging, Keys, Union, authenticate_async};
use claimant_testkit::SigningKey;
use common::{AUDIENCE, NOW, block_on, claims, key, named, oidc, set};
use live::{Live, Task};
use serde_json::{Value, json};
use std::time::Duration;

const URL: &str = "https://a";

/// Either kind of authenticator over these keys, and a union with it.
fn authenticators(keys: &Keys) -> Vec<Box<dyn Authenticator>> {
    let people = || oidc_of(keys.clone());
    let accounts = || ServiceAccounts::new([URL], keys.clone(), [AUDIENCE]);
    vec![
        Box::new(people()),
        Box::new(accounts()),
        Box::new(Union::new().with(people())),
        Box::new(Union::new().with(accounts()).with(oidc("https://b", set(&[]), json!({})))),
    ]
}

fn oidc_of(keys: Keys) -> claimant_k8s::oidc::OidcAuthenticator {
    claimant_k8s::oidc::OidcAuthenticator::from_config(common::jwt(URL, json!({})), keys).unwrap()
}

/// A token that either kind accepts.
fn token(key: &SigningKey) -> String {
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    key.sign(&claims(URL, account)).unwrap()
}

fn retry_after(outcome: Result<claimant_k8s::Authenticated, Error>) -> Option<u64> {
    match outcome {
        Err(Error::Unavailable(why)) => {
            assert_eq!((why.issuer.as_str(), why.what), (URL, claimant_k8s::OutOfReach::Keys));
            why.retry_after_seconds()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_key_is_waited_for_by_the_one_and_not_by_the_other() {
    let (old, new) = (key("old"), key("new"));
    for which in 0..4 {
        let mut live = Live::with(set(&[&old]));
        live.advance(Duration::from_secs(60));
        let one = authenticators(&live.keys).remove(which);
        let (good, early) = (token(&old), token(&new));
        assert!(one.authenticate(&good, NOW).is_ok());
        assert_eq!(retry_after(one.authenticate(&early, NOW)), Some(1));
        let mut waits = Task::new(authenticate_async(&one, &early, NOW));
        assert_eq!(waits.poll(), None);
        live.run();
        assert_eq!(waits.poll(), None);
        // One whose key is at hand does not wait while a fetch goes on.
        assert!(Task::new(authenticate_async(&one, &good, NOW)).poll().unwrap().is_ok());
        live.serve(Ok(set(&[&old, &new])));
        live.run();
        assert!(waits.poll().unwrap().is_ok());
        assert!(one.authenticate(&early, NOW).is_ok());
        assert_eq!(live.fetches(), 2);
    }
}

#[test]
fn a_key_that_the_issuer_does_not_have_is_refused_after_the_fetch_and_then_at_once() {
    let (old, foreign) = (key("old"), key("foreign"));
    for which in 0..4 {
        let mut live = Live::with(set(&[&old]));
        live.advance(Duration::from_secs(60));
        let one = authenticators(&live.keys).remove(which);
        let bad = token(&foreign);
        let mut waits = Task::new(authenticate_async(&one, &bad, NOW));
        assert_eq!(waits.poll(), None);
        live.serve(Ok(set(&[&old])));
        live.run();
        assert_eq!(waits.poll().map(named), Some(Err("unknown_key")));
        assert_eq!(named(one.authenticate(&bad, NOW)), Err("unknown_key"));
        assert_eq!(named(block_on(authenticate_async(&one, &bad, NOW))), Err("unknown_key"));
        assert_eq!(live.fetches(), 2);
    }
}

#[test]
fn an_outage_is_unavailable_and_never_a_refusal() {
    let (old, new) = (key("old"), key("new"));
    for which in 0..4 {
        let mut live = Live::new();
        let one = authenticators(&live.keys).remove(which);
        // Nothing fetched yet, with a key id or without.
        assert!(retry_after(one.authenticate(&token(&old), NOW)).is_some());
        live.serve(Err(FetchError::Unreachable("x".into())));
        live.run();
        assert!(retry_after(one.authenticate(&token(&old), NOW)).is_some());
        live.serve(Ok(set(&[&old])));
        live.advance(Duration::from_secs(10));
        assert!(one.authenticate(&token(&old), NOW).is_ok());
        // The source fails: a new key cannot be told from a false one; the old keys go on to serve.
        live.advance(Duration::from_secs(60));
        let early = token(&new);
        let mut waits = Task::new(authenticate_async(&one, &early, NOW));
        assert_eq!(waits.poll(), None);
        live.serve(Err(FetchError::Unreachable("x".into())));
        live.run();
        let waited = waits.poll().or_else(|| {
            live.advance(Duration::from_secs(3));
            waits.poll()
        });
        assert_eq!(retry_after(waited.unwrap()).map(|seconds| seconds < 121), Some(true));
        assert!(one.authenticate(&token(&old), NOW).is_ok());
    }
}

#[test]
fn what_no_key_could_make_good_causes_no_fetch() {
    let (old, foreign) = (key("old"), key("foreign"));
    let mut live = Live::with(set(&[&old]));
    live.advance(Duration::from_secs(60));
    let hmac = |header: Value| {
        use base64ct::{Base64UrlUnpadded as Base64, Encoding};
        let text = |value: Value| Base64::encode_string(value.to_string().as_bytes());
        format!("{}.{}.AA", text(header), text(claims(URL, json!({}))))
    };
    for one in authenticators(&live.keys) {
        let forged = foreign.sign_as("old", &claims(URL, json!({}))).unwrap();
        assert_eq!(named(one.authenticate(&forged, NOW)), Err("signature"));
        assert_eq!(named(one.authenticate(&hmac(json!({"alg": "none", "kid": "n"})), NOW)), Err("algorithm"));
        assert_eq!(named(one.authenticate(&hmac(json!({"alg": "HS256", "kid": "n"})), NOW)), Err("algorithm"));
        assert_eq!(named(one.authenticate(&hmac(json!({"alg": "ES256"})), NOW)), Err("signature"));
        let elsewhere = foreign.sign(&claims("https://elsewhere", json!({}))).unwrap();
        assert_eq!(named(one.authenticate(&elsewhere, NOW)), Err("unrecognized"));
    }
    live.run();
    assert_eq!(live.fetches(), 1);
}

#[test]
fn what_is_decided_at_once_makes_no_future() {
    let key = key("k");
    for one in authenticators(&set(&[&key]).into()) {
        let (text, mut buffer) = (token(&key), Buffer::new());
        let bearer = Bearer::read(&text, &mut buffer, &Limits::default()).unwrap();
        assert!(matches!(one.begin(&bearer, NOW), Judging::Done(Ok(_))));
    }
}

#[test]
fn a_withdrawn_key_shows_in_the_generation_of_its_issuer_alone() {
    let (old, new) = (key("old"), key("new"));
    let mut live = Live::with(set(&[&old]));
    let union = Union::new().with(oidc_of(live.keys.clone())).with(oidc("https://b", set(&[&old]), json!({})));
    let (ours, theirs) = (union.generation(URL), union.generation("https://b"));
    live.serve(Ok(set(&[&new])));
    live.keys.refresh();
    live.advance(Duration::from_secs(60));
    assert_eq!(named(union.authenticate(&token(&new), NOW)), Ok("jane".to_owned()));
    assert_ne!(union.generation(URL), ours);
    assert_eq!(union.generation("https://b"), theirs);
    assert_eq!(union.generation("https://nobody"), Generation::default());
    assert!(named(union.authenticate(&token(&old), NOW)).is_err());
}

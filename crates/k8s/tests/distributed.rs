//! Groups that stand elsewhere: when they are fetched, and what is believed.

#![allow(clippy::unwrap_used, clippy::type_complexity, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_jwks::{BoxFuture, FetchError};
use claimant_k8s::config::EgressSelector;
use claimant_k8s::oidc::{ClaimFetcher, ClaimRequest, DistributedClaims, OidcAuthenticator};
use claimant_k8s::{Authenticator, ConfigError, Error, Union, authenticate_async};
use claimant_testkit::SigningKey;
use common::{NOW, block_on, claims, jwt, key, named, set};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

const URL: &str = "https://a";
const ELSEWHERE: &str = "https://groups.example";

/// Answers always the same, and writes down what it was asked.
#[derive(Clone)]
struct Script {
    answer: Result<Vec<u8>, FetchError>,
    asked: Arc<Mutex<Vec<(String, Option<String>)>>>,
}

impl Script {
    fn new(answer: Result<String, FetchError>) -> Self {
        Self { answer: answer.map(String::into_bytes), asked: Arc::default() }
    }
}

impl ClaimFetcher for Script {
    fn fetch<'a>(&'a self, request: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        let asked = (request.endpoint.to_owned(), request.access_token.map(ToOwned::to_owned));
        self.asked.lock().unwrap().push(asked);
        Box::pin(async move { self.answer.clone() })
    }
}

/// The claims of a token whose groups stand elsewhere.
fn pointing(changes: Value) -> Value {
    let mut own = json!({"_claim_names": {"groups": "s"},
        "_claim_sources": {"s": {"endpoint": "https://groups.example/jane", "access_token": "secret"}}});
    own.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims(URL, own)
}

/// What is served there.
fn groups(issuer: &str, changes: Value) -> Value {
    let mut own = json!({"groups": ["g", "h"]});
    own.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims(issuer, own)
}

fn with_groups(changes: Value) -> Value {
    let mut all = json!({"claimMappings": {"groups": {"claim": "groups", "prefix": "p:"}}});
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    all
}

fn people(key: &SigningKey, distributed: DistributedClaims, changes: Value) -> OidcAuthenticator {
    let builder = OidcAuthenticator::builder(jwt(URL, with_groups(changes)), set(&[key]));
    builder.distributed_claims(distributed).build().unwrap()
}

/// The groups, or the code of why there are none.
fn outcome(one: &OidcAuthenticator, token: &str) -> Result<Vec<String>, &'static str> {
    block_on(authenticate_async(one, token, NOW)).map(|who| who.user.groups).map_err(|why| why.reason())
}

#[test]
fn groups_are_fetched_verified_and_mapped_as_if_they_had_been_in_the_token() {
    let key = key("k");
    let script = Script::new(Ok(format!("{}\n", key.sign(&groups(URL, json!({}))).unwrap())));
    let asked = Arc::clone(&script.asked);
    let rule = json!({"claimValidationRules": [{"expression": "claims.groups.size() == 2 && 'g' in claims.groups"}]});
    let one = people(&key, DistributedClaims::new(script), rule);
    let token = key.sign(&pointing(json!({}))).unwrap();
    assert_eq!(outcome(&one, &token), Ok(vec!["p:g".to_owned(), "p:h".to_owned()]));
    assert_eq!(*asked.lock().unwrap(), [("https://groups.example/jane".to_owned(), Some("secret".to_owned()))]);
    // Through a union as well, and never without waiting.
    let union = Union::new().with(one);
    assert_eq!(named(block_on(authenticate_async(&union, &token, NOW))), Ok("jane".to_owned()));
    assert_eq!(named(union.authenticate(&token, NOW)), Err("distributed_groups"));
    // It lives as long as both tokens.
    for (own, theirs) in [(20, 10), (10, 20)] {
        let served = key.sign(&groups(URL, json!({"exp": NOW + theirs}))).unwrap();
        let one = people(&key, DistributedClaims::new(Script::new(Ok(served))), json!({}));
        let token = key.sign(&pointing(json!({"exp": NOW + own}))).unwrap();
        assert_eq!(block_on(authenticate_async(&one, &token, NOW)).unwrap().expires, Some(NOW + 10));
    }
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn nothing_is_fetched_for_a_token_that_is_not_good_or_has_its_groups() {
    let (key, foreign) = (key("k"), key("k"));
    let script = Script::new(Err(FetchError::Timeout));
    let asked = Arc::clone(&script.asked);
    let one = people(&key, DistributedClaims::new(script), json!({}));
    for (token, expected) in [
        (foreign.sign(&pointing(json!({}))).unwrap(), Err("signature")),
        (key.sign(&pointing(json!({"exp": NOW - 1}))).unwrap(), Err("expired")),
        (key.sign(&pointing(json!({"aud": "other"}))).unwrap(), Err("audience")),
        (key.sign(&pointing(json!({"groups": ["x"]}))).unwrap(), Ok(vec!["p:x".to_owned()])),
        (key.sign(&pointing(json!({"_claim_names": {"roles": "s"}}))).unwrap(), Ok(vec![])),
        (key.sign(&pointing(json!({"_claim_names": {"groups": "t"}}))).unwrap(), Err("distributed_claims")),
        (key.sign(&pointing(json!({"_claim_sources": {"s": {"JWT": "x"}}}))).unwrap(), Ok(vec![])),
        (key.sign(&pointing(json!({"_claim_sources": {"s": {"endpoint": 1}}}))).unwrap(), Err("distributed_claims")),
        (key.sign(&pointing(json!({"_claim_sources": 1}))).unwrap(), Err("distributed_claims")),
    ] {
        assert_eq!(outcome(&one, &token), expected);
    }
    assert!(asked.lock().unwrap().is_empty());
    // Nobody who does not map groups by a claim fetches them.
    let script = Script::new(Err(FetchError::Timeout));
    let asked = Arc::clone(&script.asked);
    let builder = OidcAuthenticator::builder(jwt(URL, json!({})), set(&[&key]));
    let one = builder.distributed_claims(DistributedClaims::new(script)).build().unwrap();
    assert_eq!(outcome(&one, &key.sign(&pointing(json!({}))).unwrap()), Ok(vec![]));
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn what_is_served_is_believed_only_as_a_token_of_a_named_issuer_is() {
    let (key, theirs, foreign) = (key("k"), key("t"), key("k"));
    let token = key.sign(&pointing(json!({}))).unwrap();
    let good = || Ok(vec!["p:g".to_owned(), "p:h".to_owned()]);
    let third = "https://third";
    for (served, expected) in [
        (key.sign(&groups(URL, json!({}))).unwrap(), good()),
        (key.sign(&groups(URL, json!({"sub": null}))).unwrap(), good()),
        (key.sign(&groups(URL, json!({"sub": "john"}))).unwrap(), Err("distributed_subject")),
        (foreign.sign(&groups(URL, json!({}))).unwrap(), Err("distributed_token")),
        (key.sign(&groups(URL, json!({"exp": NOW - 1}))).unwrap(), Err("distributed_token")),
        (key.sign(&groups(URL, json!({"exp": null}))).unwrap(), Err("distributed_token")),
        (key.sign(&groups(URL, json!({"aud": "other"}))).unwrap(), Err("distributed_token")),
        (key.sign(&groups(URL, json!({"groups": null}))).unwrap(), Err("claim_missing")),
        (key.sign(&groups(URL, json!({"groups": 5}))).unwrap(), Err("claim_type")),
        // Another issuer: with its own keys, and its own names for people.
        (theirs.sign(&groups(ELSEWHERE, json!({"sub": "4711"}))).unwrap(), good()),
        (key.sign(&groups(ELSEWHERE, json!({}))).unwrap(), Err("distributed_token")),
        (theirs.sign(&groups(URL, json!({}))).unwrap(), Err("distributed_token")),
        (theirs.sign(&groups(third, json!({}))).unwrap(), Err("distributed_issuer")),
        (theirs.sign(&groups("https://groups.example/", json!({}))).unwrap(), Err("distributed_issuer")),
        (String::new(), Err("distributed_issuer")),
        ("{}".to_owned(), Err("distributed_issuer")),
        ("a.b.c".to_owned(), Err("distributed_issuer")),
        ("e30.e30.".to_owned(), Err("distributed_issuer")),
    ] {
        let distributed = DistributedClaims::new(Script::new(Ok(served.clone())));
        let one = people(&key, distributed.signed_by(ELSEWHERE, set(&[&theirs])), json!({}));
        assert_eq!(outcome(&one, &token), expected, "{served}");
    }
}

#[test]
fn an_outage_is_unavailable_and_a_wrong_answer_a_refusal() {
    let key = key("k");
    let token = key.sign(&pointing(json!({}))).unwrap();
    let status = |status| FetchError::Status { document: "x", status, retry_after: Some(Duration::from_secs(7)) };
    for (failure, expected) in [
        (FetchError::Timeout, "unavailable_claims"),
        (FetchError::Unreachable("x".into()), "unavailable_claims"),
        (status(503), "unavailable_claims"),
        (status(429), "unavailable_claims"),
        (status(404), "distributed_source"),
        (FetchError::Redirect("x"), "distributed_source"),
        (FetchError::TooLong { document: "x", limit: 1 }, "distributed_source"),
        (FetchError::Address("x"), "distributed_source"),
    ] {
        let one = people(&key, DistributedClaims::new(Script::new(Err(failure))), json!({}));
        assert_eq!(outcome(&one, &token), Err(expected));
    }
    let one = people(&key, DistributedClaims::new(Script::new(Err(status(503)))), json!({}));
    let Err(Error::Unavailable(why)) = block_on(authenticate_async(&one, &token, NOW)) else { unreachable!() };
    assert_eq!((why.issuer.as_str(), why.retry_after_seconds()), (URL, Some(7)));
}

#[test]
fn size_and_number_have_limits() {
    let key = key("k");
    let served = key.sign(&groups(URL, json!({}))).unwrap();
    let token = key.sign(&pointing(json!({}))).unwrap();
    for (most, expected) in [(served.len(), true), (served.len() - 1, false)] {
        let distributed = DistributedClaims::new(Script::new(Ok(served.clone()))).with_most(most);
        let outcome = outcome(&people(&key, distributed, json!({})), &token);
        assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
    }
    struct Never;
    impl ClaimFetcher for Never {
        fn fetch<'a>(&'a self, _: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
            Box::pin(std::future::pending())
        }
    }
    let one = people(&key, DistributedClaims::new(Never).with_at_once(2), json!({}));
    let ask = || Box::pin(authenticate_async(&one, &token, NOW));
    let (mut context, mut running) = (Context::from_waker(Waker::noop()), [ask(), ask()]);
    assert!(running.iter_mut().all(|one| one.as_mut().poll(&mut context).is_pending()));
    assert_eq!(outcome(&one, &token), Err("unavailable_claims"));
    // Who goes away makes room.
    drop(running);
    assert!(ask().as_mut().poll(&mut context).is_pending());
}

#[test]
fn a54_the_access_token_shows_nowhere() {
    let (key, canary) = (key("k"), "canary-of-the-access-token");
    struct Shows(Arc<Mutex<String>>);
    impl ClaimFetcher for Shows {
        fn fetch<'a>(&'a self, request: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
            assert_eq!(request.access_token, Some("canary-of-the-access-token"));
            self.0.lock().unwrap().push_str(&format!("{request:?}"));
            Box::pin(async { Err(FetchError::Redirect("x")) })
        }
    }
    let shown = Arc::new(Mutex::new(String::new()));
    let one = people(&key, DistributedClaims::new(Shows(Arc::clone(&shown))), json!({}));
    let source = json!({"s": {"endpoint": "https://groups.example", "access_token": canary}});
    let token = key.sign(&pointing(json!({"_claim_sources": source}))).unwrap();
    let why = block_on(authenticate_async(&one, &token, NOW)).unwrap_err();
    let shown = format!("{}{why}{why:?}{one:?}", shown.lock().unwrap());
    assert!(shown.contains("ClaimRequest") && !shown.contains("canary"), "{shown}");
}

#[test]
fn an_egress_selector_is_refused_by_name_unless_somebody_hears_of_it() {
    let key = key("k");
    for (text, selector) in [("cluster", EgressSelector::Cluster), ("controlplane", EgressSelector::ControlPlane)] {
        let jwt = || jwt(URL, json!({"issuer": {"egressSelectorType": text}}));
        let refused = OidcAuthenticator::from_config(jwt(), set(&[&key])).unwrap_err();
        assert_eq!(refused, ConfigError::EgressSelector { issuer: URL.to_owned(), selector });
        assert!(refused.to_string().contains(&format!("egressSelectorType {text} ")), "{refused}");
        let heard = Arc::new(Mutex::new(None));
        let hook = {
            let heard = Arc::clone(&heard);
            move |issuer: &str, selector| *heard.lock().unwrap() = Some((issuer.to_owned(), selector))
        };
        let one = OidcAuthenticator::builder(jwt(), set(&[&key])).egress(hook).build().unwrap();
        assert_eq!(*heard.lock().unwrap(), Some((URL.to_owned(), selector)));
        let token = key.sign(&claims(URL, json!({}))).unwrap();
        assert_eq!(named(one.authenticate(&token, NOW)), Ok("jane".to_owned()));
    }
    let unknown = jwt(URL, json!({"issuer": {"egressSelectorType": "master"}}));
    let built = OidcAuthenticator::builder(unknown, set(&[&key])).egress(|_, _| {}).build();
    assert!(matches!(built, Err(ConfigError::Invalid(_))));
}

#[cfg(feature = "remote")]
mod over_http {
    use super::*;
    use claimant_jwks::source::remote::{HttpClient, HttpRequest, HttpResponse};
    use claimant_k8s::oidc::HttpClaims;

    #[derive(Clone, Default)]
    struct Server {
        response: HttpResponse,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl HttpClient for Server {
        fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>> {
            self.seen.lock().unwrap().push(format!("{} {:?}", request.url, request.headers));
            Box::pin(async { Ok(self.response.clone()) })
        }
    }

    fn fetch(
        endpoint: &str,
        response: HttpResponse,
        only: Option<&str>,
    ) -> (Result<Vec<u8>, &'static str>, Vec<String>) {
        let server = Server { response, seen: Arc::default() };
        let claims = HttpClaims::new(server.clone());
        let claims = match only {
            Some(only) => claims.only_from([only]).unwrap(),
            None => claims,
        };
        let key = key("k");
        let source = json!({"s": {"endpoint": endpoint, "access_token": "secret"}});
        let token = key.sign(&pointing(json!({"_claim_sources": source}))).unwrap();
        struct Spy(HttpClaims<Server>, Arc<Mutex<Option<Result<Vec<u8>, FetchError>>>>);
        impl ClaimFetcher for Spy {
            fn fetch<'a>(&'a self, request: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
                Box::pin(async move {
                    let answer = self.0.fetch(request).await;
                    *self.1.lock().unwrap() = Some(answer.clone());
                    answer
                })
            }
        }
        let got = Arc::new(Mutex::new(None));
        let one = people(&key, DistributedClaims::new(Spy(claims, Arc::clone(&got))).with_most(64), json!({}));
        let _ = block_on(authenticate_async(&one, &token, NOW));
        let got = got.lock().unwrap().take().unwrap().map_err(|why| why.reason());
        let seen = server.seen.lock().unwrap().clone();
        (got, seen)
    }

    fn answer(status: u16, headers: &[(&str, &str)], bytes: usize) -> HttpResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HttpResponse { status, headers, body: vec![b'x'; bytes] }
    }

    #[test]
    fn the_bearer_goes_to_the_endpoint_and_every_odd_answer_is_named() {
        let endpoint = "https://groups.example/jane?x=1";
        let (got, seen) = fetch(endpoint, answer(200, &[], 64), None);
        assert_eq!(got, Ok(vec![b'x'; 64]));
        assert_eq!(seen.len(), 1);
        assert!(seen[0].starts_with("https://groups.example/jane?x=1 ") && seen[0].contains("Bearer secret"));
        for (response, expected) in [
            (answer(200, &[], 65), "fetch_too_long"),
            (answer(200, &[("Content-Encoding", "gzip")], 1), "fetch_compressed"),
            (answer(302, &[("location", "https://groups.example/other")], 0), "fetch_redirect"),
            (answer(404, &[], 0), "fetch_status"),
            (answer(204, &[], 0), "fetch_status"),
        ] {
            assert_eq!(fetch(endpoint, response, None).0, Err(expected));
        }
    }

    #[test]
    fn a38_addresses_that_no_key_would_be_fetched_from_are_not_asked() {
        for endpoint in [
            "http://groups.example/",
            "file:///etc/passwd",
            "https://user@groups.example/",
            "https://u:p@groups.example/",
            "https://groups.example/#x",
            "groups.example",
            "https://",
            "//groups.example/",
        ] {
            let (got, seen) = fetch(endpoint, answer(200, &[], 1), None);
            assert_eq!((got, seen.len()), (Err("fetch_address"), 0), "{endpoint}");
        }
        let only = Some("https://groups.example/anything");
        assert!(fetch("https://groups.example:443/jane", answer(200, &[], 1), only).0.is_ok());
        for endpoint in ["https://groups.example:8443/", "https://groups.example.evil/", "https://evil/groups.example"]
        {
            let (got, seen) = fetch(endpoint, answer(200, &[], 1), only);
            assert_eq!((got, seen.len()), (Err("fetch_address"), 0), "{endpoint}");
        }
    }
}

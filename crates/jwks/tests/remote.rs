//! What a remote source asks for, and what it makes of the answers: the client is a script.

#![cfg(feature = "remote")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_jwks::lifecycle::Fetched;
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::{HttpClient, HttpRequest, HttpResponse};
use claimant_jwks::{BoxFuture, FetchError, FetchRequest, KeySource, Misconfigured, Outcome};
use hand::jwks;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const ISSUER: &str = "https://issuer.example";

/// Answers by URL, and what was asked.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    answers: HashMap<String, Result<HttpResponse, FetchError>>,
    asked: Vec<(String, Vec<(String, String)>)>,
}

impl Fake {
    fn issuer() -> Self {
        let fake = Self::default();
        fake.discovery(ISSUER, &format!("{ISSUER}/keys"));
        fake.put(&format!("{ISSUER}/keys"), &[], &jwks(&["a"]));
        fake
    }

    fn discovery(&self, issuer: &str, jwks_uri: &str) {
        let document = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}"}}"#);
        self.put(&format!("{ISSUER}/.well-known/openid-configuration"), &[], &document);
    }

    fn put(&self, url: &str, headers: &[(&str, &str)], body: &str) {
        self.put_status(200, url, headers, body);
    }

    fn put_status(&self, status: u16, url: &str, headers: &[(&str, &str)], body: &str) {
        let mut all = vec![("content-type".to_owned(), "application/json".to_owned())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let response = HttpResponse { status, headers: all, body: body.as_bytes().to_vec() };
        self.0.lock().unwrap().answers.insert(url.to_owned(), Ok(response));
    }

    fn fail(&self, url: &str) {
        self.0.lock().unwrap().answers.insert(url.to_owned(), Err(FetchError::Unreachable("gone".into())));
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked).into_iter().map(|(url, _)| url).collect()
    }

    fn headers(&self) -> Vec<(String, HashMap<String, String>)> {
        let asked = std::mem::take(&mut self.0.lock().unwrap().asked);
        asked.into_iter().map(|(url, headers)| (url, headers.into_iter().collect())).collect()
    }
}

impl HttpClient for Fake {
    fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>> {
        let mut inner = self.0.lock().unwrap();
        let url = request.url.to_string();
        inner.asked.push((url.clone(), request.headers.to_vec()));
        let missing = HttpResponse { status: 404, ..HttpResponse::default() };
        let answer = inner.answers.get(&url).cloned().unwrap_or(Ok(missing));
        Box::pin(std::future::ready(answer))
    }
}

fn fetch(source: &mut impl KeySource, forced: bool, held: Option<[u8; 32]>) -> Result<Outcome, FetchError> {
    let request = FetchRequest::new(forced, held, Duration::from_secs(5));
    match pin!(source.fetch(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the script never waits"),
    }
}

fn fetched(result: Result<Outcome, FetchError>) -> Fetched {
    match result {
        Ok(Outcome::Fetched(fetched)) => fetched,
        other => panic!("{other:?}"),
    }
}

#[test]
fn discovery_then_the_set_and_the_issuer_to_the_letter() {
    let fake = Fake::issuer();
    let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
    assert_eq!(fetched(fetch(&mut remote, false, None)).keys.keys().len(), 1);
    assert_eq!(fake.asked(), [format!("{ISSUER}/.well-known/openid-configuration"), format!("{ISSUER}/keys")]);
    for other in ["https://issuer.example/", "https://Issuer.example", "https://issuer.example:443", ""] {
        let fake = Fake::issuer();
        fake.discovery(other, &format!("{ISSUER}/keys"));
        let mut remote = Remote::discover(ISSUER).build(fake).unwrap();
        assert_eq!(fetch(&mut remote, false, None).unwrap_err(), FetchError::OtherIssuer, "{other}");
    }
}

#[test]
fn a_separate_discovery_url_still_must_name_the_issuer() {
    let fake = Fake::default();
    let internal = "https://internal.example/oidc?tenant=1";
    let document = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"https://internal.example/keys"}}"#);
    fake.put(internal, &[], &document);
    fake.put("https://internal.example/keys", &[], &jwks(&["a"]));
    let mut remote = Remote::discover(ISSUER).discovery_url(internal).build(fake.clone()).unwrap();
    fetched(fetch(&mut remote, false, None));
    assert_eq!(fake.asked(), [internal, "https://internal.example/keys"]);
    let mut remote = Remote::discover("https://other.example").discovery_url(internal).build(fake).unwrap();
    assert_eq!(fetch(&mut remote, false, None).unwrap_err(), FetchError::OtherIssuer);
}

#[test]
fn a_set_that_moved_is_followed_and_a_discovery_document_out_of_reach_is_survived() {
    let fake = Fake::issuer();
    let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
    fetched(fetch(&mut remote, false, None));
    let discovery = format!("{ISSUER}/.well-known/openid-configuration");
    fake.fail(&discovery);
    fetched(fetch(&mut remote, false, None));
    fake.put_status(503, &discovery, &[], "{}");
    fetched(fetch(&mut remote, false, None));

    fake.discovery(ISSUER, &format!("{ISSUER}/v2/keys"));
    fake.put(&format!("{ISSUER}/v2/keys"), &[], &jwks(&["b"]));
    assert_eq!(fetched(fetch(&mut remote, false, None)).keys.keys()[0].kid(), Some("b"));
    // Another issuer's document is no outage.
    fake.discovery("https://other.example", &format!("{ISSUER}/keys"));
    assert_eq!(fetch(&mut remote, false, None).unwrap_err(), FetchError::OtherIssuer);
}

#[test]
fn an_etag_is_sent_for_the_set_at_hand_only_and_never_past_the_caches() {
    let fake = Fake::issuer();
    let keys = format!("{ISSUER}/keys");
    fake.put(&keys, &[("ETag", "\"one\""), ("Cache-Control", "max-age=120")], &jwks(&["a"]));
    let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
    let first = fetched(fetch(&mut remote, false, None));
    assert_eq!(first.fresh_for, Some(Duration::from_secs(120)));
    fake.headers();

    fake.put_status(304, &keys, &[("cache-control", "max-age=60")], "");
    let outcome = fetch(&mut remote, false, Some(first.digest)).unwrap();
    assert!(matches!(outcome, Outcome::Unchanged { fresh_for: Some(fresh) } if fresh.as_secs() == 60));
    assert_eq!(fake.headers()[1].1["if-none-match"], "\"one\"");
    // Nobody asked for it.
    for (forced, held) in [(false, None), (true, Some(first.digest)), (false, Some([0; 32]))] {
        let refused = fetch(&mut remote, forced, held).unwrap_err();
        assert!(matches!(refused, FetchError::Status { status: 304, .. }));
        let asked = fake.headers();
        assert!(!asked[1].1.contains_key("if-none-match"));
        assert_eq!(asked.iter().all(|(_, headers)| headers.get("cache-control").is_some()), forced);
    }
}

#[test]
fn a_set_that_came_again_is_unchanged() {
    let fake = Fake::issuer();
    let mut remote = Remote::discover(ISSUER).build(fake).unwrap();
    let first = fetched(fetch(&mut remote, false, None));
    assert!(matches!(fetch(&mut remote, true, Some(first.digest)), Ok(Outcome::Unchanged { .. })));
}

#[test]
fn a37_redirects_stay_within_the_origin_and_are_few() {
    let keys = format!("{ISSUER}/keys");
    let moved = |to: &str| {
        let fake = Fake::issuer();
        fake.put_status(302, &keys, &[("location", to)], "");
        fake.put(&format!("{ISSUER}/moved"), &[], &jwks(&["b"]));
        fake
    };
    for good in ["/moved", "https://issuer.example/moved", "https://issuer.example:443/moved"] {
        let mut remote = Remote::discover(ISSUER).build(moved(good)).unwrap();
        assert_eq!(fetched(fetch(&mut remote, false, None)).keys.keys()[0].kid(), Some("b"), "{good}");
    }
    for bad in [
        "https://evil.example/moved",
        "//evil.example/moved",
        "http://issuer.example/moved",
        "https://issuer.example:8443/moved",
        "https://issuer.example.evil.example/moved",
        "https://user@issuer.example/moved",
        "https://:password@issuer.example/moved",
        "/keys",
        "",
    ] {
        let fake = moved(bad);
        let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
        assert_eq!(fetch(&mut remote, false, None).unwrap_err(), FetchError::Redirect("keys"), "{bad}");
        assert!(fake.asked().iter().all(|url| url.starts_with("https://issuer.example/")), "{bad}");
    }
}

#[test]
fn a38_urls_that_lead_elsewhere_are_refused_before_anything_is_sent() {
    for bad in [
        "http://issuer.example",
        "https://user@issuer.example",
        "https://user:secret@issuer.example",
        "https://issuer.example?x",
        "https://issuer.example#x",
        "file:///etc/passwd",
        "issuer.example",
        "https://",
    ] {
        let refused = Remote::discover(bad).build(Fake::default());
        assert!(matches!(refused, Err(Misconfigured::Url(_))), "{bad}");
    }
    for bad in ["http://issuer.example/keys", "https://u@issuer.example/keys", "file:///etc/passwd", "keys", ""] {
        let fake = Fake::issuer();
        fake.discovery(ISSUER, bad);
        let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
        assert!(matches!(fetch(&mut remote, false, None), Err(FetchError::Document { .. })), "{bad}");
        assert_eq!(fake.asked().len(), 1, "{bad}");
    }
    let plain = Remote::discover("http://localhost:8080").insecure_http().build(Fake::default());
    assert!(format!("{:?}", plain.unwrap()).contains("secure: false"));
}

#[test]
fn a39_headers_of_ones_own_go_to_the_configured_origin_alone() {
    let fake = Fake::issuer();
    let elsewhere = "https://keys.example/keys";
    fake.discovery(ISSUER, elsewhere);
    fake.put(elsewhere, &[], &jwks(&["a"]));
    let remote = Remote::discover(ISSUER).header("Authorization", "Bearer secret").build(fake.clone());
    let mut remote = remote.unwrap();
    fetched(fetch(&mut remote, true, None));
    let asked = fake.headers();
    assert_eq!(asked[0].1["authorization"], "Bearer secret");
    assert_eq!(asked[1].0, elsewhere);
    assert!(!asked[1].1.contains_key("authorization"));
    assert!(!format!("{remote:?}").contains("secret"));
}

type Spoil = fn(&Fake);

#[test]
fn a36_answers_that_are_no_key_set_are_failures_with_a_name() {
    let keys = format!("{ISSUER}/keys");
    let cases: [(Spoil, &str); 7] = [
        (|fake| fake.put_status(500, &format!("{ISSUER}/keys"), &[], "{}"), "fetch_status"),
        (|fake| fake.put(&format!("{ISSUER}/keys"), &[("content-encoding", "gzip")], ""), "fetch_compressed"),
        (|fake| fake.put(&format!("{ISSUER}/keys"), &[], "<html>"), "fetch_document"),
        (|fake| fake.put(&format!("{ISSUER}/keys"), &[], r#"{"keys":1}"#), "fetch_document"),
        (|fake| fake.put(&format!("{ISSUER}/keys"), &[], &jwks(&vec!["a"; 101])), "fetch_document"),
        (|fake| fake.put(&format!("{ISSUER}/keys"), &[], &" ".repeat(2 << 20)), "fetch_too_long"),
        (|fake| fake.fail(&format!("{ISSUER}/keys")), "fetch_unreachable"),
    ];
    for (spoil, reason) in cases {
        let fake = Fake::issuer();
        spoil(&fake);
        let mut remote = Remote::discover(ISSUER).build(fake.clone()).unwrap();
        assert_eq!(fetch(&mut remote, false, None).unwrap_err().reason(), reason);
        fake.put(&keys, &[], &jwks(&["a"]));
        fetched(fetch(&mut remote, false, None));
    }
}

#[test]
fn a_spiffe_bundle_says_its_sequence_and_how_often_to_look() {
    let fake = Fake::default();
    let set = jwks(&["a"]).replacen('{', r#"{"spiffe_sequence":7,"spiffe_refresh_hint":90,"#, 1);
    fake.put("https://spire.example/keys", &[("cache-control", "max-age=5")], &set);
    let mut remote = Remote::set("https://spire.example/keys").build(fake).unwrap();
    let fetched = fetched(fetch(&mut remote, false, None));
    assert_eq!((fetched.sequence, fetched.fresh_for), (Some(7), Some(Duration::from_secs(90))));
}

//! Many authenticators as one: who is asked, and whose answer counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

use allocation_counter::measure;
use claimant_core::{Bearer, Buffer, Limits};
use claimant_k8s::explain::Explanation;
use claimant_k8s::request::{self, Anonymous, Request};
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{
    Authenticated, Authenticator, Error, Judging, OutOfReach, Refusal, Unavailable, Union, UserInfo, authenticate_async,
};
use common::{NOW, block_on, claims, key, named, oidc, set};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers always the same, and writes down that it was asked.
struct Fixed {
    name: &'static str,
    issuers: Option<Vec<String>>,
    answer: Result<(), Error>,
    late: bool,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Authenticator for Fixed {
    fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        self.asked.lock().unwrap().push(self.name);
        let user = UserInfo { username: self.name.to_owned(), ..UserInfo::default() };
        self.answer.clone().map(|()| Authenticated::of(user))
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        if self.late {
            return Judging::waits(async move { self.judge(bearer, now) });
        }
        Judging::Done(self.judge(bearer, now))
    }

    fn issuers(&self) -> Option<Vec<String>> {
        self.issuers.clone()
    }
}

fn unavailable() -> Error {
    Unavailable::new("https://a", OutOfReach::Keys).with_retry_after(Some(Duration::from_millis(1500))).into()
}

/// A token that nobody signed; enough for authenticators that do not look.
fn unsigned(issuer: &str) -> String {
    key("k").sign(&claims(issuer, json!({}))).unwrap()
}

/// The outcome of a token of `https://a`, and who was asked.
fn ask(all: &[(&'static str, Option<&str>, Result<(), Error>)], late: bool) -> (String, Vec<&'static str>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let union = all.iter().fold(Union::new(), |union, (name, issuer, answer)| {
        let issuers = issuer.map(|issuer| vec![issuer.to_owned()]);
        union.with(Fixed { name, issuers, answer: answer.clone(), late, asked: Arc::clone(&asked) })
    });
    let token = unsigned("https://a");
    let outcome =
        if late { block_on(authenticate_async(&union, &token, NOW)) } else { union.authenticate(&token, NOW) };
    let outcome = named(outcome).unwrap_or_else(ToOwned::to_owned);
    let asked = asked.lock().unwrap().clone();
    (outcome, asked)
}

#[test]
fn unrecognized_lets_the_next_one_try_and_all_else_ends_it_whether_waited_for_or_not() {
    let (a, any) = (Some("https://a"), None);
    let refused = || Err(Refusal::EmailNotVerified.into());
    for late in [false, true] {
        let pass = Err(Error::Unrecognized);
        for (all, outcome, asked) in [
            (vec![("1", a, pass.clone()), ("2", a, Ok(())), ("3", any, Ok(()))], "2", vec!["1", "2"]),
            (vec![("1", a, refused()), ("2", a, Ok(()))], "email_not_verified", vec!["1"]),
            (vec![("1", a, Err(unavailable())), ("2", a, Ok(()))], "unavailable_keys", vec!["1"]),
            (vec![("1", Some("https://b"), Ok(())), ("2", a, Ok(()))], "2", vec!["2"]),
            (vec![("1", Some("https://A"), Ok(())), ("2", Some("https://a/"), Ok(()))], "unrecognized", vec![]),
            // One that is asked about every token keeps its place among the others.
            (vec![("1", any, pass.clone()), ("2", a, pass.clone()), ("3", any, Ok(()))], "3", vec!["1", "2", "3"]),
            (vec![("1", a, pass.clone()), ("2", any, pass.clone()), ("3", a, Ok(()))], "3", vec!["1", "2", "3"]),
            (vec![("1", a, pass.clone()), ("2", any, pass)], "unrecognized", vec!["1", "2"]),
            (vec![], "unrecognized", vec![]),
        ] {
            assert_eq!(ask(&all, late), (outcome.to_owned(), asked), "late: {late}");
        }
    }
}

#[test]
fn one_of_a_thousand_issuers_is_asked_and_decides() {
    let key = key("k");
    let urls: Vec<String> = (0..1000).map(|i| format!("https://issuer-{i}.example/realm")).collect();
    let union = urls.iter().fold(Union::new(), |union, url| {
        union.with(oidc(url, set(&[&key]), json!({"claimMappings": {"username": {"prefix": format!("{url}#")}}})))
    });
    for url in [&urls[0], &urls[500], &urls[999]] {
        let token = key.sign(&claims(url, json!({}))).unwrap();
        assert_eq!(named(union.authenticate(&token, NOW)), Ok(format!("{url}#jane")));
    }
    let token = key.sign(&claims("https://issuer-1000.example/realm", json!({}))).unwrap();
    assert_eq!(named(union.authenticate(&token, NOW)), Err("unrecognized"));
    let mut issuers = union.issuers().unwrap();
    issuers.sort();
    assert_eq!(issuers.len(), 1000);
}

#[test]
fn both_spellings_of_googles_issuer_find_the_one_authenticator() {
    let key = key("k");
    let google = "https://accounts.google.com";
    let union = Union::new().with(oidc(google, set(&[&key]), json!({})));
    for (issuer, outcome) in [
        (google, Ok("jane".to_owned())),
        ("accounts.google.com", Ok("jane".to_owned())),
        ("https://accounts.google.com/", Err("unrecognized")),
        ("http://accounts.google.com", Err("unrecognized")),
    ] {
        assert_eq!(named(union.authenticate(&key.sign(&claims(issuer, json!({}))).unwrap(), NOW)), outcome, "{issuer}");
    }
}

#[test]
fn service_accounts_know_no_second_spelling_so_that_google_s_own_authenticator_is_asked() {
    let key = key("k");
    let accounts = ServiceAccounts::new(["https://accounts.google.com"], set(&[&key]), ["cluster"]);
    let token = key.sign(&claims("accounts.google.com", json!({}))).unwrap();
    assert_eq!(named(accounts.authenticate(&token, NOW)), Err("unrecognized"));
    let union = Union::new().with(accounts).with(oidc("https://accounts.google.com", set(&[&key]), json!({})));
    assert_eq!(named(union.authenticate(&token, NOW)), Ok("jane".to_owned()));
}

#[test]
fn service_accounts_and_people_stand_side_by_side() {
    let (cluster, people) = (key("c"), key("p"));
    let own = "https://kubernetes.default.svc";
    let union = Union::new().with(ServiceAccounts::new([own], set(&[&cluster]), ["cluster"])).with(oidc(
        "https://login.example",
        set(&[&people]),
        json!({}),
    ));
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let token = cluster.sign(&claims(own, account)).unwrap();
    assert_eq!(named(union.authenticate(&token, NOW)), Ok("system:serviceaccount:n:s".to_owned()));
    let token = people.sign(&claims("https://login.example", json!({}))).unwrap();
    assert_eq!(named(union.authenticate(&token, NOW)), Ok("jane".to_owned()));
}

#[test]
fn a34_a_flood_of_issuers_that_nobody_knows_leaves_nothing_behind_and_asks_nobody() {
    struct Counts(Arc<AtomicUsize>);
    impl Authenticator for Counts {
        fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(Error::Unrecognized)
        }
        fn issuers(&self) -> Option<Vec<String>> {
            Some(vec!["https://known.example".to_owned()])
        }
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let union = Union::new().with(Counts(Arc::clone(&asked)));
    let tokens: Vec<String> = (0..200)
        .map(|i| unsigned(&format!("https://{i}.example")))
        // Also such that only the API server's lenient look reads.
        .chain((0..50).map(|i| {
            use base64ct::{Base64UrlUnpadded as Base64, Encoding};
            format!("e30.{}.AA", Base64::encode_string(format!(r#"{{"ISS":"https://{i}.example"}}"#).as_bytes()))
        }))
        .collect();
    let mut buffer = Buffer::new();
    let mut flood = || {
        for token in &tokens {
            let bearer = Bearer::read(token, &mut buffer, &Limits::default()).unwrap();
            assert!(bearer.claimed_issuer().is_some());
            assert_eq!(union.judge(&bearer, NOW), Err(Error::Unrecognized));
        }
    };
    flood();
    let counted = measure(flood);
    assert_eq!((counted.count_current, counted.bytes_current), (0, 0));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[test]
fn what_cannot_be_known_outweighs_a_refusal_in_a_request() {
    let now_and_later = |first: Error, second: Error| {
        struct Two(Mutex<Vec<Error>>);
        impl Authenticator for Two {
            fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
                Err(self.0.lock().unwrap().remove(0))
            }
        }
        let headers: [(&str, &[u8]); 4] = [
            ("Authorization", b"Bearer a.b.c"),
            ("Connection", b"upgrade"),
            ("Upgrade", b"websocket"),
            ("Sec-WebSocket-Protocol", b"x,base64url.bearer.authorization.k8s.io.YS5iLmM"),
        ];
        let request = Request { headers: &headers, path: "/" };
        let ask = || Two(Mutex::new(vec![first.clone(), second.clone()]));
        let waited = block_on(request::authenticate_async(&request, &ask(), &Anonymous::Everywhere, NOW)).unwrap_err();
        assert_eq!(request::authenticate(&request, &ask(), &Anonymous::Everywhere, NOW).unwrap_err(), waited);
        waited.reason()
    };
    let refused = || Error::from(Refusal::EmailNotVerified);
    assert_eq!(now_and_later(refused(), unavailable()), "unavailable_keys");
    assert_eq!(now_and_later(unavailable(), refused()), "unavailable_keys");
    assert_eq!(now_and_later(Error::Unrecognized, unavailable()), "unavailable_keys");
    assert_eq!(now_and_later(Error::Unrecognized, refused()), "unknown_token");
    assert_eq!(now_and_later(refused(), Error::Unrecognized), "email_not_verified");
}

#[test]
fn retry_after_is_in_whole_seconds() {
    for (after, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2000, 2)] {
        let after = Some(Duration::from_millis(after));
        let unavailable = Unavailable::new("i", OutOfReach::Objects).with_retry_after(after);
        assert_eq!(unavailable.retry_after_seconds(), Some(seconds));
    }
    let plain = Unavailable::new("https://a", OutOfReach::Keys);
    assert_eq!(plain.retry_after_seconds(), None);
    assert_eq!(Error::from(plain).to_string(), "the keys of issuer \"https://a\" cannot be had now");
}

#[test]
fn what_points_to_an_authenticator_is_one() {
    let key = key("k");
    let one: Arc<dyn Authenticator> = Arc::new(oidc("https://a", set(&[&key]), json!({})));
    let token = key.sign(&claims("https://a", json!({}))).unwrap();
    assert_eq!(one.issuers(), Some(vec!["https://a".to_owned()]));
    assert_eq!(named(one.authenticate(&token, NOW)), Ok("jane".to_owned()));
    assert_eq!(one.authenticate(&token, NOW), Box::new(Arc::clone(&one)).authenticate(&token, NOW));
    assert_eq!(one.authenticate(&token, NOW), block_on(authenticate_async(&one, &token, NOW)));
}

#[test]
fn an_explanation_does_not_say_in_debug_who_somebody_is() {
    struct Knows;
    impl Authenticator for Knows {
        fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
            let canary = || "canary".to_owned();
            let extra = [("key".to_owned(), vec![canary()])].into();
            Ok(Authenticated::of(UserInfo { username: canary(), uid: canary(), groups: vec![canary()], extra }))
        }
    }
    let why = Explanation::of(&Knows, &unsigned("https://a"), NOW);
    assert_eq!(why.outcome.as_ref().unwrap().user.username, "canary");
    for why in [why.clone(), why.revealed()] {
        let debug = format!("{why:?} {why:#?} {:?}", why.authenticators);
        assert!(!debug.contains("canary") && debug.contains("good"), "{debug}");
    }
}

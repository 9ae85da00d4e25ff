//! Tokens by the TokenRequest API, against an API server by script, in virtual time.
#![cfg(feature = "kube")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "watch_server/mod.rs"]
mod watch_server;

use claimant_k8s::token_source::{Fetch, FetchFailure, RenewalPolicy, Renewing, TokenRequests};
use serde_json::{Value, json};
use watch_server::{Answer, Server};

const NOW: i64 = 1_790_000_000;
const LIFE: i64 = 3600;

fn requests(server: &Server) -> TokenRequests {
    TokenRequests::new(server.client(), "web", "shop", ["https://api.example"], 600)
}

fn renewing(server: &Server, chance: f64) -> Renewing<TokenRequests> {
    Renewing::new(requests(server), RenewalPolicy::default(), move || chance)
}

/// RFC 3339, as API servers write it; the date is that of `NOW`, 14:13:20.
fn time(after: i64) -> String {
    let of_day = 14 * 3600 + 13 * 60 + 20 + after;
    format!("2026-09-21T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn created(status: &Value) -> Answer {
    Answer::Created(
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
            "spec": {"audiences": ["https://api.example"], "expirationSeconds": 600}, "status": status})
        .to_string(),
    )
}

/// A token that ends so long after `NOW`.
fn token(name: &str, ends: i64) -> Answer {
    created(&json!({"token": name, "expirationTimestamp": time(ends)}))
}

async fn at(source: &Renewing<TokenRequests>, after: i64) -> Result<String, FetchFailure> {
    source.token(NOW + after).await.map(|token| token.expose().to_owned())
}

#[tokio::test(start_paused = true)]
async fn it_asks_for_its_account_its_audiences_and_its_seconds() {
    let server = Server::start();
    server.then(token("t", LIFE));
    let fresh = requests(&server).fetch(NOW).await.unwrap();
    assert_eq!((fresh.token.expose(), fresh.expires, fresh.look_again), ("t", NOW + LIFE, None));
    let asked = &server.questions()[0];
    assert_eq!(asked.target.trim_end_matches('?'), "/api/v1/namespaces/web/serviceaccounts/shop/token");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["kind"], "TokenRequest");
    assert_eq!(body["spec"]["audiences"], json!(["https://api.example"]));
    assert_eq!(body["spec"]["expirationSeconds"], 600);
    assert!(body["spec"].get("boundObjectRef").is_none_or(Value::is_null), "{body}");
}

#[tokio::test(start_paused = true)]
async fn the_life_that_the_server_gave_counts_and_four_fifths_of_it_or_a_little_less() {
    // 600 s were asked for.
    for (chance, last) in [(0.0, 2879), (0.5, 2699), (1.0, 2520)] {
        let server = Server::start();
        server.then(token("first", LIFE));
        server.then(token("second", LIFE + 3000));
        let source = renewing(&server, chance);
        for (after, expected, asked) in
            [(0, "first", 1), (599, "first", 1), (last, "first", 1), (last + 2, "second", 2)]
        {
            assert_eq!(at(&source, after).await.as_deref(), Ok(expected), "{chance} {after}");
            assert_eq!(server.asked().len(), asked, "{chance} {after}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_bridged_with_pauses_that_double_and_never_with_what_has_ended() {
    let server = Server::start();
    server.then(token("first", LIFE));
    let source = renewing(&server, 0.0);
    at(&source, 0).await.unwrap();
    [500, 503, 429, 403, 500, 504].iter().cycle().take(18).for_each(|code| server.then(Answer::Status(*code)));
    let mut times = vec![];
    for after in 2880..LIFE - 10 {
        let before = server.asked().len();
        assert_eq!(at(&source, after).await.as_deref(), Ok("first"), "{after}");
        if server.asked().len() > before {
            times.push(after - 2880);
        }
    }
    assert_eq!(times[..9], [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    for after in LIFE - 10..LIFE + 60 {
        let outcome = at(&source, after).await;
        assert!(matches!(outcome, Err(FetchFailure::Unreachable | FetchFailure::TooSoon)), "{after} {outcome:?}");
    }
    server.then(token("second", 2 * LIFE));
    assert_eq!(at(&source, 3662).await, Err(FetchFailure::TooSoon));
    assert_eq!(at(&source, 3663).await.as_deref(), Ok("second"));
    assert_eq!(server.asked().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_told_apart() {
    let read = |status: Value| created(&status);
    for (answer, expected) in [
        (Answer::Status(401), FetchFailure::Refused(401)),
        (Answer::Status(403), FetchFailure::Refused(403)),
        (Answer::Status(404), FetchFailure::Refused(404)),
        (Answer::Status(429), FetchFailure::Unreachable),
        (Answer::Status(500), FetchFailure::Unreachable),
        (Answer::HangUp, FetchFailure::Unreachable),
        (Answer::Silence, FetchFailure::Unreachable),
        (Answer::Created("{".to_owned()), FetchFailure::Unreadable),
        (Answer::Created("[]".to_owned()), FetchFailure::Unreadable),
        (read(Value::Null), FetchFailure::Unreadable),
        (read(json!({"expirationTimestamp": time(LIFE)})), FetchFailure::Unreadable),
        (read(json!({"token": "", "expirationTimestamp": time(LIFE)})), FetchFailure::Unreadable),
        (read(json!({"token": "t"})), FetchFailure::Unreadable),
        (read(json!({"token": "t", "expirationTimestamp": "soon"})), FetchFailure::Unreadable),
        (token("t", -1), FetchFailure::Ended),
        (token("t", 10), FetchFailure::Ended),
    ] {
        let server = Server::start();
        server.then(answer);
        assert_eq!(at(&renewing(&server, 0.0), 0).await, Err(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_holds_nobody_up_beyond_ten_seconds_nor_makes_a_token_good() {
    for (after, expected) in [(2880, Ok("first")), (3578, Ok("first")), (3585, Err(FetchFailure::Unreachable))] {
        let server = Server::start();
        server.then(token("first", LIFE));
        let source = renewing(&server, 0.0);
        at(&source, 0).await.unwrap();
        server.then(Answer::Silence);
        let asked = tokio::time::Instant::now();
        assert_eq!(at(&source, after).await, expected.map(str::to_owned), "{after}");
        assert_eq!(asked.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a54_no_debug_shows_a_token() {
    let server = Server::start();
    server.then(token("canary", LIFE));
    let (source, asking) = (renewing(&server, 0.0), requests(&server));
    at(&source, 0).await.unwrap();
    server.then(token("canary", LIFE));
    let fresh = asking.fetch(NOW).await;
    let text = format!("{source:?} {asking:?} {fresh:?} {:?}", source.token(NOW).await);
    assert!(!text.contains("canary") && text.contains("shop"), "{text}");
}

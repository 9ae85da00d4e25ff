//! What real identity providers published, and the tokens that they signed, replayed on a clock that the test moves.
//! `e2e/README.md` says how the recordings are made.

#![cfg(feature = "remote")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_core::{Algorithm, Audience, Buffer, Limits, Policy, Refusal, UnverifiedToken};
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::{HttpClient, HttpRequest, HttpResponse};
use claimant_jwks::{Answer, BoxFuture, FetchError, KeyPolicy, Keys, Miss};
use hand::{Hand, Task};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

/// Of one provider.
struct Recording {
    name: &'static str,
    published: Value,
    tokens: Value,
    expected: Expected,
}

struct Expected {
    /// Usable keys of the first set, and those that were left out.
    keys: (usize, usize),
    /// By which algorithms it signs.
    algorithms: &'static [Algorithm],
    /// When the set is fetched again, in seconds, without any jitter: 80 % of what the provider asks for.
    again: u64,
}

macro_rules! recording {
    ($name:literal, $keys:expr, $algorithms:expr, $again:expr) => {
        Recording {
            name: $name,
            published: serde_json::from_str(include_str!(concat!("fixtures/", $name, "/published.json"))).unwrap(),
            tokens: serde_json::from_str(include_str!(concat!("fixtures/", $name, "/tokens.json"))).unwrap(),
            expected: Expected { keys: $keys, algorithms: $algorithms, again: $again },
        }
    };
}

fn recordings() -> Vec<Recording> {
    vec![
        recording!("oidc-provider", (5, 0), &Algorithm::ALL, 480),
        // One is for encryption.
        recording!("keycloak", (11, 1), &Algorithm::ALL, 480),
        recording!("dex", (1, 0), &[Algorithm::Rs256], 96),
        // One is for certificates.
        recording!("spire-bundle", (1, 1), &[Algorithm::Es384], 240),
        recording!("spire-discovery", (1, 0), &[Algorithm::Es256], 48),
    ]
}

/// Serves the documents of one stage.
#[derive(Clone)]
struct Replay(Arc<Mutex<(Value, String)>>);

impl HttpClient for Replay {
    fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>> {
        let inner = self.0.lock().unwrap();
        let (documents, stage) = (inner.0.as_array().unwrap(), inner.1.as_str());
        let found = documents.iter().find(|one| one["stage"] == stage && one["url"] == request.url.as_str());
        let found = found.unwrap_or_else(|| panic!("{} was not asked for at {stage}", request.url));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = found["headers"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value)));
        let body = text(&found["body"]).into_bytes();
        let response = HttpResponse { status: 200, headers: headers.collect(), body };
        Box::pin(std::future::ready(Ok(response)))
    }
}

struct World {
    clock: Hand,
    replay: Replay,
    keys: Keys,
    driver: Task<()>,
    issuer: String,
}

impl World {
    fn new(recording: &Recording) -> Self {
        let issuer = recording.published["issuer"].as_str().unwrap().to_owned();
        let set = recording.published["set"].as_str();
        let documents = recording.published["documents"].clone();
        let replay = Replay(Arc::new(Mutex::new((documents, "first".to_owned()))));
        let remote = set.map_or_else(|| Remote::discover(issuer.as_str()), Remote::set);
        let remote = remote.build(replay.clone()).unwrap();
        let clock = Hand::default();
        let (keys, driver) = Keys::new(remote, KeyPolicy::default(), clock.clone()).unwrap();
        let mut driver = Task::new(driver.run());
        assert!(driver.poll().is_pending());
        assert!(driver.run().is_pending());
        Self { clock, replay, keys, driver, issuer }
    }

    /// The provider is at this stage from now on, and the cooldown of the fetch before is over.
    fn turn_to(&mut self, stage: &str) {
        stage.clone_into(&mut self.replay.0.lock().unwrap().1);
        self.clock.advance(Duration::from_secs(10));
        assert!(self.driver.run().is_pending());
    }

    fn policy(&self) -> Policy {
        let clients = Algorithm::ALL.map(|algorithm| format!("e2e-{}", algorithm.name()));
        let audiences = clients.into_iter().chain(["e2e-audience".to_owned()]);
        Policy::new(self.issuer.clone(), Audience::any_of(audiences).unwrap())
    }

    fn judge(&self, text: &str, policy: &Policy, at: i64) -> &'static str {
        let loaded = self.keys.load();
        let mut buffer = Buffer::new();
        let token = UnverifiedToken::parse(text, &mut buffer, &Limits::default()).unwrap();
        let verified = token.verify(loaded.keys().unwrap(), &Algorithm::ALL);
        let outcome = verified.and_then(|signed| signed.check(policy, at).map(|_| ()));
        outcome.map_or_else(|why: Refusal| why.reason(), |()| "good")
    }

    /// As it was judged at this stage; how many there were.
    fn judge_all(&self, recording: &Recording, stage: &str) -> usize {
        let mut judged = 0;
        for token in recording.tokens.as_array().unwrap() {
            for verdict in token["judged"].as_array().unwrap().iter().filter(|one| one["stage"] == stage) {
                let found =
                    self.judge(token["token"].as_str().unwrap(), &self.policy(), verdict["at"].as_i64().unwrap());
                let what = format!("{} {} {stage}", recording.name, token["algorithm"]);
                assert_eq!(found, verdict["verdict"].as_str().unwrap(), "{what}");
                judged += 1;
            }
        }
        judged
    }
}

fn kid(text: &str) -> String {
    let mut buffer = Buffer::new();
    let token = UnverifiedToken::parse(text, &mut buffer, &Limits::default()).unwrap();
    token.header().kid.as_deref().unwrap().to_owned()
}

fn first_judged(token: &Value) -> (&str, i64) {
    (token["judged"][0]["stage"].as_str().unwrap(), token["judged"][0]["at"].as_i64().unwrap())
}

#[test]
fn every_token_is_judged_as_it_was_through_rotation_and_withdrawal() {
    for recording in recordings() {
        let name = recording.name;
        let mut world = World::new(&recording);
        let tokens = recording.tokens.as_array().unwrap();
        let set = world.keys.load();
        let set = set.keys().unwrap();
        assert_eq!((set.keys().len(), set.unusable().len()), recording.expected.keys, "{name}");
        let first = world.judge_all(&recording, "first");
        let algorithms: BTreeSet<_> = tokens.iter().map(|token| token["algorithm"].as_str().unwrap()).collect();
        let expected = recording.expected.algorithms.iter().map(|algorithm| algorithm.name()).collect();
        assert_eq!(algorithms, expected, "{name}");
        assert!(first >= algorithms.len(), "{name}");

        // A new key is found by the first token that it signed, in one fetch, and the old ones stay.
        world.turn_to("rotated");
        let new = tokens.iter().find(|token| first_judged(token).0 == "rotated").unwrap();
        let Miss::Wait(waiter) = world.keys.miss(&kid(new["token"].as_str().unwrap())) else { panic!("{name}") };
        let mut waiting = Task::new(waiter.wait());
        assert!(waiting.poll().is_pending());
        assert!(world.driver.run().is_pending());
        assert_eq!(waiting.run(), Poll::Ready(Answer::Present), "{name}");
        assert_eq!(world.judge_all(&recording, "rotated"), 2 * first, "{name}");
        assert_eq!(world.keys.state().unwrap().fetches, 2, "{name}");

        if recording.published["documents"].as_array().unwrap().iter().any(|one| one["stage"] == "withdrawn") {
            world.turn_to("withdrawn");
            world.keys.refresh();
            assert!(world.driver.run().is_pending());
            assert_eq!(world.judge_all(&recording, "withdrawn"), 2 * first, "{name}");
            assert_eq!(world.keys.state().unwrap().older_sets, 0, "{name}");
        }
    }
}

#[test]
fn the_same_tokens_are_refused_later_elsewhere_and_by_another_issuers_keys() {
    let recordings = recordings();
    let worlds: Vec<_> = recordings.iter().map(World::new).collect();
    for (recording, world) in recordings.iter().zip(&worlds) {
        let other = worlds.iter().find(|other| other.issuer != world.issuer).unwrap();
        for token in recording.tokens.as_array().unwrap() {
            let (stage, at) = first_judged(token);
            if stage != "first" {
                continue;
            }
            let text = token["token"].as_str().unwrap();
            let what = format!("{} {} {}", recording.name, token["what"], token["algorithm"]);
            assert_eq!(world.judge(text, &world.policy(), at), "good", "{what}");
            assert_eq!(world.judge(text, &world.policy(), at + 3600), "expired", "{what}");
            let elsewhere = Policy::new(world.issuer.clone(), Audience::any_of(["elsewhere"]).unwrap());
            assert_eq!(world.judge(text, &elsewhere, at), "audience", "{what}");
            assert_eq!(world.judge(text, &other.policy(), at), "issuer", "{what}");
            assert_eq!(other.judge(text, &other.policy(), at), "unknown_key", "{what}");
            let (signed, signature) = text.rsplit_once('.').unwrap();
            let other_start = if signature.starts_with('A') { "B" } else { "A" };
            let forged = format!("{signed}.{other_start}{}", &signature[1..]);
            let pss = token["algorithm"].as_str().unwrap().starts_with("PS");
            let expected = if pss { "signature_pss" } else { "signature" };
            assert_eq!(world.judge(&forged, &world.policy(), at), expected, "{what}");
        }
    }
}

#[test]
fn a_set_is_fetched_again_when_its_provider_asks_for_it() {
    for recording in recordings() {
        let world = World::new(&recording);
        let next = world.keys.state().unwrap().next_fetch.unwrap();
        assert_eq!(next.as_secs(), recording.expected.again, "{}", recording.name);
    }
}

//! Verdicts that are remembered: when, for whom, for how long.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{Bearer, KeySet, Limits, provider};
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{
    Authenticated, Authenticator, CachePolicy, Cached, Error, Generation, Judging, OutOfReach, Refusal, Unavailable,
    UserInfo, authenticate_async,
};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

const NOW: i64 = 1_790_000_000;

/// Takes what begins with `good`, until `ends`; counts how often it is asked.
#[derive(Default)]
struct Judge {
    asked: AtomicUsize,
    generation: AtomicU64,
    ends: AtomicI64,
    dies: Arc<AtomicI64>,
    away: AtomicUsize,
    slow: bool,
}

impl Judge {
    fn decide(&self, token: &str) -> Result<Authenticated, Error> {
        self.asked.fetch_add(1, Relaxed);
        if self.away.load(Relaxed) > 0 {
            return Err(Unavailable::new("judge", OutOfReach::Judge).into());
        }
        if !token.starts_with("good") {
            return Err(Refusal::UnknownToken.into());
        }
        let user = UserInfo { username: token.to_owned(), ..UserInfo::default() };
        let dies = Arc::clone(&self.dies);
        let alive = move |now| match dies.load(Relaxed) {
            0 => Ok(()),
            -1 => Err(Unavailable::new("judge", OutOfReach::Objects).into()),
            at if now < at => Ok(()),
            _ => Err(Refusal::ObjectMissing("pod").into()),
        };
        let ends = Some(self.ends.load(Relaxed)).filter(|ends| *ends != 0);
        Ok(Authenticated::of(user).until(ends).while_alive(alive))
    }
}

impl Authenticator for Judge {
    fn judge(&self, bearer: &Bearer<'_>, _now: i64) -> Result<Authenticated, Error> {
        self.decide(bearer.text())
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, _now: i64) -> Judging<'a> {
        if !self.slow {
            return Judging::Done(self.decide(bearer.text()));
        }
        Judging::waits(async {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            self.decide(bearer.text())
        })
    }

    fn generation(&self, _: &str) -> Generation {
        Generation::of_keys(self.generation.load(Relaxed))
    }
}

fn cached(judge: Judge, change: impl FnOnce(&mut CachePolicy)) -> Cached<Judge> {
    let mut policy = CachePolicy::default();
    change(&mut policy);
    Cached::new(judge, policy).unwrap()
}

fn asked(cached: &Cached<Judge>) -> usize {
    cached.inner().asked.load(Relaxed)
}

#[test]
fn a_verdict_is_kept_for_its_seconds_and_no_longer() {
    let cached = cached(Judge::default(), |_| {});
    for (at, asks) in [(0, 1), (9, 1), (10, 2), (15, 2), (5, 3), (6, 3)] {
        assert_eq!(cached.authenticate("good", NOW + at).unwrap().user.username, "good");
        assert_eq!(asked(&cached), asks, "{at}");
    }
    assert_eq!((cached.counts().hits, cached.counts().misses), (3, 3));
}

#[test]
fn never_beyond_the_end_of_the_token() {
    let cached = cached(Judge::default(), |_| {});
    cached.inner().ends.store(NOW + 3, Relaxed);
    for (at, asks) in [(0, 1), (2, 1), (3, 2), (3, 3)] {
        cached.authenticate("good", NOW + at).unwrap();
        assert_eq!(asked(&cached), asks, "{at}");
    }
}

#[test]
fn a35_a_flood_of_bad_tokens_evicts_nobody() {
    for refusal_seconds in [0, 10] {
        let cached = cached(Judge::default(), |policy| {
            (policy.verdicts, policy.refusals, policy.refusal_seconds) = (50, 100, refusal_seconds);
        });
        let good: Vec<_> = (0..50).map(|n| format!("good {n}")).collect();
        good.iter().for_each(|token| drop(cached.authenticate(token, NOW).unwrap()));
        for n in 0..200_000 {
            assert!(cached.authenticate(&format!("bad {n}"), NOW + 1).is_err());
        }
        let before = asked(&cached);
        good.iter().for_each(|token| drop(cached.authenticate(token, NOW + 2).unwrap()));
        assert_eq!(asked(&cached), before);
        let counts = cached.counts();
        assert!(counts.verdicts == 50 && counts.refusals <= 164, "{counts:?}");
    }
}

#[test]
fn a35_the_room_is_bounded_for_good_tokens_too() {
    let cached = cached(Judge::default(), |policy| policy.verdicts = 640);
    (0..50_000).for_each(|n| drop(cached.authenticate(&format!("good {n}"), NOW)));
    assert!(cached.counts().verdicts <= 704);
    // Who came last is still there.
    let before = asked(&cached);
    cached.authenticate("good 49999", NOW).unwrap();
    assert_eq!(asked(&cached), before);
}

#[test]
fn a43_new_keys_or_another_configuration_drop_all_verdicts() {
    let cached = cached(Judge::default(), |_| {});
    cached.authenticate("good", NOW).unwrap();
    cached.inner().generation.store(1, Relaxed);
    cached.authenticate("good", NOW).unwrap();
    assert_eq!((asked(&cached), cached.counts().verdicts), (2, 1));
    cached.drop_all();
    assert_eq!(cached.counts().verdicts, 0);
    cached.authenticate("good", NOW).unwrap();
    assert_eq!(asked(&cached), 3);
}

#[test]
fn a43_the_same_token_for_two_audiences_has_two_verdicts() {
    let key = SigningKey::generate("k", KeyKind::Es256).unwrap();
    let set = json!({"keys": [key.jwk()]}).to_string();
    let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    let accounts = ServiceAccounts::new(["https://c"], keys, ["a"]);
    let cached = Cached::new(accounts, CachePolicy::default()).unwrap();
    let claims = json!({"iss": "https://c", "aud": ["a", "b"], "exp": NOW + 60, "jti": "1",
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let token = key.sign(&claims).unwrap();
    let lists = [vec!["a"], vec!["b"], vec!["b", "a"], vec!["a", "x"], vec!["x"], vec![]];
    for _ in 0..2 {
        for list in &lists {
            let requested: Vec<String> = list.iter().map(ToString::to_string).collect();
            let ours = cached.authenticate_for(&token, &requested, NOW).map(|who| who.audiences.clone()).ok();
            let expected: Vec<_> = requested.iter().filter(|name| *name != "x").cloned().collect();
            assert_eq!(ours, (!expected.is_empty()).then_some(expected), "{list:?}");
        }
        assert_eq!(cached.authenticate(&token, NOW).unwrap().audiences, ["a"]);
    }
    assert_eq!(cached.counts().hits, 5);
}

#[test]
fn a44_a_verdict_dies_with_what_it_hangs_on() {
    let cached = cached(Judge::default(), |_| {});
    cached.authenticate("good", NOW).unwrap();
    cached.inner().dies.store(NOW + 2, Relaxed);
    assert!(cached.authenticate("good", NOW + 1).is_ok());
    assert_eq!(cached.authenticate("good", NOW + 2).unwrap_err().reason(), "object_missing");
    assert_eq!((asked(&cached), cached.counts().verdicts), (1, 0));
}

#[test]
fn where_nobody_knows_whether_it_lives_the_authenticator_is_asked_again() {
    let cached = cached(Judge::default(), |_| {});
    cached.authenticate("good", NOW).unwrap();
    cached.inner().dies.store(-1, Relaxed);
    cached.authenticate("good", NOW).unwrap();
    assert_eq!(asked(&cached), 2);
}

#[test]
fn refusals_are_kept_only_where_that_is_wanted_and_an_outage_never() {
    for (seconds, asks) in [(0, 2), (5, 1)] {
        let cached = cached(Judge::default(), |policy| policy.refusal_seconds = seconds);
        for at in [0, 4] {
            assert_eq!(cached.authenticate("bad", NOW + at).unwrap_err().reason(), "unknown_token");
        }
        assert_eq!(asked(&cached), asks);
        cached.inner().away.store(1, Relaxed);
        for _ in 0..2 {
            assert_eq!(cached.authenticate("other", NOW).unwrap_err().reason(), "unavailable_judge");
        }
        assert_eq!(asked(&cached), asks + 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a53_many_who_wait_for_one_token_ask_once() {
    let cached = Arc::new(cached(Judge { slow: true, ..Judge::default() }, |policy| policy.refusal_seconds = 1));
    for token in ["good", "bad"] {
        let before = asked(&cached);
        let crowd: Vec<_> = (0..1000)
            .map(|n| {
                let cached = Arc::clone(&cached);
                tokio::spawn(async move {
                    match n % 2 {
                        0 => authenticate_async(&*cached, token, NOW).await.map(|who| who.user.username),
                        _ => cached.authenticate_shared_async(token, NOW).await.map(|who| who.user.username.clone()),
                    }
                })
            })
            .collect();
        for one in crowd {
            assert_eq!(one.await.unwrap().is_ok(), token == "good");
        }
        assert_eq!(asked(&cached), before + 1);
    }
}

#[test]
fn a54_a55_nothing_of_a_token_or_of_the_secret_shows() {
    let cached = Cached::with_secret(
        ServiceAccounts::new(["i"], KeySet::default(), ["a"]),
        CachePolicy::default(),
        b"0123456789abcdef",
    );
    let shown = format!("{cached:?} {:?}", cached.counts());
    assert!(!shown.contains("0123456789abcdef") && !shown.contains("48, 49"), "{shown}");
}

#[test]
fn a29_a_token_beyond_the_limits_is_not_even_hashed() {
    let cached = cached(Judge::default(), |_| {});
    let long = "good".repeat(1 << 20);
    assert_eq!(cached.authenticate(&long, NOW).unwrap_err().reason(), "too_long");
    assert_eq!(asked(&cached), 0);
}

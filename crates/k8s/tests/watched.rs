//! Objects as watches tell them, in simulated time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::config::OidcFlags;
use claimant_k8s::explain::Explanation;
use claimant_k8s::service_account::{
    Asked, Fallback, Fetched, Fetching, ObjectKind, ObjectLookup, ObjectMeta, Scope, Seen, ServiceAccounts, Stale,
    TokenSecret, WatchPolicy, WatchedObjects,
};
use claimant_k8s::watch::{Mirror, Monotonic, WatchEvent};
use claimant_k8s::{Authenticated, Authenticator, CachePolicy, Cached, UserInfo, authenticate_async};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

const NOW: i64 = 1_790_000_000;
const ISSUER: &str = "https://cluster.example";

/// A cluster that is watched under a clock that is set by hand.
struct World {
    objects: Arc<WatchedObjects>,
    clock: Arc<AtomicU64>,
    key: SigningKey,
}

fn seen(uid: &str) -> Seen {
    Seen { meta: ObjectMeta { uid: uid.to_owned(), deleted_at: None }, marked_invalid: false }
}

fn scope(kind: ObjectKind) -> Scope {
    Scope { kind, namespace: None }
}

impl World {
    fn new(policy: WatchPolicy) -> Self {
        Self::over(Scope::everything(), policy)
    }

    fn over(scopes: Vec<Scope>, policy: WatchPolicy) -> Self {
        let clock = Arc::new(AtomicU64::new(1000));
        let hand = Arc::clone(&clock);
        let monotonic = Monotonic::new(move || Duration::from_secs(hand.load(Relaxed)));
        let objects = Arc::new(WatchedObjects::new(scopes, policy, monotonic));
        Self { objects, clock, key: SigningKey::generate("k", KeyKind::Es256).unwrap() }
    }

    /// With an account, a pod, a secret and a node, all told just now.
    fn told(policy: WatchPolicy) -> Self {
        let this = Self::new(policy);
        for (kind, key) in [
            (ObjectKind::ServiceAccount, "n/s"),
            (ObjectKind::Secret, "n/secret"),
            (ObjectKind::Pod, "n/p"),
            (ObjectKind::Node, "node"),
        ] {
            this.tell(kind, WatchEvent::ListBegun);
            this.tell(kind, WatchEvent::Listed(key.to_owned(), seen("u")));
            this.tell(kind, WatchEvent::ListDone);
            this.tell(kind, WatchEvent::Bookmark);
        }
        this
    }

    fn tell(&self, kind: ObjectKind, event: WatchEvent<Seen>) {
        self.objects.take(&scope(kind), event);
    }

    fn tell_all(&self, event: &WatchEvent<Seen>) {
        Scope::everything().iter().for_each(|scope| self.objects.take(scope, event.clone()));
    }

    fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Relaxed);
    }

    fn accounts(&self) -> ServiceAccounts {
        let set = json!({"keys": [self.key.jwk()]}).to_string();
        let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
        ServiceAccounts::new([ISSUER], keys, ["us"]).with_objects(Arc::clone(&self.objects))
    }

    fn token(&self, bound: Value) -> String {
        let mut own = json!({"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}});
        own.as_object_mut().unwrap().extend(bound.as_object().unwrap().clone());
        self.key.sign(&json!({"iss": ISSUER, "aud": ["us"], "exp": NOW + 3600, "kubernetes.io": own})).unwrap()
    }

    fn reason(&self, bound: Value, now: i64) -> &'static str {
        reason(self.accounts().authenticate(&self.token(bound), now).map_err(|why| why.reason()))
    }
}

fn reason(outcome: Result<Authenticated, &'static str>) -> &'static str {
    outcome.map_or_else(|why| why, |_| "ok")
}

const UNKNOWN: &str = "unavailable_objects";

fn bound() -> [(ObjectKind, &'static str, Value); 4] {
    let reference = |name: &str| json!({"name": name, "uid": "u"});
    [
        (ObjectKind::ServiceAccount, "n/s", json!({})),
        (ObjectKind::Secret, "n/secret", json!({"secret": reference("secret")})),
        (ObjectKind::Pod, "n/p", json!({"pod": reference("p")})),
        (ObjectKind::Node, "node", json!({"node": reference("node")})),
    ]
}

#[test]
fn a44_deleted_made_anew_and_ending_objects() {
    for (kind, key, claims) in bound() {
        let world = World::told(WatchPolicy::default());
        assert_eq!(world.reason(claims.clone(), NOW), "ok");
        let ending =
            |at| Seen { meta: ObjectMeta { uid: "u".to_owned(), deleted_at: Some(at) }, marked_invalid: false };
        world.tell(kind, WatchEvent::Applied(key.to_owned(), ending(NOW)));
        for (after, expected) in [(-1, "ok"), (0, "ok"), (60, "ok"), (61, "object_deleted")] {
            assert_eq!(world.reason(claims.clone(), NOW + after), expected, "{kind:?} {after}");
        }
        world.tell(kind, WatchEvent::Deleted(key.to_owned(), "u".to_owned()));
        assert_eq!(world.reason(claims.clone(), NOW), "object_missing", "{kind:?}");
        world.tell(kind, WatchEvent::Applied(key.to_owned(), seen("other")));
        assert_eq!(world.reason(claims.clone(), NOW), "object_uid", "{kind:?}");
        // The deletion of the first one, told late, is not that of the second.
        world.tell(kind, WatchEvent::Deleted(key.to_owned(), "u".to_owned()));
        assert_eq!(world.reason(claims.clone(), NOW), "object_uid", "{kind:?}");
        world.tell(kind, WatchEvent::Applied(key.to_owned(), seen("u")));
        assert_eq!(world.reason(claims, NOW), "ok", "{kind:?}");
    }
}

#[test]
fn a44_what_is_too_old_is_no_verdict_in_either_direction() {
    let world = World::new(WatchPolicy::default());
    assert_eq!(world.reason(json!({}), NOW), UNKNOWN);
    let world = World::told(WatchPolicy::default());
    for (kind, key, claims) in bound() {
        assert_eq!(world.reason(claims.clone(), NOW), "ok", "{kind:?} {key}");
        world.pass(60);
        assert_eq!(world.reason(claims.clone(), NOW), "ok");
        world.pass(1);
        // Also of one that was known to be missing.
        let missing = json!({"pod": {"name": "gone", "uid": "u"}});
        assert_eq!((world.reason(claims, NOW), world.reason(missing, NOW)), (UNKNOWN, UNKNOWN));
        assert!(!world.objects.is_fresh());
        world.tell_all(&WatchEvent::Bookmark);
        assert!(world.objects.is_fresh());
    }
}

#[test]
fn a44_a_remembered_verdict_dies_with_its_pod() {
    let world = World::told(WatchPolicy::default());
    let cached = Cached::new(world.accounts(), CachePolicy::default()).unwrap();
    let (_, key, claims) = bound()[2].clone();
    let token = world.token(claims);
    let ask = || reason(cached.authenticate(&token, NOW).map_err(|why| why.reason()));
    assert_eq!((ask(), ask(), cached.counts().hits), ("ok", "ok", 1));
    world.tell(ObjectKind::Pod, WatchEvent::Deleted(key.to_owned(), "u".to_owned()));
    assert_eq!(ask(), "object_missing");
    world.tell(ObjectKind::Pod, WatchEvent::Applied(key.to_owned(), seen("u")));
    assert_eq!(ask(), "ok");
    world.pass(61);
    assert_eq!(ask(), UNKNOWN);
}

#[test]
fn what_is_not_watched_is_unknown_and_not_missing() {
    let world = World::over(Scope::namespaces(["n"]), WatchPolicy::default());
    for scope in Scope::namespaces(["n"]) {
        world.objects.take(&scope, WatchEvent::ListBegun);
        world.objects.take(&scope, WatchEvent::ListDone);
    }
    assert_eq!(world.objects.get(ObjectKind::Pod, "n/p"), Ok(None));
    assert_eq!(world.objects.get(ObjectKind::Node, "node"), Ok(None));
    for key in ["other/p", "nn/p", "p", ""] {
        assert_eq!(world.objects.get(ObjectKind::Pod, key), Err(Stale), "{key}");
    }
}

/// Says yes to all, and counts.
#[derive(Clone, Default)]
struct Judge(Arc<AtomicUsize>);

impl Authenticator for Judge {
    fn judge(&self, _: &claimant_core::Bearer<'_>, _: i64) -> Result<Authenticated, claimant_k8s::Error> {
        self.0.fetch_add(1, Relaxed);
        Ok(Authenticated::of(UserInfo { username: "by the judge".to_owned(), ..UserInfo::default() }))
    }
}

#[tokio::test]
async fn the_fallback_is_asked_when_nobody_can_tell_and_only_then() {
    let world = World::told(WatchPolicy::default());
    let judge = Judge::default();
    let both = Fallback::new(world.accounts(), judge.clone());
    let good = world.token(json!({}));
    let ask = async |token: &str| {
        let waited = authenticate_async(&both, token, NOW).await.map_err(|why| why.reason());
        let at_once = both.authenticate(token, NOW).map_err(|why| why.reason());
        assert_eq!(waited, at_once);
        waited.map(|who| who.user.username)
    };
    let username = || Ok("system:serviceaccount:n:s".to_owned());
    assert_eq!(ask(&good).await, username());
    let missing = world.token(json!({"pod": {"name": "gone", "uid": "u"}}));
    assert_eq!(ask(&missing).await, Err("object_missing"));
    assert_eq!(judge.0.load(Relaxed), 0);
    world.pass(61);
    assert_eq!(ask(&good).await, Ok("by the judge".to_owned()));
    assert_eq!(judge.0.load(Relaxed), 2);
    // What both did is one tree, with the verdict of the second.
    let why = Explanation::of(&both, &good, NOW);
    assert_eq!(why.outcome.as_ref().unwrap().user.username, "by the judge");
    let text = why.to_string();
    assert!(text.contains(", then authenticator\n") && text.contains("ok   signature: "), "{text}");
    assert!(text.contains("FAIL objects: expected to be at hand, or else the next to be asked"), "{text}");
    assert_eq!(judge.0.swap(2, Relaxed), 3);
    // What has no good signature is nobody's business.
    let (head, _) = good.rsplit_once('.').unwrap();
    let bad = format!("{head}.{}", missing.rsplit_once('.').unwrap().1);
    assert_eq!(ask(&bad).await, Err("signature"));
    assert_eq!(judge.0.load(Relaxed), 2);
}

#[test]
fn a_missing_object_may_be_one_that_the_watch_does_not_know_yet() {
    let world = World::told(WatchPolicy { ask_about_missing: true, ..WatchPolicy::default() });
    let (_, key, claims) = bound()[2].clone();
    assert_eq!(world.reason(claims.clone(), NOW), "ok");
    world.tell(ObjectKind::Pod, WatchEvent::Deleted(key.to_owned(), "u".to_owned()));
    assert_eq!(world.reason(claims, NOW), UNKNOWN);
}

#[test]
fn a46_legacy_tokens_are_off_by_default_and_never_taken_on_the_word_of_a_watch() {
    let world = World::told(WatchPolicy::default());
    let claims = json!({"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:n:s",
        "kubernetes.io/serviceaccount/namespace": "n", "kubernetes.io/serviceaccount/secret.name": "secret",
        "kubernetes.io/serviceaccount/service-account.name": "s",
        "kubernetes.io/serviceaccount/service-account.uid": "u"});
    let token = world.key.sign(&claims).unwrap();
    assert_eq!(reason(world.accounts().authenticate(&token, NOW).map_err(|why| why.reason())), "unrecognized");
    let legacy = world.accounts().with_legacy_tokens("an old cluster");
    let ask = || reason(legacy.authenticate(&token, NOW).map_err(|why| why.reason()));
    assert_eq!(ask(), UNKNOWN);
    let tell = |deleted_at, marked_invalid| {
        let meta = ObjectMeta { uid: "u".to_owned(), deleted_at };
        world.tell(ObjectKind::Secret, WatchEvent::Applied("n/secret".to_owned(), Seen { meta, marked_invalid }));
    };
    tell(None, true);
    assert_eq!(ask(), "secret_invalidated");
    // Any deletion timestamp counts at once, even one ahead.
    tell(Some(NOW + 1000), false);
    assert_eq!(ask(), "object_deleted");
    world.tell(ObjectKind::Secret, WatchEvent::Deleted("n/secret".to_owned(), "u".to_owned()));
    assert_eq!(ask(), "object_missing");
}

#[test]
fn a47_no_other_issuer_passes_for_a_service_account() {
    let world = World::told(WatchPolicy::default());
    let set = json!({"keys": [world.key.jwk()]}).to_string();
    let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    // The very same key: what counts is whose issuer it is.
    let flags = OidcFlags {
        issuer_url: "https://people.example".to_owned(),
        client_id: "us".to_owned(),
        signing_algs: Some(vec!["ES256".to_owned()]),
        ..OidcFlags::default()
    };
    let people = claimant_k8s::oidc::OidcAuthenticator::from_flags(flags, keys, &[]).unwrap();
    let claims = json!({"iss": "https://people.example", "aud": "us", "sub": "system:serviceaccount:n:s",
        "exp": NOW + 60, "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let token = world.key.sign(&claims).unwrap();
    assert_eq!(reason(world.accounts().authenticate(&token, NOW).map_err(|why| why.reason())), "unrecognized");
    let who = people.authenticate(&token, NOW).unwrap().user;
    assert_eq!((who.username.as_str(), who.groups), ("https://people.example#system:serviceaccount:n:s", vec![]));
}

/// Knows nothing, finds out everything, and keeps count.
struct Remote(AtomicUsize);

impl ObjectLookup for Remote {
    fn get(&self, _: ObjectKind, _: &str) -> Result<Option<ObjectMeta>, Stale> {
        Err(Stale)
    }

    fn token_secret(&self, _: &str) -> Result<Option<TokenSecret>, Stale> {
        Err(Stale)
    }

    fn fetch<'a>(&'a self, asked: &'a Asked) -> Option<Fetching<'a>> {
        self.0.fetch_add(1, Relaxed);
        Some(Box::pin(async move {
            tokio::task::yield_now().await;
            match asked {
                Asked::Object(_, key) if key.ends_with("lost") => Err(Stale),
                Asked::Object(_, key) if key.ends_with("gone") => Ok(Fetched::Object(None)),
                Asked::Object(..) => Ok(Fetched::Object(Some(seen("u").meta))),
                Asked::TokenSecret(_) => Ok(Fetched::TokenSecret(None)),
            }
        }))
    }
}

#[tokio::test]
async fn objects_that_have_to_be_asked_for_are_waited_for() {
    let world = World::new(WatchPolicy::default());
    let pod = |name: &str| json!({"pod": {"name": name, "uid": "u"}, "secret": {"name": "x", "uid": "u"}});
    for (claims, expected, fetches) in
        [(pod("p"), "ok", 3), (pod("gone"), "object_missing", 3), (pod("lost"), UNKNOWN, 3), (json!({}), "ok", 1)]
    {
        let remote = Arc::new(Remote(AtomicUsize::new(0)));
        let accounts = world.accounts().with_objects(Arc::clone(&remote));
        let token = world.token(claims.clone());
        assert_eq!(accounts.authenticate(&token, NOW).unwrap_err().reason(), UNKNOWN);
        assert_eq!(remote.0.load(Relaxed), 0);
        let waited = authenticate_async(&accounts, &token, NOW).await.map_err(|why| why.reason());
        assert_eq!((reason(waited), remote.0.load(Relaxed)), (expected, fetches), "{claims}");
    }
}

mod mirror {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn listed(mirror: &mut Mirror<Seen>, keys: &[&str], from: u64) {
        mirror.take(WatchEvent::ListBegun, at(from));
        keys.iter().for_each(|key| mirror.take(WatchEvent::Listed((*key).to_owned(), seen("u")), at(from + 5)));
        mirror.take(WatchEvent::ListDone, at(from + 9));
    }

    #[test]
    fn a_list_is_as_old_as_its_question() {
        let mut mirror = Mirror::default();
        assert_eq!(mirror.age(at(0)), None);
        listed(&mut mirror, &["a", "b"], 10);
        assert_eq!((mirror.age(at(19)), mirror.len()), (Some(at(9)), 2));
    }

    #[test]
    fn a_list_anew_counts_only_when_it_is_whole() {
        let mut mirror = Mirror::default();
        listed(&mut mirror, &["a", "b"], 10);
        mirror.take(WatchEvent::ListBegun, at(100));
        mirror.take(WatchEvent::Listed("b".to_owned(), seen("u")), at(101));
        assert!(mirror.get("a").is_some());
        mirror.take(WatchEvent::Disconnected, at(102));
        mirror.take(WatchEvent::ListDone, at(103));
        assert_eq!((mirror.age(at(103)), mirror.len()), (Some(at(93)), 2));
        listed(&mut mirror, &["b"], 110);
        assert!(mirror.get("a").is_none() && mirror.get("b").is_some());
    }

    #[test]
    fn after_a_reconnect_only_a_bookmark_makes_it_younger() {
        let mut mirror = Mirror::default();
        let apply =
            |mirror: &mut Mirror<Seen>, time| mirror.take(WatchEvent::Applied("x".to_owned(), seen("u")), at(time));
        listed(&mut mirror, &[], 10);
        apply(&mut mirror, 30);
        assert_eq!(mirror.age(at(30)), Some(at(20)));
        mirror.take(WatchEvent::Bookmark, at(40));
        apply(&mut mirror, 50);
        assert_eq!(mirror.age(at(50)), Some(at(0)));
        mirror.take(WatchEvent::Disconnected, at(60));
        apply(&mut mirror, 70);
        assert_eq!(mirror.age(at(70)), Some(at(20)));
        mirror.take(WatchEvent::Bookmark, at(71));
        assert_eq!(mirror.age(at(71)), Some(at(0)));
    }

    #[test]
    fn a_bookmark_without_a_list_says_nothing() {
        let mut mirror: Mirror<Seen> = Mirror::default();
        mirror.take(WatchEvent::Bookmark, at(1));
        assert_eq!(mirror.age(at(1)), None);
        mirror.take(WatchEvent::ListBegun, at(2));
        mirror.take(WatchEvent::Bookmark, at(3));
        assert_eq!(mirror.age(at(3)), None);
    }

    #[test]
    fn deletions_out_of_order_take_nothing_but_their_own() {
        let mut mirror = Mirror::default();
        listed(&mut mirror, &["a"], 1);
        mirror.take(WatchEvent::Deleted("never".to_owned(), "u".to_owned()), at(2));
        mirror.take(WatchEvent::Applied("a".to_owned(), seen("new")), at(3));
        mirror.take(WatchEvent::Deleted("a".to_owned(), "u".to_owned()), at(4));
        assert_eq!(mirror.get("a").unwrap().meta.uid, "new");
        mirror.take(WatchEvent::Deleted("a".to_owned(), "new".to_owned()), at(5));
        assert!(mirror.is_empty());
    }
}

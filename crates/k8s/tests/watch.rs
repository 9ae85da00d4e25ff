//! Watches against an API server by script, in virtual time: lists, bookmarks, 410 Gone, lost connections, pauses.
#![cfg(feature = "kube")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "watch_server/mod.rs"]
mod watch_server;

use claimant_k8s::UserInfo;
use claimant_k8s::rbac::{Attributes, Target, WatchedRoles};
use claimant_k8s::service_account::{ObjectKind, ObjectLookup, ObjectMeta, Scope, Stale, WatchPolicy, WatchedObjects};
use claimant_k8s::watch::{Monotonic, WatchFailure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use watch_server::{Answer, Server, pod, until};

/// One watch over pods; its clock is set by hand.
struct World {
    server: Server,
    objects: Arc<WatchedObjects>,
    clock: Arc<AtomicU64>,
}

impl World {
    fn start(namespace: Option<&str>) -> Self {
        let server = Server::start();
        let clock = Arc::new(AtomicU64::new(1000));
        let hand = Arc::clone(&clock);
        let scope = Scope { kind: ObjectKind::Pod, namespace: namespace.map(ToOwned::to_owned) };
        let monotonic = Monotonic::new(move || Duration::from_secs(hand.load(Relaxed)));
        let objects = Arc::new(WatchedObjects::new([scope], WatchPolicy::default(), monotonic));
        tokio::spawn(Arc::clone(&objects).watch(server.client()));
        Self { server, objects, clock }
    }

    fn get(&self, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        self.objects.get(ObjectKind::Pod, key)
    }

    fn uid(&self, key: &str) -> Option<String> {
        self.get(key).ok().flatten().map(|meta| meta.uid)
    }

    fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Relaxed);
    }

    async fn until(&self, so: impl Fn(&Self) -> bool) {
        until(|| so(self)).await;
    }

    async fn until_asked(&self, count: usize) -> String {
        self.until(|world| world.server.asked().len() >= count).await;
        self.server.asked()[count - 1].clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_in_pages_then_a_watch_from_there() {
    let world = World::start(None);
    assert_eq!(world.get("n/a"), Err(Stale));
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], Some("more")));
    world.server.then(Answer::List("10", vec![pod("b", "2", "4")], None));
    let feed = world.server.then_watch();
    world.until(|world| world.uid("n/b").is_some()).await;
    let watch = world.until_asked(3).await;
    let asked = world.server.asked();
    assert!(asked[0].starts_with("/api/v1/pods?") && asked[0].contains("limit=500"), "{asked:?}");
    assert!(!asked[0].contains("resourceVersion="), "a list from storage: {asked:?}");
    assert!(asked[1].contains("continue=more"), "{asked:?}");
    for part in ["watch=true", "resourceVersion=10", "allowWatchBookmarks=true", "timeoutSeconds=30"] {
        assert!(watch.contains(part), "{part}: {watch}");
    }
    feed.tell("ADDED", &pod("c", "3", "11"));
    feed.tell("DELETED", &pod("a", "1", "12"));
    world.until(|world| world.uid("n/c").is_some() && world.get("n/a") == Ok(None)).await;
    let mut ending = pod("b", "2", "13");
    ending["metadata"]["deletionTimestamp"] = json!("2026-09-21T13:33:20Z");
    feed.tell("MODIFIED", &ending);
    let at = |world: &World| world.get("n/b").ok().flatten().and_then(|meta| meta.deleted_at);
    world.until(|world| at(world) == Some(1_789_997_600)).await;
}

#[tokio::test(start_paused = true)]
async fn bookmarks_keep_it_young_and_silence_lets_it_grow_old() {
    let world = World::start(None);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    let feed = world.server.then_watch();
    world.until(|world| world.uid("n/a").is_some()).await;
    world.until_asked(2).await;
    world.pass(60);
    assert!(world.uid("n/a").is_some());
    world.pass(1);
    assert_eq!(world.get("n/a"), Err(Stale));
    feed.bookmark("20");
    world.until(|world| world.uid("n/a").is_some()).await;
    assert!(world.objects.is_fresh());
    // The connection ends in good order: the next watch goes on from the bookmark.
    let next = world.server.then_watch();
    drop(feed);
    assert!(world.until_asked(3).await.contains("resourceVersion=20"));
    // What is told after the reconnect is known, but does not make it younger before a bookmark does.
    world.pass(61);
    next.tell("ADDED", &pod("b", "2", "21"));
    next.tell("DELETED", &pod("a", "1", "22"));
    world.until(|world| world.objects.len() == 1 && world.get("n/b") == Err(Stale)).await;
    next.bookmark("23");
    world.until(|world| world.uid("n/b").is_some()).await;
    assert_eq!(world.get("n/a"), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_the_server_has_forgotten_means_a_new_list() {
    for at_once in [true, false] {
        let world = World::start(None);
        world.server.then(Answer::List("10", vec![pod("a", "1", "3"), pod("b", "2", "4")], None));
        if at_once {
            world.server.then(Answer::Status(410));
        } else {
            let feed = world.server.then_watch();
            let gone = json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 410,
                "reason": "Expired", "message": "too old resource version"});
            feed.tell("ERROR", &gone);
        }
        // "a" went in between: nobody says so but the list.
        world.server.then(Answer::List("30", vec![pod("b", "2", "4")], None));
        let _feed = world.server.then_watch();
        world.until(|world| world.get("n/a") == Ok(None)).await;
        assert!(world.uid("n/b").is_some());
        assert!(world.until_asked(4).await.contains("resourceVersion=30"));
    }
}

#[tokio::test(start_paused = true)]
async fn lost_connections_and_failures_are_survived_with_what_is_known() {
    let world = World::start(None);
    world.server.then(Answer::Status(500));
    world.server.then(Answer::HangUp);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], Some("more")));
    // The second page is lost: half a list is none.
    world.server.then(Answer::HangUp);
    world.server.then(Answer::List("11", vec![pod("b", "1", "3")], None));
    world.server.then(Answer::HangUp);
    world.server.then(Answer::Status(403));
    let feed = world.server.then_watch();
    world.until(|world| world.uid("n/b").is_some()).await;
    assert_eq!(world.get("n/a"), Ok(None));
    assert!(world.until_asked(8).await.contains("resourceVersion=11"));
    feed.tell("ADDED", &pod("c", "1", "12"));
    world.until(|world| world.uid("n/c").is_some()).await;
}

/// The seconds between the questions.
fn gaps(server: &Server) -> Vec<f64> {
    server.questions().windows(2).map(|two| (two[1].at - two[0].at).as_secs_f64()).collect()
}

#[tokio::test(start_paused = true)]
async fn pauses_double_after_each_failure_up_to_an_eighth_of_the_lag() {
    let world = World::start(None);
    (0..9).for_each(|_| world.server.then(Answer::Status(500)));
    world.until_asked(10).await;
    let gaps = gaps(&world.server);
    for (gap, longest) in gaps.iter().zip([0.25, 0.5, 1.0, 2.0, 4.0, 7.5, 7.5, 7.5, 7.5]) {
        // Half of it to all of it, and the time of the answer.
        assert!((longest / 2.0..longest + 0.01).contains(gap), "{gaps:?}");
    }
    // Whoever told something starts again with a short one.
    world.server.then(Answer::List("10", vec![], None));
    let feed = world.server.then_watch();
    feed.tell("ADDED", &pod("a", "1", "11"));
    world.until(|world| world.uid("n/a").is_some()).await;
    world.server.then(Answer::HangUp);
    drop(feed);
    world.until_asked(13).await;
    let last = gaps_after(&world, 11);
    assert!(last.iter().all(|gap| *gap < 0.26), "{last:?}");
}

fn gaps_after(world: &World, count: usize) -> Vec<f64> {
    gaps(&world.server).split_off(count)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_left() {
    let world = World::start(None);
    // A list, then a watch that does not begin, then one that never ends.
    world.server.then(Answer::Silence);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    world.server.then(Answer::Silence);
    let feed = world.server.then_watch();
    feed.bookmark("20");
    assert!(world.until_asked(5).await.contains("resourceVersion=20"));
    let gaps = gaps(&world.server);
    // Ten seconds, and a pause; of a watch, ten after it should have ended by itself.
    for (gap, least) in gaps.iter().zip([10.0, 0.0, 10.0, 40.0]) {
        assert!((least..least + 0.6).contains(gap), "{gaps:?}");
    }
    assert!(world.uid("n/a").is_some());
    drop(feed);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_comes_late_does_not_take_the_new_object() {
    let world = World::start(None);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    let feed = world.server.then_watch();
    feed.tell("ADDED", &pod("a", "2", "11"));
    feed.tell("DELETED", &pod("a", "1", "12"));
    feed.tell("ADDED", &pod("z", "1", "13"));
    world.until(|world| world.uid("n/z").is_some()).await;
    assert_eq!(world.uid("n/a").as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn why_nothing_is_told_can_be_asked_for() {
    let world = World::start(None);
    let why = |world: &World| world.objects.last_failure().map(|(scope, why)| (scope.kind, why));
    assert_eq!(why(&world), None);
    let pods = |why| Some((ObjectKind::Pod, why));
    // Neither `list` nor, behind a list, `watch` is allowed.
    world.server.then(Answer::Status(403));
    world.until(|world| why(world) == pods(WatchFailure::Status(403))).await;
    assert_eq!(world.objects.ages()[0].1, None);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    world.until(|world| why(world).is_none() && world.uid("n/a").is_some()).await;
    world.server.then(Answer::Status(403));
    world.until(|world| why(world) == pods(WatchFailure::Status(403))).await;
    world.server.then(Answer::HangUp);
    world.until(|world| why(world) == pods(WatchFailure::Unreachable)).await;
    world.server.then(Answer::Silence);
    world.until(|world| why(world) == pods(WatchFailure::TimedOut)).await;
    let feed = world.server.then_watch();
    feed.bookmark("11");
    world.until(|world| why(world).is_none()).await;
    feed.tell("ERROR", &json!({"kind": "Status", "status": "Failure", "code": 500, "message": "by script"}));
    world.until(|world| why(world) == pods(WatchFailure::Status(500))).await;
}

#[tokio::test(start_paused = true)]
async fn roles_that_may_not_be_listed_are_named() {
    let server = Server::start();
    let roles = Arc::new(WatchedRoles::new(Duration::from_secs(60), Monotonic::default()));
    assert_eq!(roles.last_failure(), None);
    tokio::spawn(Arc::clone(&roles).watch(server.client()));
    server.then_for("v1/clusterroles?", Answer::Status(403));
    until(|| roles.last_failure() == Some(("clusterroles", WatchFailure::Status(403)))).await;
    server.then_for("v1/clusterroles?", Answer::List("10", vec![], None));
    until(|| roles.last_failure().is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_read_means_a_new_list() {
    let world = World::start(None);
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    let feed = world.server.then_watch();
    feed.raw(r#"{"type": "DELETED", "object": {"metadata": {"name": 1}}}"#);
    world.server.then(Answer::List("20", vec![], None));
    let _feed = world.server.then_watch();
    world.until(|world| world.get("n/a") == Ok(None)).await;
}

#[tokio::test(start_paused = true)]
async fn one_namespace_is_asked_about_alone() {
    let world = World::start(Some("n"));
    world.server.then(Answer::List("10", vec![pod("a", "1", "3")], None));
    let _feed = world.server.then_watch();
    world.until(|world| world.uid("n/a").is_some()).await;
    assert!(world.server.asked()[0].starts_with("/api/v1/namespaces/n/pods?"), "{:?}", world.server.asked());
    assert_eq!(world.get("m/a"), Err(Stale));
}

#[tokio::test(start_paused = true)]
async fn roles_that_are_watched_decide_and_grow_old() {
    let server = Server::start();
    let clock = Arc::new(AtomicU64::new(1000));
    let hand = Arc::clone(&clock);
    let monotonic = Monotonic::new(move || Duration::from_secs(hand.load(Relaxed)));
    let roles = Arc::new(WatchedRoles::new(Duration::from_secs(60), monotonic));
    assert!(roles.authorizer().is_err() && roles.age().is_none());
    let meta =
        |name: &str, version: &str| json!({"name": name, "namespace": "n", "uid": name, "resourceVersion": version});
    let role = |verbs: serde_json::Value, version: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta("reader", version),
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}]})
    };
    let binding = json!({"metadata": meta("b", "2"), "roleRef": {"kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "jane"}]});
    let kinds = ["v1/roles?", "v1/clusterroles?", "v1/rolebindings?", "v1/clusterrolebindings?"];
    let lists = [vec![role(json!(["get"]), "1")], vec![], vec![binding], vec![]];
    for (kind, items) in kinds.into_iter().zip(lists) {
        server.then_for(kind, Answer::List("10", items, None));
    }
    let feeds = kinds.map(|kind| server.then_watch_for(kind));
    tokio::spawn(Arc::clone(&roles).watch(server.client()));
    let can = |verb: &str| {
        let user = UserInfo { username: "jane".to_owned(), ..UserInfo::default() };
        let target = Target::Resource { api_group: "", resource: "pods", subresource: "", name: "p" };
        let authorizer = roles.authorizer().ok()?;
        Some(authorizer.can(&user, &Attributes { verb, namespace: "n", target }).is_allowed())
    };
    until(|| can("get") == Some(true)).await;
    assert_eq!(can("delete"), Some(false));
    feeds[0].tell("MODIFIED", &role(json!(["delete"]), "11"));
    until(|| can("delete") == Some(true)).await;
    assert_eq!(can("get"), Some(false));
    // One that cannot be read any more does not go on as it was.
    feeds[0].tell("MODIFIED", &role(json!("all"), "12"));
    until(|| can("delete") == Some(false)).await;
    feeds[0].tell("MODIFIED", &role(json!(["get"]), "13"));
    until(|| can("get") == Some(true)).await;
    clock.fetch_add(61, Relaxed);
    assert_eq!(can("get"), None);
    // It is as old as the oldest of the four.
    feeds[..3].iter().for_each(|feed| feed.bookmark("20"));
    feeds[2].tell("DELETED", &json!({"metadata": meta("b", "21")}));
    assert_eq!(can("get"), None);
    feeds[3].bookmark("20");
    until(|| can("get") == Some(false)).await;
}

//! Issuers that are down, slow or lie, keys that rotate, configurations that change.

use crate::common::{AUDIENCE, Bench, question};
use claimant_testkit::{Document, Fault, Issuer};
use serde_json::{Value, json};
use std::cell::Cell;

#[tokio::test]
async fn without_keys_nobody_is_refused_and_ready_comes_with_them() {
    let bench = Bench::new();
    bench.issuer.fail(Fault::Status(503));
    let running = bench.start(&[]).await;
    running.until("/metrics", |answer| answer.text.contains("claimant_keys_failed_fetches_total")).await;
    let not_ready = running.ops("/readyz").await;
    assert_eq!(not_ready.status, 503);
    assert!(not_ready.text.contains(&format!("[-] no keys of {}", bench.issuer.url())), "{}", not_ready.text);
    assert_eq!(running.ops("/healthz").await.status, 200);
    let client = running.client().await;
    assert_eq!(client.get("/readyz").await.status, 503);
    // The clock stands still, so that whoever waited for a key would wait for ever.
    let jane = question("v1", &bench.token("jane"), &[]);
    let answer = tokio::select! {
        answer = client.ask(&jane) => answer,
        () = async { loop { bench.clock.pass(1).await } } => unreachable!(),
    };
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["reason"], "ServiceUnavailable");
    let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&after));

    bench.issuer.heal();
    pass_until_ready(&bench, &running).await;
    assert_eq!(client.ask(&question("v1", &bench.token("jane"), &[])).await.verdict()["authenticated"], true);
}

#[tokio::test]
async fn an_issuer_that_goes_down_later_is_survived_with_the_keys_at_hand() {
    let bench = Bench::new();
    let running = bench.start(&["--cache-ttl", "0s"]).await;
    running.ready().await;
    bench.issuer.fail(Fault::Close);
    bench.clock.pass(16 * 60).await;
    running.until("/metrics", |answer| answer.text.lines().any(is_stale)).await;
    let client = running.client().await;
    assert_eq!(client.ask(&question("v1", &bench.token("jane"), &[])).await.verdict()["authenticated"], true);
    assert_eq!(running.ops("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_replica_that_starts_while_an_issuer_is_down_serves_the_others_after_a_while() {
    let bench = Bench::new();
    let down = Issuer::start().unwrap();
    down.fail(Fault::Close);
    bench.configure(&[&bench.issuer, &down]);
    let running = bench.start(&["--ready-grace", "30s"]).await;
    let partly = running.until("/readyz", |answer| answer.text.contains("keys of 1 of 2 issuers")).await;
    assert_eq!(partly.status, 503);
    bench.clock.pass(29).await;
    assert_eq!(running.ops("/readyz").await.status, 503);
    bench.clock.pass(1).await;
    let ready = running.ops("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(ready.text.contains(&format!("[-] no keys of {}", down.url())), "{}", ready.text);
}

fn is_stale(line: &str) -> bool {
    line.starts_with("claimant_keys_stale{") && line.ends_with(" 1")
}

#[tokio::test]
async fn an_issuer_that_lies_gives_no_keys() {
    let liar = json!({"issuer": "https://other.example", "jwks_uri": "https://other.example/keys"}).to_string();
    for (document, fault) in [
        (Document::Discovery, Fault::Body(liar)),
        (Document::Keys, Fault::EmptySet),
        (Document::Keys, Fault::Body("<html>".to_owned())),
        (Document::Keys, Fault::Redirect("https://other.example/keys".to_owned())),
    ] {
        let bench = Bench::new();
        bench.issuer.fail_document(document, fault.clone());
        let running = bench.start(&[]).await;
        running.until("/metrics", |answer| failed_once(&answer.text)).await;
        assert_eq!(running.ops("/readyz").await.status, 503, "{fault:?}");
        bench.issuer.heal();
        pass_until_ready(&bench, &running).await;
    }
}

fn failed_once(metrics: &str) -> bool {
    metrics.lines().any(|line| line.starts_with("claimant_keys_failed_fetches_total") && !line.ends_with(" 0"))
}

#[tokio::test]
async fn a_slow_issuer_holds_up_only_those_who_need_it() {
    let bench = Bench::new();
    let running = bench.start(&["--cache-ttl", "0s"]).await;
    running.ready().await;
    let old = bench.token("jane");
    bench.clock.pass(7).await;
    bench.issuer.fail(Fault::Hang);
    bench.issuer.rotate().unwrap();
    let client = running.client().await;
    let (new, old) = (question("v1", &bench.token("jane"), &[]), question("v1", &old, &[]));
    let waits = client.ask(&new);
    let others = async {
        running.until("/metrics", |answer| answer.text.contains("token_review_webhook_in_flight 1")).await;
        for _ in 0..50 {
            assert_eq!(client.ask(&old).await.verdict()["authenticated"], true);
        }
        // Its reader waits two seconds.
        bench.clock.pass(2).await;
    };
    let (answer, ()) = tokio::join!(waits, others);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn no_good_token_is_refused_while_keys_rotate_under_load() {
    let bench = Bench::new();
    let running = bench.start(&["--cache-ttl", "0s"]).await;
    running.ready().await;
    let (rotating, asked) = (Cell::new(true), Cell::new(0));
    let ask = || async {
        let client = running.client().await;
        while rotating.get() {
            // Signed by whichever key signs now; the one before it stays published.
            let answer = client.ask(&question("v1", &bench.token("jane"), &[AUDIENCE])).await;
            assert_eq!(answer.verdict()["authenticated"], true, "{}", answer.text);
            asked.set(asked.get() + 1);
        }
    };
    let rotate = async {
        for _ in 0..5 {
            let enough = asked.get() + 40;
            while asked.get() < enough {
                tokio::task::yield_now().await;
            }
            // Two fetches do not start closer to each other than six seconds.
            bench.clock.pass(7).await;
            bench.issuer.rotate().unwrap();
        }
        let enough = asked.get() + 40;
        while asked.get() < enough {
            tokio::task::yield_now().await;
        }
        rotating.set(false);
    };
    tokio::join!(ask(), ask(), ask(), ask(), rotate);
    assert!(asked.get() >= 240);
}

#[tokio::test]
async fn a_new_configuration_serves_once_its_keys_are_there_and_a_broken_one_never() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let client = running.client().await;
    let second = Issuer::start().unwrap();
    let token = second.id_token("joe", &[], &second.options(AUDIENCE)).unwrap();
    let joe = question("v1", &token, &[]);
    assert_eq!(client.ask(&joe).await.verdict()["authenticated"], Value::Null);

    bench.folder.put("authentication.yaml", "jwt: [");
    pass_until(&bench, &running, "claimant_authentication_config_last_reload_failed 1").await;
    let ready = running.ops("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(ready.text.contains("the last good configuration serves: reload_config"), "{}", ready.text);
    assert_eq!(client.ask(&question("v1", &bench.token("jane"), &[])).await.verdict()["authenticated"], true);

    bench.configure(&[&bench.issuer, &second]);
    pass_until(&bench, &running, "claimant_authentication_config_last_reload_failed 0").await;
    assert_eq!(client.ask(&joe).await.verdict()["user"]["username"], "oidc:joe");
    assert!(!running.ops("/readyz").await.text.contains("[-]"));
}

async fn pass_until_ready(bench: &Bench, running: &crate::common::Running<'_>) {
    for _ in 0..2000 {
        if running.ops("/readyz").await.status == 200 {
            return;
        }
        bench.clock.pass(1).await;
    }
    panic!("never ready: {}", running.ops("/readyz").await.text);
}

pub async fn pass_until(bench: &Bench, running: &crate::common::Running<'_>, line: &str) {
    for _ in 0..2000 {
        if running.ops("/metrics").await.text.lines().any(|one| one.starts_with(line)) {
            return;
        }
        bench.clock.pass(1).await;
    }
    panic!("never {line}: {}", running.ops("/metrics").await.text);
}

//! The end: told by a signal, after the requests in flight.

use crate::common::client::Client;
use crate::common::{Bench, question};
use claimant_testkit::Fault;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;
use token_review_webhook::Drained;

#[tokio::test]
async fn who_is_being_answered_gets_the_answer_and_who_comes_late_is_turned_away() {
    let bench = Bench::new();
    let running = bench.start(&["--drain-delay", "1h", "--cache-ttl", "0s"]).await;
    running.ready().await;
    let old = question("v1", &bench.token("jane"), &[]).to_string();
    bench.clock.pass(7).await;
    bench.issuer.fail(Fault::Hang);
    bench.issuer.rotate().unwrap();
    let new = question("v1", &bench.token("jane"), &[]).to_string();
    let client = running.client().await;
    let (address, ops) = (running.webhook.address(), running.webhook.ops_address());
    let waits = {
        let client = client.clone();
        tokio::spawn(async move { client.post(new).await })
    };
    running.until("/metrics", |answer| answer.text.contains("token_review_webhook_in_flight 1")).await;

    let drained = tokio::spawn(running.webhook.drain());
    // First nobody new is sent here, and those who come are served.
    loop {
        let ready = Client::plain(ops).await.get("/readyz").await;
        if ready.status == 503 {
            assert!(ready.text.contains("[-] shutting down"));
            break;
        }
    }
    assert_eq!(client.post(old.clone()).await.status, 200);
    assert_eq!(Client::connect(address, &bench.pki, None).await.unwrap().post(old.clone()).await.status, 200);
    assert!(!drained.is_finished() && !waits.is_finished());

    // Then the door is shut, and the last one is answered.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
    while Client::connect(address, &bench.pki, None).await.is_ok() {}
    assert!(!drained.is_finished() && !waits.is_finished());
    bench.clock.pass(2).await;
    assert_eq!(waits.await.unwrap().status, 503);
    assert_eq!(drained.await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn who_takes_too_long_is_cut_off() {
    let bench = Bench::new();
    let running = bench.start(&["--drain-delay", "0s", "--drain-timeout", "3s"]).await;
    running.ready().await;
    bench.clock.pass(7).await;
    bench.issuer.fail(Fault::Hang);
    bench.issuer.rotate().unwrap();
    let new = question("v1", &bench.token("jane"), &[]).to_string();
    let client = running.client().await;
    let waits = tokio::spawn(async move { client.try_post("/", "application/json", new).await });
    running.until("/metrics", |answer| answer.text.contains("token_review_webhook_in_flight 1")).await;
    tokio::time::pause();
    assert_eq!(running.webhook.drain().await, Drained::CutOff);
    assert!(!waits.is_finished());
}

#[test]
fn the_program_ends_well_at_sigterm_and_says_nothing_secret() {
    let bench = Bench::new();
    let path = |name| bench.folder.path(name);
    let config = format!(
        "authentication-config: {}\ntls-cert-file: {}\ntls-private-key-file: {}\nlisten: 127.0.0.1:0\n\
         ops-listen: 127.0.0.1:0\ndrain-delay: 0s\napi-audiences: [my-cluster]\n",
        path("authentication.yaml"),
        path("tls.crt"),
        path("tls.key")
    );
    let config = bench.folder.put("webhook.yaml", &config);
    let mut program = Command::new(env!("CARGO_BIN_EXE_token-review-webhook"))
        .arg("--config")
        .arg(config)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(program.stderr.take().unwrap());
    let mut text = String::new();
    while !(text.contains("\"listening\"") && text.contains("\"keys are fresh\"")) {
        assert!(log.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let told = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(told.success());
    log.read_to_string(&mut text).unwrap();
    assert!(program.wait().unwrap().success(), "{text}");
    assert!(text.contains("all requests were answered"), "{text}");
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["level"], "ERROR", "{text}");
    }
}

//! What the program answers, over TLS, with keys that it discovered.

use crate::common::{AUDIENCE, Bench, log, question};
use claimant_testkit::{Issuer, TokenOptions};
use serde_json::{Value, json};
use token_review_webhook::Drained;

#[tokio::test]
async fn a_token_review_of_either_version_is_answered_in_its_version() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let client = running.client().await;
    for version in ["v1", "v1beta1"] {
        let answer = client.ask(&question(version, &bench.token("jane"), &[AUDIENCE])).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(
            answer.json(),
            json!({
                "apiVersion": format!("authentication.k8s.io/{version}"), "kind": "TokenReview", "metadata": {},
                "spec": {},
                "status": {
                    "authenticated": true, "audiences": [AUDIENCE],
                    "user": {"username": "oidc:jane", "groups": ["oidc:dev"]},
                },
            })
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_a_no_and_never_an_http_error() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let client = running.client().await;
    let expired = TokenOptions { life: -10, ..bench.issuer.options(AUDIENCE) };
    let expired = bench.issuer.id_token("jane", &[], &expired).unwrap();
    let status = client.ask(&question("v1", &expired, &[])).await.verdict();
    assert_eq!(status, json!({"user": {}, "error": "expired"}));
    // Nobody's here: another authenticator of the API server may know it.
    let stranger = Issuer::start().unwrap();
    let strange = stranger.id_token("jane", &[], &stranger.options(AUDIENCE)).unwrap();
    for token in [strange.as_str(), "opaque", "a.b.c"] {
        let status = client.ask(&question("v1", token, &[])).await.verdict();
        assert_eq!(status["authenticated"], Value::Null, "{status}");
        assert_eq!(status["error"], Value::Null, "{status}");
    }
}

#[tokio::test]
async fn what_is_no_question_is_refused_as_kubernetes_does() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let client = running.client().await;
    let good = question("v1", &bench.token("jane"), &[]);
    let mut other_kind = good.clone();
    other_kind["kind"] = json!("SubjectAccessReview");
    for body in [
        question("v2", &bench.token("jane"), &[]).to_string(),
        question("v1alpha1", &bench.token("jane"), &[]).to_string(),
        other_kind.to_string(),
        question("v1", "", &[]).to_string(),
        json!({"spec": {"token": bench.token("jane")}}).to_string(),
        "{".to_owned(),
        String::new(),
        "[]".to_owned(),
    ] {
        let answer = client.post(body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        let status = answer.json();
        assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(400)));
    }
    let form = client.try_post("/", "application/x-www-form-urlencoded", good.to_string()).await.unwrap();
    assert_eq!(form.status, 415);
    let charset = client.try_post("/", "application/json; charset=utf-8", good.to_string()).await.unwrap();
    assert_eq!(charset.verdict()["authenticated"], true);
    assert_eq!(client.get("/authenticate").await.status, 405);
    assert_eq!(client.try_post("/elsewhere", "application/json", good.to_string()).await.unwrap().status, 404);
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    assert_eq!(client.try_post(path, "application/json", good.to_string()).await.unwrap().status, 200);
    // Numbers are for the port of probes only.
    assert_eq!(client.get("/metrics").await.status, 404);
    assert_eq!(client.get("/healthz").await.text, "ok\n");
}

#[tokio::test]
async fn audiences_are_those_that_were_asked_for_and_the_token_is_good_for() {
    let bench = Bench::new();
    let running = bench.start(&["--api-audiences", "a,b"]).await;
    running.ready().await;
    let client = running.client().await;
    let token = bench.token("jane");
    let both = client.ask(&question("v1", &token, &["b", "other", AUDIENCE])).await.verdict();
    assert_eq!(both["audiences"], json!(["b", AUDIENCE]));
    let none = client.ask(&question("v1", &token, &["vault"])).await.verdict();
    assert_eq!(none, json!({"user": {}, "error": "audience"}));
    assert_eq!(client.ask(&question("v1", &token, &[])).await.verdict()["authenticated"], true);
}

#[tokio::test]
async fn service_accounts_are_judged_for_the_audiences_of_the_question() {
    let bench = Bench::new();
    let cluster = Issuer::start().unwrap();
    let keys = bench.folder.put("sa.json", &json!({"keys": [cluster.jwk()]}).to_string()).display().to_string();
    let flags = ["--service-account-issuer", cluster.url(), "--service-account-key-file", &keys];
    let running = bench.start(&flags).await;
    running.ready().await;
    let client = running.client().await;
    let token = |audience: &str| cluster.service_account_token("shop", "cart", "cart-0", &cluster.options(audience));
    let (own, vault) = (token(AUDIENCE).unwrap(), token("vault").unwrap());
    let status = client.ask(&question("v1", &own, &[AUDIENCE])).await.verdict();
    assert_eq!(status["user"]["username"], "system:serviceaccount:shop:cart");
    assert_eq!(status["audiences"], json!([AUDIENCE]));
    for asked in [&["vault"][..], &["x", "vault"], &["vault", AUDIENCE]] {
        let status = client.ask(&question("v1", &vault, asked)).await.verdict();
        assert_eq!(status["audiences"], json!(["vault"]), "{status}");
    }
    for (token, asked) in [(&vault, &[][..]), (&vault, &[AUDIENCE]), (&own, &["vault"])] {
        let status = client.ask(&question("v1", token, asked)).await.verdict();
        assert_eq!(status, json!({"user": {}, "error": "audience"}));
    }
    // The configuration's own issuer goes on as before.
    let person = client.ask(&question("v1", &bench.token("jane"), &[AUDIENCE])).await.verdict();
    assert_eq!(person["user"]["username"], "oidc:jane");
}

#[tokio::test]
async fn each_verdict_is_an_event_and_no_token_is_written_anywhere() {
    let bench = Bench::new();
    let audit = bench.folder.path("audit.jsonl");
    let running = bench.start(&["--audit-log-path", &audit, "--drain-delay", "0s"]).await;
    running.ready().await;
    let client = running.client().await;
    let good = bench.token("jane");
    let (start, signature) = good.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let bad = format!("{start}.{turned}");
    for token in [&good, &good, &bad] {
        client.ask(&question("v1", token, &[AUDIENCE])).await;
    }
    client.ask(&question("v1", &good, &["vault"])).await;
    client.post(format!("{{\"spec\": {{\"token\": \"{good}\"")).await;
    let metrics = running.ops("/metrics").await.text;
    assert!(metrics.contains("token_review_webhook_requests_total{code=\"200\"} 4"), "{metrics}");
    assert!(metrics.contains("token_review_webhook_requests_total{code=\"400\"} 1"), "{metrics}");
    let verdict = format!(r#"decision="allowed",reason="",issuer="{}",cache="hit"}} 1"#, bench.issuer.url());
    assert!(metrics.contains(&verdict), "{metrics}");
    let no = format!(r#"decision="refused",reason="audience",issuer="{}",cache=""}} 1"#, bench.issuer.url());
    assert!(metrics.contains(&no), "{metrics}");
    assert!(metrics.contains("claimant_keys_available"), "{metrics}");
    drop(client);
    assert_eq!(running.webhook.drain().await, Drained::Whole);

    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&audit).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let audit = std::fs::read_to_string(audit).unwrap();
    let events: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decisions: Vec<_> = events.iter().map(|event| event["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["allowed", "allowed", "refused", "refused"]);
    assert_eq!((&events[0]["username"], &events[0]["audiences"]), (&json!("oidc:jane"), &json!([AUDIENCE])));
    assert_eq!((&events[3]["reason"], &events[3]["issuer"]), (&json!("audience"), &json!(bench.issuer.url())));
    assert_eq!(events[0]["fingerprint"], events[1]["fingerprint"]);
    assert_eq!((&events[0]["cached"], &events[1]["cached"]), (&json!(false), &json!(true)));
    let log = log::text();
    assert!(log.contains("listening") && log.contains("answered"), "{log}");
    let claims = good.split('.').nth(1).unwrap();
    for (name, text) in [("log", &log), ("metrics", &metrics), ("audit", &audit)] {
        for secret in [signature, turned.as_str(), claims] {
            assert!(!text.contains(secret), "a token is in the {name}");
        }
    }
}

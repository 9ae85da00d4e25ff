//! Certificates that are replaced, and those of clients.

use crate::common::client::Client;
use crate::common::pki::{Pair, Pki};
use crate::common::{AUDIENCE, Bench, question};
use crate::keys::pass_until;
use rcgen::date_time_ymd;
use std::cell::Cell;
use token_review_webhook::StartError;

#[tokio::test]
async fn a_certificate_is_replaced_under_load_and_nobody_notices() {
    let bench = Bench::new();
    let running = bench.start(&["--cache-ttl", "0s"]).await;
    running.ready().await;
    let old = running.client().await.certificate;
    let replacing = Cell::new(true);
    let body = question("v1", &bench.token("jane"), &[AUDIENCE]).to_string();
    let stays = async {
        let client = running.client().await;
        while replacing.get() {
            assert_eq!(client.post(body.clone()).await.status, 200);
        }
    };
    let comes_anew = async {
        while replacing.get() {
            assert_eq!(running.client().await.post(body.clone()).await.status, 200);
        }
    };
    let replace = async {
        let (certificate, key) = bench.pki.server();
        // For a moment they do not fit together: the old pair serves.
        bench.folder.put("tls.crt", &certificate);
        pass_until(&bench, &running, "token_review_webhook_tls_last_reload_failed 1").await;
        let ready = running.ops("/readyz").await.text;
        assert!(ready.contains("the last good certificate serves"), "{ready}");
        assert_eq!(running.client().await.certificate, old);
        bench.folder.put("tls.key", &key);
        pass_until(&bench, &running, "token_review_webhook_tls_last_reload_failed 0").await;
        assert_ne!(running.client().await.certificate, old);
        replacing.set(false);
    };
    tokio::join!(stays, comes_anew, replace);
    assert!(running.number("token_review_webhook_tls_certificate_expiry_timestamp_seconds").await > 1e9);
}

#[tokio::test]
async fn a_pair_that_is_broken_or_out_of_date_never_serves() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let serving = running.client().await.certificate;
    let (good, key) = (crate::common::read(&bench.folder.0.join("tls.crt")), bench.folder.0.join("tls.key"));
    let key = crate::common::read(&key);
    let expired = bench.pki.pair("server", |params| params.not_after = date_time_ymd(2020, 1, 1));
    let later = bench.pki.pair("server", |params| params.not_before = date_time_ymd(3000, 1, 1));
    for (certificate, own_key) in [
        ("", key.as_str()),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &key),
        (&good, "no key"),
        (&expired.0, &expired.1),
        (&later.0, &later.1),
    ] {
        bench.folder.put("tls.crt", certificate);
        bench.folder.put("tls.key", own_key);
        pass_until(&bench, &running, "token_review_webhook_tls_last_reload_failed 1").await;
        assert_eq!(running.client().await.certificate, serving);
        bench.folder.put("tls.crt", &good);
        bench.folder.put("tls.key", &key);
        pass_until(&bench, &running, "token_review_webhook_tls_last_reload_failed 0").await;
    }
    // At the start there is no last good one.
    bench.folder.put("tls.crt", &expired.0);
    bench.folder.put("tls.key", &expired.1);
    let Err(StartError::Tls(why)) = bench.try_start(&[]).await else { panic!("an expired certificate") };
    assert!(why.to_string().ends_with("the certificate has expired"), "{why}");
}

#[tokio::test]
async fn where_clients_need_a_certificate_nobody_asks_without_the_right_one() {
    let bench = Bench::new();
    let ca = bench.folder.put("clients.crt", &bench.pki.ca_pem()).display().to_string();
    let flags = ["--client-ca-file", &ca, "--client-allowed-name", "kube-apiserver"];
    let running = bench.start(&flags).await;
    running.ready().await;
    let body = question("v1", &bench.token("jane"), &[]).to_string();
    let ask = async |own: Option<Pair>| {
        // TLS 1.3: the client learns only with its first request that it was turned away.
        let client = Client::connect(running.webhook.address(), &bench.pki, own.as_ref()).await?;
        client.try_post("/", "application/json", body.clone()).await
    };
    assert!(ask(None).await.is_err());
    assert!(ask(Some(Pki::new().client("kube-apiserver"))).await.is_err());
    assert!(ask(Some(bench.pki.client("somebody"))).await.is_err());
    assert_eq!(ask(Some(bench.pki.client("kube-apiserver"))).await.unwrap().status, 200);
    assert!(running.number("token_review_webhook_failed_handshakes_total").await >= 3.0);

    // Another authority: who came by the old one comes no more.
    let other = Pki::new();
    bench.folder.put("clients.crt", &other.ca_pem());
    pass_until(&bench, &running, "token_review_webhook_tls_reloads_total{status=\"success\"} 2").await;
    assert!(ask(Some(bench.pki.client("kube-apiserver"))).await.is_err());
    assert_eq!(ask(Some(other.client("kube-apiserver"))).await.unwrap().status, 200);
}

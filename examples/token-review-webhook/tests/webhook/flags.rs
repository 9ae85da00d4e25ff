//! What the program is told, and what it does not let itself be told.

use crate::common::{Bench, Folder, question};
use serde_json::json;
use std::time::Duration;
use token_review_webhook::{Args, StartError};

fn read(words: &[&str]) -> Result<Args, String> {
    Args::read(std::iter::once(&"webhook").chain(words)).map_err(|why| why.to_string())
}

#[test]
fn a_file_says_what_flags_say_and_flags_win() {
    let folder = Folder::new();
    let text = "listen: 127.0.0.1:1\nmax-in-flight: 7\nreload-interval: 500ms\nservice-account-issuer: [a, b]\n\
                service-account-keys-in-cluster: true\n";
    let file = folder.put("webhook.yaml", text).display().to_string();
    let args = read(&["--config", &file, "--listen", "127.0.0.1:2", "--service-account-issuer", "c"]).unwrap();
    assert_eq!(args.listen.port(), 2);
    assert_eq!((args.max_in_flight, args.reload_interval), (7, Duration::from_millis(500)));
    assert_eq!(args.service_account_issuer, ["a", "b", "c"]);
    assert!(args.service_account_keys_in_cluster);
    // Part of a whole may stand in the file.
    let file = folder.put("webhook.yaml", "client-ca-file: ca.crt").display().to_string();
    assert_eq!(read(&["--config", &file, "--client-allowed-name", "x"]).unwrap().client_allowed_name, ["x"]);
}

#[test]
fn a_file_that_says_what_no_flag_says_is_refused() {
    let folder = Folder::new();
    for (text, part) in [
        ("max-in-fligth: 7", "--max-in-fligth"),
        ("listen: nowhere", "nowhere"),
        ("config: other.yaml", "a file names no other"),
        ("listen: {a: b}", "neither a scalar"),
        ("- listen", "not a mapping"),
        ("listen: [", "line"),
    ] {
        let file = folder.put("webhook.yaml", text).display().to_string();
        let why = read(&["--config", &file]).unwrap_err();
        assert!(why.contains(part), "{text}: {why}");
    }
    assert!(read(&["--config", "/nowhere/at/all"]).is_err());
}

#[test]
fn lengths_of_time_have_a_unit() {
    for (text, length) in [("250ms", 250), ("3s", 3000), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0)] {
        assert_eq!(read(&["--cache-ttl", text]).unwrap().cache_ttl, Duration::from_millis(length));
    }
    for text in ["", "s", "10", "10 s", "-1s", "1.5s", "1d", "99999999h", "99999999999999999999s"] {
        assert!(read(&[&format!("--cache-ttl={text}")]).is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_does_not_go_together_is_said_at_the_start() {
    let bench = Bench::new();
    let start = async |more: &[&str]| bench.try_start(more).await.err().map(|why| why.to_string()).unwrap_or_default();
    let keys = bench.folder.put("broken.pem", "no key").display().to_string();
    let issuer = "--service-account-issuer";
    assert!(start(&["--service-account-key-file", &keys]).await.contains("want --service-account-issuer"));
    assert!(start(&[issuer, "x", "--service-account-key-file", &keys]).await.contains("keys of service accounts"));
    assert!(start(&["--client-allowed-name", "x"]).await.contains("wants --client-ca-file"));
    let both = ["--service-account-keys-in-cluster", "--service-account-key-file", &keys];
    assert!(start(&both).await.contains("exclude each other"));
    // As in kube-apiserver, no issuer of the configuration may be one of service accounts.
    assert!(start(&[issuer, bench.issuer.url()]).await.contains("issuer"));
    assert!(start(&["--listen", "192.0.2.1:1"]).await.contains("cannot listen on 192.0.2.1:1"));
    assert!(start(&["--audit-fingerprint-key-file", &keys]).await.contains("32 hexadecimal digits"));
    // A yes would be one for any audience.
    for audiences in [vec![], vec![String::new()]] {
        let args = Args { api_audiences: audiences, ..bench.args(&[]) };
        let why = bench.try_start_with(&args).await.err().map(|why| why.to_string()).unwrap_or_default();
        assert!(why.contains("--api-audiences or --service-account-issuer"), "{why}");
    }
    let args = Args { api_audiences: vec![], ..bench.args(&[issuer, "https://cluster"]) };
    let running = bench.try_start_with(&args).await.unwrap();
    running.ready().await;
    let client = running.client().await;
    let no = client.ask(&question("v1", &bench.token("jane"), &["vault"])).await.verdict();
    assert_eq!(no, json!({"user": {}, "error": "audience"}));
    bench.folder.put("authentication.yaml", "jwt: [");
    assert!(!start(&[]).await.is_empty());
    let none = Args::read(["webhook", "--tls-cert-file", "x"]).unwrap();
    assert!(none.authentication_config.is_none());
    assert!(matches!(bench.try_start(&["--tls-cert-file", "/nowhere"]).await, Err(StartError::Tls(_))));
}

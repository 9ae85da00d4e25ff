//! The world of a test: an issuer, certificates, a clock that is moved by hand, and a client.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

pub mod client;
pub mod hand;
pub mod log;
pub mod pki;

use claimant::config::{Issuer as ConfigIssuer, IssuerKeys};
use claimant::jwks::KeyPolicy;
use claimant::jwks::source::Remote;
use claimant::jwks::source::remote::ReqwestClient;
use claimant::k8s::Keys;
use claimant_testkit::Issuer;
use client::{Answer, Client};
use hand::Hand;
use metrics::LocalRecorderGuard;
use metrics_exporter_prometheus::PrometheusHandle;
use pki::Pki;
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use token_review_webhook::{Args, Clock, StartError, Webhook, World, recorder};

pub const AUDIENCE: &str = "https://kubernetes.default.svc";

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("token-review-webhook-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Puts a file there at once, as a rename does.
    pub fn put(&self, name: &str, text: &str) -> PathBuf {
        let (path, half) = (self.0.join(name), self.0.join(format!(".{name}")));
        std::fs::write(&half, text).unwrap();
        std::fs::rename(half, &path).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Keys by discovery over real TLS, refreshed by the clock of the test.
pub struct HandKeys(pub Hand);

impl IssuerKeys for HandKeys {
    fn keys(&self, issuer: &ConfigIssuer) -> Result<Keys, Box<dyn Error + Send + Sync>> {
        let client = ReqwestClient::builder().ca_pem(issuer.certificate_authority.clone()).build()?;
        let remote = Remote::discover(issuer.url.clone()).build(client)?;
        // A fetch takes real time, of which the clock of the test knows nothing.
        let policy = KeyPolicy { fetch_timeout: Duration::from_secs(3600), ..KeyPolicy::default() };
        let (keys, driver) = Keys::new(remote, policy, self.0.clone())?;
        tokio::spawn(driver.run());
        Ok(keys)
    }
}

/// All that a test of the program needs.
pub struct Bench {
    pub folder: Folder,
    pub issuer: Issuer,
    pub pki: Pki,
    pub clock: Hand,
    metrics: PrometheusHandle,
    /// The numbers of a test are those of its thread.
    _recorder: LocalRecorderGuard<'static>,
}

impl Bench {
    pub fn new() -> Self {
        log::keep();
        let (folder, issuer, pki) = (Folder::new(), Issuer::start().unwrap(), Pki::new());
        let (recorder, metrics) = recorder().unwrap();
        let _recorder = ::metrics::set_default_local_recorder(Box::leak(Box::new(recorder)));
        let bench = Self { folder, issuer, pki, clock: Hand::default(), metrics, _recorder };
        bench.configure(&[&bench.issuer]);
        let (certificate, key) = bench.pki.server();
        bench.folder.put("tls.crt", &certificate);
        bench.folder.put("tls.key", &key);
        bench
    }

    /// An AuthenticationConfiguration of these issuers, with the audience of the API server.
    pub fn configure(&self, issuers: &[&Issuer]) {
        let jwt: Vec<Value> = issuers.iter().map(|issuer| jwt(issuer)).collect();
        let config =
            json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": jwt});
        self.folder.put("authentication.yaml", &config.to_string());
    }

    /// The flags of most tests, and these.
    pub fn args(&self, more: &[&str]) -> Args {
        let path = |name| self.folder.path(name);
        let (config, certificate, key) = (path("authentication.yaml"), path("tls.crt"), path("tls.key"));
        let own = [
            "webhook",
            "--authentication-config",
            &config,
            "--tls-cert-file",
            &certificate,
            "--tls-private-key-file",
            &key,
            "--listen",
            "127.0.0.1:0",
            "--ops-listen",
            "127.0.0.1:0",
            "--api-audiences",
            AUDIENCE,
        ];
        Args::read(own.iter().chain(more)).unwrap()
    }

    pub async fn start(&self, more: &[&str]) -> Running<'_> {
        self.try_start(more).await.unwrap()
    }

    pub async fn try_start(&self, more: &[&str]) -> Result<Running<'_>, StartError> {
        self.try_start_with(&self.args(more)).await
    }

    pub async fn try_start_with(&self, args: &Args) -> Result<Running<'_>, StartError> {
        let issuer_now = self.issuer.now();
        let world = World {
            keys: Box::new(HandKeys(self.clock.clone())),
            clock: Clock::new(self.clock.clone()),
            now: Arc::new(move || issuer_now),
            metrics: self.metrics.clone(),
        };
        Ok(Running { webhook: Webhook::start(args, world).await?, bench: self })
    }

    /// The ID token of a person, for the API server.
    pub fn token(&self, name: &str) -> String {
        self.issuer.id_token(name, &["dev"], &self.issuer.options(AUDIENCE)).unwrap()
    }
}

fn jwt(issuer: &Issuer) -> Value {
    json!({
        "issuer": {"url": issuer.url(), "audiences": [AUDIENCE], "certificateAuthority": issuer.ca_pem()},
        "claimMappings": {
            "username": {"claim": "sub", "prefix": "oidc:"},
            "groups": {"claim": "groups", "prefix": "oidc:"},
        },
    })
}

/// A webhook of a test.
pub struct Running<'a> {
    pub webhook: Webhook,
    pub bench: &'a Bench,
}

impl Running<'_> {
    /// A new connection, by HTTP/2.
    pub async fn client(&self) -> Client {
        Client::connect(self.webhook.address(), &self.bench.pki, None).await.unwrap()
    }

    /// Waits until `/readyz` says yes.
    pub async fn ready(&self) {
        self.until("/readyz", |answer| answer.status == 200).await;
    }

    /// Asks the port of probes again and again.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        for _ in 0..20_000 {
            let answer = self.ops(path).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
        panic!("{path} never said what was wanted; at last {:?}", self.ops(path).await);
    }

    pub async fn ops(&self, path: &str) -> Answer {
        Client::plain(self.webhook.ops_address()).await.get(path).await
    }

    /// The value of a number with these labels, 0 where there is none.
    pub async fn number(&self, start: &str) -> f64 {
        let text = self.ops("/metrics").await.text;
        let line = text.lines().find(|line| line.starts_with(start));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
    }
}

/// A question as kube-apiserver writes it.
pub fn question(version: &str, token: &str, audiences: &[&str]) -> Value {
    let mut spec = json!({"token": token});
    if !audiences.is_empty() {
        spec["audiences"] = json!(audiences);
    }
    json!({
        "kind": "TokenReview", "apiVersion": format!("authentication.k8s.io/{version}"),
        "metadata": {}, "spec": spec, "status": {"user": {}},
    })
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

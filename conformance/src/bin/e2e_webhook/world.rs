//! Two issuers, the files for the API server, and the webhook.

use crate::api::{Outcome, env};
use crate::until;
use claimant_testkit::Issuer;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Of the tokens of people whom the API server knows by its own configuration.
pub const STAFF: &str = "staff-cluster";
/// Of those whom it knows by the webhook alone.
pub const GUESTS: &str = "guest-cluster";
/// Of a service beside the cluster, to which pods bring tokens.
pub const API: &str = "my-api";

pub struct World {
    pub staff: Issuer,
    pub guests: Issuer,
    pub webhook_url: String,
    ops: String,
    folder: PathBuf,
    webhook: Child,
}

impl World {
    pub fn make() -> Outcome<Self> {
        let folder = PathBuf::from(env("E2E_DIR")?);
        let (staff, guests) = (Issuer::start()?, Issuer::start()?);
        let file = |name: &str| folder.join(name);
        replace(&file("authn.yaml"), &staff_config(&staff, "staff:"))?;
        replace(&file("guests.yaml"), &guest_config(&guests, "guests:"))?;
        let (ca, port, ops) = (env("E2E_CA")?, free_port()?, free_port()?);
        let webhook_url = format!("https://127.0.0.1:{port}");
        replace(
            &file("webhook.kubeconfig"),
            &json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "webhook",
                "clusters": [{"name": "webhook", "cluster": {"server": webhook_url, "certificate-authority": ca}}],
                "users": [{"name": "webhook", "user": {}}],
                "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "webhook"}}],
            }),
        )?;
        replace(
            &file("audit-policy.yaml"),
            &json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}),
        )?;
        let log = std::fs::File::create(file("webhook.log"))?;
        let webhook = Command::new(env("E2E_WEBHOOK")?)
            .args(["--listen", &format!("127.0.0.1:{port}"), "--ops-listen", &format!("127.0.0.1:{ops}")])
            .args(["--reload-interval", "500ms", "--cache-ttl", "1s", "--drain-delay", "0s"])
            .args(["--service-account-issuer", &env("E2E_ISSUER")?, "--service-account-key-file", &env("E2E_KEYS")?])
            .args(["--api-audiences", &format!("{},{API}", env("E2E_ISSUER")?)])
            .arg("--authentication-config")
            .arg(file("guests.yaml"))
            .arg("--tls-cert-file")
            .arg(ca)
            .arg("--tls-private-key-file")
            .arg(file("tls.key"))
            .arg("--audit-log-path")
            .arg(file("webhook-audit.jsonl"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()?;
        // For the script, where this process is ended before its time.
        std::fs::write(file("webhook.pid"), webhook.id().to_string())?;
        Ok(Self { staff, guests, webhook_url, ops: format!("127.0.0.1:{ops}"), folder, webhook })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The configuration of the API server and of ours, with this before the names of users.
    pub fn configure_staff(&self, prefix: &str) -> Outcome<()> {
        replace(&self.file("authn.yaml"), &staff_config(&self.staff, prefix))
    }

    /// That of the webhook.
    pub fn configure_guests(&self, prefix: &str) -> Outcome<()> {
        replace(&self.file("guests.yaml"), &guest_config(&self.guests, prefix))
    }

    pub async fn webhook_is_ready(&self) -> Outcome<()> {
        let (_, took) = until("the webhook", Duration::from_secs(60), async || self.readyz().ok()).await?;
        println!("e2e: the webhook is ready after {took:.1?}");
        Ok(())
    }

    fn readyz(&self) -> Outcome<()> {
        let mut stream = TcpStream::connect(&self.ops)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.webhook.kill());
        drop(self.webhook.wait());
        // The number may be another's from now on.
        drop(std::fs::remove_file(self.file("webhook.pid")));
    }
}

/// Two claim rules, all mappings by CEL, a rule on the user.
fn staff_config(issuer: &Issuer, prefix: &str) -> Value {
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": issuer.url(), "audiences": [STAFF, "both"], "audienceMatchPolicy": "MatchAny",
                "certificateAuthority": issuer.ca_pem()},
            "claimValidationRules": [
                {"expression": "claims.exp - claims.iat <= 7200", "message": "good for too long"},
                {"claim": "team", "requiredValue": "a"},
            ],
            "claimMappings": {
                "username": {"expression": format!("'{prefix}' + claims.sub")},
                "groups": {"expression": format!("dyn(claims.?groups.orValue([])).map(g, '{prefix}' + g)")},
                "uid": {"expression": "claims.?uid.orValue('')"},
                "extra": [{"key": "example.com/team", "valueExpression": "claims.team"}],
            },
            "userValidationRules": [
                {"expression": "!user.username.endsWith(':root')", "message": "nobody's name is root"},
                {"expression": "user.groups.all(g, !g.startsWith('system:'))"},
            ],
        }],
    })
}

fn guest_config(issuer: &Issuer, prefix: &str) -> Value {
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": issuer.url(), "audiences": [GUESTS], "certificateAuthority": issuer.ca_pem()},
            "claimMappings": {
                "username": {"claim": "sub", "prefix": prefix},
                "groups": {"claim": "groups", "prefix": prefix},
            },
        }],
    })
}

/// Whole or not at all, as a mounted ConfigMap changes.
fn replace(path: &std::path::Path, value: &Value) -> Outcome<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, serde_json::to_vec_pretty(value)?)?;
    Ok(std::fs::rename(part, path)?)
}

/// A port that was free a moment ago.
fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

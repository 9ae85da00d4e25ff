//! The life of one token, from the API server's audit log and the webhook's.

use crate::api::{Outcome, client, env, now};
use crate::cluster::Cluster;
use crate::until;
use crate::world::{API, World};
use claimant_k8s::authenticate_async;
use claimant_k8s::token_review::{KubeTransport, TokenReviewer};
use std::process::Command;
use std::time::Duration;

const EVENTS: [&str; 3] = ["\"issued\"", "\"request\"", "\"verdict\""];

pub async fn show(world: &World, cluster: &Cluster) -> Outcome<()> {
    let token = cluster.token(&[&env("E2E_ISSUER")?, API]).await?;
    cluster.who(&token).await?.ok_or("the API server refuses its own token")?;
    let webhook = TokenReviewer::new(KubeTransport::new(client(&world.webhook_url, None)?), [API])?;
    let who = authenticate_async(&webhook, &token, now()).await?;
    let credential = who.user.extra.get("authentication.kubernetes.io/credential-id").and_then(|ids| ids.first());
    let credential = credential.ok_or("the webhook names no credential")?;

    let join = |json: bool| -> Outcome<String> {
        let mut program = Command::new(env("E2E_LIFE")?);
        program.args(json.then_some("--json")).args(["--credential", credential]);
        program.arg("--api-server").arg(world.file("audit.log"));
        let output = program.arg("--ours").arg(world.file("webhook-audit.jsonl")).output()?;
        Ok(String::from_utf8(output.stdout)?)
    };
    // Both logs are written a moment after the answer.
    let whole = async || join(true).ok().filter(|text| EVENTS.iter().all(|event| text.contains(event)));
    until("the token's whole life", Duration::from_secs(30), whole).await?;
    println!("\ne2e: the life of a token, by both audit logs\n{}", join(false)?);
    Ok(())
}

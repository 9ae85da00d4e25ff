//! Tokens of a real API server, judged by it and by us, before and after their objects go. Started by `e2e/run.sh`.

// Indexing a JSON value never panics: what is absent reads as null.
#![allow(clippy::indexing_slicing)]

#[path = "../../api.rs"]
mod api;
mod bound;
mod cluster;
mod legacy;
mod mint;
mod record;

use api::{Outcome, client, create, env};
use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::service_account::{Scope, ServiceAccounts, WatchPolicy, WatchedObjects};
use claimant_k8s::token_review::{KubeTransport, TokenReviewer};
use claimant_k8s::watch::Monotonic;
use cluster::{Cluster, ISSUER, SPACE, WithSecrets};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use mint::Mint;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let client = client(&env("E2E_URL")?, Some(&env("E2E_TOKEN")?))?;
    let mint = Mint::new(&std::fs::read_to_string(env("E2E_SIGNING_KEY")?)?)?;
    let keys = KeySet::from_pem(&std::fs::read_to_string(env("E2E_KEYS")?)?, &provider::Default, &Limits::default())?;
    let objects = Arc::new(WatchedObjects::new(Scope::everything(), WatchPolicy::default(), Monotonic::default()));
    let lookup = WithSecrets { watched: Arc::clone(&objects), client: client.clone() };
    let ours = ServiceAccounts::new([ISSUER], keys, [ISSUER])
        .with_objects(lookup)
        .with_legacy_tokens("the API server beside us takes them");
    let theirs = TokenReviewer::new(KubeTransport::new(client.clone()), [ISSUER])?;
    let cluster = Cluster { client: client.clone(), ours, theirs, objects };
    tokio::select! {
        () = Arc::clone(&cluster.objects).watch(client) => Err("the watch ended".into()),
        outcome = show(&cluster, &mint) => outcome,
    }
}

async fn show(cluster: &Cluster, mint: &Mint) -> Outcome<()> {
    create::<Namespace>(&Api::all(cluster.client.clone()), json!({"metadata": {"name": SPACE}})).await?;
    while !cluster.objects.is_fresh() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("e2e: four watches have told everything, {} objects", cluster.objects.len());
    if let Some(folder) = std::env::args_os().nth(1) {
        return cluster.record(mint, Path::new(&folder)).await;
    }
    cluster.each_kind().await?;
    cluster.legacy(mint).await?;
    cluster.stale().await?;
    cluster.times().await
}

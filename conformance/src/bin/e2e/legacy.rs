//! Legacy tokens, those of secrets: before and after what they hang on goes or is marked.

use crate::api::{Outcome, create, now};
use crate::cluster::{Cluster, INVALID_SINCE, ISSUER, SPACE, word};
use crate::mint::{Account, Mint};
use base64ct::{Base64, Encoding};
use claimant_k8s::authenticate_async;
use claimant_k8s::service_account::ServiceAccounts;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::Resource;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use std::sync::Arc;

impl Cluster {
    /// The token controller does not run beside a bare API server: accounts, secrets and tokens are made here.
    pub(crate) async fn legacy(&self, mint: &Mint) -> Outcome<()> {
        println!("\n| legacy token | before: ours, TokenReview | after: ours, TokenReview |\n|---|---|---|");
        let (accounts, secrets) = (self.in_space::<ServiceAccount>(), self.in_space::<Secret>());
        let now_gone = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        for what in ["secret deleted", "secret marked invalid", "secret holds another", "account deleted"] {
            let name = format!("legacy-{}", what.replace(' ', "-"));
            let account: ServiceAccount = create(&accounts, json!({"metadata": {"name": name}})).await?;
            let uid = account.meta().uid.clone().unwrap_or_default();
            let like = self.token(&name, "ServiceAccount", None).await?;
            let token = mint.legacy(&like, &Account { namespace: SPACE, name: &name, uid: &uid }, &name)?;
            create(&secrets, secret(&name, &name, &token)).await?;
            let before = self.agree(&token, true).await?;
            let patch = async |change: Value| {
                secrets.patch(&name, &PatchParams::default(), &Patch::Merge(change)).await.map(drop)
            };
            match what {
                "secret deleted" => drop(secrets.delete(&name, &now_gone).await?),
                "secret marked invalid" => {
                    patch(json!({"metadata": {"labels": {INVALID_SINCE: "2026-01-01"}}})).await?
                }
                "secret holds another" => {
                    patch(json!({"data": {"token": Base64::encode_string(like.as_bytes())}})).await?
                }
                _ => drop(accounts.delete(&name, &now_gone).await?),
            }
            let after = self.agree(&token, false).await?;
            println!("| {what} | {before} | {after} |");
        }
        self.legacy_by_watch_alone(mint).await
    }

    /// Watches do not tell what a secret holds: without anybody to ask, nobody can tell, but for what is gone.
    async fn legacy_by_watch_alone(&self, mint: &Mint) -> Outcome<()> {
        let (accounts, secrets) = (self.in_space::<ServiceAccount>(), self.in_space::<Secret>());
        let account: ServiceAccount = create(&accounts, json!({"metadata": {"name": "alone"}})).await?;
        let uid = account.meta().uid.clone().unwrap_or_default();
        let like = self.token("alone", "ServiceAccount", None).await?;
        let token = mint.legacy(&like, &Account { namespace: SPACE, name: "alone", uid: &uid }, "alone")?;
        create(&secrets, secret("alone", "alone", &token)).await?;
        let off = ServiceAccounts::new([ISSUER], self.keys()?, [ISSUER]).with_objects(Arc::clone(&self.objects));
        let alone = ServiceAccounts::new([ISSUER], self.keys()?, [ISSUER])
            .with_objects(Arc::clone(&self.objects))
            .with_legacy_tokens("to see what watches alone tell");
        self.agree(&token, true).await?;
        let unasked = word(&authenticate_async(&off, &token, now()).await);
        let alive = word(&authenticate_async(&alone, &token, now()).await);
        secrets.delete("alone", &DeleteParams::default()).await?;
        self.agree(&token, false).await?;
        let gone = word(&authenticate_async(&alone, &token, now()).await);
        println!("\ne2e: a legacy token where none are taken: {unasked}; by watches alone: {alive}, then {gone}");
        match [unasked.as_str(), alive.as_str(), gone.as_str()] {
            ["unrecognized", "unavailable_objects", "object_missing"] => Ok(()),
            _ => Err("legacy tokens are judged otherwise".into()),
        }
    }
}

/// With its token in it.
pub(crate) fn secret(name: &str, account: &str, token: &str) -> Value {
    json!({"metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": account}},
        "type": "kubernetes.io/service-account-token", "data": {"token": Base64::encode_string(token.as_bytes())}})
}

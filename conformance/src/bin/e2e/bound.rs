//! Bound tokens: each kind of object before and after it goes, and how long a refusal takes.

use crate::api::{Outcome, create, now};
use crate::cluster::{Cluster, ISSUER, pod, word};
use claimant_k8s::service_account::{Fallback, Scope, ServiceAccounts, WatchPolicy, WatchedObjects};
use claimant_k8s::token_review::{KubeTransport, TokenReviewer};
use claimant_k8s::watch::Monotonic;
use claimant_k8s::{Authenticator, Error, authenticate_async};
use futures_util::future::join_all;
use k8s_openapi::api::core::v1::{Node, Pod, Secret, ServiceAccount};
use kube::api::{Api, DeleteParams};
use kube::{Resource, ResourceExt};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pods that are made and deleted to see how long a refusal takes.
const ROUNDS: usize = 13;
const AT_ONCE: usize = 8;

impl Cluster {
    /// One token bound to each kind of object: before, and after that is deleted and made anew.
    pub(crate) async fn each_kind(&self) -> Outcome<()> {
        println!("\n| token | before: ours, TokenReview | deleted | made anew |\n|---|---|---|---|");
        let (pods, secrets) = (self.in_space::<Pod>(), self.in_space::<Secret>());
        let (nodes, accounts) = (Api::<Node>::all(self.client.clone()), self.in_space::<ServiceAccount>());
        for kind in ["ServiceAccount", "Pod", "Secret", "Node"] {
            let account =
                create(&accounts, json!({"metadata": {"name": format!("for-{}", kind.to_lowercase())}})).await?;
            let name = account.name_any();
            let thing = json!({"metadata": {"name": "thing"}});
            let token = match kind {
                "Pod" => {
                    self.token(&name, kind, Some(create(&pods, pod("thing", &name)).await?.meta().uid.clone())).await?
                }
                "Secret" => {
                    self.token(&name, kind, Some(create(&secrets, thing.clone()).await?.meta().uid.clone())).await?
                }
                "Node" => {
                    self.token(&name, kind, Some(create(&nodes, thing.clone()).await?.meta().uid.clone())).await?
                }
                _ => self.token(&name, kind, None).await?,
            };
            let before = self.agree(&token, true).await?;
            let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
            match kind {
                "Pod" => drop(pods.delete("thing", &now).await?),
                "Secret" => drop(secrets.delete("thing", &now).await?),
                "Node" => drop(nodes.delete("thing", &now).await?),
                _ => drop(accounts.delete(&name, &now).await?),
            }
            let deleted = self.agree(&token, false).await?;
            match kind {
                "Pod" => drop(create(&pods, pod("thing", &name)).await?),
                "Secret" => drop(create(&secrets, thing).await?),
                "Node" => drop(create(&nodes, thing).await?),
                _ => drop(create(&accounts, json!({"metadata": {"name": name}})).await?),
            }
            // Until the watch tells of the new one; the verdict must be the same before and after.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let anew = self.agree(&token, false).await?;
            println!("| {kind} | {before} | {deleted} | {anew} |");
        }
        Ok(())
    }

    /// A watch that is too old is no verdict, and the fallback asks.
    pub(crate) async fn stale(&self) -> Outcome<()> {
        let accounts = self.in_space::<ServiceAccount>();
        create(&accounts, json!({"metadata": {"name": "stale"}})).await?;
        let token = self.token("stale", "ServiceAccount", None).await?;
        let never = Arc::new(WatchedObjects::new(Scope::everything(), WatchPolicy::default(), Monotonic::default()));
        let alone = ServiceAccounts::new([ISSUER], self.keys()?, [ISSUER]).with_objects(Arc::clone(&never));
        let without = word(&alone.authenticate(&token, now()));
        let reviewer = TokenReviewer::new(KubeTransport::new(self.client.clone()), [ISSUER])?;
        let with = word(&authenticate_async(&Fallback::new(alone, reviewer), &token, now()).await);
        println!("\ne2e: without a watch: {without}; with a fallback: {with}");
        if (without.as_str(), with.as_str()) != ("unavailable_objects", "ok") {
            return Err("a stale watch must be unavailable, or fall back".into());
        }
        Ok(())
    }

    /// From the API server's word that a pod is gone to the first refusal of its token, by each.
    pub(crate) async fn times(&self) -> Outcome<()> {
        create(&self.in_space::<ServiceAccount>(), json!({"metadata": {"name": "times"}})).await?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // The API server remembers a good token for 10 s: one after another would take long.
            for times in join_all((0..AT_ONCE).map(|n| self.one(format!("pod-{round}-{n}")))).await {
                let (we, they) = times?;
                ours.push(we);
                theirs.push(they);
            }
        }
        println!("\n| time to refusal, {} pods | p50 | p99 |\n|---|---:|---:|", ours.len());
        for (who, times) in [("ours, by the watch", &mut ours), ("TokenReview", &mut theirs)] {
            times.sort_unstable();
            let at = |hundredth: usize| times.get((times.len() * hundredth / 100).min(times.len() - 1)).copied();
            println!("| {who} | {:.1?} | {:.1?} |", at(50).unwrap_or_default(), at(99).unwrap_or_default());
        }
        Ok(())
    }

    async fn one(&self, name: String) -> Outcome<(Duration, Duration)> {
        let pods = self.in_space::<Pod>();
        let uid = create(&pods, pod(&name, "times")).await?.meta().uid.clone();
        let token = self.bound("times", "Pod", &name, uid).await?;
        self.agree(&token, true).await?;
        pods.delete(&name, &DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() }).await?;
        let gone = Instant::now();
        let ours = async {
            while !matches!(self.ours.authenticate(&token, now()), Err(Error::Refused(_))) {
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
            gone.elapsed()
        };
        let theirs = async {
            while !matches!(self.review(&token).await, Err(Error::Refused(_))) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            gone.elapsed()
        };
        let both = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(ours, theirs) });
        Ok(both.await.map_err(|_| "a token of a deleted pod was not refused within a minute")?)
    }
}

//! Tokens of a real API server, judged by it and by us, before and after their objects go. Started by `e2e/run.sh`.

use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::service_account::{Fallback, Scope, ServiceAccounts, WatchPolicy, WatchedObjects};
use claimant_k8s::token_review::{KubeTransport, TokenReviewer};
use claimant_k8s::watch::Monotonic;
use claimant_k8s::{Authenticated, Authenticator, Error, authenticate_async};
use futures_util::future::join_all;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Secret, ServiceAccount};
use kube::api::{Api, DeleteParams, PostParams};
use kube::{Client, Config, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome<T> = Result<T, Box<dyn StdError>>;

const ISSUER: &str = "https://kubernetes.default.svc";
const SPACE: &str = "e2e";
/// Pods that are made and deleted to see how long a refusal takes.
const ROUNDS: usize = 5;
const AT_ONCE: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let env = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set: start e2e/run.sh"));
    let mut config = Config::new(env("E2E_URL")?.parse()?);
    config.root_cert = Some(certificates(&std::fs::read_to_string(env("E2E_CA")?)?)?);
    config.auth_info.token = Some(env("E2E_TOKEN")?.into());
    let client = Client::try_from(config)?;
    let keys = KeySet::from_pem(&std::fs::read_to_string(env("E2E_KEYS")?)?, &provider::Default, &Limits::default())?;
    let objects = Arc::new(WatchedObjects::new(Scope::everything(), WatchPolicy::default(), Monotonic::default()));
    let ours = ServiceAccounts::new([ISSUER], keys, [ISSUER]).with_objects(Arc::clone(&objects));
    let theirs = TokenReviewer::new(KubeTransport::new(client.clone()), [ISSUER])?;
    let cluster = Cluster { client: client.clone(), ours, theirs, objects };
    tokio::select! {
        () = Arc::clone(&cluster.objects).watch(client) => Err("the watch ended".into()),
        outcome = cluster.show() => outcome,
    }
}

struct Cluster {
    client: Client,
    ours: ServiceAccounts,
    theirs: TokenReviewer<KubeTransport>,
    objects: Arc<WatchedObjects>,
}

impl Cluster {
    async fn show(&self) -> Outcome<()> {
        create::<Namespace>(&Api::all(self.client.clone()), json!({"metadata": {"name": SPACE}})).await?;
        while !self.objects.is_fresh() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("e2e: four watches have told everything, {} objects", self.objects.len());
        self.each_kind().await?;
        self.stale().await?;
        self.times().await
    }

    /// One token bound to each kind of object: before, and after that is deleted and made anew.
    async fn each_kind(&self) -> Outcome<()> {
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

    /// Both, until they say what they must, and the same user.
    async fn agree(&self, token: &str, good: bool) -> Outcome<String> {
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let (ours, theirs) = (self.ours.authenticate(token, now()), self.review(token).await);
            if ours.is_ok() == good && theirs.is_ok() == good {
                if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
                    same_user(ours, theirs)?;
                }
                return Ok(format!("{}, {}", word(&ours), word(&theirs)));
            }
            if Instant::now() > limit {
                return Err(format!("ours says {}, TokenReview {}, expected {good}", word(&ours), word(&theirs)).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A watch that is too old is no verdict, and the fallback asks.
    async fn stale(&self) -> Outcome<()> {
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
    async fn times(&self) -> Outcome<()> {
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

    fn keys(&self) -> Outcome<KeySet> {
        let text = std::fs::read_to_string(std::env::var("E2E_KEYS")?)?;
        Ok(KeySet::from_pem(&text, &provider::Default, &Limits::default())?)
    }

    fn in_space<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), SPACE)
    }

    async fn token(&self, account: &str, kind: &str, uid: Option<Option<String>>) -> Outcome<String> {
        match uid {
            Some(uid) => self.bound(account, kind, "thing", uid).await,
            None => self.request(account, None).await,
        }
    }

    async fn bound(&self, account: &str, kind: &str, name: &str, uid: Option<String>) -> Outcome<String> {
        let reference = BoundObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some(kind.to_owned()),
            name: Some(name.to_owned()),
            uid,
        };
        self.request(account, Some(reference)).await
    }

    async fn request(&self, account: &str, bound_object_ref: Option<BoundObjectReference>) -> Outcome<String> {
        let spec =
            TokenRequestSpec { audiences: Some(vec![ISSUER.to_owned()]), bound_object_ref, ..Default::default() };
        let question = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let accounts = self.in_space::<ServiceAccount>();
        let answer = accounts.create_token_request(account, &PostParams::default(), &question).await?;
        Ok(answer.status.and_then(|status| status.token).ok_or("no token")?)
    }

    async fn review(&self, token: &str) -> Result<Authenticated, Error> {
        authenticate_async(&self.theirs, token, now()).await
    }
}

fn pod(name: &str, account: &str) -> serde_json::Value {
    json!({"metadata": {"name": name}, "spec": {"serviceAccountName": account, "nodeName": "nowhere",
        "containers": [{"name": "c", "image": "none"}]}})
}

async fn create<K>(api: &Api<K>, object: serde_json::Value) -> Outcome<K>
where
    K: Resource + DeserializeOwned + serde::Serialize + Clone + Debug,
{
    Ok(api.create(&PostParams::default(), &serde_json::from_value(object)?).await?)
}

/// TokenReview adds the group of everybody who is authenticated.
fn same_user(ours: &Authenticated, theirs: &Authenticated) -> Outcome<()> {
    let mut theirs = theirs.user.clone();
    theirs.groups.retain(|group| group != "system:authenticated");
    if ours.user == theirs { Ok(()) } else { Err(format!("another user: {:?}, {theirs:?}", ours.user).into()) }
}

fn word(outcome: &Result<Authenticated, Error>) -> String {
    outcome.as_ref().map_or_else(|why| why.reason().to_owned(), |_| "ok".to_owned())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn certificates(pem: &str) -> Outcome<Vec<Vec<u8>>> {
    use base64ct::{Base64, Encoding};
    let body = |block: &str| -> String {
        block.split("-----END").next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect()
    };
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    blocks.map(|block| Base64::decode_vec(&body(block)).map_err(|error| error.to_string().into())).collect()
}

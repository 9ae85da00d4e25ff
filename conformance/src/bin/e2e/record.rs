//! Writes what the API server says, so that it can be replayed without one: tokens, keys, objects, its TokenReview
//! statuses, and when it said so. The format is that of `corpus/real.json`; see `corpus/real/README.md`.

use crate::api::{Outcome, create, now};
use crate::cluster::{Cluster, INVALID_SINCE, ISSUER};
use crate::legacy::secret;
use crate::mint::{Account, Mint};
use claimant_core::{Bearer, Buffer, Limits};
use claimant_k8s::{Authenticated, Error};
use k8s_openapi::api::authentication::v1::{
    BoundObjectReference, TokenRequest, TokenRequestSpec, TokenReview, TokenReviewSpec,
};
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Secret, ServiceAccount};
use kube::Resource;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

const SPACE: &str = "team-a";
const OTHER: &str = "https://api.example";
/// Keeps what is deleted, with its deletion timestamp.
const HOLD: &str = "e2e.claimant/hold";
/// The API server remembers a good token for ten seconds.
const REMEMBERED: Duration = Duration::from_secs(14);
/// From a deletion to well beyond the minute for which bound tokens outlive it.
const BEYOND_LEEWAY: Duration = Duration::from_secs(95);

/// Whose tokens go, in the order in which they are deleted: kind, name.
const DOOMED: [(&str, &str); 6] = [
    ("pods", "on-node"),
    ("pods", "nowhere"),
    ("secrets", "bound"),
    ("secrets", "old"),
    ("nodes", "node-1"),
    ("serviceaccounts", "doomed"),
];

impl Cluster {
    /// Alive, being deleted, a minute after that, gone, made anew: a file each.
    pub(crate) async fn record(&self, mint: &Mint, folder: &Path) -> Outcome<()> {
        std::fs::create_dir_all(folder)?;
        create::<Namespace>(&Api::all(self.client.clone()), json!({"metadata": {"name": SPACE}})).await?;
        self.make(true).await?;
        let tokens = self.tokens(mint).await?;
        let (each, none) = ([vec![], vec![ISSUER], vec![OTHER], vec![OTHER, ISSUER]], [vec![]]);
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("\n| recorded | verdicts | good | ours otherwise |\n|---|---:|---:|---:|");
        let mut differ = self.write(folder, "alive", &tokens, &each).await?;

        let doomed: Vec<_> = tokens.into_iter().filter(|(_, _, goes)| *goes).collect();
        let gone = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        for (kind, name) in DOOMED {
            self.delete(kind, name, &gone).await?;
        }
        tokio::time::sleep(REMEMBERED).await;
        differ += self.write(folder, "terminating", &doomed, &none).await?;
        tokio::time::sleep(BEYOND_LEEWAY - REMEMBERED).await;
        differ += self.write(folder, "ended", &doomed, &none).await?;
        for (kind, name) in DOOMED {
            self.let_go(kind, name).await?;
        }
        tokio::time::sleep(REMEMBERED).await;
        differ += self.write(folder, "deleted", &doomed, &none).await?;
        self.make(false).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        differ += self.write(folder, "anew", &doomed, &none).await?;
        if differ > 0 { Err("ours says otherwise".into()) } else { Ok(()) }
    }

    /// What is deleted later; and, the first time, the rest.
    async fn make(&self, first: bool) -> Outcome<()> {
        let client = || self.client.clone();
        let held = |mut object: Value| {
            if first {
                object["metadata"]["finalizers"] = json!([HOLD]);
            }
            object
        };
        let named = |name: &str| json!({"metadata": {"name": name}});
        let pod = |name: &str, node: &str| {
            json!({"metadata": {"name": name}, "spec": {"serviceAccountName": "builder", "nodeName": node,
                "containers": [{"name": "c", "image": "none"}]}})
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(client(), SPACE);
        if first {
            create(&accounts, named("builder")).await?;
        }
        create(&accounts, held(named("doomed"))).await?;
        create::<Node>(&Api::all(client()), held(named("node-1"))).await?;
        let pods: Api<Pod> = Api::namespaced(client(), SPACE);
        create(&pods, held(pod("on-node", "node-1"))).await?;
        create(&pods, held(pod("nowhere", "node-2"))).await?;
        let secrets: Api<Secret> = Api::namespaced(client(), SPACE);
        create(&secrets, held(named("bound"))).await?;
        Ok(())
    }

    /// Name, token, and whether it hangs on what is deleted.
    async fn tokens(&self, mint: &Mint) -> Outcome<Vec<(&'static str, String, bool)>> {
        let uid = |kind| self.uid(kind);
        let pod = |name| async move { Outcome::Ok(("Pod", name, uid(("pods", name)).await?)) };
        let on_node = pod("on-node").await?;
        let nowhere = pod("nowhere").await?;
        let bound = ("Secret", "bound", uid(("secrets", "bound")).await?);
        let node = ("Node", "node-1", uid(("nodes", "node-1")).await?);
        let plain = self.issue("builder", &[], None, None).await?;
        let of_pod = self.issue("builder", &[], Some(&on_node), None).await?;
        let changed = |token: &str, changes: Value| mint.changed(token, &changes);
        let long_ago = now() - 7200;
        let mut all = vec![
            ("both audiences", self.issue("builder", &[ISSUER, OTHER], None, None).await?, false),
            ("another audience", self.issue("builder", &[OTHER], None, None).await?, false),
            ("a day long", self.issue("builder", &[], None, Some(86_400)).await?, false),
            ("of an account that goes", self.issue("doomed", &[], None, None).await?, true),
            ("of a pod without its node", self.issue("builder", &[], Some(&nowhere), None).await?, true),
            ("of a secret", self.issue("builder", &[], Some(&bound), None).await?, true),
            ("of a node", self.issue("builder", &[], Some(&node), None).await?, true),
            ("expired", changed(&plain, json!({"/exp": long_ago + 3600, "/iat": long_ago, "/nbf": long_ago}))?, false),
            ("not yet", changed(&plain, json!({"/nbf": now() + 1800}))?, false),
            ("without audiences", changed(&plain, json!({"/aud": null}))?, false),
            ("without expiry", changed(&plain, json!({"/exp": null}))?, false),
            ("without a jti", changed(&plain, json!({"/jti": null}))?, false),
            ("another subject", changed(&plain, json!({"/sub": "system:serviceaccount:team-a:doomed"}))?, false),
            ("another uid", changed(&plain, json!({"/kubernetes.io/serviceaccount/uid": "u"}))?, false),
            ("a pod of another uid", changed(&of_pod, json!({"/kubernetes.io/pod/uid": "u"}))?, false),
            ("a pod that is not there", changed(&of_pod, json!({"/kubernetes.io/pod/name": "none"}))?, false),
            ("to be renewed", changed(&of_pod, json!({"/kubernetes.io/warnafter": long_ago}))?, true),
            ("of the kubelet's", changed(&plain, json!({"/kubernetes.io": null}))?, false),
        ];
        let (signed, signature) = plain.rsplit_once('.').ok_or("no token")?;
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let other = format!("{signed}.{first}{}", signature.get(1..).unwrap_or_default());
        all.push(("another signature", other, false));
        all.extend(self.legacy_tokens(mint, &plain).await?);
        all.push(("plain", plain, false));
        all.push(("of a pod", of_pod, true));
        Ok(all)
    }

    /// With their secrets, whose controller does not run here.
    async fn legacy_tokens(&self, mint: &Mint, like: &str) -> Outcome<Vec<(&'static str, String, bool)>> {
        let uid = self.uid(("serviceaccounts", "builder")).await?;
        let account = Account { namespace: SPACE, name: "builder", uid: &uid };
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), SPACE);
        let mut all = Vec::new();
        for (what, name, holds, goes) in [
            ("legacy", "old", "itself", true),
            ("legacy, marked invalid", "old-marked", "itself", false),
            ("legacy, of a secret that holds another", "old-other", "another", false),
            ("legacy, of no secret", "old-none", "", false),
        ] {
            let token = mint.legacy(like, &account, name)?;
            let mut object = secret(name, "builder", if holds == "another" { like } else { &token });
            if goes {
                object["metadata"]["finalizers"] = json!([HOLD]);
            }
            if name == "old-marked" {
                object["metadata"]["labels"] = json!({INVALID_SINCE: "2026-01-01"});
            }
            if !holds.is_empty() {
                create(&secrets, object).await?;
            }
            all.push((what, token, goes));
        }
        let of_other = mint.legacy(like, &Account { uid: "u", ..account }, "old")?;
        all.push(("legacy, another uid", of_other, false));
        Ok(all)
    }

    async fn issue(
        &self,
        account: &str,
        audiences: &[&str],
        bound: Option<&(&str, &str, String)>,
        seconds: Option<i64>,
    ) -> Outcome<String> {
        let reference = bound.map(|(kind, name, uid)| BoundObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some((*kind).to_owned()),
            name: Some((*name).to_owned()),
            uid: Some(uid.clone()),
        });
        let audiences = audiences.iter().map(ToString::to_string).collect();
        let spec = TokenRequestSpec {
            audiences: Some(audiences),
            bound_object_ref: reference,
            expiration_seconds: seconds,
            ..Default::default()
        };
        let question = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), SPACE);
        let answer = accounts.create_token_request(account, &PostParams::default(), &question).await?;
        Ok(answer.status.and_then(|status| status.token).ok_or("no token")?)
    }

    /// Every token for every list of audiences, with the keys and objects of now; how often ours says otherwise.
    async fn write(
        &self,
        folder: &Path,
        name: &str,
        tokens: &[(&'static str, String, bool)],
        audiences: &[Vec<&str>],
    ) -> Outcome<usize> {
        let get = async |path: &str| -> Outcome<Value> {
            let question = http::Request::get(path).body(Vec::new())?;
            Ok(serde_json::from_str(&self.client.request_text(question).await?)?)
        };
        let (discovery, jwks) = (get("/.well-known/openid-configuration").await?, get("/openid/v1/jwks").await?);
        let mut file = json!({"format": 1, "source": "kube-apiserver v1.37.2, TokenRequest and TokenReview",
            "legacy": true, "discovery": discovery, "jwks": jwks, "now": now()});
        file["serviceAccounts"] = listed::<ServiceAccount>(&Api::namespaced(self.client.clone(), SPACE)).await?;
        file["pods"] = listed::<Pod>(&Api::namespaced(self.client.clone(), SPACE)).await?;
        file["secrets"] = listed::<Secret>(&Api::namespaced(self.client.clone(), SPACE)).await?;
        file["nodes"] = listed::<Node>(&Api::all(self.client.clone())).await?;
        let (mut cases, mut good, mut differ) = (Vec::new(), 0, 0);
        for (what, token, _) in tokens {
            for asked in audiences {
                let at = now();
                let status = self.status(token, asked).await?;
                let ours = self.judge_for(token, asked, at).await;
                if ours.is_ok() != (status["authenticated"] == true) || matches!(ours, Err(Error::Unavailable(_))) {
                    println!("e2e: {name}: {what} for {asked:?}: ours {ours:?}, TokenReview {status}");
                    differ += 1;
                }
                good += usize::from(ours.is_ok());
                let asked = if asked.is_empty() { Value::Null } else { json!(asked) };
                let named = format!("{what}, audiences {asked}");
                cases.push(json!({"name": named, "token": token, "audiences": asked, "now": at, "status": status}));
            }
        }
        println!("| {name} | {} | {good} | {differ} |", cases.len());
        file["cases"] = Value::Array(cases);
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        std::fs::write(folder.join(format!("{name}.json")), text)?;
        Ok(differ)
    }

    async fn status(&self, token: &str, audiences: &[&str]) -> Outcome<Value> {
        let audiences = audiences.iter().map(ToString::to_string).collect();
        let spec = TokenReviewSpec { token: token.to_owned(), audiences: Some(audiences) };
        let reviews: Api<TokenReview> = Api::all(self.client.clone());
        let answer = reviews.create(&PostParams::default(), &TokenReview { spec, ..TokenReview::default() }).await?;
        Ok(serde_json::to_value(answer.status)?)
    }

    async fn judge_for(&self, token: &str, audiences: &[&str], now: i64) -> Result<Authenticated, Error> {
        let asked = if audiences.is_empty() { &[ISSUER][..] } else { audiences };
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &Limits::default()).map_err(claimant_k8s::Refusal::Token)?;
        self.ours.begin_for(&bearer, &asked, now).finish().await
    }

    fn path((kind, name): (&str, &str)) -> String {
        let within = if kind == "nodes" { String::new() } else { format!("/namespaces/{SPACE}") };
        format!("/api/v1{within}/{kind}/{name}")
    }

    async fn uid(&self, which: (&str, &str)) -> Outcome<String> {
        let question = http::Request::get(Self::path(which)).body(Vec::new())?;
        let object: Value = serde_json::from_str(&self.client.request_text(question).await?)?;
        Ok(object["metadata"]["uid"].as_str().ok_or("no uid")?.to_owned())
    }

    async fn delete(&self, kind: &str, name: &str, how: &DeleteParams) -> Outcome<()> {
        let question = http::Request::delete(Self::path((kind, name)))
            .header("content-type", "application/json")
            .body(serde_json::to_vec(how)?)?;
        self.client.request_text(question).await?;
        Ok(())
    }

    /// Takes the finalizer away from what is being deleted.
    async fn let_go(&self, kind: &str, name: &str) -> Outcome<()> {
        let question = http::Request::patch(Self::path((kind, name)))
            .header("content-type", "application/merge-patch+json")
            .body(br#"{"metadata": {"finalizers": null}}"#.to_vec())?;
        self.client.request_text(question).await?;
        Ok(())
    }
}

/// All of a kind, with what a verdict may hang on.
async fn listed<K>(api: &Api<K>) -> Outcome<Value>
where
    K: Resource + DeserializeOwned + Serialize + Clone + Debug,
{
    let mut all = Vec::new();
    for object in api.list(&ListParams::default()).await? {
        let object = serde_json::to_value(object)?;
        let kept = |from: &Value, names: &[&str]| -> Value {
            let member = |name: &&str| Some(((*name).to_owned(), from.get(*name)?.clone()));
            Value::Object(names.iter().filter_map(member).collect::<Map<_, _>>())
        };
        let mut short = kept(&object, &["kind", "apiVersion", "type", "data"]);
        let names = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "labels", "annotations"];
        short["metadata"] = kept(&object["metadata"], &names);
        if object["spec"].get("serviceAccountName").is_some() {
            short["spec"] = kept(&object["spec"], &["serviceAccountName", "nodeName"]);
        }
        all.push(short);
    }
    Ok(Value::Array(all))
}

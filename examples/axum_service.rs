//! An axum service for people with tokens of a Kubernetes cluster's issuers: it knows who asks, and lets roles as
//! `kubectl apply` takes them say who may. Without arguments it shows itself with an issuer of the test kit.
//!
//! Tokens are secrets: put TLS in front of it, or keep it on loopback.

mod common;

use axum::routing::get;
use axum::{Json, Router};
use claimant::k8s::request::Anonymous;
use claimant::k8s::tower::{AuthnLayer, Counters, Roles};
use claimant::rbac::{Authorizer, Manifests};
use claimant::{Authenticated, UserInfo};
use claimant_testkit::{Issuer, TokenOptions};
use common::Failure;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

const USAGE: &str = "usage: axum-service [--listen ADDRESS] [--observe] [--shadow CONFIGURATION] CONFIGURATION ROLES...

CONFIGURATION is an AuthenticationConfiguration, ROLES are files or folders of RBAC manifests.
--observe lets everybody through and counts; --shadow judges by a second configuration too, and counts where it differs.
GET /healthz, /whoami, /counts, /api/v1/namespaces/NAMESPACE/pods";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [] => tour().await,
        [help] if help == "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        arguments => match Settings::of(arguments) {
            Some(settings) => settings.run().await,
            None => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("axum-service: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The service: everything but `/healthz` is for those whom `layer` lets in.
fn service(layer: AuthnLayer, roles: Authorizer) -> (Router, Arc<Counters>) {
    let counters = Arc::new(Counters::new());
    let layer = layer
        .with_anonymous(Anonymous::paths(["/healthz"]))
        .with_rule(Roles::new(Arc::new(roles)))
        .with_watch(Arc::clone(&counters));
    let counted = Arc::clone(&counters);
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/whoami", get(whoami))
        .route("/counts", get(async move || format!("{:?}\n", counted.read())))
        .route("/api/v1/namespaces/{namespace}/pods", get(async || "no pods today\n"))
        .layer(layer);
    (router, counters)
}

/// None in observe mode, where nobody is stopped who has no good token.
async fn whoami(who: Option<Authenticated>) -> Json<Option<UserInfo>> {
    Json(who.map(|who| who.user))
}

#[derive(Default)]
struct Settings {
    listen: Option<String>,
    observe: bool,
    shadow: Option<String>,
    paths: Vec<String>,
}

impl Settings {
    fn of(arguments: &[String]) -> Option<Self> {
        let mut settings = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--listen" => settings.listen = Some(rest.next()?.clone()),
                "--shadow" => settings.shadow = Some(rest.next()?.clone()),
                "--observe" => settings.observe = true,
                other if other.starts_with('-') => return None,
                path => settings.paths.push(path.to_owned()),
            }
        }
        Some(settings)
    }

    async fn run(self) -> Result<(), Failure> {
        let (configuration, roles) = self.paths.split_first().ok_or(USAGE)?;
        let mut manifests = Manifests::new();
        for path in roles {
            manifests.read_path(path.as_ref())?;
        }
        for problem in manifests.problems() {
            eprintln!("{problem}");
        }
        let tokens = common::from_file(configuration)?;
        let mut layer = if self.observe { AuthnLayer::observe(tokens) } else { AuthnLayer::enforce(tokens) };
        if let Some(shadow) = &self.shadow {
            layer = layer.with_shadow(common::from_file(shadow)?);
        }
        let (router, _) = service(layer, Authorizer::new(manifests.objects()));
        let listener = TcpListener::bind(self.listen.as_deref().unwrap_or("127.0.0.1:8080")).await?;
        println!("listening on http://{}", listener.local_addr()?);
        Ok(axum::serve(listener, router).await?)
    }
}

/// Shows who gets which answer, and is an error where one is not as expected.
async fn tour() -> Result<(), Failure> {
    let issuer = Issuer::start()?;
    let mut manifests = Manifests::new();
    manifests.read("roles.yaml", ROLES.as_bytes());
    let tokens = common::from_issuer(&issuer).await?;
    let (enforced, counters) = start(AuthnLayer::enforce(tokens.clone()), &manifests).await?;
    let (observed, _) = start(AuthnLayer::observe(tokens.clone()), &manifests).await?;

    let person = |groups: &[&str], options: &TokenOptions| issuer.id_token("jane", groups, options);
    let good = issuer.options("my-service");
    let reader = person(&["readers"], &good)?;
    let nobody = person(&[], &good)?;
    let elsewhere = person(&["readers"], &issuer.options("another-service"))?;
    let pods = "/api/v1/namespaces/team-a/pods";

    println!("enforced");
    ask(&enforced, "/healthz", None, 200).await?;
    ask(&enforced, "/whoami", None, 401).await?;
    ask(&enforced, "/whoami", Some(&elsewhere), 401).await?;
    ask(&enforced, "/whoami", Some(&nobody), 200).await?;
    ask(&enforced, pods, Some(&reader), 200).await?;
    ask(&enforced, pods, Some(&nobody), 403).await?;
    println!("{:?}", counters.read());

    println!("\nobserved: the same are judged, and nobody is stopped");
    ask(&observed, "/whoami", Some(&elsewhere), 200).await?;
    ask(&observed, "/whoami", Some(&reader), 200).await?;
    Ok(())
}

async fn start(layer: AuthnLayer, manifests: &Manifests) -> Result<(String, Arc<Counters>), Failure> {
    let (router, counters) = service(layer, Authorizer::new(manifests.objects()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok((url, counters))
}

async fn ask(url: &str, path: &str, token: Option<&str>, expected: u16) -> Result<(), Failure> {
    let (target, bearer) = (format!("{url}{path}"), token.map(|token| format!("Bearer {token}")));
    let (status, challenge, body) = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = bearer.iter().fold(agent.get(&target), |request, value| request.header("authorization", value));
        let mut answer = request.call()?;
        let challenge = answer.headers().get("www-authenticate").map(|value| format!("{value:?} "));
        let body = answer.body_mut().read_to_string()?;
        Ok::<_, ureq::Error>((answer.status().as_u16(), challenge.unwrap_or_default(), body))
    })
    .await??;
    println!("GET {path}: {status} {challenge}{}", body.trim_end());
    if status == expected { Ok(()) } else { Err(format!("expected {expected} of {path}").into()) }
}

const ROLES: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [''], resources: [pods], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'people:readers'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: self}
rules:
- {nonResourceURLs: [/whoami, /counts], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: self}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: self}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: health}
rules:
- {nonResourceURLs: [/healthz], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: health}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: health}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:unauthenticated'}
";

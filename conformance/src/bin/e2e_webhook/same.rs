//! One AuthenticationConfiguration for the API server and for us: the same answers, also after it has changed.

use crate::api::{Outcome, now};
use crate::cluster::Cluster;
use crate::until;
use crate::world::{STAFF, World};
use claimant_jwks::handle::TokioRuntime;
use claimant_k8s::config::{Assembly, DiscoveredKeys};
use claimant_k8s::reload::{ConfigFile, Reloadable, WatchPolicy};
use claimant_k8s::{Authenticator, Error, UserInfo, authenticate_async};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use std::time::Duration;

pub async fn show(world: &World, cluster: &Cluster) -> Outcome<()> {
    let file = ConfigFile::new(world.file("authn.yaml"));
    let assembly = Assembly::new(DiscoveredKeys::default());
    let ours = Reloadable::from_yaml(&file.text()?, assembly, TokioRuntime::new())?;
    let often = WatchPolicy { interval: Duration::from_millis(200), ..WatchPolicy::default() };
    tokio::spawn(ours.watch(file, often).run());
    let tokens = tokens(world)?;

    println!("\n| token | the API server | ours |\n|---|---|---|");
    compare(&tokens, &ours, cluster).await?;

    world.configure_staff("people:")?;
    let good = tokens.first().map(|(_, token)| token.as_str()).ok_or("no token")?;
    let new = |user: Option<UserInfo>| user.filter(|user| user.username.starts_with("people:")).map(|_| ());
    let (took, theirs) = tokio::try_join!(
        until("our new configuration", Duration::from_secs(60), async || {
            new(ours.authenticate(good, now()).ok().map(|who| who.user))
        }),
        until("the API server's", Duration::from_secs(180), async || new(cluster.who(good).await.ok().flatten())),
    )?;
    println!("\ne2e: a new configuration serves after {:.1?} here, {:.1?} in the API server", took.1, theirs.1);
    compare(&tokens, &ours, cluster).await
}

/// The same verdict on each, and the same user.
async fn compare(tokens: &[(&str, String)], ours: &Reloadable, cluster: &Cluster) -> Outcome<()> {
    for (name, token) in tokens {
        let (we, they) = (authenticate_async(ours, token, now()).await, cluster.who(token).await?);
        let theirs = they.map(|mut user| {
            user.groups.retain(|group| group != "system:authenticated");
            user
        });
        println!("| {name} | {} | {} |", theirs.as_ref().map_or("401", |user| &user.username), word(&we));
        if we.as_ref().ok().map(|who| &who.user) != theirs.as_ref() {
            return Err(format!("{name}: ours {:?}, the API server's {theirs:?}", we.map(|who| who.user)).into());
        }
    }
    Ok(())
}

fn word(outcome: &Result<claimant_k8s::Authenticated, Error>) -> String {
    match outcome {
        Ok(who) => who.user.username.clone(),
        Err(error) => error.reason().to_owned(),
    }
}

/// One that is good, and one for each rule that it could break.
fn tokens(world: &World) -> Outcome<Vec<(&'static str, String)>> {
    let at = now();
    let claims = |changes: Value| {
        let mut claims = json!({"iss": world.staff.url(), "sub": "jane", "aud": [STAFF], "iat": at, "exp": at + 3600,
            "jti": "id-of-a-token", "team": "a", "uid": "1234", "groups": ["dev", "ops"]});
        if let (Some(claims), Value::Object(changes)) = (claims.as_object_mut(), changes) {
            claims.extend(changes);
            claims.retain(|_, value| !value.is_null());
        }
        claims
    };
    let mut tokens = Vec::new();
    for (name, changes) in [
        ("good", json!({})),
        ("two audiences", json!({"aud": ["other", "both"]})),
        ("without groups and uid", json!({"groups": null, "uid": null})),
        ("another audience", json!({"aud": ["other"]})),
        ("expired", json!({"iat": at - 7200, "exp": at - 3600})),
        ("not yet", json!({"nbf": at + 3600})),
        ("good for too long", json!({"exp": at + 36_000})),
        ("another team", json!({"team": "b"})),
        ("no team", json!({"team": null})),
        ("nobody's name", json!({"sub": "root"})),
        ("no subject", json!({"sub": null})),
        ("a group that is no text", json!({"groups": ["dev", 1]})),
        ("another issuer", json!({"iss": "https://nobody.example"})),
    ] {
        tokens.push((name, world.staff.token(&claims(changes))?));
    }
    let forger = SigningKey::generate("forger", KeyKind::Es256)?;
    tokens.push(("a key of nobody's", forger.sign(&claims(json!({})))?));
    tokens.push(("a key of nobody's under a good id", forger.sign_as(&world.staff.kid(), &claims(json!({})))?));
    Ok(tokens)
}

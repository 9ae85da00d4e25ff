//! From a token to a user, end to end: an issuer in the process over TLS, its keys by discovery, two users,
//! a rotation, three refusals. With arguments it judges a token of your own.

use claimant::config::AuthenticationConfiguration;
use claimant::{
    Authenticated, Authenticator, Error, KeySet, Limits, OidcAuthenticator, ServiceAccounts, Union, provider,
};
use claimant_testkit::{Issuer, KeyKind, SigningKey, TokenOptions};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: quickstart [--token FILE --jwks FILE --issuer URL --audience AUD]";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if arguments.is_empty() {
        return match tour() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("quickstart: {why}");
                ExitCode::FAILURE
            }
        };
    }
    match own_token(&arguments) {
        Ok(outcome) => {
            let good = outcome.is_ok();
            show("your token", &outcome);
            if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("quickstart: {why}; {USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The tour through all of it.
fn tour() -> Result<(), Failure> {
    let now = now()?;
    let cluster = Issuer::start()?;
    let people = Issuer::start()?;
    println!("a cluster's issuer at {}, an identity provider at {}", cluster.url(), people.url());

    let before = authenticators(&cluster, &people)?;
    let pod = TokenOptions::new("my-api", now);
    let person = TokenOptions::new("my-cluster", now);
    show(
        "a service account",
        &before.authenticate(&cluster.service_account_token("team-a", "builder", "builder-0", &pod)?, now),
    );
    show("a person", &before.authenticate(&people.id_token("jane", &["dev", "ops"], &person)?, now));

    people.rotate()?;
    println!("\nthe identity provider signs with {} now; its keys are fetched again", people.kid());
    let after = authenticators(&cluster, &people)?;
    show("the person, new key", &after.authenticate(&people.id_token("jane", &["dev"], &person)?, now));

    println!("\nthree tokens that are refused");
    let expired = TokenOptions { life: -60, ..person.clone() };
    show("expired", &after.authenticate(&people.id_token("jane", &[], &expired)?, now));
    let elsewhere = TokenOptions::new("another-cluster", now);
    show("wrong audience", &after.authenticate(&people.id_token("jane", &[], &elsewhere)?, now));
    let claims = json!({"iss": people.url(), "sub": "root", "aud": "my-cluster", "exp": now + 60});
    let forged = SigningKey::generate("forger", KeyKind::Es256)?.sign_as(&people.kid(), &claims)?;
    show("foreign key under a known kid", &after.authenticate(&forged, now));
    Ok(())
}

/// Service accounts of the cluster and people of the provider, in one union.
fn authenticators(cluster: &Issuer, people: &Issuer) -> Result<Union, Failure> {
    let config = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": people.url(), "audiences": ["my-cluster"], "certificateAuthority": people.ca_pem()},
            "claimMappings": {
                "username": {"claim": "sub", "prefix": "people:"},
                "groups": {"claim": "groups", "prefix": "people:"},
            },
        }],
    });
    let accounts = ServiceAccounts::new([cluster.url()], discover(cluster.url(), cluster.ca_pem())?, ["my-api"]);
    let mut union = Union::new().with(accounts);
    for jwt in AuthenticationConfiguration::from_json(&config.to_string(), &[cluster.url().to_owned()])?.jwt {
        let keys = discover(&jwt.issuer.url, &jwt.issuer.certificate_authority)?;
        union = union.with(OidcAuthenticator::from_config(jwt, keys)?);
    }
    Ok(union)
}

/// The keys of an issuer by OpenID Connect Discovery, over HTTPS, trusting `ca_pem` alone.
fn discover(issuer: &str, ca_pem: &str) -> Result<KeySet, Failure> {
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(ca_pem.as_bytes())?]);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .https_only(true)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(10)))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .into();
    let get = |url: &str| agent.get(url).call()?.body_mut().with_config().limit(MOST).read_to_string();
    let document: Value = serde_json::from_str(&get(&format!("{issuer}/.well-known/openid-configuration"))?)?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err("the discovery document is another issuer's".into());
    }
    let keys = document.get("jwks_uri").and_then(Value::as_str).ok_or("no jwks_uri")?;
    Ok(KeySet::from_jwks(get(keys)?.as_bytes(), &provider::Default, &Limits::default())?)
}

/// The longest document that is read, in bytes.
const MOST: u64 = 1 << 20;

/// Judges the token that the arguments name; an `Err` is about the arguments.
fn own_token(arguments: &[OsString]) -> Result<Result<Authenticated, Error>, String> {
    let [mut token, mut jwks, mut issuer, mut audience] = [const { None }; 4];
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let slot = match name.to_str() {
            Some("--token") => &mut token,
            Some("--jwks") => &mut jwks,
            Some("--issuer") => &mut issuer,
            Some("--audience") => &mut audience,
            // Not shown: it may be a token.
            _ => return Err("an argument is unknown".to_owned()),
        };
        let name = name.display();
        let value = rest.next().filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} needs a value"))?;
        if slot.replace(value).is_some() {
            return Err(format!("{name} stands twice"));
        }
    }
    let file = |value: Option<&OsString>, name: &str| {
        let path = value.ok_or_else(|| format!("{name} is missing"))?;
        let complain = |error: std::io::Error| format!("{name} {}: {error}", path.display());
        let mut text = String::new();
        File::open(path).map_err(complain)?.take(MOST).read_to_string(&mut text).map_err(complain)?;
        if u64::try_from(text.len()) == Ok(MOST) { Err(format!("{name} is larger than 1 MiB")) } else { Ok(text) }
    };
    let text = |value: Option<&OsString>, name: &str| {
        let value = value.ok_or_else(|| format!("{name} is missing"))?;
        value.to_str().map(ToOwned::to_owned).ok_or_else(|| format!("{name} is not Unicode"))
    };
    let (issuer, audience) = (text(issuer, "--issuer")?, text(audience, "--audience")?);
    let (token, jwks) = (file(token, "--token")?, file(jwks, "--jwks")?);
    let keys = KeySet::from_jwks(jwks.as_bytes(), &provider::Default, &Limits::default())
        .map_err(|error| format!("--jwks: {error}"))?;
    for key in keys.unusable() {
        eprintln!("key {} of the set is not used: {}", key.index, key.why);
    }
    let now = now().map_err(|error| error.to_string())?;
    let accounts = ServiceAccounts::new([issuer.clone()], keys.clone(), [audience.clone()]);
    let config = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": issuer, "audiences": [audience]},
            "claimMappings": {"username": {"claim": "sub", "prefix": ""}, "groups": {"claim": "groups", "prefix": ""}},
        }],
    });
    let config = AuthenticationConfiguration::from_json(&config.to_string(), &[]).map_err(|error| error.to_string())?;
    let jwt = config.jwt.into_iter().next().ok_or("no issuer")?;
    let people = OidcAuthenticator::from_config(jwt, keys).map_err(|error| error.to_string())?;
    let (account, person) = (accounts.authenticate(token.trim(), now), people.authenticate(token.trim(), now));
    Ok(match account {
        // Not a service account's: a person's, then.
        Err(Error::Refused(why)) if why.reason() == "object_missing" || person.is_ok() => person,
        account => account,
    })
}

fn show(what: &str, outcome: &Result<Authenticated, Error>) {
    match outcome {
        Ok(who) => println!("{what}: {}", serde_json::to_string_pretty(&who.user).unwrap_or_default()),
        Err(Error::Refused(why)) => println!("{what}: refused, {}: {why}", why.reason()),
        Err(other) => println!("{what}: {other}"),
    }
}

fn now() -> Result<i64, Failure> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

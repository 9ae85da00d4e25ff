//! From a file to a user, with an issuer over real TLS on loopback.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_jwks::handle::TokioRuntime;
use claimant_k8s::config::{Assembly, AuthenticationConfiguration, DiscoveredKeys, Issuer as Named, JwtAuthenticator};
use claimant_k8s::reload::{ReloadError, Reloadable};
use claimant_k8s::{Keys, authenticate_async};
use claimant_testkit::{Issuer, TokenOptions};
use serde_json::json;
use std::time::Duration;

const NOW: i64 = 1_790_000_000;

fn config(issuer: &Issuer, ca: &str) -> AuthenticationConfiguration {
    let jwt: JwtAuthenticator = serde_json::from_value(json!({
        "issuer": {"url": issuer.url(), "audiences": ["a"], "certificateAuthority": ca},
        "claimMappings": {"username": {"claim": "sub", "prefix": ""}, "groups": {"claim": "groups", "prefix": ""}}}))
    .unwrap();
    AuthenticationConfiguration { jwt: vec![jwt], ..Default::default() }
}

#[tokio::test]
async fn a_configuration_alone_is_enough() {
    let issuer = Issuer::start().unwrap();
    let assembly = Assembly::new(DiscoveredKeys::default());
    let live = Reloadable::new(AuthenticationConfiguration::default(), assembly, TokioRuntime::new()).unwrap();
    let live = live.with_health_timeout(Duration::from_secs(30));
    // Healthy only when the keys are there.
    assert_eq!(live.push(config(&issuer, issuer.ca_pem())).await, Ok(2));
    assert!(live.load().without_keys().is_empty());
    let token = issuer.id_token("jane", &["dev"], &TokenOptions::new("a", NOW)).unwrap();
    let who = authenticate_async(&live, &token, NOW).await.unwrap();
    assert_eq!((who.user.username.as_str(), who.user.groups.as_slice()), ("jane", &["dev".to_owned()][..]));
}

#[tokio::test]
async fn an_issuer_that_is_not_trusted_is_not_healthy_and_does_not_judge() {
    let (issuer, other) = (Issuer::start().unwrap(), Issuer::start().unwrap());
    let assembly = Assembly::new(DiscoveredKeys::default());
    let live = Reloadable::new(AuthenticationConfiguration::default(), assembly, TokioRuntime::new()).unwrap();
    // No time at all: the first fetch cannot be over, and with the wrong certificates it never is good.
    let live = live.with_health_timeout(Duration::ZERO);
    let outcome = live.push(config(&issuer, other.ca_pem())).await;
    assert_eq!(outcome, Err(ReloadError::Unhealthy { issuers: vec![issuer.url().to_owned()] }));
    assert_eq!(live.state().generation, 1);
}

#[tokio::test]
async fn a_source_that_cannot_be_is_an_error_of_the_configuration() {
    let issuer = Issuer::start().unwrap();
    let keys = |_: &Named| -> Result<Keys, Box<dyn std::error::Error + Send + Sync>> { Err("no".into()) };
    let refused = Assembly::new(keys).assemble(config(&issuer, ""), None).unwrap_err();
    assert_eq!(refused.to_string(), format!("issuer {}: keys: no", issuer.url()));
}

//! The issuer's documents over real TLS, and its tokens against its own keys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{Algorithm, Audience, Buffer, KeySet, Limits, Policy, Refusal, UnverifiedToken, provider};
use claimant_testkit::{Issuer, KeyKind, SigningKey, TokenOptions};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

fn agent(ca_pem: &str) -> ureq::Agent {
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(ca_pem.as_bytes()).unwrap()]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().into()
}

fn verify(keys: &KeySet, token: &str, issuer: &str) -> Result<(), Refusal> {
    let mut buffer = Buffer::new();
    let policy = Policy::new(issuer, Audience::any_of(["aud"]).unwrap());
    let token = UnverifiedToken::parse(token, &mut buffer, &Limits::default())?;
    token.verify(keys, &Algorithm::ALL)?.check(&policy, 1_000).map(|_| ())
}

#[test]
fn keys_are_found_by_discovery_and_verify_the_tokens_of_each_kind_before_and_after_a_rotation() {
    for kind in [KeyKind::Es256, KeyKind::Es384, KeyKind::EdDsa] {
        let issuer = Issuer::start_with(kind).unwrap();
        let agent = agent(issuer.ca_pem());
        let old = issuer.id_token("jane", &[], &TokenOptions::new("aud", 1_000)).unwrap();
        issuer.rotate().unwrap();
        let new = issuer.id_token("jane", &[], &TokenOptions::new("aud", 1_000)).unwrap();
        let discovery = format!("{}/.well-known/openid-configuration", issuer.url());
        let document = agent.get(&discovery).call().unwrap().body_mut().read_to_string().unwrap();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["issuer"], issuer.url());
        let keys =
            agent.get(document["jwks_uri"].as_str().unwrap()).call().unwrap().body_mut().read_to_string().unwrap();
        let keys = KeySet::from_jwks(keys.as_bytes(), &provider::Default, &Limits::default()).unwrap();
        assert_eq!(keys.keys().len(), 2);
        assert_eq!(verify(&keys, &old, issuer.url()), Ok(()));
        assert_eq!(verify(&keys, &new, issuer.url()), Ok(()));
        let forged = SigningKey::generate("x", kind).unwrap();
        let forged = forged.sign_as(&issuer.kid(), &serde_json::json!({"iss": issuer.url()})).unwrap();
        assert_eq!(verify(&keys, &forged, issuer.url()), Err(Refusal::Signature));
        assert_eq!(issuer.requests(), ["/.well-known/openid-configuration", "/keys"]);
    }
}

#[test]
fn what_is_not_there_is_404_and_a_stranger_to_its_certificate_gets_nothing() {
    let issuer = Issuer::start().unwrap();
    let stranger = Issuer::start().unwrap();
    let missing = format!("{}/else", issuer.url());
    assert_eq!(agent(issuer.ca_pem()).get(&missing).call().unwrap().status(), 404);
    assert!(agent(stranger.ca_pem()).get(&missing).call().is_err());
}

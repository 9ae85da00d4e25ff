//! The issuer's documents over real TLS, and its tokens against its own keys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{Algorithm, Audience, Buffer, KeySet, Limits, Policy, Refusal, UnverifiedToken, provider};
use claimant_testkit::{Document, Fault, Issuer, KeyKind, SigningKey, TokenOptions};
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
    for kind in KeyKind::ALL.iter().copied() {
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
        assert!(matches!(verify(&keys, &forged, issuer.url()), Err(Refusal::Signature | Refusal::PssSignature)));
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

#[test]
fn faults_show_and_end() {
    let issuer = Issuer::start().unwrap();
    let agent = agent(issuer.ca_pem());
    let url = format!("{}/keys", issuer.url());
    let get = || agent.get(&url).call();
    issuer.fail_document(Document::Discovery, Fault::Status(500));
    assert_eq!(get().unwrap().status(), 200);
    issuer.heal();
    issuer.fail(Fault::RetryAfter(7));
    let busy = get().unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    issuer.heal();
    issuer.fail(Fault::Half);
    assert!(get().unwrap().body_mut().read_to_string().is_err());
    issuer.heal();
    issuer.fail(Fault::Close);
    assert!(get().is_err());
    issuer.heal();
    issuer.fail(Fault::GzipBomb);
    let bomb = get().unwrap();
    assert_eq!(bomb.headers()["content-encoding"], "gzip");
    let length: usize = bomb.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(length < 128 * 1024, "{length}");
    issuer.heal();
    assert_eq!(get().unwrap().body_mut().read_to_string().unwrap().matches("\"kid\"").count(), 1);
}

#[test]
fn a_cache_in_front_is_passed_with_no_cache_and_an_etag_saves_the_body() {
    let issuer = Issuer::start().unwrap();
    let agent = agent(issuer.ca_pem());
    let url = format!("{}/keys", issuer.url());
    issuer.freeze();
    issuer.rotate().unwrap();
    let count = |no_cache: bool| {
        let request = agent.get(&url);
        let request = if no_cache { request.header("cache-control", "no-cache") } else { request };
        request.call().unwrap().body_mut().read_to_string().unwrap().matches("\"kid\"").count()
    };
    assert_eq!((count(false), count(true)), (1, 2));
    issuer.thaw();
    assert_eq!(count(false), 2);
    issuer.withdraw("key-1");
    assert_eq!(count(false), 1);
    let tag = agent.get(&url).call().unwrap().headers()["etag"].clone();
    assert_eq!(agent.get(&url).header("if-none-match", tag).call().unwrap().status(), 304);
    assert_eq!(issuer.recorded().last().unwrap().method, "GET");
}

#[test]
fn a_refresh_token_is_good_once_and_gives_tokens_of_now() {
    let issuer = Issuer::start().unwrap();
    let agent = agent(issuer.ca_pem());
    let refresh = |token: &str| {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let mut answer = agent.post(format!("{}/token", issuer.url())).send(form).unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str::<serde_json::Value>(&body).unwrap())
    };
    let first = issuer.refresh_token("jane", &["dev"], "aud");
    issuer.advance(1_000 - issuer.now());
    let (status, tokens) = refresh(&first);
    assert_eq!(status, 200);
    let jwks = serde_json::json!({"keys": [issuer.jwk()]}).to_string();
    let keys = KeySet::from_jwks(jwks.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    assert_eq!(verify(&keys, tokens["id_token"].as_str().unwrap(), issuer.url()), Ok(()));
    assert_eq!(refresh(&first).0, 400);
    assert_eq!(refresh(tokens["refresh_token"].as_str().unwrap()).0, 200);
}

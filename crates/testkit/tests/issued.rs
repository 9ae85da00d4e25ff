//! What an issuer says of the tokens that it issued.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_testkit::Issuer;
use serde_json::json;

#[test]
fn each_token_is_told_of_and_none_is_shown() {
    let issuer = Issuer::start().unwrap();
    issuer.advance(1_000 - issuer.now());
    let options = issuer.options("my-api");
    let tokens = [
        issuer.service_account_token("team-a", "builder", "builder-0", &options).unwrap(),
        issuer.id_token("jane", &["dev"], &options).unwrap(),
    ];
    issuer.rotate().unwrap();
    issuer.token(&json!({"aud": ["a", "b"]})).unwrap();
    let issued = issuer.issued();
    assert_eq!(
        issued[0].to_json(),
        json!({
            "time": 1_000, "decision": "issued", "issuer": issuer.url(), "keyId": "key-1", "audiences": ["my-api"],
            "subject": "system:serviceaccount:team-a:builder", "credentialId": "JTI=team-a-builder-1000",
            "expires": 4_600,
        })
    );
    assert_eq!((issued[1].subject.as_str(), issued[1].credential_id.as_deref()), ("jane", None));
    assert_eq!((issued[2].key_id.as_str(), issued[2].audiences.len(), issued.len()), ("key-2", 2, 3));
    let all = format!("{issued:?}");
    for token in tokens {
        assert!(token.split('.').all(|part| !all.contains(part)));
    }
}

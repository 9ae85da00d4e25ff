//! What names a key, and what it says of its own use.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use claimant_core::{
    Algorithm, Buffer, JwkRules, KeySet, Limits, Provider, PublicKey, Refusal, UnsupportedKey, UnusableReason,
    UnverifiedToken, Verifier, VerifyingKey, provider,
};
use common::{decode, fixture, providers};
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn rfc_7638_section_3_1_and_rfc_8037_appendix_a_3() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let rsa = PublicKey::Rsa { n: decode(n), e: decode("AQAB") };
    assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let x = decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").try_into().unwrap();
    assert_eq!(PublicKey::Ed25519(x).thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn kubernetes_key_ids_are_those_that_a_real_api_server_publishes() {
    let real: Value = serde_json::from_str(include_str!("../../../conformance/corpus/real.json")).unwrap();
    let jwk = &real["jwks"]["keys"][0];
    let bytes = |name: &str| decode(jwk[name].as_str().unwrap());
    let key = PublicKey::Rsa { n: bytes("n"), e: bytes("e") };
    assert_eq!(key.kubernetes_key_id().as_deref(), jwk["kid"].as_str());
}

#[test]
fn use_and_operations_and_algorithm_bind_unless_told_otherwise() {
    let fixture = fixture(Algorithm::Rs256);
    let verify = |changes: Value, rules| {
        let mut jwk = fixture.jwk.clone();
        jwk.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let set = json!({"keys": [jwk]}).to_string();
        let keys = KeySet::from_jwks_with(set.as_bytes(), rules, &provider::Default, &Limits::default()).unwrap();
        let mut buffer = Buffer::new();
        let token = UnverifiedToken::parse(&fixture.token, &mut buffer, &Limits::default()).unwrap();
        token.verify(&keys, &Algorithm::ALL).map(|_| ())
    };
    for (changes, wanted) in [
        (json!({"alg": "RS256"}), Ok(())),
        (json!({"alg": "RS512"}), Err(Refusal::KeyBound(Algorithm::Rs256))),
        (json!({"alg": "RSA-OAEP"}), Err(Refusal::KeyUnusable(UnusableReason::Use))),
        (json!({"use": "enc"}), Err(Refusal::KeyUnusable(UnusableReason::Use))),
        (json!({"use": "jwt-svid"}), Ok(())),
        (json!({"use": "x509-svid"}), Err(Refusal::KeyUnusable(UnusableReason::Use))),
        (json!({"key_ops": ["encrypt"]}), Err(Refusal::KeyUnusable(UnusableReason::KeyOps))),
        (json!({"key_ops": ["verify", "sign"]}), Ok(())),
    ] {
        assert_eq!(verify(changes.clone(), JwkRules::Bind), wanted, "{changes}");
        assert_eq!(verify(changes.clone(), JwkRules::IgnoreAsKubernetes), Ok(()), "{changes}");
    }
}

/// Readers look for a key that is unknown, and for no other.
#[test]
fn a_jwk_without_an_id_does_not_hide_that_a_key_is_unknown_and_an_unreadable_pem_block_may_be_it() {
    let fixture = fixture(Algorithm::Rs256);
    let outcome = |keys: &KeySet| {
        let mut buffer = Buffer::new();
        let token = UnverifiedToken::parse(&fixture.token, &mut buffer, &Limits::default()).unwrap();
        assert!(token.header().kid.is_some());
        token.verify(keys, &Algorithm::ALL).map(|_| ()).unwrap_err()
    };
    let mut jwk = fixture.jwk.clone();
    jwk.as_object_mut().unwrap().extend([("kid".to_owned(), json!("another")), ("use".to_owned(), json!("enc"))]);
    let set = |jwk: &Value| {
        let text = json!({"keys": [jwk]}).to_string();
        KeySet::from_jwks(text.as_bytes(), &provider::Default, &Limits::default()).unwrap()
    };
    assert_eq!(outcome(&set(&jwk)), Refusal::UnknownKey);
    jwk.as_object_mut().unwrap().remove("kid");
    assert_eq!(outcome(&set(&jwk)), Refusal::UnknownKey);
    let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let keys = KeySet::from_pem(pem, &provider::Default, &Limits::default()).unwrap();
    assert_eq!(outcome(&keys), Refusal::KeyUnusable(UnusableReason::Secret));
}

#[test]
fn a09_weak_and_odd_rsa_keys_are_refused_by_their_length_alone() {
    let load = |n: Vec<u8>, e: &str| {
        use base64ct::{Base64UrlUnpadded, Encoding};
        let n = Base64UrlUnpadded::encode_string(&n);
        let set = json!({"keys": [{"kty": "RSA", "kid": "k", "n": n, "e": e}]}).to_string();
        let set = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
        set.unusable().first().map(|key| key.why)
    };
    let good = decode(fixture(Algorithm::Rs256).jwk["n"].as_str().unwrap());
    assert_eq!(load(good.clone(), "AQAB"), None);
    assert_eq!(load(good.clone(), "Aw"), None);
    let even = [&good[..255], &[good[255] & 0xfe][..]].concat();
    let bits = |bits: usize| [vec![0x80], vec![0; bits / 8 - 2], vec![1]].concat();
    for (what, n, e) in [
        ("1024 bits", bits(1024), "AQAB"),
        ("2040 bits", bits(2040), "AQAB"),
        ("8200 bits", bits(8200), "AQAB"),
        ("65536 bits", bits(65536), "AQAB"),
        ("even modulus", even, "AQAB"),
        ("e = 1", good.clone(), "AQ"),
        ("even e", good.clone(), "AQAA"),
        ("e = 2^31 + 1", good.clone(), "gAAAAQ"),
        ("e of 5 bytes", good, "AQAAAAE"),
    ] {
        assert_eq!(load(n, e), Some(UnusableReason::WeakRsa), "{what}");
    }
    assert_eq!(load(bits(8192), "AQAB"), None);
}

/// Of the providers without ES512, and of one that serves nothing.
#[test]
fn a_good_p521_key_is_unsupported_and_one_off_the_curve_unreadable_whoever_the_provider_is() {
    #[derive(Debug)]
    struct Nothing;
    impl Provider for Nothing {
        fn verifier(&self, algorithm: Algorithm, _: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
            Err(UnsupportedKey(algorithm))
        }
    }
    let without: Vec<Box<dyn Provider>> = vec![
        Box::new(Nothing),
        #[cfg(feature = "ring")]
        Box::new(provider::Ring),
        #[cfg(feature = "graviola")]
        Box::new(provider::Graviola),
    ];
    let good = fixture(Algorithm::Es512).public_key;
    let mut off = good.clone();
    if let PublicKey::Ec { point, .. } = &mut off {
        *point.last_mut().unwrap() ^= 1;
    }
    for provider in &without {
        let why = |key: &PublicKey| VerifyingKey::new(None, key, None, provider.as_ref()).unwrap_err();
        assert_eq!(why(&good), UnusableReason::Unsupported(Algorithm::Es512));
        assert_eq!(why(&good).reason(), "key_unsupported");
        assert_eq!(why(&good).to_string(), "the provider serves no algorithm of it, such as ES512");
        if cfg!(feature = "es512") {
            assert_eq!(why(&off), UnusableReason::Unreadable);
        }
    }
    for (name, provider) in providers().into_iter().filter(|_| cfg!(feature = "es512")) {
        let why = VerifyingKey::new(None, &off, None, provider.as_ref()).unwrap_err();
        assert_eq!(why, UnusableReason::Unreadable, "{name}");
    }
}

//! HMAC: only with a secret of one's own, never from a key set.

#![allow(clippy::unwrap_used, missing_docs)]

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::{
    Algorithm, Buffer, HmacAlgorithm, KeySet, Limits, Misconfigured, Refusal, SharedSecret, UnverifiedToken, provider,
};
use ring::hmac;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn token(alg: &str, how: hmac::Algorithm, secret: &[u8]) -> String {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let input = format!("{}.{}", text(format!(r#"{{"alg":"{alg}","kid":"o"}}"#).as_bytes()), text(b"{}"));
    let tag = hmac::sign(&hmac::Key::new(how, secret), input.as_bytes());
    format!("{input}.{}", text(tag.as_ref()))
}

fn verify(text: &str, secret: &SharedSecret) -> Result<(), Refusal> {
    let mut buffer = Buffer::new();
    let token = UnverifiedToken::parse(text, &mut buffer, &Limits::default()).unwrap();
    token.verify_with_secret(secret).map(|_| ())
}

#[test]
fn a_secret_verifies_its_own_algorithm_alone() {
    let all = [
        (HmacAlgorithm::Hs256, hmac::HMAC_SHA256),
        (HmacAlgorithm::Hs384, hmac::HMAC_SHA384),
        (HmacAlgorithm::Hs512, hmac::HMAC_SHA512),
    ];
    for (algorithm, _) in all {
        let secret = SharedSecret::both_ends_are_mine(algorithm, SECRET).unwrap();
        for (other, how) in all {
            let outcome = verify(&token(other.name(), how, SECRET), &secret);
            assert_eq!(outcome, if other == algorithm { Ok(()) } else { Err(Refusal::Algorithm) });
        }
        assert_eq!(
            verify(&token(algorithm.name(), hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET), &secret),
            Err(Refusal::Signature)
        );
    }
}

#[test]
fn a04_an_empty_or_short_secret_is_none() {
    for (algorithm, bytes) in [(HmacAlgorithm::Hs256, 32), (HmacAlgorithm::Hs384, 48), (HmacAlgorithm::Hs512, 64)] {
        for short in [0, 1, bytes - 1] {
            let outcome = SharedSecret::both_ends_are_mine(algorithm, &SECRET[..short]);
            assert_eq!(outcome.unwrap_err(), Misconfigured::Secret("shorter than the digest"));
        }
        assert!(SharedSecret::both_ends_are_mine(algorithm, &SECRET[..bytes]).is_ok());
    }
}

#[test]
fn a02_a_public_key_is_no_secret_and_no_set_verifies_an_hmac() {
    for text in [
        "-----BEGIN PUBLIC KEY-----\nAAAAAAAAAAAAAAAA",
        " \n{\"kty\":\"RSA\",\"n\":\"AAAAAAAAAAAAAAAAAAAAA\"}",
        "ssh-rsa AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let outcome = SharedSecret::both_ends_are_mine(HmacAlgorithm::Hs256, text.as_bytes());
        assert_eq!(outcome.unwrap_err(), Misconfigured::Secret("written like a public key"));
    }
    let k = Base64UrlUnpadded::encode_string(SECRET);
    let set = format!(r#"{{"keys": [{{"kty": "oct", "kid": "o", "k": "{k}", "alg": "HS256"}}]}}"#);
    let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    assert!(keys.keys().is_empty());
    let text = token("HS256", hmac::HMAC_SHA256, SECRET);
    let mut buffer = Buffer::new();
    let token = UnverifiedToken::parse(&text, &mut buffer, &Limits::default()).unwrap();
    assert_eq!(token.verify(&keys, &Algorithm::ALL).unwrap_err(), Refusal::Algorithm);
}

#[test]
fn a54_a_secret_does_not_show() {
    let secret = SharedSecret::both_ends_are_mine(HmacAlgorithm::Hs256, SECRET).unwrap();
    assert_eq!(format!("{secret:?}"), "SharedSecret { algorithm: Hs256, .. }");
}

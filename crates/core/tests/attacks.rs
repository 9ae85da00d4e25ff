#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! Attack classes against the core, each with a good token beside it that passes.

mod common;

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::UnverifiedToken;
use claimant_core::{
    Algorithm, Audience, Buffer, KeySet, Limits, Policy, Provider, Refusal, TimeRules, UnusableReason,
};
use common::{fixture, providers};
#[cfg(feature = "es512")]
use p521::elliptic_curve::rand_core;
use ring::rand::SystemRandom;
use ring::signature::{self as sig, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair};

const NOW: i64 = 1_790_000_000;
const ISSUER: &str = "https://issuer.example";
const GOOD: &str = r#"{"iss":"https://issuer.example","aud":"api","exp":1790000600,"sub":"u"}"#;
const ES256: &str = r#"{"alg":"ES256","kid":"a"}"#;
const EDDSA: &str = r#"{"alg":"EdDSA","kid":"a"}"#;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn ed(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn ec(how: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let rng = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(how, &rng).unwrap();
    EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &rng).unwrap()
}

fn p256() -> EcdsaKeyPair {
    ec(&sig::ECDSA_P256_SHA256_FIXED_SIGNING)
}

fn ed_jwk(pair: &Ed25519KeyPair, kid: &str) -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{}"}}"#, b64(pair.public_key()))
}

fn ec_jwk(point: &[u8], crv: &str, more: &str) -> String {
    let (x, y) = point[1..].split_at(point.len() / 2);
    format!(r#"{{"kty":"EC","crv":"{crv}","kid":"a","x":"{}","y":"{}"{more}}}"#, b64(x), b64(y))
}

fn p256_jwk(pair: &EcdsaKeyPair) -> String {
    ec_jwk(pair.public_key().as_ref(), "P-256", "")
}

fn rsa_jwk() -> String {
    format!(r#"{{"kty":"RSA","kid":"a","n":"{}","e":"AQAB"}}"#, b64([0xff; 256]))
}

fn set_of(provider: &dyn Provider, jwks: &[String]) -> KeySet {
    let text = format!(r#"{{"keys":[{}]}}"#, jwks.join(","));
    KeySet::from_jwks(text.as_bytes(), provider, &Limits::default()).unwrap()
}

/// Whether the provider serves this algorithm's own kind of key.
#[cfg_attr(not(feature = "es512"), allow(dead_code))]
fn serves(provider: &dyn Provider, algorithm: Algorithm) -> bool {
    provider.verifier(algorithm, &fixture(algorithm).public_key).is_ok()
}

/// Runs the class with a maker of key sets for every provider. What fails is found by the provider's name, printed
/// before it runs.
fn each(run: impl Fn(&dyn Provider, &dyn Fn(&[String]) -> KeySet)) {
    for (name, provider) in providers() {
        println!("provider: {name}");
        run(provider.as_ref(), &|jwks| set_of(provider.as_ref(), jwks));
    }
}

fn with_signature(header: &str, payload: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", b64(header), b64(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", b64(signature))
}

fn ed_token(pair: &Ed25519KeyPair, header: &str, payload: &str) -> String {
    with_signature(header, payload, |input| pair.sign(input).as_ref().to_vec())
}

fn ec_token(pair: &EcdsaKeyPair, header: &str, payload: &str) -> String {
    with_signature(header, payload, |input| pair.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec())
}

fn policy(issuer: &str) -> Policy {
    Policy::new(issuer, Audience::any_of(["api"]).unwrap())
}

fn judge_with(token: &str, keys: &KeySet, allowed: &[Algorithm], policy: &Policy, now: i64) -> Result<(), Refusal> {
    let mut buffer = Buffer::new();
    UnverifiedToken::parse(token, &mut buffer, &Limits::default())?.verify(keys, allowed)?.check(policy, now)?;
    Ok(())
}

fn judge(token: &str, keys: &KeySet) -> Result<(), Refusal> {
    judge_with(token, keys, &Algorithm::ALL, &policy(ISSUER), NOW)
}

#[test]
fn a02_public_key_as_hmac_secret() {
    each(|_, set| {
        let pair = p256();
        let jwk = p256_jwk(&pair);
        let keys = set(std::slice::from_ref(&jwk));
        assert_eq!(judge(&ec_token(&pair, ES256, GOOD), &keys), Ok(()));
        let point = pair.public_key().as_ref();
        let secrets =
            [jwk.clone().into_bytes(), format!(" {jwk}\n").into_bytes(), point.to_vec(), b64(point).into_bytes()];
        for secret in secrets {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
            let hmac = |header: &str| with_signature(header, GOOD, |i| ring::hmac::sign(&key, i).as_ref().to_vec());
            for alg in ["HS256", " HS256", "HS256 ", "hs256"] {
                let header = format!(r#"{{"alg":"{alg}","kid":"a"}}"#);
                assert_eq!(judge(&hmac(&header), &keys), Err(Refusal::Algorithm), "{alg:?}");
            }
            assert_eq!(judge(&hmac(ES256), &keys), Err(Refusal::Signature));
        }
        let secret = set(&[r#"{"kty":"oct","kid":"a","k":"c2VjcmV0","alg":"HS256"}"#.into()]);
        assert!(secret.keys().is_empty());
        let refused = judge(&ec_token(&pair, ES256, GOOD), &secret);
        assert_eq!(refused, Err(Refusal::KeyUnusable(UnusableReason::Secret)));
    });
}

#[test]
fn a03_key_without_alg_does_not_let_the_header_choose() {
    each(|_, set| {
        use Algorithm::*;
        let keys = set(&[rsa_jwk()]);
        for algorithm in Algorithm::ALL {
            let header = format!(r#"{{"alg":"{algorithm}","kid":"a"}}"#);
            let token = with_signature(&header, GOOD, |_| vec![1; 256]);
            let expected = match algorithm {
                Rs256 | Rs384 | Rs512 => Refusal::Signature,
                Ps256 | Ps384 | Ps512 => Refusal::PssSignature,
                other => Refusal::KeyAlgorithm(other),
            };
            assert_eq!(judge(&token, &keys), Err(expected), "{algorithm}");
            let others: Vec<_> = Algorithm::ALL.into_iter().filter(|a| *a != algorithm).collect();
            let refused = judge_with(&token, &keys, &others, &policy(ISSUER), NOW);
            assert_eq!(refused, Err(Refusal::Algorithm), "{algorithm}");
        }
        let pair = p256();
        let (keys, token) = (set(&[p256_jwk(&pair)]), ec_token(&pair, ES256, GOOD));
        assert_eq!(judge_with(&token, &keys, &[Es256], &policy(ISSUER), NOW), Ok(()));
        assert_eq!(judge_with(&token, &keys, &[Rs256], &policy(ISSUER), NOW), Err(Refusal::Algorithm));
    });
}

#[test]
fn a05_every_algorithm_on_every_other_key() {
    each(|_, set| {
        use Algorithm::*;
        let (p256, p384) = (p256(), ec(&sig::ECDSA_P384_SHA384_FIXED_SIGNING));
        let p384_jwk = ec_jwk(p384.public_key().as_ref(), "P-384", "");
        let pair = ed(1);
        let es384 = r#"{"alg":"ES384","kid":"a"}"#;
        assert_eq!(judge(&ec_token(&p384, es384, GOOD), &set(std::slice::from_ref(&p384_jwk))), Ok(()));
        assert_eq!(judge(&ed_token(&pair, EDDSA, GOOD), &set(&[ed_jwk(&pair, "a")])), Ok(()));
        for (jwk, served) in [(p256_jwk(&p256), Es256), (p384_jwk, Es384), (ed_jwk(&pair, "a"), EdDsa)] {
            let keys = set(&[jwk]);
            for algorithm in Algorithm::ALL {
                let header = format!(r#"{{"alg":"{algorithm}","kid":"a"}}"#);
                let expected = if algorithm == served { Refusal::Signature } else { Refusal::KeyAlgorithm(algorithm) };
                let token = with_signature(&header, GOOD, |_| vec![1; 64]);
                assert_eq!(judge(&token, &keys), Err(expected), "{algorithm} on {served}");
            }
        }
        for bound in ["ES384", "ES512", "RS256", "EdDSA"] {
            let jwk = ec_jwk(p256.public_key().as_ref(), "P-256", &format!(r#","alg":"{bound}""#));
            assert_eq!(judge(&ec_token(&p256, ES256, GOOD), &set(&[jwk])), Err(Refusal::KeyBound(Es256)), "{bound}");
        }
    });
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn a06_ecdsa_numbers_out_of_range() {
    each(|_, set| {
        let pair = p256();
        let keys = set(&[p256_jwk(&pair)]);
        assert_eq!(judge(&ec_token(&pair, ES256, GOOD), &keys), Ok(()));
        let numbers = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            "0000000000000000000000000000000000000000000000000000000000000001",
        ];
        for r in numbers {
            for s in numbers {
                let token = with_signature(ES256, GOOD, |_| [hex(r), hex(s)].concat());
                assert_eq!(judge(&token, &keys), Err(Refusal::Signature), "{r} {s}");
            }
        }
        for length in [0, 1, 8, 63, 65, 96, 128, 132] {
            let token = with_signature(ES256, GOOD, |_| vec![0; length]);
            assert_eq!(judge(&token, &keys), Err(Refusal::Signature), "{length}");
        }
        let token = with_signature(ES256, GOOD, |_| hex("3006020100020100"));
        assert_eq!(judge(&token, &keys), Err(Refusal::Signature));
    });
}

/// The p521 crate signs only with a source of randomness; for a test key it may be a constant.
#[cfg(feature = "es512")]
struct NotRandom;

#[cfg(feature = "es512")]
impl rand_core::RngCore for NotRandom {
    fn next_u32(&mut self) -> u32 {
        5
    }

    fn next_u64(&mut self) -> u64 {
        5
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        // The first byte stays small: numbers beyond the order are drawn again, and these never change.
        bytes.fill(5);
        bytes[0] = 0;
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(feature = "es512")]
impl rand_core::CryptoRng for NotRandom {}

#[cfg(feature = "es512")]
#[test]
fn a06_ecdsa_numbers_out_of_range_p521() {
    each(|provider, set| {
        if !serves(provider, Algorithm::Es512) {
            return;
        }
        use p521::ecdsa::{Signature, SigningKey, VerifyingKey, signature::RandomizedSigner};
        let mut secret = [0; 66];
        secret[65] = 7;
        let pair = SigningKey::from_slice(&secret).unwrap();
        let point = VerifyingKey::from(&pair).to_encoded_point(false);
        let keys = set(&[ec_jwk(point.as_bytes(), "P-521", "")]);
        let header = r#"{"alg":"ES512","kid":"a"}"#;
        let sign = |input: &[u8]| {
            let signature: Signature = pair.sign_with_rng(&mut NotRandom, input);
            signature.to_bytes().to_vec()
        };
        assert_eq!(judge(&with_signature(header, GOOD, sign), &keys), Ok(()));
        for bytes in [vec![0; 132], vec![0xff; 132], vec![0; 131], vec![0; 133], vec![], hex("3006020100020100")] {
            let token = with_signature(header, GOOD, |_| bytes.clone());
            assert_eq!(judge(&token, &keys), Err(Refusal::Signature), "{}", bytes.len());
        }
    });
}

#[test]
fn a07_ecdsa_der_and_trailing_bytes() {
    each(|_, set| {
        let rng = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&sig::ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
        let fixed = EcdsaKeyPair::from_pkcs8(&sig::ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &rng).unwrap();
        let der = EcdsaKeyPair::from_pkcs8(&sig::ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &rng).unwrap();
        let keys = set(&[p256_jwk(&fixed)]);
        assert_eq!(judge(&ec_token(&fixed, ES256, GOOD), &keys), Ok(()));
        assert_eq!(judge(&ec_token(&der, ES256, GOOD), &keys), Err(Refusal::Signature));
        for tail in [&[0u8][..], &[0, 0], &[0; 64]] {
            let token = with_signature(ES256, GOOD, |i| [fixed.sign(&rng, i).unwrap().as_ref(), tail].concat());
            assert_eq!(judge(&token, &keys), Err(Refusal::Signature), "{} more", tail.len());
        }
    });
}

#[test]
fn a10_embedded_key_is_never_used() {
    each(|_, set| {
        let (pair, stranger) = (ed(1), ed(2));
        let keys = set(&[ed_jwk(&pair, "a")]);
        let header = |more: &str| format!(r#"{{"alg":"EdDSA","kid":"a",{more}}}"#);
        assert_eq!(judge(&ed_token(&pair, &header(r#""jwk":null"#), GOOD), &keys), Ok(()));
        for signer in [&pair, &stranger] {
            let jwk = header(&format!(r#""jwk":{}"#, ed_jwk(signer, "a")));
            assert_eq!(judge(&ed_token(signer, &jwk, GOOD), &keys), Err(Refusal::EmbeddedKey("jwk")));
            let x5c = header(r#""x5c":["MIIB"]"#);
            assert_eq!(judge(&ed_token(signer, &x5c, GOOD), &keys), Err(Refusal::EmbeddedKey("x5c")));
        }
        assert_eq!(judge(&ed_token(&pair, &header(r#""jwk":"x""#), GOOD), &keys), Err(Refusal::HeaderType("jwk")));
        let elsewhere = header(r#""jku":"https://evil.example/k","x5u":"https://evil.example/c""#);
        assert_eq!(judge(&ed_token(&stranger, &elsewhere, GOOD), &keys), Err(Refusal::Signature));
    });
}

#[test]
fn a14_critical_headers() {
    each(|_, set| {
        let pair = ed(1);
        let keys = set(&[ed_jwk(&pair, "a")]);
        let try_with =
            |more: &str| judge(&ed_token(&pair, &format!(r#"{{"alg":"EdDSA","kid":"a",{more}}}"#), GOOD), &keys);
        assert_eq!(try_with(r#""b64":true"#), Ok(()));
        for value in
            ["[]", r#"["exp"]"#, r#"["alg"]"#, r#"["b64"]"#, r#"["x","x"]"#, r#"["absent"]"#, "null", "\"x\"", "1"]
        {
            assert_eq!(try_with(&format!(r#""crit":{value}"#)), Err(Refusal::Critical), "{value}");
        }
        assert_eq!(try_with(r#""crit":["x"],"x":1"#), Err(Refusal::Critical));
        assert_eq!(try_with(r#""b64":false"#), Err(Refusal::UnencodedPayload));
        assert_eq!(try_with(r#""b64":false,"crit":["b64"]"#), Err(Refusal::UnencodedPayload));
        assert_eq!(try_with(r#""crit":["x"],"crit":["x"]"#), Err(Refusal::DuplicateMember("header")));
    });
}

#[test]
fn a22_key_of_another_issuer() {
    each(|_, set| {
        let (ours, theirs) = (ed(1), ed(2));
        let (our_keys, their_keys) = (set(&[ed_jwk(&ours, "a")]), set(&[ed_jwk(&theirs, "a")]));
        let foreign = GOOD.replace("issuer.example", "other.example");
        assert_eq!(judge(&ed_token(&ours, EDDSA, GOOD), &our_keys), Ok(()));
        assert_eq!(judge(&ed_token(&theirs, EDDSA, GOOD), &our_keys), Err(Refusal::Signature));
        assert_eq!(judge(&ed_token(&theirs, r#"{"alg":"EdDSA"}"#, GOOD), &our_keys), Err(Refusal::Signature));
        assert_eq!(judge(&ed_token(&ours, EDDSA, &foreign), &our_keys), Err(Refusal::Issuer));
        assert_eq!(judge(&ed_token(&ours, EDDSA, GOOD), &their_keys), Err(Refusal::Signature));
        let other = ed_token(&theirs, r#"{"alg":"EdDSA","kid":"b"}"#, GOOD);
        assert_eq!(judge(&other, &our_keys), Err(Refusal::UnknownKey));
    });
}

#[test]
fn a24_nested_and_encrypted_tokens() {
    each(|_, set| {
        let pair = ed(1);
        let keys = set(&[ed_jwk(&pair, "a")]);
        let inner = ed_token(&pair, EDDSA, GOOD);
        assert_eq!(judge(&inner, &keys), Ok(()));
        let nested = r#"{"alg":"EdDSA","kid":"a","cty":"JWT"}"#;
        assert_eq!(judge(&ed_token(&pair, nested, &inner), &keys), Err(Refusal::Json("payload")));
        let quoted = format!("\"{inner}\"");
        assert_eq!(judge(&ed_token(&pair, nested, &quoted), &keys), Err(Refusal::Json("payload")));
        let jwe = b64(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#);
        assert_eq!(judge(&format!("{jwe}.AA.AA.AA.AA"), &keys), Err(Refusal::NotCompact));
        assert_eq!(judge(&format!("{jwe}.AA.AA"), &keys), Err(Refusal::Algorithm));
        assert_eq!(judge(&format!("{inner}.AA.AA"), &keys), Err(Refusal::NotCompact));
    });
}

#[path = "attacks/text.rs"]
mod text;

//! The examples of the JOSE RFCs, by section: every signature by every provider that serves its algorithm.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_core::{Algorithm, Audience, Buffer, KeySet, Limits, Policy, Provider, Refusal, UnusableReason};
use claimant_core::{UnverifiedToken, provider};
use common::{decode, providers};
use serde_json::{Value, json};

fn vectors() -> Value {
    serde_json::from_str(include_str!("rfc/vectors.json")).unwrap()
}

fn load(set: &Value, provider: &dyn Provider) -> KeySet {
    KeySet::from_jwks(set.to_string().as_bytes(), provider, &Limits::default()).unwrap()
}

/// RFC 7515's payload names an issuer and an expiry and no audience.
fn joe() -> Policy {
    Policy::new("joe", Audience::unchecked("the example has none"))
}

fn judge(token: &str, keys: &KeySet, now: i64) -> Result<(), Refusal> {
    let mut buffer = Buffer::new();
    let token = UnverifiedToken::parse(token, &mut buffer, &Limits::default())?;
    token.verify(keys, &Algorithm::ALL)?.check(&joe(), now)?;
    Ok(())
}

const BEFORE_JOE_EXPIRES: i64 = 1_300_819_000;

/// RFC 7515 A.2 to A.4, RFC 7520 4.1 to 4.3, RFC 8037 A.4 and A.5.
#[test]
fn signed_examples_hold_and_no_altered_one_does() {
    let vectors = vectors();
    let mut held = Vec::new();
    for (name, provider) in providers() {
        for example in vectors["signed"].as_array().unwrap() {
            let (section, token) = (&example["section"], example["token"].as_str().unwrap());
            let algorithm = Algorithm::from_name(example["alg"].as_str().unwrap()).unwrap();
            let keys = load(&json!({"keys": [example["key"]]}), provider.as_ref());
            if !keys.keys().iter().any(|key| key.serves(algorithm)) {
                assert_eq!(algorithm, Algorithm::Es512, "{name} {section}");
                continue;
            }
            let mut buffer = Buffer::new();
            let parsed = UnverifiedToken::parse(token, &mut buffer, &Limits::default()).unwrap();
            assert_eq!(parsed.header().algorithm, Some(algorithm), "{section}");
            assert!(parsed.verify(&keys, &[algorithm]).is_ok(), "{name} {section}");
            held.push(section.as_str().unwrap());
            let (input, signature) = token.rsplit_once('.').unwrap();
            let mut signature = decode(signature);
            for at in [0, signature.len() / 2, signature.len() - 1] {
                signature[at] ^= 1;
                assert!(keys.keys()[0].verify(algorithm, input.as_bytes(), &signature).is_err(), "{name} {section}");
                signature[at] ^= 1;
            }
            let mut altered = input.as_bytes().to_vec();
            *altered.last_mut().unwrap() ^= 1;
            assert!(keys.keys()[0].verify(algorithm, &altered, &signature).is_err(), "{name} {section}");
        }
    }
    held.sort_unstable();
    held.dedup();
    let es512 = providers().iter().any(|(name, _)| *name == "aws-lc-rs") || cfg!(feature = "es512");
    assert_eq!(held.len(), if es512 { 7 } else { 5 }, "{held:?}");
}

/// RFC 7515 A.2 and A.3 are tokens (RFC 7519); the other examples sign text, which is no set of claims.
#[test]
fn claims_of_signed_examples() {
    let vectors = vectors();
    let (mut tokens, mut texts) = (0, 0);
    for example in vectors["signed"].as_array().unwrap() {
        let (section, token) = (example["section"].as_str().unwrap(), example["token"].as_str().unwrap());
        let keys = load(&json!({"keys": [example["key"]]}), &provider::Default);
        if keys.keys().is_empty() {
            continue;
        }
        if matches!(section, "RFC 7515 A.2" | "RFC 7515 A.3") {
            assert_eq!(judge(token, &keys, BEFORE_JOE_EXPIRES), Ok(()), "{section}");
            let (exp, now) = (1_300_819_380, 1_300_819_381);
            assert_eq!(judge(token, &keys, now), Err(Refusal::Expired { exp, now }), "{section}");
            tokens += 1;
        } else {
            assert_eq!(judge(token, &keys, BEFORE_JOE_EXPIRES), Err(Refusal::Json("payload")), "{section}");
            texts += 1;
        }
    }
    assert_eq!((tokens, texts), (2, if cfg!(feature = "es512") { 5 } else { 3 }));
}

/// RFC 7515 A.1 (HS256), A.5 (`none`), RFC 7520 4.4 (HS256): there is no such algorithm here.
#[test]
fn a01_a02_hmac_and_none_are_refused_before_any_key() {
    let vectors = vectors();
    let all = vectors["signed"].as_array().unwrap();
    let keys: Vec<&Value> = all.iter().map(|example| &example["key"]).collect();
    let keys = load(&json!({"keys": keys}), &provider::Default);
    for example in vectors["unsigned"].as_array().unwrap() {
        let refused = judge(example["token"].as_str().unwrap(), &keys, BEFORE_JOE_EXPIRES);
        assert_eq!(refused, Err(Refusal::Algorithm), "{}", example["section"]);
    }
}

/// RFC 7515 A.6 and A.7, RFC 7520 4.1: the same content in the JSON serializations.
#[test]
fn a25_json_serializations_are_refused() {
    let (vectors, none) = (vectors(), KeySet::default());
    for example in vectors["json_serialization"].as_array().unwrap() {
        let refused = judge(example["token"].as_str().unwrap(), &none, BEFORE_JOE_EXPIRES).unwrap_err();
        assert!(matches!(refused, Refusal::NotCompact | Refusal::Base64(_)), "{}: {refused}", example["section"]);
    }
}

/// RFC 7517 A.1 to A.3 and B, RFC 7520 3.2 and 3.4 to 3.6, RFC 8037 A.1.
#[test]
fn printed_key_sets() {
    use UnusableReason::{Secret, Use};
    let vectors = vectors();
    let sets: [(&str, &[&str], &[UnusableReason]); 6] = [
        ("RFC 7517 A.1", &["2011-04-29"], &[Use]),
        ("RFC 7517 A.2", &[], &[Secret, Secret]),
        ("RFC 7517 A.3", &[], &[Secret, Secret]),
        ("RFC 7517 B", &["1b94c"], &[]),
        ("RFC 7520 3.2, 3.4 to 3.6", &[], &[Secret; 4]),
        ("RFC 8037 A.1", &[], &[Secret]),
    ];
    assert_eq!(vectors["sets"].as_object().unwrap().len(), sets.len());
    for (name, provider) in providers() {
        for (section, usable, unusable) in sets {
            let set = load(&vectors["sets"][section], provider.as_ref());
            let kids: Vec<_> = set.keys().iter().filter_map(|key| key.kid()).collect();
            assert_eq!(kids, usable, "{name} {section}");
            let why: Vec<_> = set.unusable().iter().map(|key| key.why).collect();
            assert_eq!(why, unusable, "{name} {section}");
        }
        let bound = load(&vectors["sets"]["RFC 7517 A.1"], provider.as_ref());
        let serves = |algorithm| bound.keys()[0].serves(algorithm);
        assert!(Algorithm::ALL.into_iter().all(|one| serves(one) == (one == Algorithm::Rs256)), "{name}");
    }
}

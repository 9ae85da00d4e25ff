//! Properties over any input: nothing panics or grows, base64 has one spelling, and all providers give the
//! same verdict.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invariants.rs"]
mod invariants;

use claimant_core::{Algorithm, Buffer, KeySet, Limits, Provider, PublicKey, SignatureError, UnsupportedKey};
use claimant_core::{UnverifiedToken, Verifier};
use common::{decode, fixture, providers};
use invariants::b64;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

/// No failure is written beside the sources: a case prints what it needs to be run again.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

/// Text of the characters that parsers care about.
fn syntax() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u00",
        "\\ud83d",
        "1",
        "-0",
        "e5",
        ".",
        " ",
        "\n",
        "true",
        "null",
        "\"iss\"",
        "\"aud\"",
        "\"exp\"",
        "\"keys\"",
        "\"kty\"",
        "\"alg\"",
        "\"EdDSA\"",
        "-----BEGIN A-----\n",
        "-----END A-----\n",
        "AAAA",
        "==",
        "é",
        "{\"keys\":[",
        "]}",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), syntax()]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a56_every_parser_holds_its_invariants_on_any_bytes(bytes in any_bytes()) {
        for (_, check) in invariants::TARGETS {
            check(&bytes);
        }
    }

    #[test]
    fn a28_base64_of_any_bytes_comes_back(payload in any_bytes(), signature in any_bytes()) {
        let input = format!("{}.{}", b64(br#"{"alg":"EdDSA"}"#), b64(&payload));
        let token = format!("{input}.{}", b64(&signature));
        let seen = Recorder::default();
        let keys = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let keys = KeySet::from_jwks(keys, &seen, &Limits::default()).unwrap();
        let mut buffer = Buffer::new();
        let parsed = UnverifiedToken::parse(&token, &mut buffer, &Limits::default()).unwrap();
        prop_assert!(parsed.verify(&keys, &[Algorithm::EdDsa]).is_ok());
        prop_assert_eq!(seen.0.lock().unwrap().clone(), vec![(input.into_bytes(), signature)]);
    }

    #[test]
    fn a28_any_text_that_is_read_is_the_one_spelling_of_its_bytes(segment in "[A-Za-z0-9_=+/ .-]{0,12}") {
        let token = format!("e30.{segment}.AA");
        let mut buffer = Buffer::new();
        if UnverifiedToken::parse(&token, &mut buffer, &Limits::default()).is_ok() {
            prop_assert_eq!(b64(&decode(&segment)), segment);
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn providers_agree_on_changed_signatures(
        which in prop::sample::select(Algorithm::ALL.to_vec()),
        change in any_change(),
        on_message in any::<bool>(),
    ) {
        let fixture = fixture(which);
        let (input, signature) = fixture.parts();
        let (message, signature) = if on_message {
            (change.apply(input.as_bytes()), signature)
        } else {
            (input.as_bytes().to_vec(), change.apply(&signature))
        };
        let untouched = fixture.parts() == (std::str::from_utf8(&message).unwrap_or_default(), signature.clone());
        for (name, provider) in providers() {
            let Ok(verifier) = provider.verifier(which, &fixture.public_key) else { continue };
            let holds = verifier.verify(&message, &signature).is_ok();
            prop_assert_eq!(holds, untouched, "{} {} {:?}", name, which, change);
        }
    }

    #[test]
    fn providers_agree_on_new_keys_and_any_message(
        which in prop::sample::select(generated::ALGORITHMS.to_vec()),
        number in 0..3usize,
        message in prop::collection::vec(any::<u8>(), 1..2000),
        change in any_change(),
        on_message in any::<bool>(),
    ) {
        let (key, signature) = generated::signed(which, &message, number);
        let (stranger, _) = generated::signed(which, &message, number + 1);
        let (changed_message, changed_signature) = if on_message {
            (change.apply(&message), signature.clone())
        } else {
            (message.clone(), change.apply(&signature))
        };
        let untouched = changed_message == message && changed_signature == signature;
        let mut served = 0;
        for (name, provider) in providers() {
            let Ok(verifier) = provider.verifier(which, &key) else { continue };
            served += 1;
            prop_assert!(verifier.verify(&message, &signature).is_ok(), "{} {} {:?}", name, which, key);
            let holds = verifier.verify(&changed_message, &changed_signature).is_ok();
            prop_assert_eq!(holds, untouched, "{} {} {:?} {:?}", name, which, change, key);
            let stranger = provider.verifier(which, &stranger).unwrap();
            prop_assert!(stranger.verify(&message, &signature).is_err(), "{} {} {:?}", name, which, key);
        }
        prop_assert!(served >= 1, "{}", which);
    }

    #[test]
    fn providers_agree_on_keys_with_a_bit_flipped(
        which in prop::sample::select(Algorithm::ALL.to_vec()),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let fixture = fixture(which);
        let (input, signature) = fixture.parts();
        let key = flip(&fixture.public_key, at, bit);
        for (name, provider) in providers() {
            let Ok(verifier) = provider.verifier(which, &key) else { continue };
            prop_assert!(verifier.verify(input.as_bytes(), &signature).is_err(), "{} {}", name, which);
        }
    }
}

#[test]
fn every_truncation_and_extension_of_a_signature_is_refused_by_all() {
    for algorithm in Algorithm::ALL {
        let fixture = fixture(algorithm);
        let (input, signature) = fixture.parts();
        for (name, provider) in providers() {
            let Ok(verifier) = provider.verifier(algorithm, &fixture.public_key) else { continue };
            let holds = |signature: &[u8]| verifier.verify(input.as_bytes(), signature).is_ok();
            assert!(holds(&signature), "{name} {algorithm}");
            for length in 0..signature.len() {
                assert!(!holds(&signature[..length]), "{name} {algorithm} cut to {length}");
            }
            for tail in [&[0u8][..], &[0, 0], &[0xff; 64]] {
                assert!(!holds(&[&signature, tail].concat()), "{name} {algorithm} with {} more", tail.len());
                assert!(!holds(&[tail, &signature].concat()), "{name} {algorithm} with {} before", tail.len());
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    None,
    Flip(prop::sample::Index, u8),
    Replace(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Append(Vec<u8>),
    Swap,
    Fill(u8),
}

fn any_change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => Just(Change::None),
        8 => (at(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        2 => at().prop_map(Change::Cut),
        2 => prop::collection::vec(any::<u8>(), 1..70).prop_map(Change::Append),
        1 => Just(Change::Swap),
        1 => any::<u8>().prop_map(Change::Fill),
    ]
}

impl Change {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let length = bytes.len();
        match self {
            Self::None => {}
            Self::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Self::Replace(at, byte) => bytes[at.index(length)] = *byte,
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Append(tail) => bytes.extend(tail),
            Self::Swap => bytes.rotate_left(length / 2),
            Self::Fill(byte) => bytes.fill(*byte),
        }
        bytes
    }
}

fn flip(key: &PublicKey, at: prop::sample::Index, bit: u8) -> PublicKey {
    let mut key = key.clone();
    match &mut key {
        PublicKey::Rsa { n, .. } => n[at.index(256)] ^= 1 << bit,
        // The first byte says that the point is uncompressed.
        PublicKey::Ec { point, .. } => {
            let length = point.len() - 1;
            point[1 + at.index(length)] ^= 1 << bit;
        }
        PublicKey::Ed25519(bytes) => bytes[at.index(32)] ^= 1 << bit,
        _ => {}
    }
    key
}

/// What was verified: signing input and signature.
type Record = (Vec<u8>, Vec<u8>);

/// Keeps what it is asked to verify, and lets it hold.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Record>>>);

impl Verifier for Recorder {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.0.lock().unwrap().push((signing_input.to_vec(), signature.to_vec()));
        Ok(())
    }
}

impl Provider for Recorder {
    fn verifier(&self, _: Algorithm, _: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        Ok(Arc::new(self.clone()))
    }
}

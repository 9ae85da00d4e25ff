//! Keys of every algorithm, and tokens that they signed.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::key::Curve;
use claimant_core::{Algorithm, KeySet, Limits, Provider, PublicKey, provider};
use serde_json::{Value, json};

pub const NOW: i64 = 1_790_000_000;

pub fn providers() -> Vec<(&'static str, Box<dyn Provider>)> {
    vec![
        ("default", Box::new(provider::Default)),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", Box::new(provider::AwsLc)),
        #[cfg(feature = "graviola")]
        ("graviola", Box::new(provider::Graviola)),
    ]
}

pub struct Fixture {
    pub algorithm: Algorithm,
    pub token: String,
    pub jwk: Value,
    pub public_key: PublicKey,
}

impl Fixture {
    /// The set with this key, or none where the provider does not serve the algorithm.
    pub fn keys(&self, provider: &dyn Provider) -> Option<KeySet> {
        provider.verifier(self.algorithm, &self.public_key).ok()?;
        let set = json!({"keys": [self.jwk]}).to_string();
        Some(KeySet::from_jwks(set.as_bytes(), provider, &Limits::default()).unwrap())
    }

    /// Signing input and decoded signature.
    pub fn parts(&self) -> (&str, Vec<u8>) {
        let (input, signature) = self.token.rsplit_once('.').unwrap();
        (input, decode(signature))
    }
}

/// Recorded once, signed with throw-away keys; good until the year 2100.
pub fn fixture(algorithm: Algorithm) -> Fixture {
    let all: Value = serde_json::from_str(include_str!("../../../testkit/src/fixtures.json")).unwrap();
    let one = &all[algorithm.name()];
    let jwk = one["jwk"].clone();
    let bytes = |name: &str| decode(jwk[name].as_str().unwrap());
    let public_key = match jwk["kty"].as_str().unwrap() {
        "RSA" => PublicKey::Rsa { n: bytes("n"), e: bytes("e") },
        "EC" => {
            let curve = match jwk["crv"].as_str().unwrap() {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                _ => Curve::P521,
            };
            PublicKey::Ec { curve, point: [vec![4], bytes("x"), bytes("y")].concat() }
        }
        _ => PublicKey::Ed25519(bytes("x").try_into().unwrap()),
    };
    Fixture { algorithm, token: one["token"].as_str().unwrap().to_owned(), jwk, public_key }
}

pub fn decode(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

//! The graviola crate as a provider: all algorithms but ES512, each key parsed once, no C compiler.

use super::pkcs1::rsa_public_key;
use crate::jose::Algorithm;
use crate::key::{Curve, PublicKey};
use crate::verifier::{Provider, SignatureError, UnsupportedKey, Verifier};
use graviola::hashing::{Sha256, Sha384};
use graviola::signing::ecdsa::{P256, P384, VerifyingKey as EcdsaKey};
use graviola::signing::eddsa::Ed25519VerifyingKey;
use graviola::signing::rsa::VerifyingKey as RsaKey;
use std::fmt;
use std::sync::Arc;

/// Verifies with graviola, on x86-64 with AVX2 or on aarch64; it panics on processors that lack what it
/// needs, so turn it on where you know them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Graviola;

impl Provider for Graviola {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        prepare(algorithm, key)
            .map(|key| -> Arc<dyn Verifier> { Arc::new(Prepared { algorithm, key }) })
            .ok_or(UnsupportedKey(algorithm))
    }
}

fn prepare(algorithm: Algorithm, key: &PublicKey) -> Option<Key> {
    match (algorithm, key) {
        (Algorithm::Es256, PublicKey::Ec { curve: Curve::P256, point }) => {
            EcdsaKey::from_x962_uncompressed(point).ok().map(Box::new).map(Key::P256)
        }
        (Algorithm::Es384, PublicKey::Ec { curve: Curve::P384, point }) => {
            EcdsaKey::from_x962_uncompressed(point).ok().map(Box::new).map(Key::P384)
        }
        (Algorithm::EdDsa, PublicKey::Ed25519(bytes)) => Ed25519VerifyingKey::from_bytes(bytes).ok().map(Key::Ed25519),
        (_, PublicKey::Rsa { n, e }) if key.algorithms().contains(&algorithm) => {
            RsaKey::from_pkcs1_der(&rsa_public_key(n, e)?).ok().map(Box::new).map(Key::Rsa)
        }
        _ => None,
    }
}

enum Key {
    Rsa(Box<RsaKey>),
    P256(Box<EcdsaKey<P256>>),
    P384(Box<EcdsaKey<P384>>),
    Ed25519(Ed25519VerifyingKey),
}

struct Prepared {
    algorithm: Algorithm,
    key: Key,
}

impl Verifier for Prepared {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        match (&self.key, self.algorithm) {
            (Key::P256(key), _) => key.verify::<Sha256>(&[signing_input], signature),
            (Key::P384(key), _) => key.verify::<Sha384>(&[signing_input], signature),
            (Key::Ed25519(key), _) => key.verify(signature, signing_input),
            (Key::Rsa(key), Algorithm::Rs256) => key.verify_pkcs1_sha256(signature, signing_input),
            (Key::Rsa(key), Algorithm::Rs384) => key.verify_pkcs1_sha384(signature, signing_input),
            (Key::Rsa(key), Algorithm::Rs512) => key.verify_pkcs1_sha512(signature, signing_input),
            (Key::Rsa(key), Algorithm::Ps256) => key.verify_pss_sha256(signature, signing_input),
            (Key::Rsa(key), Algorithm::Ps384) => key.verify_pss_sha384(signature, signing_input),
            (Key::Rsa(key), Algorithm::Ps512) => key.verify_pss_sha512(signature, signing_input),
            _ => return Err(SignatureError),
        }
        .map_err(|_| SignatureError)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Graviola").field(&self.algorithm).finish()
    }
}

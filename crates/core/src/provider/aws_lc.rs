//! The aws-lc-rs crate as a provider: all algorithms, each key parsed once.

use super::pkcs1::rsa_public_key;
use crate::jose::Algorithm;
use crate::key::{Curve, PublicKey};
use crate::verifier::{Provider, SignatureError, UnsupportedKey, Verifier};
use aws_lc_rs::signature::{self as sig, ParsedPublicKey, VerificationAlgorithm};
use std::sync::Arc;

/// Verifies with AWS-LC. RSA from 2048 to 8192 bits; PSS with salts as long as the digest.
#[derive(Debug, Clone, Copy, Default)]
pub struct AwsLc;

impl Provider for AwsLc {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        let parsed = match (rsa_parameters(algorithm), key) {
            (Some(how), PublicKey::Rsa { n, e }) => rsa_public_key(n, e).map(|der| ParsedPublicKey::new(how, der)),
            (None, key) => other_parameters(algorithm, key).map(|(how, bytes)| ParsedPublicKey::new(how, bytes)),
            _ => None,
        };
        match parsed {
            Some(Ok(key)) => Ok(Arc::new(Parsed(key))),
            _ => Err(UnsupportedKey(algorithm)),
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::Rs256 => &sig::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &sig::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &sig::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &sig::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &sig::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &sig::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn other_parameters(algorithm: Algorithm, key: &PublicKey) -> Option<(&'static dyn VerificationAlgorithm, &[u8])> {
    Some(match (algorithm, key) {
        (Algorithm::Es256, PublicKey::Ec { curve: Curve::P256, point }) => (&sig::ECDSA_P256_SHA256_FIXED, point),
        (Algorithm::Es384, PublicKey::Ec { curve: Curve::P384, point }) => (&sig::ECDSA_P384_SHA384_FIXED, point),
        (Algorithm::Es512, PublicKey::Ec { curve: Curve::P521, point }) => (&sig::ECDSA_P521_SHA512_FIXED, point),
        (Algorithm::EdDsa, PublicKey::Ed25519(bytes)) => (&sig::ED25519, bytes),
        _ => return None,
    })
}

#[derive(Debug)]
struct Parsed(ParsedPublicKey);

impl Verifier for Parsed {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.0.verify_sig(signing_input, signature).map_err(|_| SignatureError)
    }
}

//! The ring crate as a provider: all algorithms but ES512.

use crate::jose::Algorithm;
use crate::key::{Curve, PublicKey};
use crate::verifier::{Provider, SignatureError, UnsupportedKey, Verifier};
use ring::signature::{self as sig, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use std::sync::Arc;

/// Verifies with ring. RSA from 2048 to 8192 bits; PSS with salts as long as the digest.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ring;

impl Provider for Ring {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        let other: Result<(&'static dyn VerificationAlgorithm, &[u8]), _> = match (algorithm, key) {
            (_, PublicKey::Rsa { n, e }) => {
                let parameters = rsa_parameters(algorithm).ok_or(UnsupportedKey(algorithm))?;
                return Ok(Arc::new(Rsa { parameters, n: n.clone(), e: e.clone() }));
            }
            (Algorithm::Es256, PublicKey::Ec { curve: Curve::P256, point }) => {
                Ok((&sig::ECDSA_P256_SHA256_FIXED, point))
            }
            (Algorithm::Es384, PublicKey::Ec { curve: Curve::P384, point }) => {
                Ok((&sig::ECDSA_P384_SHA384_FIXED, point))
            }
            (Algorithm::EdDsa, PublicKey::Ed25519(bytes)) => Ok((&sig::ED25519, bytes)),
            _ => Err(UnsupportedKey(algorithm)),
        };
        other.map(|(how, bytes)| -> Arc<dyn Verifier> { Arc::new(Other(UnparsedPublicKey::new(how, bytes.to_vec()))) })
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static sig::RsaParameters> {
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

#[derive(Debug)]
struct Rsa {
    parameters: &'static sig::RsaParameters,
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Verifier for Rsa {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        RsaPublicKeyComponents { n: &self.n, e: &self.e }
            .verify(self.parameters, signing_input, signature)
            .map_err(|_| SignatureError)
    }
}

#[derive(Debug)]
struct Other(UnparsedPublicKey<Vec<u8>>);

impl Verifier for Other {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.0.verify(signing_input, signature).map_err(|_| SignatureError)
    }
}

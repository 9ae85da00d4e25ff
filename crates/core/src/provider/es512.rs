//! ES512 by the p521 crate.

use crate::jose::Algorithm;
use crate::key::{Curve, PublicKey};
use crate::verifier::{Provider, SignatureError, UnsupportedKey, Verifier};
use p521::ecdsa::signature::Verifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use std::sync::Arc;

/// P-521 and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct P521;

impl Provider for P521 {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        match (algorithm, key) {
            (Algorithm::Es512, PublicKey::Ec { curve: Curve::P521, point }) => VerifyingKey::from_sec1_bytes(point)
                .map(|key| -> Arc<dyn Verifier> { Arc::new(Es512(key)) })
                .map_err(|_| UnsupportedKey(algorithm)),
            _ => Err(UnsupportedKey(algorithm)),
        }
    }
}

struct Es512(VerifyingKey);

impl std::fmt::Debug for Es512 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Es512")
    }
}

impl Verifier for Es512 {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureError)?;
        self.0.verify(signing_input, &signature).map_err(|_| SignatureError)
    }
}

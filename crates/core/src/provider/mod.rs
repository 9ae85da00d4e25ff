//! Providers: what turns public keys into verifiers. Chosen per key set; features only add names.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "es512")]
mod es512;
#[cfg(feature = "graviola")]
mod graviola;
#[cfg(any(feature = "aws-lc-rs", feature = "graviola"))]
mod pkcs1;
#[cfg(feature = "ring")]
mod ring;

#[cfg(feature = "aws-lc-rs")]
pub use self::aws_lc::AwsLc;

#[cfg(feature = "graviola")]
pub use self::graviola::Graviola;

#[cfg(feature = "ring")]
pub use self::ring::Ring;

#[cfg(feature = "es512")]
pub use self::es512::P521;

use crate::jose::Algorithm;
use crate::key::PublicKey;
use crate::verifier::{Provider, UnsupportedKey, Verifier};
use std::sync::Arc;

/// What the enabled features give: ring, and P-521 in pure Rust for ES512, which ring lacks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Default;

impl Provider for Default {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        #[cfg(feature = "es512")]
        if algorithm == Algorithm::Es512 {
            return P521.verifier(algorithm, key);
        }
        #[cfg(feature = "ring")]
        return Ring.verifier(algorithm, key);
        #[cfg(not(feature = "ring"))]
        {
            let _ = key;
            Err(UnsupportedKey(algorithm))
        }
    }
}

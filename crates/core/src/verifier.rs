//! The plug: what checks a signature, and what makes such a checker from a public key.

use crate::jose::Algorithm;
use crate::key::PublicKey;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

/// Checks signatures of one key under one algorithm. Object-safe, so that a KMS or an HSM can stand here.
pub trait Verifier: Debug + Send + Sync {
    /// `Ok` only if `signature` is this key's over `signing_input`.
    ///
    /// # Errors
    /// [`SignatureError`] for every other case; it says nothing more on purpose.
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError>;
}

/// A [`Verifier`] that has to wait for its answer: a KMS or an HSM behind a network.
pub trait AsyncVerifier: Debug + Send + Sync {
    /// The one algorithm that it verifies.
    fn algorithm(&self) -> Algorithm;

    /// `Ok` only if `signature` is this key's over `signing_input`.
    fn verify<'a>(&'a self, signing_input: &'a [u8], signature: &'a [u8]) -> Answer<'a>;
}

/// What an [`AsyncVerifier`] answers.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), SignatureError>> + Send + 'a>>;

/// Makes verifiers. A value that the caller passes; there is no process-wide one.
pub trait Provider {
    /// A verifier for `key` under `algorithm`.
    ///
    /// # Errors
    /// [`UnsupportedKey`] where the key is not of the algorithm's kind or the provider lacks it.
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey>;
}

/// The signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct SignatureError;

/// The provider does not serve this algorithm for this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not served for this key")]
pub struct UnsupportedKey(pub Algorithm);

//! HMAC (RFC 7518, section 3.2), for a secret of the caller's own and nothing else.

use crate::Misconfigured;
use crate::verifier::SignatureError;
use ring::hmac;
use std::fmt;

/// The HMAC algorithms. They are no [`Algorithm`](crate::Algorithm): nothing that takes one takes the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum HmacAlgorithm {
    Hs256,
    Hs384,
    Hs512,
}

impl HmacAlgorithm {
    /// The registered name, e.g. `HS256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    fn of_ring(self) -> hmac::Algorithm {
        match self {
            Self::Hs256 => hmac::HMAC_SHA256,
            Self::Hs384 => hmac::HMAC_SHA384,
            Self::Hs512 => hmac::HMAC_SHA512,
        }
    }
}

/// A secret shared by whoever signs and whoever verifies. Not for Kubernetes: its API server takes no HMAC.
pub struct SharedSecret {
    algorithm: HmacAlgorithm,
    key: hmac::Key,
}

impl SharedSecret {
    /// A secret that the caller itself made, has in two places, and would let either of them sign with.
    ///
    /// # Errors
    /// A secret shorter than the digest (RFC 7518, section 3.2), or one that is written like a public key
    /// (PEM, JSON): that is the key-confusion attack, not a secret.
    pub fn both_ends_are_mine(algorithm: HmacAlgorithm, secret: &[u8]) -> Result<Self, Misconfigured> {
        let digest = algorithm.of_ring().digest_algorithm().output_len();
        if secret.len() < digest {
            return Err(Misconfigured::Secret("shorter than the digest"));
        }
        let text = secret.trim_ascii_start();
        if text.starts_with(b"-----BEGIN") || text.starts_with(b"{") || text.starts_with(b"ssh-") {
            return Err(Misconfigured::Secret("written like a public key"));
        }
        Ok(Self { algorithm, key: hmac::Key::new(algorithm.of_ring(), secret) })
    }

    /// The one algorithm that the secret is for.
    pub fn algorithm(&self) -> HmacAlgorithm {
        self.algorithm
    }

    pub(crate) fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        hmac::verify(&self.key, signing_input, signature).map_err(|_| SignatureError)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

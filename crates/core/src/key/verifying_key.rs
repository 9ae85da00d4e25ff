//! One public key and what it may verify.

use crate::jose::Algorithm;
use crate::verifier::{Provider, Verifier};
use crate::{Refusal, UnusableReason};
use std::fmt;
use std::sync::Arc;

/// The elliptic curves of RFC 7518, section 6.2.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Curve {
    P256,
    P384,
    P521,
}

/// Key material as a provider takes it. All numbers are big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// An RSA key.
    Rsa {
        /// Modulus.
        n: Vec<u8>,
        /// Public exponent.
        e: Vec<u8>,
    },
    /// A point on a curve, uncompressed (SEC 1, section 2.3.3).
    Ec {
        /// Which curve.
        curve: Curve,
        /// `04 || x || y`.
        point: Vec<u8>,
    },
    /// An Ed25519 key (RFC 8032).
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// The algorithms that keys of this kind can serve: the curve decides the one of an elliptic key.
    pub fn algorithms(&self) -> &'static [Algorithm] {
        use Algorithm::*;
        match self {
            Self::Rsa { .. } => &[Rs256, Rs384, Rs512, Ps256, Ps384, Ps512],
            Self::Ec { curve: Curve::P256, .. } => &[Es256],
            Self::Ec { curve: Curve::P384, .. } => &[Es384],
            Self::Ec { curve: Curve::P521, .. } => &[Es512],
            Self::Ed25519(_) => &[EdDsa],
        }
    }

    /// Whether an elliptic point lies on its curve; providers may find out only with the first signature, or not
    /// know the curve. A point on P-521 is left to them where feature `es512` is off.
    fn refuse_off_curve(&self) -> Result<(), UnusableReason> {
        let fine = match self {
            Self::Ec { curve: Curve::P256, point } => p256::PublicKey::from_sec1_bytes(point).is_ok(),
            Self::Ec { curve: Curve::P384, point } => p384::PublicKey::from_sec1_bytes(point).is_ok(),
            #[cfg(feature = "es512")]
            Self::Ec { curve: Curve::P521, point } => p521::PublicKey::from_sec1_bytes(point).is_ok(),
            _ => true,
        };
        if fine { Ok(()) } else { Err(UnusableReason::Unreadable) }
    }

    /// RSA: 2048 to 8192 bits, an odd exponent from 3 to 2^31 - 1. Looks at lengths only, so that a huge
    /// modulus costs nothing.
    fn refuse_weak(&self) -> Result<(), UnusableReason> {
        let Self::Rsa { n, e } = self else { return Ok(()) };
        let bits = n.first().map_or(0, |top| n.len() * 8 - usize::try_from(top.leading_zeros()).unwrap_or(0));
        let exponent = (e.len() <= 4).then(|| e.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte)));
        let odd = n.last().is_some_and(|last| last % 2 == 1);
        match exponent {
            Some(e) if (2048..=8192).contains(&bits) && odd && e % 2 == 1 && (3..1 << 31).contains(&e) => Ok(()),
            _ => Err(UnusableReason::WeakRsa),
        }
    }
}

/// A key that can verify: its id, and one prepared verifier per algorithm that it serves.
#[derive(Clone)]
pub struct VerifyingKey {
    pub(crate) kid: Option<String>,
    bound_to: Option<Algorithm>,
    verifiers: Vec<(Algorithm, Arc<dyn Verifier>)>,
}

impl VerifyingKey {
    /// Prepares `key`. `bound_to` is the JWK's `alg`: where given, the key serves nothing else.
    ///
    /// # Errors
    /// A weak key, or one of which the provider serves no algorithm.
    pub fn new(
        kid: Option<String>,
        key: &PublicKey,
        bound_to: Option<Algorithm>,
        provider: &dyn Provider,
    ) -> Result<Self, UnusableReason> {
        key.refuse_weak()?;
        key.refuse_off_curve()?;
        let verifiers: Vec<_> =
            key.algorithms().iter().filter_map(|a| provider.verifier(*a, key).ok().map(|v| (*a, v))).collect();
        if verifiers.is_empty() {
            let first = key.algorithms().first();
            return Err(first.map_or(UnusableReason::UnknownKind, |first| UnusableReason::Unsupported(*first)));
        }
        Ok(Self { kid, bound_to, verifiers })
    }

    /// The key's id, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key can verify this algorithm.
    pub fn serves(&self, algorithm: Algorithm) -> bool {
        self.bound_to.is_none_or(|bound| bound == algorithm) && self.verifiers.iter().any(|(a, _)| *a == algorithm)
    }

    /// Checks one signature.
    ///
    /// # Errors
    /// A key for something else, or a signature that does not hold.
    pub fn verify(&self, algorithm: Algorithm, signing_input: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        let (_, verifier) =
            self.verifiers.iter().find(|(a, _)| *a == algorithm).ok_or(Refusal::KeyAlgorithm(algorithm))?;
        if self.bound_to.is_some_and(|bound| bound != algorithm) {
            return Err(Refusal::KeyBound(algorithm));
        }
        verifier.verify(signing_input, signature).map_err(|_| match algorithm {
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => Refusal::PssSignature,
            _ => Refusal::Signature,
        })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.verifiers.iter().map(|(a, _)| a.name()).collect();
        f.debug_struct("VerifyingKey").field("kid", &self.kid).field("algorithms", &algorithms).finish()
    }
}

//! Names for tokens that tell nothing about them.

use crate::ConfigError;
use serde::{Serialize, Serializer};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::fmt;
use std::hash::Hasher;
use zeroize::Zeroizing;

/// The upper half of a keyed hash of 128 bits: the same for the same token under the same key, and without the key
/// no way to tell whether a token has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

/// Sixteen hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The key of fingerprints. Processes whose events are to be joined share one.
#[derive(Clone)]
pub struct FingerprintKey(Zeroizing<[u8; 16]>);

impl FingerprintKey {
    /// 128 random bits that nobody else has.
    pub fn new(key: [u8; 16]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// One for this process alone.
    ///
    /// # Errors
    /// [`ConfigError::Randomness`].
    pub fn random() -> Result<Self, ConfigError> {
        crate::random::key().map(Self)
    }

    /// That of a token, all of it.
    pub fn fingerprint(&self, token: &str) -> Fingerprint {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(token.as_bytes());
        Fingerprint(hasher.finish128().h1)
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey")
    }
}

//! Under which number a verdict is kept.

use crate::ConfigError;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::fmt;
use std::hash::Hasher;

/// A keyed hash of whole tokens.
///
/// SipHash-2-4 with 128 bits and a secret key: nobody who does not have the key can make two tokens that meet,
/// and a chance meeting needs some 2^64 of them. No hash is ever shown, so there is nothing to compare byte by
/// byte from outside, and tokens themselves are not kept. On 1.2 KB it takes half of what HMAC-SHA-256 does and a
/// third of BLAKE3, which are made for secrets that are shown.
#[derive(Clone)]
pub(super) struct KeyHasher(SipHasher24);

impl KeyHasher {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(key))
    }

    pub(super) fn random() -> Result<Self, ConfigError> {
        Ok(Self::new(&*crate::random::key()?))
    }

    /// Each part with its length in front, so that no two questions are written alike. The order of audiences
    /// counts, and none is not the same as an empty list.
    pub(super) fn key(&self, token: &str, audiences: Option<&[String]>) -> u128 {
        let mut hasher = self.0;
        write(&mut hasher, token);
        if let Some(audiences) = audiences {
            hasher.write(&audiences.len().to_le_bytes());
            audiences.iter().for_each(|audience| write(&mut hasher, audience));
        }
        hasher.finish128().as_u128()
    }
}

fn write(hasher: &mut SipHasher24, text: &str) {
    hasher.write(&text.len().to_le_bytes());
    hasher.write(text.as_bytes());
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a43_no_two_questions_have_one_key() {
        let hasher = KeyHasher::new(&[7; 16]);
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let lists = [vec![], list(&[""]), list(&["a"]), list(&["a", "b"]), list(&["b", "a"]), list(&["ab"])];
        let mut keys = vec![hasher.key("t", None), hasher.key("ta", None), hasher.key("", None)];
        keys.extend(lists.iter().map(|list| hasher.key("t", Some(list))));
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn a55_another_secret_gives_other_keys() {
        let key = |secret: u8| KeyHasher::new(&[secret; 16]).key("token", None);
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
    }
}

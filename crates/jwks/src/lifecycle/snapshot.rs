//! What readers see.

use claimant_core::{KeySet, VerifyingKey};
use std::sync::Arc;
use std::time::Duration;

/// What a fetch brought.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The keys.
    pub keys: KeySet,
    /// SHA-256 of what they were read from: tells a set that was served before.
    pub digest: [u8; 32],
    /// How long the source says they are fresh.
    pub fresh_for: Option<Duration>,
    /// A number that only grows with new sets (`spiffe_sequence`; SPIFFE Trust Domain and Bundle, section 4.1.3).
    pub sequence: Option<u64>,
}

/// The keys of an issuer at one time. Never changes; another takes its place.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) keys: Arc<KeySet>,
    pub(super) standing: Standing,
    pub(super) number: u64,
}

/// How far the keys of a [`Snapshot`] can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has been fetched yet.
    Missing,
    /// As fresh as the policy wants.
    Fresh,
    /// Older, since the source fails; within [`KeyPolicy::max_stale`](super::KeyPolicy::max_stale).
    Stale,
    /// Beyond that, so there are none.
    Dropped,
}

impl Snapshot {
    /// The keys; `None` where there are none to rely on, which is the verifier's failure and not the token's: the
    /// answer is "unavailable", not "refused".
    #[inline]
    pub fn keys(&self) -> Option<&KeySet> {
        match self.standing {
            Standing::Fresh | Standing::Stale => Some(&self.keys),
            Standing::Missing | Standing::Dropped => None,
        }
    }

    /// The usable key of this id.
    #[inline]
    pub fn key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys()?.keys().iter().find(|key| key.kid() == Some(kid))
    }

    /// Whether the set knows this id, be its key usable or not: then no fetch would help.
    pub fn knows(&self, kid: &str) -> bool {
        let unusable = |keys: &KeySet| keys.unusable().iter().any(|key| key.kid.as_deref() == Some(kid));
        self.key(kid).is_some() || self.keys().is_some_and(unusable)
    }

    /// How far they can be relied on.
    #[inline]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Counts the snapshots of this issuer; caches of verdicts that were made under another number are void.
    #[inline]
    pub fn number(&self) -> u64 {
        self.number
    }
}

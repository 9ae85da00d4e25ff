//! What readers see.

use crate::FetchError;
use claimant_core::json::Object;
use claimant_core::{JwkRules, KeySet, Limits, Misconfigured, Provider, VerifyingKey};
use sha2::{Digest, Sha256};
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

impl Fetched {
    /// Reads a JWK set. `spiffe_sequence` and `spiffe_refresh_hint` (seconds) count where they stand.
    ///
    /// # Errors
    /// [`FetchError::Document`]: as [`KeySet::from_jwks`].
    pub fn from_jwks(
        json: &[u8],
        rules: JwkRules,
        provider: &dyn Provider,
        limits: &Limits,
    ) -> Result<Self, FetchError> {
        let keys = KeySet::from_jwks_with(json, rules, provider, limits)
            .map_err(|why: Misconfigured| FetchError::Document { document: "keys", why: why.to_string() })?;
        let object = std::str::from_utf8(json).ok().and_then(|text| Object::parse(text, "JWK set").ok());
        let number = |name: &str| object.as_ref()?.get(name)?.parse::<u64>().ok();
        Ok(Self {
            keys,
            digest: Sha256::digest(json).into(),
            fresh_for: number("spiffe_refresh_hint").map(Duration::from_secs),
            sequence: number("spiffe_sequence"),
        })
    }
}

/// The keys of an issuer at one time. Never changes; another takes its place.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) keys: Arc<KeySet>,
    pub(super) standing: Standing,
    pub(super) number: u64,
    pub(super) generation: u64,
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
    /// Before the first fetch.
    pub(super) fn missing() -> Self {
        Self { keys: Arc::default(), standing: Standing::Missing, number: 0, generation: 0 }
    }

    /// Of keys that are given once and never fetched.
    pub(crate) fn fixed(keys: Arc<KeySet>, generation: u64) -> Self {
        Self { keys, standing: Standing::Fresh, number: generation, generation }
    }

    /// The one that follows this one, with these keys or none.
    pub(super) fn next(&self, keys: Option<Arc<KeySet>>, standing: Standing) -> Self {
        let keys = keys.unwrap_or_default();
        // Two empty defaults are not the same value but the same keys.
        let same = Arc::ptr_eq(&keys, &self.keys) || (keys.keys().is_empty() && self.keys.keys().is_empty());
        let generation = self.generation.wrapping_add(u64::from(!same));
        Self { keys, standing, number: self.number.wrapping_add(1), generation }
    }

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

    /// Counts the snapshots of this issuer, also those that differ in their standing alone.
    #[inline]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Counts the changes of the keys: while it stays, the keys are the same. Caches of verdicts that were made
    /// under another are void.
    #[inline]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

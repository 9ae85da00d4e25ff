//! An immutable set of keys, and what was left out of it.

use super::{JwkRules, VerifyingKey, jwk, pem};
use crate::jose::Algorithm;
use crate::verifier::Provider;
use crate::{Limits, Misconfigured, Refusal, UnusableReason};

/// A key that stands in the source of a set but cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnusableKey {
    /// Its place in the source, from 0.
    pub index: usize,
    /// Its id, where it could be read.
    pub kid: Option<String>,
    /// Why it is not used.
    pub why: UnusableReason,
    /// It has an id that cannot be known, so it may be the one that a token names.
    pub(super) of_any_id: bool,
}

/// The keys of one issuer. Never changes; a rotation makes a new one.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    pub(super) keys: Vec<VerifyingKey>,
    pub(super) unusable: Vec<UnusableKey>,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517, section 5). A key that cannot be used is left out and shows in
    /// [`KeySet::unusable`]; the others serve. One kind takes the whole set down, as with kube-apiserver: a private
    /// or symmetric key with a part missing or of the wrong size.
    ///
    /// # Errors
    /// Not a JWK set, too many keys, or such a broken private or symmetric key.
    pub fn from_jwks(json: &[u8], provider: &dyn Provider, limits: &Limits) -> Result<Self, Misconfigured> {
        Self::from_jwks_with(json, JwkRules::Bind, provider, limits)
    }

    /// The same with other rules for what a JWK says of its own use.
    ///
    /// # Errors
    /// As [`KeySet::from_jwks`].
    pub fn from_jwks_with(
        json: &[u8],
        rules: JwkRules,
        provider: &dyn Provider,
        limits: &Limits,
    ) -> Result<Self, Misconfigured> {
        jwk::read_set(json, rules, provider, limits)
    }

    /// Reads one PEM text of the API server's `--service-account-key-file` kind: public keys (SPKI) and
    /// certificates under any label. Each key's id is the one that Kubernetes gives it.
    ///
    /// # Errors
    /// No PEM block at all, or too many.
    pub fn from_pem(text: &str, provider: &dyn Provider, limits: &Limits) -> Result<Self, Misconfigured> {
        pem::read(text, false, provider, limits)
    }

    /// The same, and PKCS#1 public keys too (`RSA PUBLIC KEY`; RFC 8017, appendix A.1.1), which
    /// kube-apiserver skips in silence.
    ///
    /// # Errors
    /// As [`KeySet::from_pem`].
    pub fn from_pem_with_pkcs1(text: &str, provider: &dyn Provider, limits: &Limits) -> Result<Self, Misconfigured> {
        pem::read(text, true, provider, limits)
    }

    /// This set's keys, then the other's.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.unusable.extend(other.unusable);
        self
    }

    /// This set without the keys of that id.
    #[must_use]
    pub fn without(&self, kid: &str) -> Self {
        let keys = self.keys.iter().filter(|key| key.kid() != Some(kid)).cloned().collect();
        let unusable = self.unusable.iter().filter(|key| key.kid.as_deref() != Some(kid)).cloned().collect();
        Self { keys, unusable }
    }

    /// The usable keys, in order.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// What was left out, and why.
    pub fn unusable(&self) -> &[UnusableKey] {
        &self.unusable
    }

    /// Tries the keys that have this id, or all where there is none (as kube-apiserver does), but no more
    /// signatures than [`Limits::TRIES`].
    pub(crate) fn verify(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        signing_input: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let mut first = None;
        let mut tries = 0;
        for key in self.keys.iter().filter(|key| kid.is_none() || key.kid() == kid) {
            tries += usize::from(key.serves(algorithm));
            if tries > Limits::TRIES {
                return Err(Refusal::TooManyTries(Limits::TRIES));
            }
            match key.verify(algorithm, signing_input, signature) {
                Ok(()) => return Ok(()),
                // A key that was bound away says more than one of another kind.
                Err(Refusal::KeyBound(a)) => first = Some(Refusal::KeyBound(a)),
                Err(why) => first = first.or(Some(why)),
            }
        }
        // A JWK without an id explains nothing about a token that names one: that key may come with the next set, and
        // only an unknown key makes a reader look. Each SPIFFE bundle has such a key, for certificates.
        let explains = |key: &&UnusableKey| kid.is_none() || key.of_any_id || key.kid.as_deref() == kid;
        let unusable = self.unusable.iter().find(explains);
        Err(match (first, unusable) {
            (Some(why @ Refusal::KeyBound(_)), _) => why,
            (_, Some(key)) => Refusal::KeyUnusable(key.why),
            (Some(why), None) => why,
            (None, None) => Refusal::UnknownKey,
        })
    }
}

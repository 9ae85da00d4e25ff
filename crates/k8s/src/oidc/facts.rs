//! What a mapping reads: the claims of the token, and the one that stood elsewhere.

use claimant_core::{Claims, Refusal};

/// The claims of an ID token; a distributed one that was fetched stands among them.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    claims: Claims<'a>,
    fetched: Option<Fetched<'a>>,
}

/// A claim that stood elsewhere. The token has none of its name.
#[derive(Clone, Copy)]
pub(super) struct Fetched<'a> {
    pub(super) name: &'a str,
    /// Its raw value.
    pub(super) value: &'a str,
    /// When the token ends that it stood in.
    pub(super) expires: Option<i64>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(claims: Claims<'a>) -> Self {
        Self { claims, fetched: None }
    }

    pub(super) fn with(self, fetched: Fetched<'a>) -> Self {
        Self { fetched: Some(fetched), ..self }
    }

    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.claims.get(name).or_else(|| self.fetched().filter(|(known, _)| *known == name).map(|(_, value)| value))
    }

    pub(super) fn claims(&self) -> &Claims<'a> {
        &self.claims
    }

    /// Name and value.
    pub(super) fn fetched(&self) -> Option<(&'a str, &'a str)> {
        self.fetched.map(|fetched| (fetched.name, fetched.value))
    }

    /// When the first of them ends.
    pub(super) fn expiry(&self) -> Result<Option<i64>, Refusal> {
        let fetched = self.fetched.and_then(|fetched| fetched.expires);
        Ok(self.claims.expiry()?.into_iter().chain(fetched).min())
    }
}

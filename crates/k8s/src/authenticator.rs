//! One question, many authenticators.

use crate::{Error, UserInfo};
use std::fmt;

/// Decides who a token belongs to.
pub trait Authenticator: Send + Sync {
    /// Judges `token`; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Unrecognized`] where the token is another's, [`Error::Refused`] where it is ours and not good.
    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error>;
}

/// A user, and what the token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authenticated {
    /// Who.
    pub user: UserInfo,
    /// For which of the audiences that were asked for. Empty where the authenticator's configuration
    /// fixes the audience.
    pub audiences: Vec<String>,
}

impl Authenticated {
    pub(crate) fn new(user: UserInfo, audiences: Vec<String>) -> Self {
        Self { user, audiences }
    }
}

/// Asks each in order until one knows the token: `Unrecognized` lets the next try, a refusal ends it.
#[derive(Default)]
pub struct Union(Vec<Box<dyn Authenticator>>);

impl Union {
    /// A union of none: it recognizes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more, asked after those that are there.
    #[must_use]
    pub fn with(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.0.push(Box::new(authenticator));
        self
    }
}

impl Authenticator for Union {
    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        self.0
            .iter()
            .map(|one| one.authenticate(token, now))
            .find(|outcome| !matches!(outcome, Err(Error::Unrecognized)))
            .unwrap_or(Err(Error::Unrecognized))
    }
}

impl fmt::Debug for Union {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Union of {}", self.0.len())
    }
}

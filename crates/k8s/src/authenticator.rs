//! One question, many authenticators.

use crate::{Error, Refusal, UserInfo};
use claimant_core::{Bearer, Buffer, Limits};
use std::fmt;

/// Decides who a token belongs to.
pub trait Authenticator: Send + Sync {
    /// Judges a token that has been read once for all authenticators; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Unrecognized`] where the token is another's, [`Error::Refused`] where it is ours and not good.
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error>;

    /// The bounds within which [`Authenticator::authenticate`] reads a token.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Reads and judges `token`; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// As [`Authenticator::judge`]; a token beyond the limits is refused unread.
    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &self.limits()).map_err(Refusal::Token)?;
        self.judge(&bearer, now)
    }
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
    /// A user of an authenticator of one's own, which fixes the audience itself.
    pub fn of(user: UserInfo) -> Self {
        Self::new(user, Vec::new())
    }

    pub(crate) fn new(user: UserInfo, audiences: Vec<String>) -> Self {
        Self { user, audiences }
    }
}

/// Asks each in order until one knows the token: `Unrecognized` lets the next try, a refusal ends it, as in
/// the API server's union of `jwt` authenticators. (Its outer union, over kinds of authenticators, goes on
/// after a refusal; issuers may not overlap there, so that no other one would know the token.)
#[derive(Default)]
pub struct Union {
    all: Vec<Box<dyn Authenticator>>,
    limits: Limits,
}

impl Union {
    /// A union of none: it recognizes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more, asked after those that are there.
    #[must_use]
    pub fn with(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.all.push(Box::new(authenticator));
        self
    }

    /// With other bounds on tokens than the defaults; they count for all.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl Authenticator for Union {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.all
            .iter()
            .map(|one| one.judge(bearer, now))
            .find(|outcome| !matches!(outcome, Err(Error::Unrecognized)))
            .unwrap_or(Err(Error::Unrecognized))
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}

impl fmt::Debug for Union {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Union of {}", self.all.len())
    }
}

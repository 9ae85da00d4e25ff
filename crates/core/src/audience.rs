//! Who a token must be meant for.

use crate::{Limits, Misconfigured};
use std::fmt;

/// The audiences of which a token must name one. There is no empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    AnyOf(Vec<String>),
    Unchecked(&'static str),
}

impl Audience {
    /// A token is good if it names any of these, compared byte for byte.
    ///
    /// # Errors
    /// No audience, an empty one, or more than [`Limits::AUDIENCES`].
    pub fn any_of<S: Into<String>>(audiences: impl IntoIterator<Item = S>) -> Result<Self, Misconfigured> {
        Self::any_of_within(audiences, &Limits::default())
    }

    /// The same with a limit of the caller's.
    ///
    /// # Errors
    /// As [`Audience::any_of`], with [`Limits::audiences`].
    pub fn any_of_within<S: Into<String>>(
        audiences: impl IntoIterator<Item = S>,
        limits: &Limits,
    ) -> Result<Self, Misconfigured> {
        let list: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if list.is_empty() {
            return Err(Misconfigured::Audiences("at least one is required"));
        }
        if list.iter().any(String::is_empty) {
            return Err(Misconfigured::Audiences("an empty one is not allowed"));
        }
        if list.len() > limits.audiences {
            return Err(Misconfigured::Audiences("more than the limit"));
        }
        Ok(Self(Kind::AnyOf(list)))
    }

    /// The audience is checked elsewhere; `why` says where, and shows in `Debug`.
    pub fn unchecked(why: &'static str) -> Self {
        Self(Kind::Unchecked(why))
    }

    pub(crate) fn accepts(&self, found: &str) -> bool {
        match &self.0 {
            Kind::AnyOf(wanted) => wanted.iter().any(|one| one == found),
            Kind::Unchecked(_) => false,
        }
    }

    pub(crate) fn is_unchecked(&self) -> bool {
        matches!(self.0, Kind::Unchecked(_))
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::AnyOf(list) => write!(f, "any of {list:?}"),
            Kind::Unchecked(why) => write!(f, "unchecked: {why}"),
        }
    }
}

//! What an evaluation is given: the claims of a token, or a user.

use std::fmt;

use super::json;
use super::text::Text;

/// The members of a token's payload by name, as JSON text.
///
/// Implement it over an index that exists already. Names are unique; the text of a value is
/// valid JSON, and what an evaluation does with text that is not is unspecified, but safe.
pub trait Claims: Send + Sync {
    /// The JSON text of a member.
    fn get(&self, name: &str) -> Option<&str>;

    /// The number of members.
    fn len(&self) -> usize;

    /// Whether there are no members.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name and JSON text of the member at an index below [`len`](Self::len).
    fn member(&self, index: usize) -> Option<(&str, &str)>;
}

impl fmt::Debug for dyn Claims + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Claims for [(&str, &str)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, raw)| *raw)
    }

    fn len(&self) -> usize {
        <[(&str, &str)]>::len(self)
    }

    fn member(&self, index: usize) -> Option<(&str, &str)> {
        <[(&str, &str)]>::get(self, index).copied()
    }
}

/// An index of the members of a JSON object.
#[derive(Clone, Debug, Default)]
pub struct ClaimsIndex<'a> {
    members: Vec<(Text<'a>, &'a str)>,
}

/// The text is not a JSON object, or not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims are not a JSON object")]
pub struct MalformedClaims;

impl<'a> ClaimsIndex<'a> {
    /// Finds the members of a JSON object; their values are read when an expression asks for
    /// them. Of a repeated name the last one counts.
    ///
    /// # Errors
    ///
    /// If the text is not an object.
    pub fn from_json(text: &'a str) -> Result<Self, MalformedClaims> {
        let text = text.trim_matches(json::is_space);
        if !(text.starts_with('{') && text.ends_with('}')) {
            return Err(MalformedClaims);
        }
        let mut members: Vec<(Text<'a>, &'a str)> = Vec::new();
        for member in json::members(text) {
            let (name, raw) = member.map_err(|_| MalformedClaims)?;
            let name = json::string(name).map_err(|_| MalformedClaims)?;
            match members.iter_mut().find(|(n, _)| **n == *name) {
                Some(known) => known.1 = raw,
                None => members.push((name, raw)),
            }
        }
        Ok(Self { members })
    }

    /// As [`from_json`](Self::from_json), from bytes.
    ///
    /// # Errors
    ///
    /// If the bytes are not UTF-8, or not an object.
    pub fn from_slice(bytes: &'a [u8]) -> Result<Self, MalformedClaims> {
        Self::from_json(std::str::from_utf8(bytes).map_err(|_| MalformedClaims)?)
    }
}

impl Claims for ClaimsIndex<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(n, _)| **n == *name).map(|(_, raw)| *raw)
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    fn member(&self, index: usize) -> Option<(&str, &str)> {
        self.members.get(index).map(|(name, raw)| (&**name, *raw))
    }
}

/// The user whom user validation rules judge.
#[derive(Clone, Copy, Debug, Default)]
pub struct User<'a> {
    /// `user.username`
    pub username: &'a str,
    /// `user.uid`
    pub uid: &'a str,
    /// `user.groups`
    pub groups: &'a [&'a str],
    /// `user.extra`
    pub extra: &'a [(&'a str, &'a [&'a str])],
}

/// The variable of one evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    pub(crate) claims: Option<&'a dyn Claims>,
    pub(crate) user: Option<&'a User<'a>>,
}

impl<'a> Activation<'a> {
    /// For programs of [`Env::claims`](crate::Env::claims).
    #[must_use]
    pub fn claims(claims: &'a dyn Claims) -> Self {
        Self { claims: Some(claims), user: None }
    }

    /// For programs of [`Env::user`](crate::Env::user).
    #[must_use]
    pub fn user(user: &'a User<'a>) -> Self {
        Self { claims: None, user: Some(user) }
    }
}

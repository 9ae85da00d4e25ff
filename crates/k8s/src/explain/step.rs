//! One step on a token's way, and who listens to them.

use crate::{Error, Refusal, UserInfo};
use claimant_core::{Algorithm, Bearer, KeySet, Limits, Policy};
use std::fmt;

/// One check, mapping or rule: what was expected, what was found, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What was looked at: `signature`, `aud`, `claimMappings.username`, `userValidationRules`.
    pub name: String,
    /// What is wanted: the expression, the claim and its prefix, the policy's words.
    pub expected: String,
    /// What was found; none where there is nothing.
    pub got: Option<Got>,
    /// What an expression cost, in the units of the API server.
    pub cost: Option<u64>,
    /// How it ended.
    pub outcome: Result<(), Error>,
}

/// A value of the token, or made from one: it may say who somebody is, and shows only when asked to.
#[derive(Clone, PartialEq, Eq)]
pub struct Got {
    text: String,
    shape: String,
    is_open: bool,
}

impl Got {
    /// What says nothing about anybody: an algorithm, a time, true or false.
    pub(crate) fn open(text: impl Into<String>) -> Self {
        Self { text: text.into(), shape: String::new(), is_open: true }
    }

    /// A text, of which only the length shows.
    pub(crate) fn text(text: &str) -> Self {
        Self { text: format!("{text:?}"), shape: hidden(text), is_open: false }
    }

    /// A list of texts, of which only the number shows.
    pub(crate) fn texts(texts: &[String]) -> Self {
        Self { text: format!("{texts:?}"), shape: format!("(hidden: {} texts)", texts.len()), is_open: false }
    }

    /// Any other value, of which nothing shows but what it is.
    pub(crate) fn value(text: String, what: &str) -> Self {
        Self { text, shape: format!("(hidden: {what})"), is_open: false }
    }

    /// The value itself, or what may be shown of it.
    pub fn shown(&self, revealed: bool) -> &str {
        if revealed || self.is_open { &self.text } else { &self.shape }
    }
}

impl fmt::Debug for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown(false))
    }
}

/// How much there is of a text that is not shown.
pub(super) fn hidden(text: &str) -> String {
    format!("(hidden: {} characters)", text.chars().count())
}

/// Listens to the steps of a judgement. What is listened to by [`Silent`] costs nothing.
pub(crate) trait Trace {
    fn steps(&mut self, make: impl FnOnce() -> Vec<Step>);

    fn step(&mut self, make: impl FnOnce() -> Step) {
        self.steps(|| vec![make()]);
    }

    /// Tells of an outcome, and gives it back.
    fn of<R>(
        &mut self,
        name: impl FnOnce() -> String,
        expected: impl FnOnce() -> String,
        outcome: Result<R, Refusal>,
        got: impl FnOnce(&R) -> Option<Got>,
    ) -> Result<R, Refusal> {
        self.step(|| Step {
            name: name(),
            expected: expected(),
            got: outcome.as_ref().ok().and_then(got),
            cost: None,
            outcome: outcome.as_ref().map(|_| ()).map_err(|why| why.clone().into()),
        });
        outcome
    }
}

/// Nobody.
pub(crate) struct Silent;

impl Trace for Silent {
    #[inline(always)]
    fn steps(&mut self, _: impl FnOnce() -> Vec<Step>) {}
}

impl Trace for Vec<Step> {
    fn steps(&mut self, make: impl FnOnce() -> Vec<Step>) {
        self.extend(make());
    }
}

/// The checks of the token itself.
pub(crate) fn of_token(
    bearer: &Bearer<'_>,
    keys: Option<&KeySet>,
    allowed: &[Algorithm],
    policy: &Policy,
    now: i64,
    limits: &Limits,
) -> Vec<Step> {
    let none = KeySet::default();
    let found =
        claimant_core::Explanation::of(bearer.text(), keys.unwrap_or(&none), allowed, policy, now, limits).findings;
    let step = |one: claimant_core::Finding| {
        // Neither issuer nor audience says who somebody is.
        let is_open =
            matches!(one.check, "alg" | "signature" | "typ" | "iss" | "aud" | "exp" | "nbf" | "iat" | "lifetime");
        let got = one.got.map(|text| if is_open { Got::open(text) } else { Got::text(&text) });
        Step {
            name: one.check.to_owned(),
            expected: match one.check {
                "claim types" => "sub and its like to be text, as the API server reads them".to_owned(),
                _ => one.expected,
            },
            got,
            cost: None,
            outcome: one.outcome.map_err(|why| Refusal::Token(why).into()),
        }
    };
    found.into_iter().map(step).collect()
}

/// The user without what says who it is: what the configuration puts in front stays.
pub(super) fn redacted(user: &UserInfo, username_prefix: &str, groups_prefix: &str) -> UserInfo {
    let hide = |text: &str, prefix: &str| match text.strip_prefix(prefix) {
        Some(rest) => format!("{prefix}{}", hidden(rest)),
        None => hidden(text),
    };
    UserInfo {
        username: hide(&user.username, username_prefix),
        uid: if user.uid.is_empty() { String::new() } else { hidden(&user.uid) },
        groups: user.groups.iter().map(|group| hide(group, groups_prefix)).collect(),
        extra: user
            .extra
            .iter()
            .map(|(key, values)| (key.clone(), values.iter().map(|value| hidden(value)).collect()))
            .collect(),
    }
}

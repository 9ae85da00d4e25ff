//! Every check of one token, with what was expected and found, for people.

use crate::buffer::Buffer;
use crate::policy::{Finding, Policy};
use crate::{Algorithm, KeySet, Limits, Refusal, UnverifiedToken};
use std::fmt;

/// All checks of a token, also those behind the first that fails. It proves nothing: what it shows of a token
/// may be forged. To act on a token, use [`UnverifiedToken::verify`]. Its `Debug` hides the
/// claims' values even where they are revealed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The checks, in order. Where the text cannot be read, only the one that says so.
    pub findings: Vec<Finding>,
    revealed: bool,
}

impl Explanation {
    /// Goes through all checks of `text`; `now` is in seconds since 1970.
    pub fn of(text: &str, keys: &KeySet, allowed: &[Algorithm], policy: &Policy, now: i64, limits: &Limits) -> Self {
        let mut buffer = Buffer::new();
        let mut findings = Vec::new();
        match UnverifiedToken::parse(text, &mut buffer, limits) {
            Err(why) => {
                findings.push(found("form", "three parts in canonical base64url, a plain header", None, Err(why)))
            }
            Ok(token) => {
                let header = token.header();
                let name = header.algorithm.map(|algorithm| algorithm.name().to_owned());
                let allows = header.algorithm.is_some_and(|algorithm| allowed.contains(&algorithm));
                let names: Vec<_> = allowed.iter().map(|algorithm| algorithm.name()).collect();
                findings.push(found("form", "three parts in canonical base64url, a plain header", None, Ok(())));
                findings.push(found(
                    "alg",
                    &format!("any of {names:?}"),
                    name,
                    if allows { Ok(()) } else { Err(Refusal::Algorithm) },
                ));
                let kids: Vec<_> = keys.keys().iter().filter_map(|key| key.kid()).collect();
                let kid = header.kid.as_deref().map(ToOwned::to_owned);
                findings.push(found(
                    "signature",
                    &format!("by one of {kids:?}"),
                    kid,
                    token.verify(keys, allowed).map(|_| ()),
                ));
                match token.claims() {
                    Ok(object) => findings.extend(policy.explain(header, object, now)),
                    Err(why) => findings.push(found("payload", "an object that all readers agree on", None, Err(why))),
                }
            }
        }
        Self { findings, revealed: false }
    }

    /// Whether every check passes.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.outcome.is_ok())
    }

    /// Shows the claims' values too. They may say who somebody is: keep such an explanation out of logs.
    #[must_use]
    pub fn revealed(mut self) -> Self {
        self.revealed = true;
        self
    }
}

/// One line a check. Of the token's values only its algorithm, key id, type and times show, unless revealed.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let got = finding.shown(self.revealed);
            let sign = if finding.outcome.is_ok() { "ok  " } else { "FAIL" };
            write!(f, "{sign} {}: expected {}, got {got}", finding.check, finding.expected)?;
            match &finding.outcome {
                Ok(()) => writeln!(f)?,
                Err(why) => writeln!(f, ": {} ({why})", why.reason())?,
            }
        }
        Ok(())
    }
}

fn found(check: &'static str, expected: &str, got: Option<String>, outcome: Result<(), Refusal>) -> Finding {
    Finding { check, expected: expected.to_owned(), got, outcome }
}

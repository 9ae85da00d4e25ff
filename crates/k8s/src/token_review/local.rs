//! What is checked before anybody is asked.

use crate::explain::{Got, Step};
use crate::{Authenticated, Authenticator, Error, Generation, Refusal};
use claimant_core::{Bearer, Limits};
use std::fmt;

/// The checks, cheapest first: the form, the issuer, then whatever the caller put in.
#[derive(Default)]
pub(super) struct LocalChecks {
    authenticator: Option<Box<dyn Authenticator>>,
    issuers: Option<Vec<String>>,
    opaque: Option<&'static str>,
    limits: Option<Limits>,
}

impl LocalChecks {
    pub(super) fn with_authenticator(self, authenticator: Box<dyn Authenticator>) -> Self {
        Self { authenticator: Some(authenticator), ..self }
    }

    pub(super) fn with_issuers(self, issuers: Vec<String>) -> Self {
        Self { issuers: Some(issuers), ..self }
    }

    pub(super) fn with_opaque_tokens(self, why: &'static str) -> Self {
        Self { opaque: Some(why), ..self }
    }

    pub(super) fn with_limits(self, limits: Limits) -> Self {
        Self { limits: Some(limits), ..self }
    }

    /// The form and the issuer.
    pub(super) fn check(&self, bearer: &Bearer<'_>) -> Result<(), Error> {
        check_text(bearer.text())?;
        if self.opaque.is_none() && bearer.claimed_issuer().is_none() {
            return Err(Error::Unrecognized);
        }
        let known = |issuer: &String| bearer.claimed_issuer() == Some(issuer);
        match &self.issuers {
            Some(issuers) if !issuers.iter().any(known) => Err(Error::Unrecognized),
            _ => Ok(()),
        }
    }

    /// All checks that need no wait.
    pub(super) fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<(), Error> {
        self.check(bearer)?;
        self.authenticator.as_ref().map_or(Ok(()), |local| local.judge(bearer, now).map(|_| ()))
    }

    /// The same as [`judge`](Self::judge), step by step.
    pub(super) fn explain(&self, bearer: &Bearer<'_>, now: i64, steps: &mut Vec<Step>) -> Result<(), Error> {
        self.check(bearer)?;
        let expected = match &self.issuers {
            Some(issuers) => format!("any of {issuers:?}"),
            None => "any".to_owned(),
        };
        let got = bearer.claimed_issuer().map(Got::open);
        steps.push(Step { name: "iss".to_owned(), expected, got, cost: None, outcome: Ok(()) });
        let Some(local) = &self.authenticator else { return Ok(()) };
        let all = local.explain(bearer, now);
        let known = all.into_iter().find(|one| !matches!(one.outcome, Err(Error::Unrecognized)));
        let Some(known) = known else { return Err(Error::Unrecognized) };
        steps.extend(known.steps);
        known.outcome.map(|_| ())
    }

    /// The authenticator's verdict, where there is one.
    pub(super) async fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Result<Option<Authenticated>, Error> {
        match &self.authenticator {
            Some(local) => local.begin(bearer, now).finish().await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn issuers(&self) -> Option<Vec<String>> {
        self.issuers.clone().or_else(|| self.authenticator.as_ref().and_then(|local| local.issuers()))
    }

    pub(super) fn generation(&self, issuer: &str) -> Generation {
        self.authenticator.as_ref().map(|local| local.generation(issuer)).unwrap_or_default()
    }

    pub(super) fn limits(&self) -> Limits {
        let local = || self.authenticator.as_ref().map(|local| local.limits());
        self.limits.clone().or_else(local).unwrap_or_default()
    }
}

/// An API server trims the text and cuts it at white space: it would judge another token than ours.
fn check_text(token: &str) -> Result<(), Refusal> {
    if token.is_empty() || token.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::Token(claimant_core::Refusal::NotCompact));
    }
    Ok(())
}

impl fmt::Debug for LocalChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalChecks")
            .field("authenticator", &self.authenticator.is_some())
            .field("issuers", &self.issuers)
            .field("opaque", &self.opaque)
            .finish_non_exhaustive()
    }
}

//! Many authenticators as one.

use crate::explain::Looked;
use crate::{Authenticated, Authenticator, Error, Generation, Judging};
use claimant_core::{Bearer, Limits};
use std::collections::HashMap;
use std::fmt;

/// Asks the authenticator of the token's issuer, found by one look into a table however many there are. Those
/// that name no issuers ([`Authenticator::issuers`]) are asked about every token; where several may know one,
/// they are asked in the order in which they came.
///
/// `Unrecognized` lets the next one try; a refusal ends it, as in the API server's union of `jwt`
/// authenticators, and so does `Unavailable`. (The API server's outer union, over kinds of authenticators, goes
/// on after a refusal; issuers may not overlap there, so that no other one would know the token.) Its order is
/// service accounts, then OIDC, then whatever else there is.
///
/// A token of an unknown issuer leaves nothing behind.
#[derive(Default)]
pub struct Union {
    all: Vec<Box<dyn Authenticator>>,
    /// Whom to ask about the tokens of an issuer, in order.
    by_issuer: HashMap<String, Vec<usize>>,
    /// Whom to ask about all others.
    about_any: Vec<usize>,
    limits: Limits,
}

impl Union {
    /// A union of none: it recognizes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more, asked after those that are there. There may be any number.
    #[must_use]
    pub fn with(mut self, authenticator: impl Authenticator + 'static) -> Self {
        let place = self.all.len();
        match authenticator.issuers() {
            Some(issuers) => {
                for issuer in issuers {
                    let asked = self.by_issuer.entry(issuer).or_insert_with(|| self.about_any.clone());
                    if asked.last() != Some(&place) {
                        asked.push(place);
                    }
                }
            }
            None => {
                self.by_issuer.values_mut().for_each(|asked| asked.push(place));
                self.about_any.push(place);
            }
        }
        self.all.push(Box::new(authenticator));
        self
    }

    /// With other bounds on tokens than the defaults; they count for all.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Those that may know a token of this issuer, in order.
    #[inline]
    fn asked(&self, issuer: Option<&str>) -> impl Iterator<Item = &dyn Authenticator> {
        let known = issuer.and_then(|issuer| self.by_issuer.get(issuer));
        let places = known.unwrap_or(&self.about_any);
        places.iter().filter_map(|place| self.all.get(*place)).map(AsRef::as_ref)
    }
}

impl Authenticator for Union {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.asked(bearer.claimed_issuer())
            .map(|one| one.judge(bearer, now))
            .find(|outcome| !matches!(outcome, Err(Error::Unrecognized)))
            .unwrap_or(Err(Error::Unrecognized))
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let mut asked = self.asked(bearer.claimed_issuer());
        while let Some(one) = asked.next() {
            match one.begin(bearer, now) {
                Judging::Done(Err(Error::Unrecognized)) => {}
                Judging::Done(outcome) => return Judging::Done(outcome),
                waits @ Judging::Waits(_) => {
                    return Judging::waits(async move {
                        let mut outcome = waits.finish().await;
                        while let Err(Error::Unrecognized) = outcome {
                            let Some(next) = asked.next() else { break };
                            outcome = next.begin(bearer, now).finish().await;
                        }
                        outcome
                    });
                }
            }
        }
        Judging::Done(Err(Error::Unrecognized))
    }

    /// All of them, also those whom the table leaves out: they say themselves that the token is another's.
    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        self.all.iter().flat_map(|one| one.explain(bearer, now)).collect()
    }

    fn issuers(&self) -> Option<Vec<String>> {
        self.about_any.is_empty().then(|| self.by_issuer.keys().cloned().collect())
    }

    fn judges_tokens_of(&self, issuer: &str) -> Option<bool> {
        if self.by_issuer.contains_key(issuer) {
            return Some(true);
        }
        let mut known = Some(false);
        for one in self.asked(Some(issuer)) {
            match one.judges_tokens_of(issuer) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = None,
            }
        }
        known
    }

    fn generation(&self, issuer: &str) -> Generation {
        self.asked(Some(issuer)).map(|one| one.generation(issuer)).fold(Generation::default(), Generation::and)
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

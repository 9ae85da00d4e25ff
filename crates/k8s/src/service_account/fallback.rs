//! Somebody else who is asked where the first cannot tell.

use crate::explain::Looked;
use crate::{Authenticated, Authenticator, Error, Generation, Judging, OutOfReach};
use claimant_core::{Bearer, Limits};

/// Judges by the first; where that one has the keys but not the objects ([`OutOfReach::Objects`]), by the second: a
/// TokenReview, say. Without this, such a token is [`Error::Unavailable`]. Neither is ever silently stale.
#[derive(Debug)]
pub struct Fallback<A, B> {
    first: A,
    second: B,
}

impl<A: Authenticator, B: Authenticator> Fallback<A, B> {
    /// `second` is asked only about what `first` would take if its objects were there, so that it is asked about
    /// no token without a good signature.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

fn lacks_objects(outcome: &Result<Authenticated, Error>) -> bool {
    matches!(outcome, Err(Error::Unavailable(why)) if why.what == OutOfReach::Objects)
}

impl<A: Authenticator, B: Authenticator> Authenticator for Fallback<A, B> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        let outcome = self.first.judge(bearer, now);
        if lacks_objects(&outcome) { self.second.judge(bearer, now) } else { outcome }
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        match self.first.begin(bearer, now) {
            Judging::Done(outcome) if lacks_objects(&outcome) => self.second.begin(bearer, now),
            done @ Judging::Done(_) => done,
            waits @ Judging::Waits(_) => Judging::waits(async move {
                let outcome = waits.finish().await;
                if lacks_objects(&outcome) { self.second.begin(bearer, now).finish().await } else { outcome }
            }),
        }
    }

    /// What both did, where both were asked, as one: the verdict is the second's.
    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        let mut all = self.first.explain(bearer, now);
        let known = all.iter_mut().find(|one| !matches!(one.outcome, Err(Error::Unrecognized)));
        if let Some(one) = known.filter(|one| lacks_objects(&one.outcome)) {
            one.go_on("objects", "to be at hand, or else the next to be asked", self.second.explain(bearer, now));
        }
        all
    }

    fn issuers(&self) -> Option<Vec<String>> {
        self.first.issuers()
    }

    fn generation(&self, issuer: &str) -> Generation {
        self.first.generation(issuer).and(self.second.generation(issuer))
    }

    fn limits(&self) -> Limits {
        self.first.limits()
    }
}

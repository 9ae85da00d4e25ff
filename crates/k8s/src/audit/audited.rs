//! An authenticator that tells.

use super::{Decision, Event, FingerprintKey, Sink};
use crate::authenticator::like_inner;
use crate::user_info::CREDENTIAL_ID;
use crate::watch::Monotonic;
use crate::{Authenticated, Authenticator, ConfigError, Error, Judging};
use claimant_core::Bearer;
use std::fmt;
use std::time::Duration;

/// Tells a [`Sink`] of every verdict of the authenticator in it. Around a cache it tells of those too that the cache
/// gives. A token that is too long to be read is nobody's, and is not told of.
pub struct Audited<A, S> {
    inner: A,
    sink: S,
    key: FingerprintKey,
    issuers: Option<Vec<String>>,
    clock: Monotonic,
}

impl<A: Authenticator, S: Sink> Audited<A, S> {
    /// Tells `sink`, with fingerprints under a key of its own.
    ///
    /// # Errors
    /// [`ConfigError::Randomness`].
    pub fn new(inner: A, sink: S) -> Result<Self, ConfigError> {
        Ok(Self::with_key(inner, sink, FingerprintKey::random()?))
    }

    /// The same under this key.
    pub fn with_key(inner: A, sink: S, key: FingerprintKey) -> Self {
        let issuers = inner.issuers();
        Self { inner, sink, key, issuers, clock: Monotonic::default() }
    }

    /// With another clock for how long verdicts take. It never goes back.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.clock = Monotonic::new(clock);
        self
    }

    fn tell(&self, bearer: &Bearer<'_>, now: i64, start: Duration, outcome: &Result<Authenticated, Error>) {
        let who = outcome.as_ref().ok();
        let user = who.map(|who| &who.user);
        let judged_here = |issuer: &&str| who.is_some() || self.issuers.iter().flatten().any(|known| known == issuer);
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        self.sink.record(Event {
            time: now,
            decision: match outcome {
                Ok(_) => Decision::Allowed,
                Err(Error::Refused(_)) => Decision::Refused,
                Err(Error::Unrecognized) => Decision::Unrecognized,
                Err(Error::Unavailable(_)) => Decision::Unavailable,
            },
            reason: outcome.as_ref().err().map(Error::reason),
            fingerprint: self.key.fingerprint(bearer.text()),
            issuer: bearer.claimed_issuer().filter(judged_here).map(str::to_owned),
            key_id: key_id(bearer),
            username: user.map(|user| user.username.clone()),
            uid: user.and_then(|user| filled(&user.uid)),
            groups: user.map(|user| user.groups.clone()).unwrap_or_default(),
            credential_id: user.and_then(|user| user.extra.get(CREDENTIAL_ID)?.first().cloned()),
            audiences: who.map(|who| who.audiences.clone()).unwrap_or_default(),
            cached: who.map(Authenticated::is_from_cache),
            latency: self.clock.now().saturating_sub(start),
        });
    }
}

/// What stands there may be anything, as long as nobody has signed it.
fn key_id(bearer: &Bearer<'_>) -> Option<String> {
    let kid = bearer.token().ok()?.header().kid.as_deref()?;
    (kid.len() <= 128 && kid.bytes().all(|byte| byte.is_ascii_graphic())).then(|| kid.to_owned())
}

impl<A: Authenticator, S: Sink> Authenticator for Audited<A, S> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        let start = self.clock.now();
        let outcome = self.inner.judge(bearer, now);
        self.tell(bearer, now, start, &outcome);
        outcome
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let start = self.clock.now();
        match self.inner.begin(bearer, now) {
            Judging::Done(outcome) => {
                self.tell(bearer, now, start, &outcome);
                Judging::Done(outcome)
            }
            waits @ Judging::Waits(_) => Judging::waits(async move {
                let outcome = waits.finish().await;
                self.tell(bearer, now, start, &outcome);
                outcome
            }),
        }
    }

    // An explanation lets nobody in, so there is no event.
    like_inner!(self, self.inner);
}

impl<A: fmt::Debug, S> fmt::Debug for Audited<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audited").field("inner", &self.inner).finish_non_exhaustive()
    }
}

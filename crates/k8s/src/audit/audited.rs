//! An authenticator that tells.

use super::{ABANDONED, Decision, Event, FingerprintKey, Sink};
use crate::authenticator::like_inner;
use crate::user_info::CREDENTIAL_ID;
use crate::watch::Monotonic;
use crate::{Authenticated, Authenticator, ConfigError, Error, Judging};
use claimant_core::{Bearer, Reason};
use std::fmt;
use std::time::Duration;

/// Tells a [`Sink`] of every verdict of the authenticator in it. Around a cache it tells of those too that the cache
/// gives. A token that is too long to be read is nobody's, and is not told of. Where a verdict is waited for and whoever
/// waits gives up, that is told as `unavailable`, for the reason [`ABANDONED`].
///
/// It tells of what the authenticator in it says: what stands around it and says no after all must stand inside. For
/// TokenReviews there is [`Answerer::with_audit`](crate::token_review::Answerer::with_audit).
pub struct Audited<A, S> {
    inner: A,
    teller: Teller<S>,
}

/// Whom to tell, and how tokens are named there.
pub(crate) struct Teller<S> {
    sink: S,
    key: FingerprintKey,
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
        Self { inner, teller: Teller::new(sink, key) }
    }

    /// With another clock for how long verdicts take. It never goes back.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.teller.clock = Monotonic::new(clock);
        self
    }
}

impl<S: Sink> Teller<S> {
    pub(crate) fn new(sink: S, key: FingerprintKey) -> Self {
        Self { sink, key, clock: Monotonic::default() }
    }

    pub(crate) fn judge<A: Authenticator>(
        &self,
        inner: &A,
        bearer: &Bearer<'_>,
        now: i64,
    ) -> Result<Authenticated, Error> {
        let start = self.clock.now();
        let outcome = inner.judge(bearer, now);
        self.tell(inner, bearer, now, start, &outcome);
        outcome
    }

    pub(crate) fn begin<'a, A: Authenticator>(&'a self, inner: &'a A, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let start = self.clock.now();
        match inner.begin(bearer, now) {
            Judging::Done(outcome) => {
                self.tell(inner, bearer, now, start, &outcome);
                Judging::Done(outcome)
            }
            waits @ Judging::Waits(_) => {
                let pending = Pending { teller: self, inner, bearer, now, start, told: false };
                Judging::waits(async move {
                    let mut pending = pending;
                    let outcome = waits.finish().await;
                    pending.told = true;
                    self.tell(inner, bearer, now, start, &outcome);
                    outcome
                })
            }
        }
    }

    fn tell<A: Authenticator>(
        &self,
        inner: &A,
        bearer: &Bearer<'_>,
        now: i64,
        start: Duration,
        outcome: &Result<Authenticated, Error>,
    ) {
        let (decision, reason) = match outcome {
            Ok(_) => (Decision::Allowed, None),
            Err(why) => (Decision::from(why), Some(why.reason())),
        };
        let mut event = self.event(inner, bearer, now, start, decision, reason);
        if let Ok(who) = outcome {
            let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            event.username = Some(who.user.username.clone());
            event.uid = filled(&who.user.uid);
            event.groups = who.user.groups.clone();
            event.credential_id = who.user.extra.get(CREDENTIAL_ID).and_then(|all| all.first().cloned());
            event.audiences = who.audiences.clone();
            event.cached = Some(who.is_from_cache());
        }
        self.sink.record(event);
    }

    /// What is known of a token without a user.
    fn event<A: Authenticator>(
        &self,
        inner: &A,
        bearer: &Bearer<'_>,
        now: i64,
        start: Duration,
        decision: Decision,
        reason: Option<Reason>,
    ) -> Event {
        // Asked anew each time, since a configuration may have been replaced.
        let judged_here = |issuer: &&str| match decision {
            Decision::Allowed => true,
            Decision::Unrecognized => false,
            Decision::Refused | Decision::Unavailable => inner.judges_tokens_of(issuer) == Some(true),
        };
        Event {
            time: now,
            decision,
            reason,
            fingerprint: self.key.fingerprint(bearer.text()),
            issuer: bearer.claimed_issuer().filter(judged_here).map(str::to_owned),
            key_id: key_id(bearer),
            username: None,
            uid: None,
            groups: Vec::new(),
            credential_id: None,
            audiences: Vec::new(),
            cached: None,
            latency: self.clock.now().saturating_sub(start),
        }
    }
}

/// A verdict that somebody waits for.
struct Pending<'a, A: Authenticator, S: Sink> {
    teller: &'a Teller<S>,
    inner: &'a A,
    bearer: &'a Bearer<'a>,
    now: i64,
    start: Duration,
    told: bool,
}

impl<A: Authenticator, S: Sink> Drop for Pending<'_, A, S> {
    fn drop(&mut self) {
        if !self.told {
            let Self { teller, inner, bearer, now, start, .. } = *self;
            let event = teller.event(inner, bearer, now, start, Decision::Unavailable, Some(ABANDONED));
            teller.sink.record(event);
        }
    }
}

/// What stands there may be anything, as long as nobody has signed it.
fn key_id(bearer: &Bearer<'_>) -> Option<String> {
    let kid = bearer.token().ok()?.header().kid.as_deref()?;
    (kid.len() <= 128 && kid.bytes().all(|byte| byte.is_ascii_graphic())).then(|| kid.to_owned())
}

impl<A: Authenticator, S: Sink> Authenticator for Audited<A, S> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.teller.judge(&self.inner, bearer, now)
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        self.teller.begin(&self.inner, bearer, now)
    }

    // An explanation lets nobody in, so there is no event.
    like_inner!(self, self.inner);
}

impl<A: fmt::Debug, S> fmt::Debug for Audited<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audited").field("inner", &self.inner).finish_non_exhaustive()
    }
}

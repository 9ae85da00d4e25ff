//! A client that cannot be used wrongly: audiences asked and checked, errors not overlooked, questions bounded.

use super::local::LocalChecks;
use super::reply;
use super::retry::{Class, class, retry_after};
use super::transport::{Reply, ReviewFailure, Transport};
use super::types::{TokenReview, Version};
use super::{Retry, Unreadable};
use crate::explain::{Looked, Step};
use crate::{
    Authenticated, Authenticator, ConfigError, Error, FieldError, Generation, Judging, OutOfReach, Unavailable,
};
use claimant_core::{Bearer, Limits};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Asks an API server (or a webhook) whose token that is.
///
/// A `yes` counts only with one of our audiences in it, with a user and without an error. What fails locally is
/// never asked: see [`TokenReviewer::with_local`]. Put a [`Cached`](crate::Cached) around it.
pub struct TokenReviewer<T> {
    transport: T,
    server: String,
    version: Version,
    audiences: Vec<String>,
    api_audiences: Vec<String>,
    local: LocalChecks,
    retry: Retry,
    chance: Box<dyn Fn() -> f64 + Send + Sync>,
    patience: Duration,
    in_flight: Semaphore,
    admitted: Semaphore,
    last_failure: Mutex<Option<ReviewFailure>>,
}

impl<T: Transport> TokenReviewer<T> {
    /// Asks through `transport` for these audiences: who we are, as the tokens that are meant for us say it.
    ///
    /// # Errors
    /// No audience, or an empty one: the answer would be good for the API server, not for us.
    pub fn new<S: Into<String>>(transport: T, audiences: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            let why = "there must be an audience, and none may be empty".to_owned();
            return Err(ConfigError::Invalid(vec![FieldError { path: "spec.audiences".to_owned(), why }]));
        }
        Ok(Self {
            transport,
            server: "TokenReview".to_owned(),
            version: Version::V1,
            audiences,
            api_audiences: Vec::new(),
            local: LocalChecks::default(),
            retry: Retry::default(),
            chance: Box::new(chance),
            patience: DEFAULT_PATIENCE,
            in_flight: Semaphore::new(DEFAULT_IN_FLIGHT),
            admitted: Semaphore::new(DEFAULT_IN_FLIGHT + DEFAULT_WAITING),
            last_failure: Mutex::new(None),
        })
    }

    /// In another version than `v1`.
    #[must_use]
    pub fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The name under which errors speak of this server.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.server = name.into();
        self
    }

    /// The audiences of the API server itself. An answer that names no audiences comes from an authenticator
    /// that knows of none, and is good for these alone; without this it is good for nobody.
    #[must_use]
    pub fn with_api_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.api_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Asks only about what this one accepts; what it refuses or does not know is answered by it. With the
    /// cluster's keys, no question is asked about a token that the cluster did not sign.
    #[must_use]
    pub fn with_local(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.local = self.local.with_authenticator(Box::new(authenticator));
        self
    }

    /// Asks only about tokens that claim one of these issuers, where the keys are not at hand.
    #[must_use]
    pub fn with_issuers<S: Into<String>>(mut self, issuers: impl IntoIterator<Item = S>) -> Self {
        self.local = self.local.with_issuers(issuers.into_iter().map(Into::into).collect());
        self
    }

    /// Also asks about tokens that are no JWTs (bootstrap tokens, a webhook's own). `why` shows in `Debug`.
    #[must_use]
    pub fn with_opaque_tokens(mut self, why: &'static str) -> Self {
        self.local = self.local.with_opaque_tokens(why);
        self
    }

    /// With other bounds on tokens than the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.local = self.local.with_limits(limits);
        self
    }

    /// How often, and with which pauses.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Where the jitter comes from: a number from 0 to 1 at each call.
    #[must_use]
    pub fn with_chance(mut self, chance: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.chance = Box::new(chance);
        self
    }

    /// How long a verdict may take with all its attempts; 10 s by default.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many questions may be under way at once (64 by default), and how many more may wait for that (512).
    /// Any beyond are [`Error::Unavailable`] at once.
    #[must_use]
    pub fn with_concurrency(mut self, in_flight: u16, waiting: u16) -> Self {
        let in_flight = usize::from(in_flight.max(1));
        self.in_flight = Semaphore::new(in_flight);
        self.admitted = Semaphore::new(in_flight + usize::from(waiting));
        self
    }

    /// Why the last question without an answer had none; `None` after an answer.
    pub fn last_failure(&self) -> Option<ReviewFailure> {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, without the local checks.
    async fn review(&self, token: &str) -> Result<Authenticated, Error> {
        let answer = match self.admitted.try_acquire() {
            Ok(_admitted) => timeout(self.patience, self.attempts(token))
                .await
                .unwrap_or(Err((ReviewFailure::TimedOut(self.patience), None))),
            Err(_) => Err((ReviewFailure::Overloaded, Some(Duration::from_secs(1)))),
        };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = answer.as_ref().err().map(|(why, _)| *why);
        match answer {
            Ok(status) => reply::judge(status, token, &self.audiences, &self.api_audiences),
            Err((_, told)) => Err(Unavailable::new(&self.server, OutOfReach::Judge).with_retry_after(told).into()),
        }
    }

    async fn attempts(&self, token: &str) -> Result<super::TokenReviewStatus, (ReviewFailure, Option<Duration>)> {
        let question = TokenReview::question(self.version, token, &self.audiences);
        let unwritable = (ReviewFailure::Unreadable(Unreadable::Json), None);
        let body = serde_json::to_vec(&question).map_err(|_| unwritable)?;
        let mut attempt = 1;
        loop {
            let reply = {
                // The semaphore is never closed.
                let _permit = self.in_flight.acquire().await;
                self.transport.post(&body).await
            };
            let (failure, again, told) = match reply {
                Ok(reply) => match self.answer(&reply) {
                    Ok(status) => return Ok(status),
                    Err(failure) => failure,
                },
                Err(error) => (ReviewFailure::Transport(error), error == super::TransportError::Lost, None),
            };
            match self.retry.pause_after(attempt, told, (self.chance)()).filter(|_| again) {
                Some(pause) if pause < self.patience => sleep(pause).await,
                _ => return Err((failure, told)),
            }
            attempt += 1;
        }
    }

    /// The status, or why there is none, whether to ask again, and when to.
    fn answer(&self, reply: &Reply) -> Result<super::TokenReviewStatus, (ReviewFailure, bool, Option<Duration>)> {
        let told = reply.retry_after.as_deref().and_then(retry_after);
        match class(reply.code, told) {
            Class::Answer => {
                reply::read(&reply.body, self.version).map_err(|why| (ReviewFailure::Unreadable(why), false, None))
            }
            Class::Again => Err((ReviewFailure::Status(reply.code), true, told)),
            Class::Final => Err((ReviewFailure::Status(reply.code), false, told)),
        }
    }
}

/// It waits; where nobody can, a token that passes the local checks is [`Error::Unavailable`].
impl<T: Transport> Authenticator for TokenReviewer<T> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.local.judge(bearer, now)?;
        Err(Unavailable::new(&self.server, OutOfReach::Judge).into())
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        if let Err(why) = self.local.check(bearer) {
            return Judging::Done(Err(why));
        }
        Judging::waits(async move {
            let local = self.local.begin(bearer, now).await?;
            let mut who = self.review(bearer.text()).await?;
            // The API server does not say it. Where nobody here has verified the token, a yes has: its own claim can
            // only shorten what that is good for.
            let verified = local.and_then(|local| local.expires);
            let claimed = crate::claimed_expiry::of(bearer.text(), &self.local.limits());
            who.expires = verified.into_iter().chain(claimed).min();
            Ok(who)
        })
    }

    /// The local checks; the question itself is not asked, since that is to wait.
    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        let mut steps = Vec::new();
        let outcome = self.local.explain(bearer, now, &mut steps).and_then(|()| {
            let why = Error::from(Unavailable::new(&self.server, OutOfReach::Judge));
            steps.push(Step {
                name: "TokenReview".to_owned(),
                expected: format!("a yes for any of {:?}; not asked here", self.audiences),
                got: None,
                cost: None,
                outcome: Err(why.clone()),
            });
            Err(why)
        });
        vec![Looked::new(self.server.clone(), steps, outcome)]
    }

    fn issuers(&self) -> Option<Vec<String>> {
        self.local.issuers()
    }

    /// That of the local authenticator: what it refuses under new keys is not asked about.
    fn generation(&self, issuer: &str) -> Generation {
        self.local.generation(issuer)
    }

    fn limits(&self) -> Limits {
        self.local.limits()
    }
}

impl<T> fmt::Debug for TokenReviewer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReviewer")
            .field("server", &self.server)
            .field("version", &self.version)
            .field("audiences", &self.audiences)
            .field("api_audiences", &self.api_audiences)
            .field("local", &self.local)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);
const DEFAULT_IN_FLIGHT: usize = 64;
const DEFAULT_WAITING: usize = 512;

/// From 0 to 1, different for every process and call; good enough to spread attempts, and for nothing else.
fn chance() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

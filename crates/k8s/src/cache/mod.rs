//! Verdicts that are remembered for a while, around any authenticator.
//!
//! Opt-in: a token that is revoked stays good for as long as its verdict is kept, unless its authenticator
//! gave it a life of its own ([`Authenticated::while_alive`]).

mod flight;
mod key;
mod store;

use crate::authenticator::like_inner;
use crate::service_account::ServiceAccounts;
use crate::{Authenticated, Authenticator, ConfigError, Error, Generation, Judging, Refusal};
use claimant_core::{Bearer, Buffer};
use flight::Flights;
use key::KeyHasher;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Store;

/// How many verdicts are kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePolicy {
    /// Users at most, give or take 64. Each takes what its `UserInfo` takes, and some 150 bytes.
    pub verdicts: usize,
    /// Seconds for which a user is kept; never beyond the token's `exp`. kube-apiserver has 10.
    pub seconds: u32,
    /// Refusals at most, give or take 64, in a room of their own.
    pub refusals: usize,
    /// Seconds for which a refusal is kept. 0, as in kube-apiserver, keeps none: a token may become good, and a
    /// refusal without a signature is cheap. Worth a few seconds where every refusal asks somebody else.
    pub refusal_seconds: u32,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self { verdicts: 10_000, seconds: 10, refusals: 1_000, refusal_seconds: 0 }
    }
}

/// An authenticator that remembers.
///
/// ```
/// use claimant_core::{KeySet, Limits, provider};
/// use claimant_k8s::service_account::ServiceAccounts;
/// use claimant_k8s::{Authenticator, CachePolicy, Cached};
///
/// let keys = KeySet::from_jwks(br#"{"keys": []}"#, &provider::Default, &Limits::default())?;
/// let accounts = ServiceAccounts::new(["https://kubernetes.default.svc"], keys, ["my-api"]);
/// let cached = Cached::new(accounts, CachePolicy::default())?;
/// assert!(cached.authenticate_shared("not.a.token", 1_790_000_000).is_err());
/// assert_eq!(cached.counts().verdicts, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Verdicts stand under a keyed hash of the whole token, of the audiences that were asked for, and of the
/// [generation](Authenticator::generation) of keys and configuration that they were found under: when that goes,
/// they go. Only users take up room in the cache of users, so that no flood of bad tokens can evict one; where it
/// is full of users who hold, the one who came first goes. Clocks that go back find nothing. Of those who wait
/// ([`Authenticator::begin`]) for one token at one time, one asks. [`Error::Unavailable`] is never kept.
pub struct Cached<A> {
    inner: A,
    policy: CachePolicy,
    hasher: KeyHasher,
    token_bytes: usize,
    users: Store<Kept<Arc<Authenticated>>>,
    refusals: Store<Kept<Error>>,
    flights: Flights<(u128, Stand), Outcome>,
    /// Counts what [`Cached::drop_all`] did.
    epoch: AtomicU64,
    misses: AtomicU64,
}

type Outcome = Result<Arc<Authenticated>, Error>;

/// What a verdict was found under.
type Stand = (Generation, u64);

/// A verdict, and what it holds under. The issuer is whose generation counts; it is nobody's where the token
/// claims none.
#[derive(Clone)]
struct Kept<V> {
    value: V,
    issuer: Box<str>,
    stand: Stand,
}

/// What a cache holds and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheCounts {
    /// Users kept now, those whose time is over but who are not yet swept included.
    pub verdicts: usize,
    /// Refusals kept now, likewise.
    pub refusals: usize,
    /// Answers from the cache.
    pub hits: u64,
    /// Answers that the authenticator had to find.
    pub misses: u64,
}

impl<A: Authenticator> Cached<A> {
    /// Remembers what `inner` decides, under a secret of its own.
    ///
    /// # Errors
    /// [`ConfigError::Randomness`].
    pub fn new(inner: A, policy: CachePolicy) -> Result<Self, ConfigError> {
        Ok(Self::with(inner, policy, KeyHasher::random()?))
    }

    /// The same with a given secret, 128 random bits that nobody else has.
    pub fn with_secret(inner: A, policy: CachePolicy, secret: &[u8; 16]) -> Self {
        Self::with(inner, policy, KeyHasher::new(secret))
    }

    fn with(inner: A, policy: CachePolicy, hasher: KeyHasher) -> Self {
        Self {
            token_bytes: inner.limits().token_bytes,
            users: Store::new(policy.verdicts),
            refusals: Store::new(policy.refusals),
            flights: Flights::new(),
            epoch: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            inner,
            policy,
            hasher,
        }
    }

    /// As [`Authenticator::authenticate`], without a copy of the user: the quickest way.
    ///
    /// # Errors
    /// As there.
    pub fn authenticate_shared(&self, token: &str, now: i64) -> Result<Arc<Authenticated>, Error> {
        self.shared(token, None, now, |bearer| self.inner.judge(bearer, now))
    }

    /// As [`authenticate_async`](crate::authenticate_async), without a copy of the user, and without reading a
    /// token that is known.
    ///
    /// # Errors
    /// As there.
    pub async fn authenticate_shared_async(&self, token: &str, now: i64) -> Result<Arc<Authenticated>, Error> {
        self.check_length(token)?;
        let key = self.hasher.key(token, None);
        if let Some(known) = self.known(key, now) {
            return known;
        }
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &self.inner.limits()).map_err(Refusal::Token)?;
        self.fly(key, &bearer, now).await
    }

    /// What it holds and did.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            verdicts: self.users.len(),
            refusals: self.refusals.len(),
            hits: self.users.hits() + self.refusals.hits(),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    /// Forgets everything, also what is being found just now.
    pub fn drop_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.users.clear();
        self.refusals.clear();
    }

    /// Whom it is around.
    pub fn inner(&self) -> &A {
        &self.inner
    }

    fn shared(
        &self,
        token: &str,
        audiences: Option<&[String]>,
        now: i64,
        judge: impl FnOnce(&Bearer<'_>) -> Result<Authenticated, Error>,
    ) -> Outcome {
        self.check_length(token)?;
        let key = self.hasher.key(token, audiences);
        if let Some(known) = self.known(key, now) {
            return known;
        }
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &self.inner.limits()).map_err(Refusal::Token)?;
        self.find(key, &bearer, now, judge)
    }

    /// Where this stands is read before anything is judged: a verdict under old keys is never kept under new ones.
    fn stand(&self, issuer: &str) -> Stand {
        (self.inner.generation(issuer), self.epoch.load(Ordering::Acquire))
    }

    fn find(
        &self,
        key: u128,
        bearer: &Bearer<'_>,
        now: i64,
        judge: impl FnOnce(&Bearer<'_>) -> Result<Authenticated, Error>,
    ) -> Outcome {
        let issuer = bearer.claimed_issuer().unwrap_or_default();
        let stand = self.stand(issuer);
        self.keep(key, (issuer, stand), now, judge(bearer))
    }

    /// Nothing is hashed that would be refused unread.
    fn check_length(&self, token: &str) -> Result<(), Refusal> {
        if token.len() > self.token_bytes {
            let too_long = claimant_core::Refusal::TooLong { part: "token", got: token.len(), limit: self.token_bytes };
            return Err(Refusal::Token(too_long));
        }
        Ok(())
    }

    fn known(&self, key: u128, now: i64) -> Option<Outcome> {
        let user = |kept: &Kept<Arc<Authenticated>>| (self.holds(kept), Arc::clone(&kept.value));
        match self.users.get(key, now, user) {
            Some((true, who)) => match who.recheck(now) {
                Ok(()) => return Some(Ok(who)),
                Err(why @ Error::Refused(_)) => {
                    self.users.remove(key);
                    return Some(Err(why));
                }
                // Who can tell now is for the authenticator to know.
                Err(_) => return None,
            },
            Some((false, _)) => self.users.remove(key),
            None => {}
        }
        if self.policy.refusal_seconds == 0 {
            return None;
        }
        self.refusals.get(key, now, |kept| self.holds(kept).then(|| Err(kept.value.clone()))).flatten()
    }

    fn holds<V>(&self, kept: &Kept<V>) -> bool {
        kept.stand == self.stand(&kept.issuer)
    }

    fn keep(
        &self,
        key: u128,
        (issuer, stand): (&str, Stand),
        now: i64,
        outcome: Result<Authenticated, Error>,
    ) -> Outcome {
        self.misses.fetch_add(1, Ordering::Relaxed);
        let until = |seconds: u32| now.saturating_add(i64::from(seconds));
        match outcome {
            Ok(who) => {
                let end = until(self.policy.seconds).min(who.expires.unwrap_or(i64::MAX));
                if end > now && self.policy.verdicts > 0 {
                    let kept = Kept { value: Arc::new(who.clone().kept()), issuer: issuer.into(), stand };
                    self.users.put(key, kept, (now, end));
                }
                Ok(Arc::new(who))
            }
            Err(why) => {
                let lasting = matches!(why, Error::Unrecognized | Error::Refused(_));
                if lasting && self.policy.refusal_seconds > 0 && self.policy.refusals > 0 {
                    let kept = Kept { value: why.clone(), issuer: issuer.into(), stand };
                    self.refusals.put(key, kept, (now, until(self.policy.refusal_seconds)));
                }
                Err(why)
            }
        }
    }

    /// Finds the verdict together with all who wait for the same one.
    async fn fly(&self, key: u128, bearer: &Bearer<'_>, now: i64) -> Outcome {
        let issuer = bearer.claimed_issuer().unwrap_or_default();
        let stand = self.stand(issuer);
        let look = async { self.keep(key, (issuer, stand), now, self.inner.begin(bearer, now).finish().await) };
        self.flights.join((key, stand), look).await
    }
}

impl Cached<ServiceAccounts> {
    /// As [`ServiceAccounts::authenticate_for`]; verdicts for other audiences do not count.
    ///
    /// # Errors
    /// As there.
    pub fn authenticate_for(&self, token: &str, requested: &[String], now: i64) -> Result<Arc<Authenticated>, Error> {
        self.shared(token, Some(requested), now, |bearer| self.inner.judge_for(bearer, requested, now))
    }
}

impl<A: Authenticator> Authenticator for Cached<A> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        let key = self.hasher.key(bearer.text(), None);
        let known = self.known(key, now);
        let outcome = known.unwrap_or_else(|| self.find(key, bearer, now, |bearer| self.inner.judge(bearer, now)));
        outcome.map(Arc::unwrap_or_clone)
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let key = self.hasher.key(bearer.text(), None);
        match self.known(key, now) {
            Some(known) => Judging::Done(known.map(Arc::unwrap_or_clone)),
            None => Judging::waits(async move { self.fly(key, bearer, now).await.map(Arc::unwrap_or_clone) }),
        }
    }

    // An explanation is not remembered.
    like_inner!(self, self.inner);

    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        self.authenticate_shared(token, now).map(Arc::unwrap_or_clone)
    }
}

impl<A: fmt::Debug> fmt::Debug for Cached<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("inner", &self.inner).field("policy", &self.policy).finish_non_exhaustive()
    }
}

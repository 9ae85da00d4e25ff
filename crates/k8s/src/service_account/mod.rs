//! Service-account tokens, bound and legacy, to users (pkg/serviceaccount of k8s.io/kubernetes).

mod claims;
mod fallback;
mod fetched;
mod legacy;
mod objects;
#[cfg(feature = "kube")]
mod watch_kube;
mod watched;

pub use fallback::Fallback;
pub use objects::{Asked, Fetched, Fetching, MemoryObjects, ObjectKind, ObjectLookup, ObjectMeta, Stale, TokenSecret};
pub use watched::{Scope, Seen, WatchPolicy, WatchedObjects};

use crate::explain::{Got, Looked, Silent, Step, Trace, of_token};
use crate::keys::{self, Wait};
use crate::user_info::CREDENTIAL_ID;
use crate::{Authenticated, Authenticator, Error, Generation, Judging, Refusal, UserInfo};
use claimant_core::{Algorithm, Audience, Bearer, Buffer, Claims, Limits, Policy, TimeRules};
use claimant_jwks::Keys;
use claims::PrivateClaims;
use objects::Trouble;
use std::fmt;
use std::sync::Arc;

/// The service accounts of one cluster.
pub struct ServiceAccounts {
    issuers: Vec<(String, Policy)>,
    keys: Keys,
    api_audiences: Vec<String>,
    objects: Option<Arc<dyn ObjectLookup>>,
    legacy: Option<Legacy>,
    max_lifetime: Option<(u32, LifetimeEnd)>,
    limits: Limits,
}

impl ServiceAccounts {
    /// Tokens of these issuers, signed by these keys. `api_audiences` are those of a token that names none,
    /// and those that are asked for where a caller names none; as in the API server, without any no token
    /// is refused for its audience, but then the answer has none either.
    ///
    /// The objects that a token refers to are not looked at: a token of a deleted pod stays good until it
    /// expires. See [`ServiceAccounts::with_objects`].
    pub fn new<S: Into<String>>(
        issuers: impl IntoIterator<Item = S>,
        keys: impl Into<Keys>,
        api_audiences: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            issuers: issuers
                .into_iter()
                .map(Into::into)
                .map(|issuer: String| (issuer.clone(), policy(issuer, TimeRules::ServiceAccount)))
                .collect(),
            keys: keys.into(),
            api_audiences: api_audiences.into_iter().map(Into::into).collect(),
            objects: None,
            legacy: None,
            max_lifetime: None,
            limits: Limits::default(),
        }
    }

    /// Also refuses tokens whose account, secret, pod or node is missing, made anew or deleted. Where nobody can
    /// tell that now, a token is [`Error::Unavailable`], which [`Fallback`] gives to somebody else.
    #[must_use]
    pub fn with_objects(mut self, objects: impl ObjectLookup + 'static) -> Self {
        self.objects = Some(Arc::new(objects));
        self
    }

    /// With other bounds on tokens than the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Refuses bound tokens that live longer than so many seconds after they were issued. A cluster that
    /// extends the life of its tokens to a year (`--service-account-extend-token-expiration`) marks in
    /// `warnafter` the life that the pod asked for: [`LifetimeEnd::WarnAfter`] counts to there, and refuses
    /// what is older than that.
    #[must_use]
    pub fn with_max_lifetime(mut self, seconds: u32, end: LifetimeEnd) -> Self {
        self.max_lifetime = Some((seconds, end));
        self
    }

    /// Also takes the tokens of secrets, which never expire, of every cluster whose keys these are. `why`
    /// shows in `Debug`. With objects, the secret must hold the token's exact bytes; without, nothing but its
    /// signature speaks for it.
    #[must_use]
    pub fn with_legacy_tokens(mut self, why: &'static str) -> Self {
        self.legacy =
            Some(Legacy { policy: policy(legacy::ISSUER.to_owned(), TimeRules::TypesOnly), lookup: true, why });
        self
    }

    /// The same, not even looked up where there are objects (`--service-account-lookup=false`).
    #[must_use]
    pub fn with_legacy_tokens_not_looked_up(mut self, why: &'static str) -> Self {
        self = self.with_legacy_tokens(why);
        self.legacy = self.legacy.map(|legacy| Legacy { lookup: false, ..legacy });
        self
    }

    /// Judges `token` for the audiences that the caller asks for; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`].
    pub fn authenticate_for(&self, token: &str, requested: &[String], now: i64) -> Result<Authenticated, Error> {
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &self.limits).map_err(Refusal::Token)?;
        self.judge_for(&bearer, requested, now)
    }

    /// The same for a token that has been read.
    ///
    /// # Errors
    /// As [`Authenticator::judge`].
    pub fn judge_for(&self, bearer: &Bearer<'_>, requested: &[String], now: i64) -> Result<Authenticated, Error> {
        let objects = self.objects.as_deref();
        self.judge_once(Question { bearer, requested, now, objects }, &mut Wait::default(), &mut Silent)
    }

    /// The same, and waits for a key that is on its way, once and no longer than the keys' policy allows
    /// ([`KeyPolicy::wait`](claimant_jwks::KeyPolicy::wait)), and for objects where their source has to
    /// ([`ObjectLookup::fetch`]).
    pub fn begin_for<'a>(&'a self, bearer: &'a Bearer<'a>, requested: &'a [String], now: i64) -> Judging<'a> {
        let asked = Question { bearer, requested, now, objects: self.objects.as_deref() };
        let first = keys::begin(move |wait| Judging::Done(self.judge_once(asked, wait, &mut Silent)));
        match self.objects.as_deref() {
            Some(objects) => fetched::begin(first, objects, move |objects| {
                self.judge_once(Question { objects: Some(objects), ..asked }, &mut Wait::default(), &mut Silent)
            }),
            None => first,
        }
    }

    fn judge_once<T: Trace>(
        &self,
        asked: Question<'_>,
        wait: &mut Wait,
        trace: &mut T,
    ) -> Result<Authenticated, Error> {
        let Question { bearer, now, objects, .. } = asked;
        let Some(claimed) = bearer.claimed_issuer() else { return Err(Error::Unrecognized) };
        let legacy = self.legacy.as_ref().filter(|_| claimed == legacy::ISSUER);
        let bound = self.issuers.iter().find(|(issuer, _)| claimed == issuer);
        // The issuer of legacy tokens may be one of the bound ones: then either may know the token.
        let first = legacy.map(|legacy| {
            self.judge_under(asked, legacy::ISSUER, &legacy.policy, (wait, trace), |claims, _| {
                self.legacy_user(claims, bearer.text(), objects.filter(|_| legacy.lookup))
            })
        });
        if let Some(Ok(who)) = first {
            return Ok(who);
        }
        let second = bound.map(|(issuer, policy)| {
            self.judge_under(asked, issuer, policy, (wait, trace), |claims, trace| {
                self.bound_user(claims, objects, now, trace)
            })
        });
        match (first, second) {
            (_, Some(Ok(who))) => Ok(who),
            (Some(Err(why @ Error::Unavailable(_))), _) | (_, Some(Err(why @ Error::Unavailable(_)))) => Err(why),
            (Some(Err(why @ Error::Refused(_))), _) => Err(why),
            (_, Some(second)) => second,
            (_, None) => Err(Error::Unrecognized),
        }
    }

    /// Signature, policy and audiences, which both kinds have in common; then `user`.
    fn judge_under<T: Trace>(
        &self,
        Question { bearer, requested, now, .. }: Question<'_>,
        issuer: &str,
        policy: &Policy,
        (wait, trace): (&mut Wait, &mut T),
        user: impl FnOnce(&Claims<'_>, &mut T) -> Result<Authenticated, Trouble>,
    ) -> Result<Authenticated, Error> {
        trace.steps(|| {
            let keys = self.keys.load();
            of_token(bearer, keys.keys(), &Algorithm::KUBERNETES, policy, now, &self.limits)
        });
        let token = bearer
            .token()
            .map_err(|error| if error.is_unreadable() { Error::Unrecognized } else { Refusal::Token(error).into() })?;
        let signed = keys::verify(token, &self.keys, &Algorithm::KUBERNETES, issuer, wait)?;
        let claims = signed.check(policy, now).map_err(Refusal::Token)?;
        let own = claims.audiences().map_err(Refusal::Token)?;
        let has = |wanted: &String| {
            if own.is_empty() { self.api_audiences.contains(wanted) } else { own.iter().any(|a| a == wanted) }
        };
        let audiences: Vec<String> = requested.iter().filter(|wanted| has(wanted)).cloned().collect();
        let refused = audiences.is_empty() && !self.api_audiences.is_empty();
        let outcome = if refused { Err(Refusal::Token(claimant_core::Refusal::Audience)) } else { Ok(()) };
        let got = |_: &()| Some(Got::open(format!("{audiences:?}")));
        trace.of(|| "requested audiences".to_owned(), || format!("any of {requested:?}"), outcome, got)?;
        let expires = claims.expiry().map_err(Refusal::Token)?;
        let who = user(&claims, trace).map_err(|why| why.of(issuer));
        trace.step(|| Step {
            name: "account and objects".to_owned(),
            expected: match self.objects {
                Some(_) => "alive, with the uids that the token names".to_owned(),
                None => "an account is named; no objects are at hand to look it up".to_owned(),
            },
            got: who.as_ref().ok().map(|who| Got::text(&who.user.username)),
            cost: None,
            outcome: who.as_ref().map(|_| ()).map_err(Clone::clone),
        });
        Ok(Authenticated { audiences, expires, ..who? })
    }

    fn check_lifetime(&self, claims: &Claims<'_>, warn_after: Option<f64>, now: i64) -> Result<(), Refusal> {
        let Some((most, end)) = self.max_lifetime else { return Ok(()) };
        let too_long = claimant_core::Refusal::LivesTooLong { most: u64::from(most) };
        let missing = |name| claimant_core::Refusal::ClaimMissing(name);
        let issued = claims.numeric_date("iat")?.ok_or(missing("iat"))?;
        let life = match warn_after.filter(|_| end == LifetimeEnd::WarnAfter) {
            Some(end) if end < seconds(now) => return Err(too_long.into()),
            Some(end) => end - seconds(issued),
            None => seconds(claims.numeric_date("exp")?.ok_or(missing("exp"))?) - seconds(issued),
        };
        if life > f64::from(most) { Err(too_long.into()) } else { Ok(()) }
    }

    fn bound_user<T: Trace>(
        &self,
        claims: &Claims<'_>,
        objects: Option<&dyn ObjectLookup>,
        now: i64,
        trace: &mut T,
    ) -> Result<Authenticated, Trouble> {
        let private = trace.of(
            || "kubernetes.io".to_owned(),
            || "references to objects, of their types".to_owned(),
            PrivateClaims::read(claims).map_err(Refusal::Token),
            |_| claims.get("kubernetes.io").map(Got::text),
        )?;
        let lives = self.check_lifetime(claims, private.warn_after, now);
        let most = || self.max_lifetime.map_or("not limited".to_owned(), |(most, _)| format!("at most {most} s"));
        trace.of(|| "life of bound tokens".to_owned(), most, lives, |()| None)?;
        let bonds = match objects {
            Some(objects) => objects::check(objects, &private, now)?,
            None => private.check_offline().map(|()| Vec::new())?,
        };
        let mut user = private.user();
        if let Some(jti) = claims.text("jti")?.filter(|jti| !jti.is_empty()) {
            user.set(CREDENTIAL_ID, format!("JTI={jti}"));
        }
        let alive = move |objects: &dyn ObjectLookup, now| bonds.iter().try_for_each(|bond| bond.check(objects, now));
        Ok(self.while_alive(user, objects.is_some(), alive))
    }

    fn legacy_user(
        &self,
        claims: &Claims<'_>,
        token: &str,
        objects: Option<&dyn ObjectLookup>,
    ) -> Result<Authenticated, Trouble> {
        let (user, bond) = legacy::user(claims, token, objects)?;
        let looked_up = bond.is_some();
        let alive = move |objects: &dyn ObjectLookup, _| bond.as_ref().map_or(Ok(()), |bond| bond.check(objects, None));
        Ok(self.while_alive(user, looked_up, alive))
    }

    /// Whoever keeps the verdict looks at the objects each time.
    fn while_alive(
        &self,
        user: UserInfo,
        looked_up: bool,
        alive: impl Fn(&dyn ObjectLookup, i64) -> Result<(), Trouble> + Send + Sync + 'static,
    ) -> Authenticated {
        let who = Authenticated::of(user);
        match self.objects.as_ref().filter(|_| looked_up) {
            None => who,
            Some(objects) => {
                let objects = Arc::clone(objects);
                who.while_alive(move |now| alive(objects.as_ref(), now).map_err(|why| why.of("")))
            }
        }
    }
}

/// Where the life of a bound token ends, for [`ServiceAccounts::with_max_lifetime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeEnd {
    /// With its `exp`.
    Expiry,
    /// With its `warnafter`, where it has one.
    WarnAfter,
}

/// What is asked of one token.
#[derive(Clone, Copy)]
struct Question<'a> {
    bearer: &'a Bearer<'a>,
    requested: &'a [String],
    now: i64,
    objects: Option<&'a dyn ObjectLookup>,
}

/// How legacy tokens are judged.
struct Legacy {
    policy: Policy,
    lookup: bool,
    why: &'static str,
}

fn policy(issuer: String, times: TimeRules) -> Policy {
    Policy::new(issuer, Audience::unchecked("compared with those that the caller asks for")).with_times(times)
}

impl Authenticator for ServiceAccounts {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.judge_for(bearer, &self.api_audiences, now)
    }

    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        let mut steps = Vec::new();
        let asked = Question { bearer, requested: &self.api_audiences, now, objects: self.objects.as_deref() };
        let outcome = self.judge_once(asked, &mut Wait::default(), &mut steps);
        let issuers = self.issuers().unwrap_or_default().join(", ");
        vec![Looked::new(format!("service accounts of {issuers}"), steps, outcome)]
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        self.begin_for(bearer, &self.api_audiences, now)
    }

    fn generation(&self, _: &str) -> Generation {
        Generation::of_keys(self.keys.generation())
    }

    fn issuers(&self) -> Option<Vec<String>> {
        let legacy = self.legacy.as_ref().map(|_| legacy::ISSUER.to_owned());
        Some(self.issuers.iter().map(|(issuer, _)| issuer.clone()).chain(legacy).collect())
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}

impl fmt::Debug for ServiceAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.issuers.iter().map(|(issuer, _)| issuer).collect();
        f.debug_struct("ServiceAccounts")
            .field("issuers", &issuers)
            .field("keys", &self.keys)
            .field("legacy", &self.legacy.as_ref().map(|legacy| legacy.why))
            .finish_non_exhaustive()
    }
}

/// Dates of this century are exact in a double; those beyond only get longer.
#[allow(clippy::as_conversions)]
fn seconds(whole: i64) -> f64 {
    whole as f64
}

/// `UserInfo` of an account, before the extras of what it is bound to.
fn account(namespace: &str, name: &str, uid: &str) -> UserInfo {
    UserInfo {
        username: format!("system:serviceaccount:{namespace}:{name}"),
        uid: uid.to_owned(),
        groups: vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")],
        ..UserInfo::default()
    }
}

//! Fetching claims that stand elsewhere (OpenID Connect Core, section 5.6.2): whom to ask, what to believe.

use super::distributed::Place;
use super::facts::Fetched;
use crate::keys;
use crate::{Error, OutOfReach, Refusal, Unavailable};
use claimant_core::{Algorithm, Audience, Bearer, Buffer, Claims, Limits, Policy};
use claimant_jwks::{BoxFuture, FetchError, Keys};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One GET of a distributed claim.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ClaimRequest<'a> {
    /// Where; it stands in a token that the issuer signed.
    pub endpoint: &'a str,
    /// What to send as `Authorization: Bearer`, to that origin and no other. A secret.
    pub access_token: Option<&'a str>,
    /// The longest answer that is to be read, in bytes; with one more, [`FetchError::TooLong`].
    pub most: usize,
}

/// Fetches distributed claims: `HttpClaims` (feature `remote`) over any client of HTTP, or one's own.
///
/// It bounds the time that it takes, follows no redirect, and asks no endpoint that it would not fetch keys from.
pub trait ClaimFetcher: Send + Sync {
    /// The body of the answer: a JWT.
    fn fetch<'a>(&'a self, request: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>>;
}

/// How groups that are a distributed claim are had. Without this, a token with such groups is refused; with it,
/// it is judged by the asynchronous way alone.
///
/// The API server believes whatever issuer the fetched JWT names, after discovery of that issuer's keys. Here it
/// must be the authenticator's own issuer, or one that was named with its keys; where it is the own one, its
/// `sub` must not be another than that of the token. Audience and times are checked as the token's.
pub struct DistributedClaims {
    fetcher: Box<dyn ClaimFetcher>,
    signers: Vec<(String, Keys)>,
    most: usize,
    at_once: usize,
}

impl DistributedClaims {
    /// Fetched by this, and signed by the authenticator's own issuer.
    pub fn new(fetcher: impl ClaimFetcher + 'static) -> Self {
        Self { fetcher: Box::new(fetcher), signers: Vec::new(), most: Limits::TOKEN_BYTES, at_once: Self::AT_ONCE }
    }

    /// Also believes claims that this issuer signs, with these keys.
    #[must_use]
    pub fn signed_by(mut self, issuer: impl Into<String>, keys: impl Into<Keys>) -> Self {
        self.signers.push((issuer.into(), keys.into()));
        self
    }

    /// The longest answer that is read, in bytes; by default it is as long as a token may be.
    #[must_use]
    pub fn with_most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    /// So many fetches run at once, [`DistributedClaims::AT_ONCE`] by default; a token beyond is
    /// [`Error::Unavailable`].
    #[must_use]
    pub fn with_at_once(mut self, fetches: usize) -> Self {
        self.at_once = fetches;
        self
    }

    /// 64 fetches.
    pub const AT_ONCE: usize = 64;

    /// For the authenticator of this issuer.
    pub(super) fn prepare(self, issuer: &str, keys: &Keys, audience: &Audience, limits: &Limits) -> Resolver {
        let own = (issuer.to_owned(), keys.clone());
        let signers = [own].into_iter().chain(self.signers).map(|(issuer, keys)| {
            let policy = Policy::new(issuer.clone(), audience.clone());
            Signer { issuer, keys, policy }
        });
        Resolver {
            fetcher: self.fetcher,
            signers: signers.collect(),
            most: self.most,
            at_once: self.at_once,
            limits: Limits { token_bytes: limits.token_bytes.max(self.most), ..limits.clone() },
            running: AtomicUsize::new(0),
        }
    }
}

/// The same, prepared for one authenticator.
pub(super) struct Resolver {
    fetcher: Box<dyn ClaimFetcher>,
    /// The authenticator's own issuer first.
    signers: Vec<Signer>,
    most: usize,
    at_once: usize,
    limits: Limits,
    running: AtomicUsize,
}

struct Signer {
    issuer: String,
    keys: Keys,
    policy: Policy,
}

impl Resolver {
    /// What `judge` makes of the claim `name` that stands at `place`.
    pub(super) async fn resolve<T>(
        &self,
        place: Place<'_>,
        name: &str,
        (claims, algorithms, now): (&Claims<'_>, &[Algorithm], i64),
        judge: impl FnOnce(Fetched<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let body = self.fetch(place).await?;
        let text = std::str::from_utf8(&body).map_err(|_| distributed(claimant_core::Refusal::NotCompact))?;
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(text.trim_ascii(), &mut buffer, &self.limits).map_err(distributed)?;
        let claimed = bearer.claimed_issuer().unwrap_or_default();
        let signer = self.signers.iter().find(|signer| signer.issuer == claimed).ok_or(Refusal::DistributedIssuer)?;
        let token = bearer.token().map_err(distributed)?;
        let signed = keys::verify_async(token, &signer.keys, algorithms, &signer.issuer).await;
        let signed = signed.map_err(|why| match why {
            Error::Refused(Refusal::Token(why)) => distributed(why).into(),
            other => other,
        })?;
        let fetched = signed.check(&signer.policy, now).map_err(distributed)?;
        let own = self.signers.first().is_some_and(|first| first.issuer == signer.issuer);
        let subject = fetched.text("sub").map_err(distributed)?;
        if own && subject.is_some() && subject != claims.text("sub").map_err(Refusal::Token)? {
            return Err(Refusal::DistributedSubject.into());
        }
        let value = fetched.get(name).ok_or_else(|| Refusal::ClaimMissing(name.to_owned()))?;
        let expires = fetched.expiry().map_err(distributed)?;
        Ok(judge(Fetched { name, value, expires })?)
    }

    async fn fetch(&self, place: Place<'_>) -> Result<Vec<u8>, Error> {
        let (endpoint, access_token) = place.read()?;
        let issuer = self.signers.first().map_or("", |own| own.issuer.as_str());
        let unavailable = || Unavailable::new(issuer, OutOfReach::Claims);
        let Some(_running) = Running::enter(&self.running, self.at_once) else { return Err(unavailable().into()) };
        let access_token = Some(access_token.as_ref()).filter(|token| !token.is_empty());
        let request = ClaimRequest { endpoint: &endpoint, access_token, most: self.most };
        match self.fetcher.fetch(request).await {
            Ok(body) if body.len() > self.most => Err(Refusal::DistributedSource("fetch_too_long").into()),
            Ok(body) => Ok(body),
            Err(why) if may_pass(&why) => Err(unavailable().with_retry_after(why.retry_after()).into()),
            Err(why) => Err(Refusal::DistributedSource(why.reason()).into()),
        }
    }
}

/// Of a refusal of the fetched token.
fn distributed(why: claimant_core::Refusal) -> Refusal {
    Refusal::DistributedToken(why)
}

/// Whether the same fetch may succeed later (RFC 9110, section 15).
fn may_pass(why: &FetchError) -> bool {
    match why {
        FetchError::Timeout | FetchError::Unreachable(_) | FetchError::Panicked => true,
        FetchError::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
        _ => false,
    }
}

/// One of those that run at once.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn enter(running: &'a AtomicUsize, most: usize) -> Option<Self> {
        let entered = running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < most).then_some(now + 1));
        entered.ok().map(|_| Self(running))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The access token is a secret.
impl fmt::Debug for ClaimRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimRequest").field("most", &self.most).finish_non_exhaustive()
    }
}

impl fmt::Debug for DistributedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signers: Vec<_> = self.signers.iter().map(|(issuer, _)| issuer).collect();
        f.debug_struct("DistributedClaims").field("also_signed_by", &signers).finish_non_exhaustive()
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signers: Vec<_> = self.signers.iter().map(|signer| &signer.issuer).collect();
        f.debug_struct("Resolver").field("signed_by", &signers).finish_non_exhaustive()
    }
}

//! One question, many authenticators.

use crate::explain::Looked;
use crate::{Error, Refusal, UserInfo};
use claimant_core::{Bearer, Buffer, Limits};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// Decides who a token belongs to.
pub trait Authenticator: Send + Sync {
    /// Judges a token that has been read once for all authenticators, and never waits; `now` is in seconds
    /// since 1970.
    ///
    /// # Errors
    /// [`Error::Unrecognized`] where the token is another's, [`Error::Refused`] where it is ours and not good,
    /// [`Error::Unavailable`] where it is ours and nobody can tell now.
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error>;

    /// The same where a wait may help: for keys that are on their way, for an answer from elsewhere. Whoever
    /// waits says in its own documentation for how long at most. By default nobody does.
    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        Judging::Done(self.judge(bearer, now))
    }

    /// The issuers whose tokens this one judges, each as a token may spell it: it is asked about no others.
    /// `None`, as by default, where that cannot be told beforehand.
    fn issuers(&self) -> Option<Vec<String>> {
        None
    }

    /// Whether tokens of this issuer are judged here as of now, `None` where that cannot be told. By default by
    /// [`issuers`](Authenticator::issuers), which holds for good, so that a configuration that may be replaced has no
    /// such list, and an answer here all the same.
    fn judges_tokens_of(&self, issuer: &str) -> Option<bool> {
        self.issuers().map(|all| all.iter().any(|known| known == issuer))
    }

    /// Changes when a token of this issuer may be judged otherwise than before for another reason than time: with
    /// the configuration or with the keys. Whoever remembers verdicts asks for it before it has a token
    /// judged, and forgets what was judged under another. Objects that a token refers to do not show here.
    fn generation(&self, issuer: &str) -> Generation {
        let _ = issuer;
        Generation::default()
    }

    /// Judges as [`judge`](Authenticator::judge) does, and says what it did: one entry, or one for each
    /// authenticator of a union. By default the verdict alone.
    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        vec![Looked::opaque(self.issuers(), self.judge(bearer, now))]
    }

    /// The bounds within which [`Authenticator::authenticate`] reads a token.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Reads and judges `token`, and never waits; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// As [`Authenticator::judge`]; a token beyond the limits is refused unread.
    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &self.limits()).map_err(Refusal::Token)?;
        self.judge(&bearer, now)
    }
}

/// Reads and judges `token`, and waits where [`Authenticator::begin`] does; `now` is in seconds since 1970, and
/// the token is judged as of then.
///
/// # Errors
/// As [`Authenticator::authenticate`].
pub async fn authenticate_async<A: Authenticator + ?Sized>(
    authenticator: &A,
    token: &str,
    now: i64,
) -> Result<Authenticated, Error> {
    let mut buffer = Buffer::new();
    let bearer = Bearer::read(token, &mut buffer, &authenticator.limits()).map_err(Refusal::Token)?;
    authenticator.begin(&bearer, now).finish().await
}

/// A verdict, or the wait for one.
#[must_use]
pub enum Judging<'a> {
    /// Nothing to wait for.
    Done(Result<Authenticated, Error>),
    /// Something to wait for.
    Waits(Pin<Box<dyn Future<Output = Result<Authenticated, Error>> + Send + 'a>>),
}

impl<'a> Judging<'a> {
    /// Waits for this.
    pub fn waits(future: impl Future<Output = Result<Authenticated, Error>> + Send + 'a) -> Self {
        Self::Waits(Box::pin(future))
    }

    /// The verdict, after the wait if there is one.
    ///
    /// # Errors
    /// As [`Authenticator::judge`].
    pub async fn finish(self) -> Result<Authenticated, Error> {
        match self {
            Self::Done(outcome) => outcome,
            Self::Waits(future) => future.await,
        }
    }
}

impl fmt::Debug for Judging<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(outcome) => f.debug_tuple("Done").field(outcome).finish(),
            Self::Waits(_) => f.write_str("Waits"),
        }
    }
}

/// What a verdict was made under, besides the time: [`Authenticator::generation`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Generation {
    /// Counts the configurations.
    pub configuration: u64,
    /// Counts the sets of keys under one configuration.
    pub keys: u64,
}

impl Generation {
    /// That of keys which change under one configuration.
    pub fn of_keys(keys: u64) -> Self {
        Self { configuration: 0, keys }
    }

    /// That of both: it changes where either does.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            configuration: self.configuration.wrapping_add(other.configuration),
            keys: self.keys.wrapping_add(other.keys),
        }
    }
}

/// A user, and what the token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authenticated {
    /// Who.
    pub user: UserInfo,
    /// For which of the audiences that were asked for. Empty where the authenticator's configuration
    /// fixes the audience.
    pub audiences: Vec<String>,
    /// When the token ends, in seconds since 1970, without leeway. `None` where it never does, or where
    /// whoever judged it does not say.
    pub expires: Option<i64>,
    pub(crate) alive: Alive,
}

impl Authenticated {
    /// A user of an authenticator of one's own, which fixes the audience itself.
    pub fn of(user: UserInfo) -> Self {
        Self::new(user, Vec::new())
    }

    /// Whether this holds still, as far as that can be told quickly and without the token: what it is bound to may
    /// be gone. Whoever keeps verdicts asks each time that one is given again; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// As [`Authenticator::judge`].
    pub fn recheck(&self, now: i64) -> Result<(), Error> {
        self.alive.check.as_ref().map_or(Ok(()), |check| check(now))
    }

    /// The same as long as `check` says so of a time in seconds since 1970.
    #[must_use]
    pub fn while_alive(mut self, check: impl Fn(i64) -> Result<(), Error> + Send + Sync + 'static) -> Self {
        self.alive.check = Some(Arc::new(check));
        self
    }

    /// The same for a token that ends then.
    #[must_use]
    pub fn until(mut self, expires: Option<i64>) -> Self {
        self.expires = expires;
        self
    }

    pub(crate) fn new(user: UserInfo, audiences: Vec<String>) -> Self {
        Self { user, audiences, expires: None, alive: Alive { check: None, from_cache: false } }
    }

    /// Whether this was found in a [cache](crate::Cached).
    pub fn is_from_cache(&self) -> bool {
        self.alive.from_cache
    }

    /// The same as a cache gives it.
    pub(crate) fn kept(mut self) -> Self {
        self.alive.from_cache = true;
        self
    }
}

/// What a user's life hangs on, and where the user was found. It says nothing of who that is: two that differ in it
/// alone are equal.
#[derive(Clone)]
pub(crate) struct Alive {
    check: Option<Arc<Check>>,
    from_cache: bool,
}

type Check = dyn Fn(i64) -> Result<(), Error> + Send + Sync;

impl PartialEq for Alive {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Alive {}

impl fmt::Debug for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alive")
    }
}

/// What a wrapper does not change of whom it is around.
macro_rules! like_inner {
    ($self:ident, $inner:expr) => {
        fn issuers(&$self) -> Option<Vec<String>> {
            ($inner).issuers()
        }

        fn judges_tokens_of(&$self, issuer: &str) -> Option<bool> {
            ($inner).judges_tokens_of(issuer)
        }

        fn generation(&$self, issuer: &str) -> $crate::Generation {
            ($inner).generation(issuer)
        }

        fn explain(&$self, bearer: &claimant_core::Bearer<'_>, now: i64) -> Vec<$crate::explain::Looked> {
            ($inner).explain(bearer, now)
        }

        fn limits(&$self) -> claimant_core::Limits {
            ($inner).limits()
        }
    };
}
pub(crate) use like_inner;

/// Passes everything on to what it points to.
macro_rules! by_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Authenticator + ?Sized> Authenticator for $pointer {
            fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
                (**self).judge(bearer, now)
            }

            fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
                (**self).begin(bearer, now)
            }

            like_inner!(self, **self);

            fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
                (**self).authenticate(token, now)
            }
        }
    )*};
}

by_pointer!(&T, Box<T>, Arc<T>);

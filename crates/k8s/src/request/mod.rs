//! From an HTTP request to a user, by the header rules of the API server: a bearer token, a WebSocket
//! sub-protocol with a token in it, or else anonymous.
//!
//! ```
//! use claimant_k8s::request::{Anonymous, Credential, Request, authenticate};
//! use claimant_k8s::Union;
//!
//! let request = Request { headers: &[("Accept", b"*/*")], path: "/livez" };
//! let outcome = authenticate(&request, &Union::new(), &Anonymous::paths(["/livez"]), 1_790_000_000)?;
//! assert_eq!(outcome.who.user.username, "system:anonymous");
//! assert_eq!(outcome.credential, Credential::None);
//! # Ok::<(), claimant_k8s::Error>(())
//! ```

mod anonymous;
mod bearer;
mod websocket;

pub use anonymous::Anonymous;

use crate::{Authenticated, Authenticator, Error, Refusal, RequestError};

/// What of a request is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// All headers in their order, a name as often as it came. Names in any case.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The path, decoded (`%2F` is a slash by now), without the query.
    pub path: &'a str,
}

/// A user, and where the credential stood: take it out before anybody else sees the request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Who, with `system:authenticated` among the groups (not for the anonymous user).
    pub who: Authenticated,
    /// What said so.
    pub credential: Credential,
}

impl Outcome {
    /// Whether the request came without a credential.
    pub fn is_anonymous(&self) -> bool {
        self.credential == Credential::None
    }
}

/// What authenticated a request, and what is to be done to its headers therefore. Remove `Authorization` in any case,
/// as kube-apiserver does: where it is not what authenticated the request, nobody has judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// Nothing: the request is anonymous.
    None,
    /// The `Authorization` header.
    Authorization,
    /// A sub-protocol: replace all `Sec-WebSocket-Protocol` headers by one with this value.
    SubProtocols(String),
}

/// Tries the bearer token, then the WebSocket sub-protocol (even where the former was refused), then, where
/// neither was there, anonymous; `now` is in seconds since 1970. Never waits.
///
/// # Errors
/// [`Error::Unrecognized`] where there is no credential and anonymous is not allowed here;
/// [`Error::Refused`] where there is one and it is not good, an unknown token included;
/// [`Error::Unavailable`] where none is good and of one at least nobody can tell now.
pub fn authenticate(
    request: &Request<'_>,
    tokens: &dyn Authenticator,
    anonymous: &Anonymous,
    now: i64,
) -> Result<Outcome, Error> {
    let mut failure = None;
    for attempt in credentials(request) {
        let outcome = attempt.and_then(|(token, credential)| Ok((tokens.authenticate(&token, now)?, credential)));
        if let Some(found) = settle(outcome, &mut failure) {
            return Ok(found);
        }
    }
    without_user(request, anonymous, failure)
}

/// The same, and waits where [`Authenticator::begin`] does.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_async(
    request: &Request<'_>,
    tokens: &dyn Authenticator,
    anonymous: &Anonymous,
    now: i64,
) -> Result<Outcome, Error> {
    let mut failure = None;
    for attempt in credentials(request) {
        let outcome = match attempt {
            Ok((token, credential)) => {
                crate::authenticate_async(tokens, &token, now).await.map(|who| (who, credential))
            }
            Err(why) => Err(why),
        };
        if let Some(found) = settle(outcome, &mut failure) {
            return Ok(found);
        }
    }
    without_user(request, anonymous, failure)
}

/// The path of a request target as [`Request::path`] wants it: percent escapes decoded, without the query.
///
/// # Errors
/// A broken escape, or a path that is not Unicode.
pub fn decoded_path(path: &str) -> Result<String, RequestError> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let bytes = crate::rbac::unescape(path, false).ok_or(RequestError::Escape)?;
    String::from_utf8(bytes).map_err(|_| RequestError::NotUnicode)
}

/// The first credential that is good ends the search.
fn settle(outcome: Result<(Authenticated, Credential), Error>, failure: &mut Option<Error>) -> Option<Outcome> {
    match outcome {
        Ok((who, credential)) => {
            Some(Outcome { who: Authenticated { user: who.user.in_request(), ..who }, credential })
        }
        Err(why) => {
            *failure = Some(graver(failure.take(), why));
            None
        }
    }
}

/// What stands in the request, in the API server's order. Behind headers of which nobody can say what they mean,
/// nothing else counts: kube-apiserver may have found another user there.
fn credentials(request: &Request<'_>) -> impl Iterator<Item = Result<(String, Credential), Error>> {
    let bearer = bearer::find(request);
    let socket = if bearer.is_ok() { websocket::find(request) } else { Ok(None) };
    [bearer, socket].into_iter().filter_map(|found| found.map_err(Error::from).transpose())
}

/// The first failure counts, but for one that may pass. A token that nobody knows is no absence of one.
fn graver(first: Option<Error>, why: Error) -> Error {
    let why = if why == Error::Unrecognized { Refusal::UnknownToken.into() } else { why };
    match first {
        Some(Error::Refused(_)) if matches!(why, Error::Unavailable(_)) => why,
        Some(first) => first,
        None => why,
    }
}

fn without_user(request: &Request<'_>, anonymous: &Anonymous, failure: Option<Error>) -> Result<Outcome, Error> {
    match failure {
        Some(why) => Err(why),
        None if anonymous.allows(request.path) => Ok(Outcome { who: anonymous::user(), credential: Credential::None }),
        None => Err(Error::Unrecognized),
    }
}

/// The values of the headers of this name.
fn values<'a>(request: &Request<'a>, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    request.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// The first value of this name as text; what is not UTF-8 counts as absent.
fn first<'a>(request: &Request<'a>, name: &'static str) -> &'a str {
    values(request, name).next().and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default()
}

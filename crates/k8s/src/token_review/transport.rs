//! The plug for one's own HTTP client.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// Sends a question to the one address that it knows. It must not follow redirects, and it need not retry,
/// bound its own concurrency or time out: the client does.
pub trait Transport: Send + Sync {
    /// Posts a JSON body, `content-type: application/json`. The body holds the token: never log it.
    fn post<'a>(&'a self, body: &'a [u8]) -> Posting<'a>;
}

/// What a [`Transport`] gives.
pub type Posting<'a> = Pin<Box<dyn Future<Output = Result<Reply, TransportError>> + Send + 'a>>;

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn post<'a>(&'a self, body: &'a [u8]) -> Posting<'a> {
        (**self).post(body)
    }
}

/// An HTTP answer, of whatever status.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub code: u16,
    /// The value of `Retry-After`, as it stands there.
    pub retry_after: Option<String>,
    /// The body, up to a little more than [`MAX_REPLY`](super::MAX_REPLY).
    pub body: Vec<u8>,
}

/// Bodies may name users, and a server may put anything there.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("code", &self.code).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// No answer at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The connection was lost or reset while it was used: another may do better at once.
    #[error("the connection was lost")]
    Lost,
    /// Anything else: no route, no name, no TLS, a time-out.
    #[error("there was no connection")]
    Failed,
}

/// Why nobody can say now what a token is worth: what [`TokenReviewer::last_failure`](super::TokenReviewer)
/// reports to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewFailure {
    /// No answer.
    #[error("TokenReview: {0}")]
    Transport(TransportError),
    /// An HTTP status that is no answer. 401 and 403 speak of the asker's own credential.
    #[error("TokenReview: HTTP {0}")]
    Status(u16),
    /// An answer that is none.
    #[error("TokenReview: {0}")]
    Unreadable(super::Unreadable),
    /// Not within the time that a question has.
    #[error("TokenReview: no answer within {0:?}")]
    TimedOut(Duration),
    /// Too many questions wait already.
    #[error("TokenReview: too many questions wait already")]
    Overloaded,
}

//! The server's side: a question in, the answer out. Whoever serves it does the HTTP.

use super::{TokenReview, TokenReviewStatus, Version};
use crate::{Authenticated, Authenticator, Error, Refusal, Unavailable, authenticate_async};
use std::fmt;

/// Answers TokenReviews as a webhook of an API server does (`--authentication-token-webhook-config-file`), or for
/// whoever else asks.
///
/// ```
/// use claimant_k8s::Union;
/// use claimant_k8s::token_review::{Answerer, TokenReview, Version};
/// # fn block_on<T>(future: impl Future<Output = T>) -> T {
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     match std::pin::pin!(future).poll(&mut context) {
/// #         std::task::Poll::Ready(value) => value,
/// #         std::task::Poll::Pending => panic!(),
/// #     }
/// # }
///
/// let answerer = Answerer::new(Union::new(), ["https://kubernetes.default.svc"]);
/// let question = TokenReview::question(Version::V1, "not.a.token", &[]);
/// let answer = block_on(answerer.answer(&question, 1_790_000_000))?;
/// assert!(!answer.status.authenticated);
/// # Ok::<(), claimant_k8s::token_review::Unanswered>(())
/// ```
pub struct Answerer<A> {
    authenticator: A,
    audiences: Vec<String>,
}

/// A question that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// 400: another kind or version, or no token.
    #[error("{0}")]
    BadRequest(&'static str),
    /// 503: nobody can tell now. An API server asks again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl<A: Authenticator> Answerer<A> {
    /// Judges by `authenticator`. Its tokens are good for `audiences`, where it does not say so itself: those of the
    /// API server that asks. Without any, the answer to a question for whichever audiences is a yes that has none, as
    /// that of a webhook that knows of no audiences: kube-apiserver takes it to be for itself, and so may only who
    /// asks nothing else. Whoever answers others has to give audiences.
    pub fn new<S: Into<String>>(authenticator: A, audiences: impl IntoIterator<Item = S>) -> Self {
        Self { authenticator, audiences: audiences.into_iter().map(Into::into).collect() }
    }

    /// The answer, in the version of the question; `now` is in seconds since 1970. The token is not in it.
    ///
    /// A token of nobody here has no error, so that the API server asks its other authenticators; one that is refused
    /// has the stable code of its reason, and no claim of its.
    ///
    /// # Errors
    /// Where there is none to give.
    pub async fn answer(&self, question: &TokenReview, now: i64) -> Result<TokenReview, Unanswered> {
        let version = [Version::V1, Version::V1beta1].map(Version::api_version);
        if question.kind != TokenReview::KIND || !version.contains(&question.api_version.as_str()) {
            return Err(Unanswered::BadRequest("not a TokenReview of authentication.k8s.io/v1 or v1beta1"));
        }
        if question.spec.token.is_empty() {
            return Err(Unanswered::BadRequest("spec.token is empty"));
        }
        let outcome = authenticate_async(&self.authenticator, &question.spec.token, now).await;
        let status = match outcome.and_then(|who| self.for_whom_asks(who, &question.spec.audiences)) {
            Ok(who) => TokenReviewStatus {
                authenticated: true,
                user: who.user,
                audiences: who.audiences,
                error: String::new(),
            },
            Err(Error::Unrecognized) => TokenReviewStatus::default(),
            Err(Error::Refused(why)) => TokenReviewStatus { error: why.reason().to_owned(), ..Default::default() },
            Err(Error::Unavailable(why)) => return Err(why.into()),
        };
        Ok(TokenReview {
            api_version: question.api_version.clone(),
            kind: TokenReview::KIND.to_owned(),
            metadata: question.metadata.clone(),
            spec: Default::default(),
            status,
        })
    }

    /// Only for audiences that were asked for, where any were, in their order.
    fn for_whom_asks(&self, mut who: Authenticated, asked: &[String]) -> Result<Authenticated, Error> {
        let good_for = if who.audiences.is_empty() { &self.audiences } else { &who.audiences };
        if asked.is_empty() || good_for.is_empty() {
            return Ok(who);
        }
        let both: Vec<String> = asked.iter().filter(|audience| good_for.contains(audience)).cloned().collect();
        if both.is_empty() {
            return Err(Refusal::Token(claimant_core::Refusal::Audience).into());
        }
        who.audiences = both;
        Ok(who)
    }
}

impl<A: fmt::Debug> fmt::Debug for Answerer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answerer")
            .field("authenticator", &self.authenticator)
            .field("audiences", &self.audiences)
            .finish()
    }
}

//! The server's side: a question in, the answer out. Whoever serves it does the HTTP.

use super::{TokenReview, TokenReviewStatus, Version};
use crate::audit::{FingerprintKey, Sink, Teller};
use crate::authenticator::like_inner;
use crate::{Authenticated, Authenticator, Error, Judging, Refusal, Unavailable, authenticate_async};
use claimant_core::Bearer;
use std::fmt;
use std::sync::Arc;

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
    audit: Option<Teller<Arc<dyn Sink>>>,
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
        Self { authenticator, audiences: audiences.into_iter().map(Into::into).collect(), audit: None }
    }

    /// Tells `sink` of every answer as it is given: of a token that is good, but not for an audience that was asked for,
    /// as refused; of one that is let in with the audiences of the answer; of one whose answer is not waited for to the
    /// end as [abandoned](crate::audit::ABANDONED). An [`Audited`](crate::audit::Audited) authenticator in here
    /// knows of none of these.
    #[must_use]
    pub fn with_audit(mut self, sink: Arc<dyn Sink>, key: FingerprintKey) -> Self {
        self.audit = Some(Teller::new(sink, key));
        self
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
        let asked = Asked { answerer: self, audiences: &question.spec.audiences };
        let outcome = match &self.audit {
            None => authenticate_async(&asked, &question.spec.token, now).await,
            Some(teller) => authenticate_async(&Told { asked, teller }, &question.spec.token, now).await,
        };
        let status = match outcome {
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

/// The authenticator as one question asks it.
struct Asked<'a, A> {
    answerer: &'a Answerer<A>,
    audiences: &'a [String],
}

impl<A: Authenticator> Authenticator for Asked<'_, A> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        let who = self.answerer.authenticator.judge(bearer, now)?;
        self.answerer.for_whom_asks(who, self.audiences)
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let Self { answerer, audiences } = *self;
        match answerer.authenticator.begin(bearer, now) {
            Judging::Done(outcome) => Judging::Done(outcome.and_then(|who| answerer.for_whom_asks(who, audiences))),
            waits @ Judging::Waits(_) => {
                Judging::waits(
                    async move { waits.finish().await.and_then(|who| answerer.for_whom_asks(who, audiences)) },
                )
            }
        }
    }

    like_inner!(self, self.answerer.authenticator);
}

/// The same, told of.
struct Told<'a, A> {
    asked: Asked<'a, A>,
    teller: &'a Teller<Arc<dyn Sink>>,
}

impl<A: Authenticator> Authenticator for Told<'_, A> {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.teller.judge(&self.asked, bearer, now)
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        self.teller.begin(&self.asked, bearer, now)
    }

    like_inner!(self, self.asked);
}

impl<A: fmt::Debug> fmt::Debug for Answerer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answerer")
            .field("authenticator", &self.authenticator)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

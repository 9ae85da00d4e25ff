//! The question over HTTP: limits around the library's answer.

use crate::body::Unread;
use crate::judge::AskedFor;
use crate::numbers;
use crate::state::State;
use crate::status;
use axum::body::Body;
use axum::extract;
use axum::response::{IntoResponse, Response};
use claimant::core::{Bearer, Buffer, Limits};
use claimant::k8s::token_review::{Answerer, TokenReview, Unanswered};
use http::{HeaderMap, Request, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Answers one TokenReview.
pub(crate) async fn review(extract::State(state): extract::State<Arc<State>>, request: Request<Body>) -> Response {
    let start = Instant::now();
    let response = match answer(&state, request).await {
        Ok(review) => found(&review),
        Err(why) => why.into_response(),
    };
    let took = start.elapsed();
    numbers::answered(response.status(), took);
    tracing::debug!(
        code = response.status().as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// Why a request got no TokenReview back.
enum No {
    ContentType,
    TooLong(usize),
    Broken,
    TooSlow,
    NotJson,
    Overloaded,
    VerdictTooSlow,
    Unanswered(Unanswered),
}

async fn answer(state: &State, request: Request<Body>) -> Result<TokenReview, No> {
    let (head, body) = request.into_parts();
    check_content_type(&head.headers)?;
    let limits = &state.limits;
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limits.body_bytes) {
        return Err(No::TooLong(limits.body_bytes));
    }
    // It may be long, and the body may take its time.
    drop(head);
    let body = match timeout(limits.body, state.bodies.read(body, limits.body_bytes)).await {
        Ok(Ok(body)) => body,
        Ok(Err(Unread::TooLong)) => return Err(No::TooLong(limits.body_bytes)),
        Ok(Err(Unread::Broken)) => return Err(No::Broken),
        Ok(Err(Unread::NothingLeft)) => {
            numbers::shed();
            return Err(No::Overloaded);
        }
        Err(_) => return Err(No::TooSlow),
    };
    // Only what is whole counts as in flight, so that nobody takes a place with a body that does not come.
    let Ok(_place) = state.places.try_acquire() else {
        numbers::shed();
        return Err(No::Overloaded);
    };
    // A verdict takes less time than a turn of the scheduler: only what lets the others in first shows how many wait.
    tokio::task::yield_now().await;
    let question: TokenReview = serde_json::from_slice(body.bytes()).map_err(|_| No::NotJson)?;
    match timeout(limits.verdict, judge(state, &question)).await {
        Ok(answer) => answer.map_err(No::Unanswered),
        Err(_) => Err(No::VerdictTooSlow),
    }
}

async fn judge(state: &State, question: &TokenReview) -> Result<TokenReview, Unanswered> {
    let now = (state.now)();
    match asks_for_others(state, question) {
        Some(other) => other.answer(question, now).await,
        None => state.answerer.answer(question, now).await,
    }
}

/// A service account's token that is asked about for audiences which are not the API server's.
fn asks_for_others(state: &State, question: &TokenReview) -> Option<Answerer<AskedFor>> {
    let asked = &question.spec.audiences;
    let accounts = state.accounts.as_ref().filter(|accounts| accounts.others_are_asked_for(asked))?;
    let mut buffer = Buffer::new();
    let bearer = Bearer::read(&question.spec.token, &mut buffer, &Limits::default()).ok()?;
    if !state.own_issuers.iter().any(|own| bearer.claimed_issuer() == Some(own)) {
        return None;
    }
    let answerer = Answerer::new(accounts.asked_for(asked), accounts.audiences.iter().map(String::as_str));
    Some(answerer.with_audit(Arc::clone(&state.sink), state.key.clone()))
}

/// What is not said to be JSON is not read as such; nothing said counts as JSON.
fn check_content_type(headers: &HeaderMap) -> Result<(), No> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = value.to_str().ok().and_then(|text| text.split(';').next()).map(str::trim);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) { Ok(()) } else { Err(No::ContentType) }
}

fn found(review: &TokenReview) -> Response {
    match serde_json::to_vec(review) {
        Ok(body) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::OK, headers, body).into_response()
        }
        // It has text and lists only.
        Err(_) => status::failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the answer is lost", None),
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        use StatusCode as Code;
        let no = |code, reason, message: &str| status::failure(code, reason, message, None);
        match self {
            Self::ContentType => {
                no(Code::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", "a TokenReview comes as application/json")
            }
            Self::TooLong(most) => {
                let message = format!("a body has at most {most} bytes");
                no(Code::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
            }
            Self::Broken => no(Code::BAD_REQUEST, "BadRequest", "the body broke off"),
            Self::TooSlow => no(Code::REQUEST_TIMEOUT, "Timeout", "the body took too long"),
            Self::NotJson => no(Code::BAD_REQUEST, "BadRequest", "the body is not a TokenReview in JSON"),
            Self::Overloaded => {
                let message = "too many questions at once";
                status::failure(Code::SERVICE_UNAVAILABLE, "ServiceUnavailable", message, Some(1))
            }
            Self::VerdictTooSlow => {
                let message = "the verdict took too long";
                status::failure(Code::SERVICE_UNAVAILABLE, "ServiceUnavailable", message, Some(1))
            }
            Self::Unanswered(Unanswered::Unavailable(why)) => {
                let after = why.retry_after_seconds().unwrap_or(1).min(MOST_RETRY_AFTER);
                let message = why.to_string();
                status::failure(Code::SERVICE_UNAVAILABLE, "ServiceUnavailable", &message, Some(after))
            }
            Self::Unanswered(why) => no(Code::BAD_REQUEST, "BadRequest", &why.to_string()),
        }
    }
}

/// What requests are bound by.
#[derive(Debug, Clone)]
pub(crate) struct RequestLimits {
    pub(crate) body_bytes: usize,
    pub(crate) body: Duration,
    pub(crate) verdict: Duration,
}

/// An API server sleeps as long as it is told, inside the request of its own client.
const MOST_RETRY_AFTER: u64 = 5;

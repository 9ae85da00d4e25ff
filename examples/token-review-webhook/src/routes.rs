//! Which path is answered by whom.

use crate::review::review;
use crate::state::State;
use crate::status;
use axum::Router;
use axum::extract;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use std::sync::Arc;

/// The questions, and whether there is somebody to answer them.
pub(crate) fn questions(state: &Arc<State>) -> Router {
    Router::new()
        .route("/", post(review))
        .route("/authenticate", post(review))
        .route("/apis/authentication.k8s.io/v1/tokenreviews", post(review))
        .route("/apis/authentication.k8s.io/v1beta1/tokenreviews", post(review))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(nowhere)
        .method_not_allowed_fallback(other_method)
        .with_state(Arc::clone(state))
}

/// For kubelet and Prometheus.
pub(crate) fn operations(state: &Arc<State>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(nowhere)
        .method_not_allowed_fallback(other_method)
        .with_state(Arc::clone(state))
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(extract::State(state): extract::State<Arc<State>>) -> Response {
    let readiness = state.readiness();
    let code = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, readiness.text).into_response()
}

async fn metrics(extract::State(state): extract::State<Arc<State>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics()).into_response()
}

async fn nowhere() -> Response {
    status::failure(StatusCode::NOT_FOUND, "NotFound", "nothing is answered at this path", None)
}

async fn other_method() -> Response {
    status::failure(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "a TokenReview is posted", None)
}

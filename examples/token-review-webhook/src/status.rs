//! Failures as the clients of Kubernetes read them.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// A `Status` of the API's `v1`, with `Retry-After` in seconds where it is worth to come back.
pub(crate) fn failure(code: StatusCode, reason: &str, message: &str, retry_after: Option<u64>) -> Response {
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    if let (Some(seconds), Some(members)) = (retry_after, status.as_object_mut()) {
        members.insert("details".to_owned(), json!({ "retryAfterSeconds": seconds }));
    }
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (code, headers, status.to_string()).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

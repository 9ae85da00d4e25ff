//! Why a request goes no further, and the answer that says so.

use crate::{Error, Refusal, RequestError, Unavailable};
use claimant_core::Reason;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use std::fmt::Write;

/// Why a request goes no further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 401: no credential, or one that is refused and why.
    #[error("{}", .0.as_ref().map_or_else(|| "there is no credential".to_owned(), ToString::to_string))]
    Unauthorized(Option<Refusal>),
    /// 400: nothing that an API server would look at.
    #[error(transparent)]
    BadRequest(#[from] RequestError),
    /// 403, with the sentence that says so.
    #[error("{0}")]
    Forbidden(String),
    /// 503: nobody can tell now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Rejection {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unauthorized(None) => "no_credential",
            Self::Unauthorized(Some(refusal)) => refusal.reason(),
            Self::BadRequest(error) => error.reason(),
            Self::Forbidden(_) => "forbidden",
            Self::Unavailable(unavailable) => unavailable.what.reason(),
        }
    }

    /// The status of an HTTP answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What a stranger may read: of a refused token nothing but that.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthorized(_) => "Unauthorized".to_owned(),
            Self::Unavailable(_) => "the credential cannot be judged now".to_owned(),
            other => other.to_string(),
        }
    }

    /// The `error` of RFC 6750, section 3.1; none where there was no credential.
    fn bearer_error(&self) -> Option<&'static str> {
        match self {
            Self::Unauthorized(Some(Refusal::SeveralAuthorizations | Refusal::TextAfterToken)) => {
                Some("invalid_request")
            }
            Self::Unauthorized(Some(_)) => Some("invalid_token"),
            _ => None,
        }
    }
}

/// A token that nobody knows is refused; [`Error::Unrecognized`] here means that there was none.
impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        match error {
            Error::Unrecognized => Self::Unauthorized(None),
            Error::Refused(refusal) => Self::Unauthorized(Some(refusal)),
            Error::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

/// Makes the answers to those who are not let in, with bodies of type `B`.
pub trait Rejections<B>: Send + Sync {
    /// One.
    fn answer(&self, rejection: &Rejection) -> Response<B>;
}

impl<B, F: Fn(&Rejection) -> Response<B> + Send + Sync> Rejections<B> for F {
    fn answer(&self, rejection: &Rejection) -> Response<B> {
        self(rejection)
    }
}

/// As the API server answers: a `Status` of v1 in JSON. On 401 a challenge is beside it (RFC 9110, section 11.6.1),
/// which the API server leaves out.
#[derive(Debug, Clone)]
pub struct Status {
    realm: String,
}

impl Status {
    /// With this `realm` in challenges, of which only visible ASCII without quotes and backslashes is kept.
    pub fn of_realm(realm: &str) -> Self {
        let plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        Self { realm: realm.chars().filter(plain).collect() }
    }
}

/// Of the realm `kubernetes`.
impl Default for Status {
    fn default() -> Self {
        Self::of_realm("kubernetes")
    }
}

impl<B: From<String>> Rejections<B> for Status {
    fn answer(&self, rejection: &Rejection) -> Response<B> {
        let status = rejection.status();
        let body = serde_json::json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": rejection.message(),
            "reason": match rejection {
                Rejection::Unauthorized(_) => "Unauthorized",
                Rejection::BadRequest(_) => "BadRequest",
                Rejection::Forbidden(_) => "Forbidden",
                Rejection::Unavailable(_) => "ServiceUnavailable",
            },
            "code": status.as_u16(),
        });
        let mut response = Response::new(B::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        match rejection {
            Rejection::Unauthorized(_) => {
                let mut challenge = format!("Bearer realm=\"{}\"", self.realm);
                if let Some(error) = rejection.bearer_error() {
                    let _ = write!(challenge, ", error=\"{error}\"");
                }
                if let Ok(challenge) = HeaderValue::try_from(challenge) {
                    headers.insert(WWW_AUTHENTICATE, challenge);
                }
            }
            Rejection::Unavailable(unavailable) => {
                headers.insert(RETRY_AFTER, unavailable.retry_after_seconds().unwrap_or(1).into());
            }
            _ => {}
        }
        response
    }
}

/// As gRPC answers: a status in the headers of a 200, and no body. 16 unauthenticated, 3 invalid argument, 7
/// permission denied, 14 unavailable.
#[derive(Debug, Clone, Copy, Default)]
pub struct GrpcStatus;

impl<B: Default> Rejections<B> for GrpcStatus {
    fn answer(&self, rejection: &Rejection) -> Response<B> {
        let code = match rejection {
            Rejection::Unauthorized(_) => "16",
            Rejection::BadRequest(_) => "3",
            Rejection::Forbidden(_) => "7",
            Rejection::Unavailable(_) => "14",
        };
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(code));
        if let Ok(message) = HeaderValue::try_from(percent_encoded(&rejection.message())) {
            headers.insert(HeaderName::from_static("grpc-message"), message);
        }
        response
    }
}

/// Visible ASCII as it is, but for the percent sign, and every other byte escaped (gRPC over HTTP2, Status-Message).
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_grpc_are_escaped() {
        assert_eq!(percent_encoded("100 % of é\n"), "100 %25 of %C3%A9%0A");
    }

    #[test]
    fn a_realm_cannot_leave_its_quotes() {
        assert_eq!(Status::of_realm("a\"\\\r\n, b").realm, "a, b");
    }
}

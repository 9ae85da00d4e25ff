//! [`Authenticated`] as an argument of axum's handlers.

use crate::Authenticated;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::request::Parts;
use std::convert::Infallible;

/// 500 where no layer has authenticated the request: that is the service's fault, and nobody gets in by it.
impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no layer has authenticated this request"))
    }
}

/// `None` where [`AuthnLayer::observe`](super::AuthnLayer::observe) has let a request through that has no user.
impl<S: Sync> OptionalFromRequestParts<S> for Authenticated {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

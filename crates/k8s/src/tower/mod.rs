//! A [`tower`](https://docs.rs/tower) layer that authenticates HTTP requests by the header rules of the API server
//! ([`request`](crate::request)), and may ask a rule of one's own, or roles, whether the user may do that.
//!
//! ```
//! use claimant_k8s::tower::{AuthnLayer, Roles};
//! use claimant_k8s::{Union, rbac::{Authorizer, Objects}, request::Anonymous};
//! use std::sync::Arc;
//!
//! let roles = Arc::new(Authorizer::new(&Objects::new()));
//! let layer = AuthnLayer::enforce(Union::new())
//!     .with_anonymous(Anonymous::paths(["/healthz"]))
//!     .with_rule(Roles::new(roles));
//! # let _: AuthnLayer = layer;
//! ```
//!
//! Whoever the request is from stands in its extensions as [`Authenticated`](crate::Authenticated), which is an
//! extractor of axum too (feature `axum`). The credential itself is taken out of the request, and so is any
//! `Authorization` that was not it, as in the API server: that of an anonymous user, or beside a sub-protocol.
//!
//! | the request | the answer |
//! |---|---|
//! | has no credential, and may not be anonymous | 401, `WWW-Authenticate: Bearer` (RFC 6750, section 3) |
//! | has a token that is refused, or that nobody knows | 401, with `error="invalid_token"` |
//! | has several `Authorization` headers, or one that goes on behind its token | 401, with `error="invalid_request"` |
//! | has a path that is none | 400 |
//! | is from a user who may not | 403, by [`Roles`] with the API server's own sentence |
//! | cannot be judged now | 503, with `Retry-After` |
//!
//! A token is taken from nowhere else: not from the query, not from a cookie.
//!
//! [`AuthnLayer::observe`] judges all the same, without waiting, and lets everything through, so that a service can be
//! moved without an outage; [`AuthnLayer::with_shadow`] judges by a second configuration beside the one that counts.

#[cfg(feature = "axum")]
mod axum;
mod layer;
mod rejection;
mod rule;
mod service;
mod watch;

pub use layer::{AuthnLayer, Mode};
pub use rejection::{GrpcStatus, Rejection, Rejections, Status};
pub use rule::{Roles, RolesSource, Rule};
pub use service::AuthnService;
pub use watch::{Counters, Counts, Verdict, Watch};

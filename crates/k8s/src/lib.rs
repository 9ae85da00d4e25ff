//! Kubernetes tokens to [`UserInfo`], with the API server's verdict.
//!
//! ```
//! use claimant_core::{KeySet, Limits, provider};
//! use claimant_k8s::{Authenticator, Error, config::AuthenticationConfiguration, oidc::OidcAuthenticator};
//!
//! let config = AuthenticationConfiguration::from_json(r#"{
//!     "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
//!     "jwt": [{"issuer": {"url": "https://issuer.example", "audiences": ["my-cluster"]},
//!              "claimMappings": {"username": {"claim": "sub", "prefix": "oidc:"}}}]}"#, &[])?;
//! let keys = KeySet::from_jwks(br#"{"keys": []}"#, &provider::Default, &Limits::default())?;
//! let authenticator = OidcAuthenticator::from_config(config.jwt.into_iter().next().unwrap(), keys)?;
//! assert!(matches!(authenticator.authenticate("not.a.token", 1_790_000_000), Err(Error::Unrecognized)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod audit;
mod authenticator;
mod cache;
#[cfg(feature = "tokio")]
mod claimed_expiry;
pub mod config;
mod error;
pub mod explain;
mod keys;
pub mod lint;
mod names;
mod null;
pub mod oidc;
mod random;
pub mod rbac;
pub mod reload;
pub mod request;
pub mod service_account;
pub mod token_review;
#[cfg(feature = "tokio")]
pub mod token_source;
#[cfg(feature = "tower")]
pub mod tower;
mod union;
mod user_info;
pub mod watch;
pub mod yaml;

pub use authenticator::{Authenticated, Authenticator, Generation, Judging, authenticate_async};
pub use cache::{CacheCounts, CachePolicy, Cached};
pub use claimant_jwks::Keys;
pub use error::{ConfigError, Error, FieldError, FileError, OutOfReach, Refusal, RequestError, Unavailable};
pub use union::Union;
pub use user_info::UserInfo;

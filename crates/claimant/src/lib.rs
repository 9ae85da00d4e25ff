#![doc = include_str!("../../../README.md")]
#![forbid(unsafe_code)]

pub use claimant_core as core;
pub use claimant_jwks as jwks;
pub use claimant_k8s as k8s;

pub use claimant_core::{Algorithm, Audience, KeySet, Limits, Policy, provider};
pub use claimant_k8s::{
    Authenticated, Authenticator, CachePolicy, Cached, Error, Keys, Refusal, Unavailable, Union, UserInfo, audit,
    authenticate_async, config, oidc::OidcAuthenticator, rbac, reload, service_account::ServiceAccounts,
};

#![doc = include_str!("../../../README.md")]
#![forbid(unsafe_code)]

pub use claimant_core as core;
pub use claimant_k8s as k8s;

pub use claimant_core::{Algorithm, Audience, KeySet, Limits, Policy, provider};
pub use claimant_k8s::{
    Authenticated, Authenticator, Error, Refusal, Union, UserInfo, config, oidc::OidcAuthenticator, rbac,
    service_account::ServiceAccounts,
};

//! Typed claims as the peers can read them: owned. Some read the registered claims themselves and take a struct
//! of the others; some take one struct of all, without the detour of a flattened one.

#![allow(dead_code)] // read, not used

use serde::{Deserialize, Serialize};

/// `sub` and `jti`, of both tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subject {
    pub sub: String,
    pub jti: String,
}

/// What is special in a service-account token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceAccount {
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: Private,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Private {
    pub namespace: String,
    pub node: Reference,
    pub pod: Reference,
    pub serviceaccount: Reference,
    pub warnafter: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reference {
    pub name: String,
    pub uid: String,
}

/// What is special in the ID token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdToken {
    pub email: String,
    pub email_verified: bool,
    pub preferred_username: String,
    pub groups: Vec<String>,
}

/// All of a service-account token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AllOfServiceAccount {
    pub iss: String,
    pub sub: String,
    pub jti: String,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: Private,
}

/// All of the ID token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AllOfIdToken {
    pub iss: String,
    pub sub: String,
    pub jti: String,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub email: String,
    pub email_verified: bool,
    pub preferred_username: String,
    pub groups: Vec<String>,
}

//! What several tests need: an issuer's key, its tokens, a configuration, and a future that is waited for.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::config::JwtAuthenticator;
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::{Authenticated, Error};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

pub const NOW: i64 = 1_790_000_000;
pub const AUDIENCE: &str = "cluster";

pub fn key(kid: &str) -> SigningKey {
    SigningKey::generate(kid, KeyKind::Es256).unwrap()
}

pub fn set(keys: &[&SigningKey]) -> KeySet {
    let jwks = json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string();
    KeySet::from_jwks(jwks.as_bytes(), &provider::Default, &Limits::default()).unwrap()
}

/// The authenticator of `url`, with `changes` to a plain mapping of `sub`.
pub fn jwt(url: &str, changes: Value) -> JwtAuthenticator {
    let mut jwt = json!({"issuer": {"url": url, "audiences": [AUDIENCE]},
        "claimMappings": {"username": {"claim": "sub", "prefix": ""}}});
    merge(&mut jwt, changes);
    serde_json::from_value(jwt).unwrap()
}

pub fn oidc(url: &str, keys: KeySet, changes: Value) -> OidcAuthenticator {
    OidcAuthenticator::from_config(jwt(url, changes), keys).unwrap()
}

/// Claims that [`oidc`] accepts, with `changes`; what becomes null is left out.
pub fn claims(url: &str, changes: Value) -> Value {
    let mut claims =
        json!({"iss": url, "aud": AUDIENCE, "sub": "jane", "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 600});
    merge(&mut claims, changes);
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

/// The user's name, or the stable code of why there is none.
pub fn named(outcome: Result<Authenticated, Error>) -> Result<String, &'static str> {
    outcome.map(|who| who.user.username).map_err(|why| why.reason())
}

/// Runs a future on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

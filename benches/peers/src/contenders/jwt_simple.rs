//! jwt-simple, with BoringSSL for RSA.

use crate::claims::{IdToken, ServiceAccount};
use claimant_benches::{Contender, Fixture, Kind, Subject};
use claimant_core::{Algorithm, PublicKey};
use jwt_simple::prelude::*;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::hint::black_box;

pub fn contender(fixture: &Fixture) -> Option<Contender> {
    match fixture.subject {
        Subject::ServiceAccount => typed::<ServiceAccount>(fixture),
        Subject::Oidc => typed::<IdToken>(fixture),
    }
}

fn typed<T: DeserializeOwned + 'static>(fixture: &Fixture) -> Option<Contender> {
    Some(match (&fixture.public_key, fixture.algorithm) {
        (PublicKey::Rsa { n, e }, Algorithm::Rs256) => rsa::<T, _>(fixture, RS256PublicKey::from_components(n, e)),
        (PublicKey::Rsa { n, e }, Algorithm::Rs384) => rsa::<T, _>(fixture, RS384PublicKey::from_components(n, e)),
        (PublicKey::Rsa { n, e }, Algorithm::Rs512) => rsa::<T, _>(fixture, RS512PublicKey::from_components(n, e)),
        (PublicKey::Rsa { n, e }, Algorithm::Ps256) => rsa::<T, _>(fixture, PS256PublicKey::from_components(n, e)),
        (PublicKey::Rsa { n, e }, Algorithm::Ps384) => rsa::<T, _>(fixture, PS384PublicKey::from_components(n, e)),
        (PublicKey::Rsa { n, e }, Algorithm::Ps512) => rsa::<T, _>(fixture, PS512PublicKey::from_components(n, e)),
        (PublicKey::Ec { point, .. }, Algorithm::Es256) => {
            let key = ES256PublicKey::from_bytes(point).unwrap();
            work(fixture, move |token, options| drop(black_box(key.verify_token::<T>(token, options).unwrap())))
        }
        (PublicKey::Ec { point, .. }, Algorithm::Es384) => {
            let key = ES384PublicKey::from_bytes(point).unwrap();
            work(fixture, move |token, options| drop(black_box(key.verify_token::<T>(token, options).unwrap())))
        }
        (PublicKey::Ed25519(bytes), _) => {
            let key = Ed25519PublicKey::from_bytes(bytes).unwrap();
            work(fixture, move |token, options| drop(black_box(key.verify_token::<T>(token, options).unwrap())))
        }
        _ => return None,
    })
}

fn rsa<T: DeserializeOwned, K: RSAPublicKeyLike + 'static>(
    fixture: &Fixture,
    key: Result<K, jwt_simple::Error>,
) -> Contender {
    let key = key.unwrap();
    work(fixture, move |token, options| drop(black_box(key.verify_token::<T>(token, options).unwrap())))
}

/// The options are taken by value, so that a service makes them anew for every token.
fn work(fixture: &Fixture, verify: impl Fn(&str, Option<VerificationOptions>) + 'static) -> Contender {
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([fixture.subject.issuer().to_owned()])),
        allowed_audiences: Some(HashSet::from([fixture.subject.audience().to_owned()])),
        ..VerificationOptions::default()
    };
    let token = fixture.token.clone();
    Contender::new("jwt-simple 0.15", Kind::Peer, None, move || verify(black_box(&token), Some(options.clone())))
}

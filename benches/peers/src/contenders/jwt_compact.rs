//! jwt-compact, on RustCrypto and ed25519-dalek.

use crate::claims::{self, IdToken, ServiceAccount};
use claimant_benches::{Contender, Fixture, Kind, Subject};
use claimant_core::Algorithm as OurAlgorithm;
use jwt_compact::alg::{Ed25519, Es256, Rsa};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt, TimeOptions, UntrustedToken};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::hint::black_box;

pub fn contender(fixture: &Fixture) -> Option<Contender> {
    match fixture.subject {
        Subject::ServiceAccount => typed::<ServiceAccount>(fixture),
        Subject::Oidc => typed::<IdToken>(fixture),
    }
}

/// Issuer and audience are the caller's to check.
#[derive(Deserialize)]
#[allow(dead_code)] // read, not used
struct Claims<T> {
    iss: String,
    aud: Audience,
    #[serde(flatten)]
    subject: claims::Subject,
    #[serde(flatten)]
    special: T,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

fn typed<T: DeserializeOwned + 'static>(fixture: &Fixture) -> Option<Contender> {
    Some(match fixture.algorithm {
        OurAlgorithm::Rs256 => work::<T, _>(fixture, Rsa::rs256()),
        OurAlgorithm::Rs384 => work::<T, _>(fixture, Rsa::rs384()),
        OurAlgorithm::Rs512 => work::<T, _>(fixture, Rsa::rs512()),
        OurAlgorithm::Ps256 => work::<T, _>(fixture, Rsa::ps256()),
        OurAlgorithm::Ps384 => work::<T, _>(fixture, Rsa::ps384()),
        OurAlgorithm::Ps512 => work::<T, _>(fixture, Rsa::ps512()),
        OurAlgorithm::Es256 => work::<T, _>(fixture, Es256),
        OurAlgorithm::EdDsa => work::<T, _>(fixture, Ed25519),
        _ => return None,
    })
}

fn work<T, A>(fixture: &Fixture, algorithm: A) -> Contender
where
    T: DeserializeOwned + 'static,
    A: Algorithm + 'static,
    A::VerifyingKey: for<'a> TryFrom<&'a JsonWebKey<'a>, Error: Debug> + 'static,
{
    let jwk: JsonWebKey<'_> = serde_json::from_value(fixture.jwk.clone()).unwrap();
    let key = A::VerifyingKey::try_from(&jwk).unwrap();
    let (issuer, audience) = (fixture.subject.issuer(), fixture.subject.audience());
    let token = fixture.token.clone();
    let times = TimeOptions::default();
    Contender::new("jwt-compact 0.8", Kind::Peer, None, move || {
        let token = UntrustedToken::new(black_box(&token)).unwrap();
        let token = algorithm.validator::<Claims<T>>(&key).validate(&token).unwrap();
        token.claims().validate_expiration(&times).unwrap().validate_maturity(&times).unwrap();
        let claims = &token.claims().custom;
        assert_eq!(claims.iss, issuer);
        assert!(match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        });
        black_box(token);
    })
}

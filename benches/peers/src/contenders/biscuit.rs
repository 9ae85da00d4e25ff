//! biscuit, on ring.

use crate::claims::{IdToken, ServiceAccount};
use biscuit::jwa::SignatureAlgorithm;
use biscuit::jwk::{AlgorithmParameters, JWK};
use biscuit::{ClaimPresenceOptions, Empty, JWT, Presence, Validation, ValidationOptions};
use claimant_benches::{Contender, Fixture, Kind, Subject};
use claimant_core::Algorithm;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::hint::black_box;

pub fn contender(fixture: &Fixture) -> Option<Contender> {
    match fixture.subject {
        Subject::ServiceAccount => typed::<ServiceAccount>(fixture),
        Subject::Oidc => typed::<IdToken>(fixture),
    }
}

fn typed<T: Serialize + DeserializeOwned + 'static>(fixture: &Fixture) -> Option<Contender> {
    let algorithm = match fixture.algorithm {
        Algorithm::Rs256 => SignatureAlgorithm::RS256,
        Algorithm::Rs384 => SignatureAlgorithm::RS384,
        Algorithm::Rs512 => SignatureAlgorithm::RS512,
        Algorithm::Ps256 => SignatureAlgorithm::PS256,
        Algorithm::Ps384 => SignatureAlgorithm::PS384,
        Algorithm::Ps512 => SignatureAlgorithm::PS512,
        Algorithm::Es256 => SignatureAlgorithm::ES256,
        Algorithm::Es384 => SignatureAlgorithm::ES384,
        _ => return None,
    };
    let jwk: JWK<Empty> = serde_json::from_value(fixture.jwk.clone()).unwrap();
    let secret = match jwk.algorithm {
        AlgorithmParameters::RSA(key) => key.jws_public_key_secret(),
        AlgorithmParameters::EllipticCurve(key) => key.jws_public_key_secret(),
        _ => return None,
    };
    let options = ValidationOptions {
        claim_presence_options: ClaimPresenceOptions {
            expiry: Presence::Required,
            not_before: Presence::Required,
            ..ClaimPresenceOptions::default()
        },
        expiry: Validation::Validate(()),
        not_before: Validation::Validate(()),
        issuer: Validation::Validate(fixture.subject.issuer().to_owned()),
        audience: Validation::Validate(fixture.subject.audience().to_owned()),
        ..ValidationOptions::default()
    };
    let token = fixture.token.clone();
    Some(Contender::new("biscuit 0.8, ring", Kind::Peer, Some("ring + p521"), move || {
        let token = JWT::<T, Empty>::new_encoded(black_box(&token)).into_decoded(&secret, algorithm).unwrap();
        token.validate(options.clone()).unwrap();
        black_box(token);
    }))
}

//! josekit, on OpenSSL. Its programs are a package of their own: BoringSSL has the same library and symbol names.

use crate::claims::{IdToken, Private, Subject as Registered};
use claimant_benches::{Contender, Fixture, Kind, Subject};
use claimant_core::Algorithm;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsVerifier};
use josekit::jwt::{self, JwtPayload, JwtPayloadValidator};
use serde::de::DeserializeOwned;
use std::hint::black_box;
use std::time::SystemTime;

pub fn contenders(fixture: &Fixture) -> Vec<Contender> {
    let verifier = verifier(fixture);
    let (token, subject) = (fixture.token.clone(), fixture.subject);
    vec![Contender::new("josekit 0.10, OpenSSL", Kind::Peer, None, move || {
        let (payload, _) = jwt::decode_with_verifier(black_box(&token), verifier.as_ref()).unwrap();
        let mut checks = JwtPayloadValidator::new();
        checks.set_base_time(SystemTime::now());
        checks.set_issuer(subject.issuer());
        checks.set_audience(subject.audience());
        checks.validate(&payload).unwrap();
        black_box(Registered { sub: payload.subject().unwrap().to_owned(), jti: payload.jwt_id().unwrap().to_owned() });
        match subject {
            Subject::ServiceAccount => drop(black_box(read::<Private>(&payload, "kubernetes.io"))),
            Subject::Oidc => drop(black_box(IdToken {
                email: read(&payload, "email"),
                email_verified: read(&payload, "email_verified"),
                preferred_username: read(&payload, "preferred_username"),
                groups: read(&payload, "groups"),
            })),
        }
    })]
}

fn read<T: DeserializeOwned>(payload: &JwtPayload, name: &str) -> T {
    T::deserialize(payload.claim(name).unwrap()).unwrap()
}

fn verifier(fixture: &Fixture) -> Box<dyn JwsVerifier> {
    let jwk = Jwk::from_bytes(fixture.jwk.to_string()).unwrap();
    match fixture.algorithm {
        Algorithm::Rs256 => Box::new(jws::RS256.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Rs384 => Box::new(jws::RS384.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Rs512 => Box::new(jws::RS512.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Ps256 => Box::new(jws::PS256.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Ps384 => Box::new(jws::PS384.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Ps512 => Box::new(jws::PS512.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Es256 => Box::new(jws::ES256.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Es384 => Box::new(jws::ES384.verifier_from_jwk(&jwk).unwrap()),
        Algorithm::Es512 => Box::new(jws::ES512.verifier_from_jwk(&jwk).unwrap()),
        _ => Box::new(jws::EdDSA.verifier_from_jwk(&jwk).unwrap()),
    }
}

//! jsonwebtoken, with both of its back-ends. It has one for the whole process, so a switch stands behind it.

use crate::claims::{AllOfIdToken, AllOfServiceAccount};
use claimant_benches::{Contender, Fixture, Kind, Subject};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils, aws_lc, rust_crypto};
use jsonwebtoken::errors::Result;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::DeserializeOwned;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static PURE_RUST: AtomicBool = AtomicBool::new(false);

static SWITCH: CryptoProvider = CryptoProvider {
    signer_factory: aws_lc::DEFAULT_PROVIDER.signer_factory,
    verifier_factory: switch,
    key_utils: KeyUtils::new_unimplemented(),
};

fn switch(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if PURE_RUST.load(Ordering::Relaxed) {
        (rust_crypto::DEFAULT_PROVIDER.verifier_factory)(algorithm, key)
    } else {
        (aws_lc::DEFAULT_PROVIDER.verifier_factory)(algorithm, key)
    }
}

pub fn contenders(fixture: &Fixture) -> Vec<Contender> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| SWITCH.install_default().unwrap());
    let Ok(algorithm) = Algorithm::from_str(fixture.algorithm.name()) else { return Vec::new() };
    match fixture.subject {
        Subject::ServiceAccount => both::<AllOfServiceAccount>(fixture, algorithm),
        Subject::Oidc => both::<AllOfIdToken>(fixture, algorithm),
    }
}

fn both<T: DeserializeOwned + 'static>(fixture: &Fixture, algorithm: Algorithm) -> Vec<Contender> {
    let one = |name: &str, pure_rust: bool, base: Option<&str>| {
        let jwk: Jwk = serde_json::from_value(fixture.jwk.clone()).unwrap();
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[fixture.subject.issuer()]);
        validation.set_audience(&[fixture.subject.audience()]);
        validation.validate_nbf = true;
        let token = fixture.token.clone();
        Contender::new(name, Kind::Peer, base, move || {
            PURE_RUST.store(pure_rust, Ordering::Relaxed);
            black_box(decode::<T>(black_box(&token), &key, &validation).unwrap());
        })
    };
    vec![one("jsonwebtoken 11, aws_lc_rs", false, Some("aws-lc-rs")), one("jsonwebtoken 11, rust_crypto", true, None)]
}

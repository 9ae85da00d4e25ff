//! The check for verifiers passes good ones and catches bad ones.

#![allow(clippy::unwrap_used, missing_docs)]

use claimant_core::{Algorithm, Provider, PublicKey, SignatureError, UnsupportedKey, Verifier, provider};
use claimant_testkit::verifier::check;
use std::sync::Arc;

#[test]
fn the_default_provider_serves_all() {
    let report = check(&provider::Default).unwrap();
    assert_eq!(report.served, Algorithm::ALL);
    assert!(report.not_served.is_empty());
}

/// Accepts whatever the real one accepts, and what `also` says.
#[derive(Debug)]
struct Careless(Arc<dyn Verifier>, fn(&[u8]) -> bool);

impl Verifier for Careless {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if (self.1)(signature) { Ok(()) } else { self.0.verify(message, signature) }
    }
}

struct CarelessProvider(fn(&[u8]) -> bool);

impl Provider for CarelessProvider {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        Ok(Arc::new(Careless(provider::Default.verifier(algorithm, key)?, self.0)))
    }
}

#[test]
fn faults_are_named_with_their_class() {
    let classes = |also| check(&CarelessProvider(also)).unwrap_err().into_iter().map(|f| f.class).collect::<Vec<_>>();
    assert!(classes(|signature| signature.is_empty()).contains(&"A07"));
    assert!(classes(|signature| signature.first() == Some(&0x30)).contains(&"A07"));
    assert!(classes(|signature| signature.iter().all(|b| *b == 0)).contains(&"A06"));
    assert!(classes(|_| true).contains(&"A05"));
}

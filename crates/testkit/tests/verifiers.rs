//! The check for verifiers passes good ones and catches bad ones.

#![allow(clippy::unwrap_used, missing_docs)]

use claimant_core::{Algorithm, Answer, AsyncVerifier, Provider, PublicKey};
use claimant_core::{SignatureError, UnsupportedKey, Verifier, provider};
use claimant_testkit::verifier::{check, check_async};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

#[test]
fn the_default_provider_serves_all() {
    let report = check(&provider::Default).unwrap();
    assert_eq!(report.served, Algorithm::ALL);
    assert!(report.not_served.is_empty());
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn aws_lc_serves_all() {
    let report = check(&provider::AwsLc).unwrap();
    assert_eq!(report.served, Algorithm::ALL);
}

#[cfg(feature = "graviola")]
#[test]
fn graviola_serves_all_but_es512() {
    let report = check(&provider::Graviola).unwrap();
    assert_eq!(report.not_served, [Algorithm::Es512]);
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

/// Brings the scalar below the order of Ed25519 before it looks, as libraries did that knew no malleability.
#[derive(Debug)]
struct Reducing(Arc<dyn Verifier>);

impl Verifier for Reducing {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let mut signature = signature.to_vec();
        for _ in 0..15 {
            if self.0.verify(message, &signature).is_ok() {
                return Ok(());
            }
            let order = [
                0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
            ];
            let mut borrow = 0;
            for (byte, less) in signature.iter_mut().skip(32).zip(order) {
                let left = i16::from(*byte) - less - borrow;
                borrow = i16::from(left < 0);
                *byte = u8::try_from(left.rem_euclid(256)).unwrap();
            }
        }
        Err(SignatureError)
    }
}

struct ReducingProvider;

impl Provider for ReducingProvider {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        let real = provider::Default.verifier(algorithm, key)?;
        Ok(if algorithm == Algorithm::EdDsa { Arc::new(Reducing(real)) } else { real })
    }
}

#[test]
fn a08_a_scalar_that_is_brought_below_the_order_is_a_fault() {
    let faults = check(&ReducingProvider).unwrap_err();
    assert!(faults.iter().any(|fault| fault.what == "accepted s + 1 times the order"), "{faults:?}");
    assert!(faults.iter().all(|fault| fault.algorithm == Algorithm::EdDsa && fault.class == "A08"), "{faults:?}");
}

/// One that answers at once, though it could be waited for.
#[derive(Debug)]
struct Kms(Arc<dyn Verifier>);

impl AsyncVerifier for Kms {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDsa
    }

    fn verify<'a>(&'a self, signing_input: &'a [u8], signature: &'a [u8]) -> Answer<'a> {
        Box::pin(async move { self.0.verify(signing_input, signature) })
    }
}

#[test]
fn a08_one_that_is_waited_for_is_checked_with_its_own_key() {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = PublicKey::Ed25519(pair.public_key().as_ref().try_into().unwrap());
    let signature = pair.sign(b"a message");
    let real = provider::Default.verifier(Algorithm::EdDsa, &key).unwrap();
    let outcome = |kms: &Kms, key: &PublicKey| {
        let mut check = pin!(check_async(kms, key, b"a message", signature.as_ref()));
        match check.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => unreachable!("it answers at once"),
        }
    };
    assert_eq!(outcome(&Kms(Arc::clone(&real)), &key), Ok(()));
    let faults = outcome(&Kms(Arc::new(Reducing(Arc::clone(&real)))), &key).unwrap_err();
    assert!(faults.iter().all(|fault| fault.class == "A08"), "{faults:?}");
    let rsa = PublicKey::Rsa { n: vec![0xff; 256], e: vec![1, 0, 1] };
    assert!(outcome(&Kms(real), &rsa).unwrap_err().iter().any(|fault| fault.class == "A05"));
}

//! A verifier of one's own, here OpenSSL as it would stand in for a FIPS module or an HSM: as a provider
//! for whole key sets, and as an asynchronous one that answers from somewhere else.
//!
//! `cargo run --features openssl --example own-verifier`

use claimant::core::key::Curve;
use claimant::core::{
    Answer, AsyncVerifier, Buffer, Provider, PublicKey, SignatureError, UnsupportedKey, UnverifiedToken, Verifier,
};
use claimant::{Algorithm, Audience, KeySet, Limits, Policy};
use claimant_testkit::{Issuer, TokenOptions, verifier};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier as OpenSslVerifier};
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let report = verifier::check(&OpenSsl).map_err(|faults| format!("{faults:?}"))?;
    println!("OpenSSL as a provider serves {:?} and refuses what it must", report.served);

    let issuer = Issuer::start()?;
    let token = issuer.id_token("jane", &["dev"], &TokenOptions::new("my-api", NOW))?;
    let policy = Policy::new(issuer.url(), Audience::any_of(["my-api"])?);

    let jwks = json!({"keys": [issuer.jwk()]}).to_string();
    let keys = KeySet::from_jwks(jwks.as_bytes(), &OpenSsl, &Limits::default())?;
    let mut buffer = Buffer::new();
    let unverified = UnverifiedToken::parse(&token, &mut buffer, &Limits::default())?;
    let claims = unverified.verify(&keys, &[Algorithm::Es256])?.check(&policy, NOW)?;
    println!("by a key set: {:?}", claims.text("sub")?);

    let remote = Remote { key: OpenSsl.verifier(Algorithm::Es256, &issuer.public_key().ok_or("no key")?)? };
    let signed = wait(unverified.verify_async(&remote))?;
    println!("asynchronously: {:?}", signed.check(&policy, NOW)?.text("sub")?);
    Ok(())
}

const NOW: i64 = 1_790_000_000;

/// Every algorithm by OpenSSL. A module that holds the keys itself would look them up by their thumbprint here.
struct OpenSsl;

impl Provider for OpenSsl {
    fn verifier(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        if !key.algorithms().contains(&algorithm) {
            return Err(UnsupportedKey(algorithm));
        }
        let key = load(key).map_err(|_| UnsupportedKey(algorithm))?;
        Ok(Arc::new(Loaded { algorithm, key }))
    }
}

fn load(key: &PublicKey) -> Result<PKey<Public>, ErrorStack> {
    match key {
        PublicKey::Rsa { n, e } => {
            PKey::from_rsa(Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?)
        }
        PublicKey::Ec { curve, point } => {
            let group = EcGroup::from_curve_name(match curve {
                Curve::P256 => Nid::X9_62_PRIME256V1,
                Curve::P384 => Nid::SECP384R1,
                Curve::P521 => Nid::SECP521R1,
            })?;
            let point = EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
            PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)
        }
        PublicKey::Ed25519(bytes) => PKey::public_key_from_raw_bytes(bytes, Id::ED25519),
        _ => Err(ErrorStack::get()),
    }
}

#[derive(Debug)]
struct Loaded {
    algorithm: Algorithm,
    key: PKey<Public>,
}

impl Loaded {
    fn holds(&self, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        let digest = match self.algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => MessageDigest::sha256(),
            Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => MessageDigest::sha384(),
            _ => MessageDigest::sha512(),
        };
        match self.algorithm {
            Algorithm::EdDsa => OpenSslVerifier::new_without_digest(&self.key)?.verify_oneshot(signature, message),
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => {
                let size = usize::try_from(self.key.bits()).unwrap_or_default().div_ceil(8);
                if signature.len() != 2 * size {
                    return Ok(false);
                }
                let (r, s) = signature.split_at(size);
                // JWS has r and s side by side (RFC 7518, section 3.4); OpenSSL wants DER.
                let der =
                    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()?;
                OpenSslVerifier::new(digest, &self.key)?.verify_oneshot(&der, message)
            }
            algorithm => {
                let mut verifier = OpenSslVerifier::new(digest, &self.key)?;
                if matches!(algorithm, Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512) {
                    verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
                    verifier.set_rsa_mgf1_md(digest)?;
                    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                }
                verifier.verify_oneshot(signature, message)
            }
        }
    }
}

impl Verifier for Loaded {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        // OpenSSL's error texts stay here: they say nothing that a caller may know.
        match self.holds(signing_input, signature) {
            Ok(true) => Ok(()),
            _ => Err(SignatureError),
        }
    }
}

/// As a KMS would: the answer comes later.
#[derive(Debug)]
struct Remote {
    key: Arc<dyn Verifier>,
}

impl AsyncVerifier for Remote {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn verify<'a>(&'a self, signing_input: &'a [u8], signature: &'a [u8]) -> Answer<'a> {
        Box::pin(async move { self.key.verify(signing_input, signature) })
    }
}

/// The smallest executor; a real service has its own.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

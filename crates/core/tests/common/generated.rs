//! Keys made at random, and signatures by them. RSA and P-521 need feature `aws-lc-rs`, since ring makes neither.

use claimant_core::key::Curve;
use claimant_core::{Algorithm, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

/// The algorithms for which a key can be made here.
pub const ALGORITHMS: &[Algorithm] = &[
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Es512,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Rs256,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Rs384,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Rs512,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Ps256,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Ps384,
    #[cfg(feature = "aws-lc-rs")]
    Algorithm::Ps512,
];

/// A new key's public half, and its signature over `message`. RSA keys are slow to make: they are three in each run,
/// by `number`.
pub fn signed(algorithm: Algorithm, message: &[u8], number: usize) -> (PublicKey, Vec<u8>) {
    match algorithm {
        Algorithm::Es256 => ecdsa(&sig::ECDSA_P256_SHA256_FIXED_SIGNING, Curve::P256, message),
        Algorithm::Es384 => ecdsa(&sig::ECDSA_P384_SHA384_FIXED_SIGNING, Curve::P384, message),
        Algorithm::EdDsa => {
            let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
            let key = PublicKey::Ed25519(pair.public_key().as_ref().try_into().unwrap());
            (key, pair.sign(message).as_ref().to_vec())
        }
        #[cfg(feature = "aws-lc-rs")]
        other => aws_lc::signed(other, message, number),
        #[cfg(not(feature = "aws-lc-rs"))]
        other => unreachable!("no key {number} of {other} is made"),
    }
}

fn ecdsa(how: &'static sig::EcdsaSigningAlgorithm, curve: Curve, message: &[u8]) -> (PublicKey, Vec<u8>) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap();
    let key = PublicKey::Ec { curve, point: pair.public_key().as_ref().to_vec() };
    (key, pair.sign(&random, message).unwrap().as_ref().to_vec())
}

#[cfg(feature = "aws-lc-rs")]
mod aws_lc {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{self as sig, EcdsaKeyPair, KeyPair, RsaKeyPair};
    use claimant_core::key::Curve;
    use claimant_core::{Algorithm, PublicKey};
    use std::sync::LazyLock;

    static RSA: LazyLock<[RsaKeyPair; 3]> =
        LazyLock::new(|| [(); 3].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

    pub fn signed(algorithm: Algorithm, message: &[u8], number: usize) -> (PublicKey, Vec<u8>) {
        let random = SystemRandom::new();
        let encoding: &'static dyn sig::RsaEncoding = match algorithm {
            Algorithm::Rs256 => &sig::RSA_PKCS1_SHA256,
            Algorithm::Rs384 => &sig::RSA_PKCS1_SHA384,
            Algorithm::Rs512 => &sig::RSA_PKCS1_SHA512,
            Algorithm::Ps256 => &sig::RSA_PSS_SHA256,
            Algorithm::Ps384 => &sig::RSA_PSS_SHA384,
            Algorithm::Ps512 => &sig::RSA_PSS_SHA512,
            _ => {
                let pair = EcdsaKeyPair::generate(&sig::ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
                let key = PublicKey::Ec { curve: Curve::P521, point: pair.public_key().as_ref().to_vec() };
                return (key, pair.sign(&random, message).unwrap().as_ref().to_vec());
            }
        };
        let pair = &RSA[number % 3];
        let document: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let same = ring::signature::RsaKeyPair::from_pkcs8(document.as_ref()).unwrap();
        let numbers = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(same.public());
        let key = PublicKey::Rsa { n: numbers.n, e: numbers.e };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &random, message, &mut signature).unwrap();
        (key, signature)
    }
}

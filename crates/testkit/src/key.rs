//! Signing keys of a test issuer.

use crate::TestkitError;
use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::PublicKey;
use claimant_core::key::Curve;
use ring::rand::SystemRandom;
use ring::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::fmt;

/// The kinds of keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum KeyKind {
    Es256,
    Es384,
    EdDsa,
    #[cfg(feature = "aws-lc-rs")]
    Es512,
    #[cfg(feature = "aws-lc-rs")]
    Rs256,
    #[cfg(feature = "aws-lc-rs")]
    Rs384,
    #[cfg(feature = "aws-lc-rs")]
    Rs512,
    #[cfg(feature = "aws-lc-rs")]
    Ps256,
    #[cfg(feature = "aws-lc-rs")]
    Ps384,
    #[cfg(feature = "aws-lc-rs")]
    Ps512,
}

impl KeyKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        #[cfg(feature = "aws-lc-rs")]
        Self::Es512,
        #[cfg(feature = "aws-lc-rs")]
        Self::Rs256,
        #[cfg(feature = "aws-lc-rs")]
        Self::Rs384,
        #[cfg(feature = "aws-lc-rs")]
        Self::Rs512,
        #[cfg(feature = "aws-lc-rs")]
        Self::Ps256,
        #[cfg(feature = "aws-lc-rs")]
        Self::Ps384,
        #[cfg(feature = "aws-lc-rs")]
        Self::Ps512,
    ];

    /// The value of `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            #[cfg(feature = "aws-lc-rs")]
            Self::Es512 => "ES512",
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs256 => "RS256",
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs384 => "RS384",
            #[cfg(feature = "aws-lc-rs")]
            Self::Rs512 => "RS512",
            #[cfg(feature = "aws-lc-rs")]
            Self::Ps256 => "PS256",
            #[cfg(feature = "aws-lc-rs")]
            Self::Ps384 => "PS384",
            #[cfg(feature = "aws-lc-rs")]
            Self::Ps512 => "PS512",
        }
    }

    #[cfg(feature = "aws-lc-rs")]
    fn rsa_encoding(self) -> Option<&'static dyn sig::RsaEncoding> {
        match self {
            Self::Rs256 => Some(&sig::RSA_PKCS1_SHA256),
            Self::Rs384 => Some(&sig::RSA_PKCS1_SHA384),
            Self::Rs512 => Some(&sig::RSA_PKCS1_SHA512),
            Self::Ps256 => Some(&sig::RSA_PSS_SHA256),
            Self::Ps384 => Some(&sig::RSA_PSS_SHA384),
            Self::Ps512 => Some(&sig::RSA_PSS_SHA512),
            _ => None,
        }
    }
}

/// A private key with an id.
pub struct SigningKey {
    kid: String,
    kind: KeyKind,
    pair: Pair,
    random: SystemRandom,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    #[cfg(feature = "aws-lc-rs")]
    P521(aws_lc_rs::signature::EcdsaKeyPair),
    #[cfg(feature = "aws-lc-rs")]
    Rsa(Box<sig::RsaKeyPair>, &'static dyn sig::RsaEncoding),
}

impl Pair {
    fn generate(kind: KeyKind, random: &SystemRandom) -> Option<Self> {
        let how = match kind {
            KeyKind::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(random).ok()?;
                return Ed25519KeyPair::from_pkcs8(document.as_ref()).ok().map(Self::Ed25519);
            }
            KeyKind::Es256 => &sig::ECDSA_P256_SHA256_FIXED_SIGNING,
            KeyKind::Es384 => &sig::ECDSA_P384_SHA384_FIXED_SIGNING,
            #[cfg(feature = "aws-lc-rs")]
            KeyKind::Es512 => {
                let how = &aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED_SIGNING;
                return aws_lc_rs::signature::EcdsaKeyPair::generate(how).ok().map(Self::P521);
            }
            #[cfg(feature = "aws-lc-rs")]
            _ => {
                use aws_lc_rs::encoding::AsDer;
                let made = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).ok()?;
                let document = made.as_der().ok()?;
                let pair = sig::RsaKeyPair::from_pkcs8(document.as_ref()).ok()?;
                return Some(Self::Rsa(Box::new(pair), kind.rsa_encoding()?));
            }
        };
        let document = EcdsaKeyPair::generate_pkcs8(how, random).ok()?;
        EcdsaKeyPair::from_pkcs8(how, document.as_ref(), random).ok().map(Self::Ecdsa)
    }

    fn sign(&self, input: &[u8], random: &SystemRandom) -> Option<Vec<u8>> {
        Some(match self {
            Self::Ed25519(pair) => pair.sign(input).as_ref().to_vec(),
            Self::Ecdsa(pair) => pair.sign(random, input).ok()?.as_ref().to_vec(),
            #[cfg(feature = "aws-lc-rs")]
            Self::P521(pair) => pair.sign(&aws_lc_rs::rand::SystemRandom::new(), input).ok()?.as_ref().to_vec(),
            #[cfg(feature = "aws-lc-rs")]
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, random, input, &mut signature).ok()?;
                signature
            }
        })
    }
}

impl SigningKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`TestkitError::Key`] where the system gives no randomness.
    pub fn generate(kid: impl Into<String>, kind: KeyKind) -> Result<Self, TestkitError> {
        let random = SystemRandom::new();
        let pair = Pair::generate(kind, &random).ok_or(TestkitError::Key)?;
        Ok(Self { kid: kid.into(), kind, pair, random })
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let mut jwk = match self.public_key() {
            PublicKey::Ed25519(x) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(&x)}),
            PublicKey::Ec { curve, point } => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve.name(), "x": text(x), "y": text(y)})
            }
            PublicKey::Rsa { n, e } => json!({"kty": "RSA", "n": text(&n), "e": text(&e)}),
            _ => json!({}),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.extend([
                ("alg".to_owned(), json!(self.kind.name())),
                ("use".to_owned(), json!("sig")),
                ("kid".to_owned(), json!(self.kid)),
            ]);
        }
        jwk
    }

    /// The public key as a verifier takes it.
    pub fn public_key(&self) -> PublicKey {
        match &self.pair {
            Pair::Ed25519(pair) => PublicKey::Ed25519(pair.public_key().as_ref().try_into().unwrap_or_default()),
            Pair::Ecdsa(pair) => {
                let curve = if self.kind == KeyKind::Es256 { Curve::P256 } else { Curve::P384 };
                PublicKey::Ec { curve, point: pair.public_key().as_ref().to_vec() }
            }
            #[cfg(feature = "aws-lc-rs")]
            Pair::P521(pair) => {
                use aws_lc_rs::signature::KeyPair as _;
                PublicKey::Ec { curve: Curve::P521, point: pair.public_key().as_ref().to_vec() }
            }
            #[cfg(feature = "aws-lc-rs")]
            Pair::Rsa(pair, _) => {
                let numbers = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                PublicKey::Rsa { n: numbers.n, e: numbers.e }
            }
        }
    }

    /// A compact JWS over these claims, under this key's id.
    ///
    /// # Errors
    /// [`TestkitError::Key`] where the system gives no randomness.
    pub fn sign(&self, claims: &Value) -> Result<String, TestkitError> {
        self.sign_as(&self.kid, claims)
    }

    /// The same under another key's id, as a forger would.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn sign_as(&self, kid: &str, claims: &Value) -> Result<String, TestkitError> {
        let text = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let header = json!({"alg": self.kind.name(), "kid": kid, "typ": "JWT"});
        let input = format!("{}.{}", text(&header), text(claims));
        let signature = self.pair.sign(input.as_bytes(), &self.random).ok_or(TestkitError::Key)?;
        Ok(format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("kind", &self.kind).finish_non_exhaustive()
    }
}

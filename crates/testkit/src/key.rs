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
pub enum KeyKind {
    Es256,
    Es384,
    EdDsa,
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
}

impl SigningKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`TestkitError::Key`] where the system gives no randomness.
    pub fn generate(kid: impl Into<String>, kind: KeyKind) -> Result<Self, TestkitError> {
        let random = SystemRandom::new();
        let pair = match kind {
            KeyKind::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| TestkitError::Key)?;
                Ed25519KeyPair::from_pkcs8(document.as_ref()).map(Pair::Ed25519)
            }
            KeyKind::Es256 | KeyKind::Es384 => {
                let how = if kind == KeyKind::Es256 {
                    &sig::ECDSA_P256_SHA256_FIXED_SIGNING
                } else {
                    &sig::ECDSA_P384_SHA384_FIXED_SIGNING
                };
                let document = EcdsaKeyPair::generate_pkcs8(how, &random).map_err(|_| TestkitError::Key)?;
                EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).map(Pair::Ecdsa)
            }
        };
        Ok(Self { kid: kid.into(), kind, pair: pair.map_err(|_| TestkitError::Key)?, random })
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let text = Base64UrlUnpadded::encode_string;
        match &self.pair {
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid,
                "x": text(pair.public_key().as_ref())})
            }
            Pair::Ecdsa(pair) => {
                let (crv, alg) = if self.kind == KeyKind::Es256 { ("P-256", "ES256") } else { ("P-384", "ES384") };
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": crv, "alg": alg, "use": "sig", "kid": self.kid, "x": text(x), "y": text(y)})
            }
        }
    }

    /// The public key as a verifier takes it.
    pub fn public_key(&self) -> PublicKey {
        match &self.pair {
            Pair::Ed25519(pair) => PublicKey::Ed25519(pair.public_key().as_ref().try_into().unwrap_or_default()),
            Pair::Ecdsa(pair) => {
                let curve = if self.kind == KeyKind::Es256 { Curve::P256 } else { Curve::P384 };
                PublicKey::Ec { curve, point: pair.public_key().as_ref().to_vec() }
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
        let alg = match self.kind {
            KeyKind::Es256 => "ES256",
            KeyKind::Es384 => "ES384",
            KeyKind::EdDsa => "EdDSA",
        };
        let text = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let input = format!("{}.{}", text(&json!({"alg": alg, "kid": kid, "typ": "JWT"})), text(claims));
        let signature = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(input.as_bytes()).as_ref().to_vec(),
            Pair::Ecdsa(pair) => {
                pair.sign(&self.random, input.as_bytes()).map_err(|_| TestkitError::Key)?.as_ref().to_vec()
            }
        };
        Ok(format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("kind", &self.kind).finish_non_exhaustive()
    }
}

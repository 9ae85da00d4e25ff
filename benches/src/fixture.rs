//! Two tokens of every algorithm, signed with throw-away keys by `fixtures/make.py`.

use claimant_core::key::Curve;
use claimant_core::{Algorithm, KeySet, Limits, Provider, PublicKey};
use serde_json::{Value, json};

/// Which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A bound service-account token with references to a pod and a node, about 1 KB.
    ServiceAccount,
    /// An ID token with 200 groups, about 6 KB.
    Oidc,
}

impl Subject {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ServiceAccount, Self::Oidc];

    /// A name for tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "service-account",
            Self::Oidc => "oidc-200-groups",
        }
    }

    /// The issuer that the token must come from.
    pub fn issuer(self) -> &'static str {
        match self {
            Self::ServiceAccount => "https://kubernetes.default.svc.cluster.local",
            Self::Oidc => "https://login.example/realms/company",
        }
    }

    /// The audience that the token must name.
    pub fn audience(self) -> &'static str {
        match self {
            Self::ServiceAccount => "https://kubernetes.default.svc.cluster.local",
            Self::Oidc => "kubernetes",
        }
    }
}

/// One token with the key that signed it.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// Which token it is.
    pub subject: Subject,
    /// The compact form.
    pub token: String,
    /// The public key, with `kid`, `use` and `alg`.
    pub jwk: Value,
    /// The public key as a provider takes it.
    pub public_key: PublicKey,
}

impl Fixture {
    /// Both tokens of every algorithm.
    pub fn all() -> Vec<Self> {
        let all: Value = serde_json::from_str(include_str!("../fixtures/tokens.json")).unwrap();
        let one = |subject: Subject, algorithm: Algorithm| {
            let entry = &all[algorithm.name()];
            let token = match subject {
                Subject::ServiceAccount => &entry["service_account"],
                Subject::Oidc => &entry["oidc"],
            };
            Self {
                algorithm,
                subject,
                token: token.as_str().unwrap().to_owned(),
                public_key: public_key(&entry["jwk"]),
                jwk: entry["jwk"].clone(),
            }
        };
        Subject::ALL.into_iter().flat_map(|subject| Algorithm::ALL.map(|algorithm| one(subject, algorithm))).collect()
    }

    /// The set with this key, or none where the provider does not serve the algorithm.
    pub fn keys(&self, provider: &dyn Provider) -> Option<KeySet> {
        provider.verifier(self.algorithm, &self.public_key).ok()?;
        let set = json!({"keys": [self.jwk]}).to_string();
        Some(KeySet::from_jwks(set.as_bytes(), provider, &Limits::default()).unwrap())
    }

    /// Signing input and decoded signature.
    pub fn parts(&self) -> (String, Vec<u8>) {
        let (input, signature) = self.token.rsplit_once('.').unwrap();
        (input.to_owned(), decode(signature))
    }

    /// A member of the JWK, decoded.
    pub fn jwk_bytes(&self, name: &str) -> Vec<u8> {
        decode(self.jwk[name].as_str().unwrap())
    }
}

fn public_key(jwk: &Value) -> PublicKey {
    let text = |name: &str| jwk[name].as_str().unwrap();
    let bytes = |name: &str| decode(text(name));
    match text("kty") {
        "RSA" => PublicKey::Rsa { n: bytes("n"), e: bytes("e") },
        "EC" => {
            let curve = match text("crv") {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                _ => Curve::P521,
            };
            PublicKey::Ec { curve, point: [vec![4], bytes("x"), bytes("y")].concat() }
        }
        _ => PublicKey::Ed25519(bytes("x").try_into().unwrap()),
    }
}

fn decode(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

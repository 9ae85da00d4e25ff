//! The issuer: its keys, its tokens, its address.

use crate::server::Server;
use crate::{KeyKind, SigningKey, TestkitError};
use claimant_core::PublicKey;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An issuer that lives as long as this value. Its private keys never leave it.
pub struct Issuer {
    keys: Arc<Mutex<Vec<SigningKey>>>,
    server: Server,
    kind: KeyKind,
}

/// What the tokens of one call have in common. Times are in seconds since 1970.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// The audience.
    pub audience: String,
    /// `iat` and `nbf`.
    pub issued_at: i64,
    /// `exp` less `iat`; one hour by default, negative for an expired token.
    pub life: i64,
}

impl TokenOptions {
    /// For this audience, issued now, good for an hour.
    pub fn new(audience: impl Into<String>, now: i64) -> Self {
        Self { audience: audience.into(), issued_at: now, life: 3600 }
    }
}

impl Issuer {
    /// Starts an issuer with one ES256 key on a free port of loopback.
    ///
    /// # Errors
    /// No randomness, no certificate, no port.
    pub fn start() -> Result<Self, TestkitError> {
        Self::start_with(KeyKind::Es256)
    }

    /// The same with keys of another kind.
    ///
    /// # Errors
    /// As [`Issuer::start`].
    pub fn start_with(kind: KeyKind) -> Result<Self, TestkitError> {
        let keys = Arc::new(Mutex::new(vec![SigningKey::generate("key-1", kind)?]));
        let served = Arc::clone(&keys);
        let server = Server::start(move |url, path| {
            let keys = served.lock().unwrap_or_else(PoisonError::into_inner);
            match path {
                "/.well-known/openid-configuration" => Some(discovery(url)),
                "/keys" => Some(json!({"keys": keys.iter().map(SigningKey::jwk).collect::<Vec<_>>()})),
                _ => None,
            }
        })?;
        Ok(Self { keys, server, kind })
    }

    /// The issuer's URL, the `iss` of its tokens.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The certificate that its server is trusted by, in PEM.
    pub fn ca_pem(&self) -> &str {
        self.server.ca_pem()
    }

    /// The paths that were asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        self.server.requests()
    }

    /// The id of the key that signs now.
    pub fn kid(&self) -> String {
        self.with_current(|key| key.kid().to_owned()).unwrap_or_default()
    }

    /// The public key that signs now, as a JWK.
    pub fn jwk(&self) -> Value {
        self.with_current(SigningKey::jwk).unwrap_or_default()
    }

    /// The same as key material.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.with_current(SigningKey::public_key)
    }

    /// A new key signs from now on; the old ones stay published.
    ///
    /// # Errors
    /// No randomness.
    pub fn rotate(&self) -> Result<(), TestkitError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = SigningKey::generate(format!("key-{}", keys.len() + 1), self.kind)?;
        keys.push(key);
        Ok(())
    }

    /// A token with these claims, to the letter.
    ///
    /// # Errors
    /// No randomness.
    pub fn token(&self, claims: &Value) -> Result<String, TestkitError> {
        self.with_current(|key| key.sign(claims)).unwrap_or(Err(TestkitError::Key))
    }

    /// The ID token of a person with groups.
    ///
    /// # Errors
    /// No randomness.
    pub fn id_token(&self, subject: &str, groups: &[&str], options: &TokenOptions) -> Result<String, TestkitError> {
        self.token(&self.claims(subject, json!({"groups": groups}), options))
    }

    /// The token of a service account that runs in a pod.
    ///
    /// # Errors
    /// No randomness.
    pub fn service_account_token(
        &self,
        namespace: &str,
        name: &str,
        pod: &str,
        options: &TokenOptions,
    ) -> Result<String, TestkitError> {
        let own = json!({
            "aud": [options.audience],
            "jti": format!("{namespace}-{name}-{}", options.issued_at),
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": format!("uid-of-{name}")},
                "pod": {"name": pod, "uid": format!("uid-of-{pod}")},
            },
        });
        self.token(&self.claims(&format!("system:serviceaccount:{namespace}:{name}"), own, options))
    }

    /// The registered claims, then those of `own`, which win.
    fn claims(&self, subject: &str, own: Value, options: &TokenOptions) -> Value {
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(self.url())),
            ("sub".to_owned(), json!(subject)),
            ("aud".to_owned(), json!(options.audience)),
            ("iat".to_owned(), json!(options.issued_at)),
            ("nbf".to_owned(), json!(options.issued_at)),
            ("exp".to_owned(), json!(options.issued_at + options.life)),
        ]);
        claims.extend(own.as_object().cloned().unwrap_or_default());
        Value::Object(claims)
    }

    fn with_current<T>(&self, use_key: impl FnOnce(&SigningKey) -> T) -> Option<T> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).last().map(use_key)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url()).finish_non_exhaustive()
    }
}

fn discovery(url: &str) -> Value {
    json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"), "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256", "ES384", "EdDSA"],
    })
}

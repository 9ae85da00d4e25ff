//! What an issuer says of each token that it issues.

use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// How many are kept, the newest.
const KEPT: usize = 10_000;

/// That a token was issued: for whom, by which key, and under which id, never the token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issued {
    /// When, by the issuer's clock, in seconds since 1970.
    pub time: i64,
    /// The id of the key that signed it.
    pub key_id: String,
    /// `iss`, empty if there is none.
    pub issuer: String,
    /// `sub`, empty if there is none.
    pub subject: String,
    /// `aud`, one or several.
    pub audiences: Vec<String>,
    /// `JTI=` and the token's `jti`, if it has one, as kube-apiserver writes it into the annotation
    /// `authentication.kubernetes.io/issued-credential-id` of its audit log.
    pub credential_id: Option<String>,
    /// `exp`, in seconds since 1970.
    pub expires: Option<i64>,
}

impl Issued {
    fn of(claims: &Value, key_id: &str, time: i64) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let audiences = match claims.get("aud") {
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => text("aud").into_iter().collect(),
        };
        Self {
            time,
            key_id: key_id.to_owned(),
            issuer: text("iss").unwrap_or_default(),
            subject: text("sub").unwrap_or_default(),
            audiences,
            credential_id: text("jti").map(|jti| format!("JTI={jti}")),
            expires: claims.get("exp").and_then(Value::as_i64),
        }
    }

    /// As an object with the names of the events of verdicts (`claimant_k8s::audit::Event`), so that both can stand
    /// in one file; its `decision` is `issued`.
    pub fn to_json(&self) -> Value {
        let mut object = Map::from_iter([
            ("time".to_owned(), json!(self.time)),
            ("decision".to_owned(), json!("issued")),
            ("issuer".to_owned(), json!(self.issuer)),
            ("keyId".to_owned(), json!(self.key_id)),
            ("subject".to_owned(), json!(self.subject)),
            ("audiences".to_owned(), json!(self.audiences)),
        ]);
        object.extend(self.credential_id.as_ref().map(|id| ("credentialId".to_owned(), json!(id))));
        object.extend(self.expires.map(|exp| ("expires".to_owned(), json!(exp))));
        Value::Object(object)
    }
}

/// The newest of them.
#[derive(Default)]
pub(crate) struct Register(VecDeque<Issued>);

impl Register {
    pub(crate) fn add(&mut self, claims: &Value, key_id: &str, time: i64) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Issued::of(claims, key_id, time));
    }

    pub(crate) fn all(&self) -> Vec<Issued> {
        self.0.iter().cloned().collect()
    }
}

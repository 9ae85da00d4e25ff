//! Tokens that no API server issues, signed with its key: legacy ones, whose controller does not run here, and bad ones.

use crate::api::Outcome;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

pub(crate) struct Mint(RsaKeyPair);

impl Mint {
    /// With a key in PKCS #8, PEM.
    pub(crate) fn new(pem: &str) -> Outcome<Self> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = Base64::decode_vec(&body).map_err(|error| error.to_string())?;
        Ok(Self(RsaKeyPair::from_pkcs8(&der).map_err(|error| error.to_string())?))
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Outcome<String> {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let text = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.map_err(|error| error.to_string())?;
        Ok(format!("{text}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }

    /// As the token controller makes them for secrets (pkg/serviceaccount/legacy.go of k8s.io/kubernetes); the key's
    /// name is that in the header of `like`.
    pub(crate) fn legacy(&self, like: &str, of: &Account<'_>, secret: &str) -> Outcome<String> {
        let Account { namespace, name, uid } = of;
        let claims = json!({
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace": namespace,
            "kubernetes.io/serviceaccount/secret.name": secret,
            "kubernetes.io/serviceaccount/service-account.name": name,
            "kubernetes.io/serviceaccount/service-account.uid": uid,
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
        });
        self.sign(&part(like, 0)?, &claims)
    }

    /// A token with some of its claims changed; null takes one away.
    pub(crate) fn changed(&self, token: &str, changes: &Value) -> Outcome<String> {
        let mut claims = part(token, 1)?;
        for (pointer, value) in changes.as_object().into_iter().flatten() {
            let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            let parent = claims.pointer_mut(parent).and_then(Value::as_object_mut).ok_or("no such claim")?;
            match value {
                Value::Null => drop(parent.remove(name)),
                value => drop(parent.insert(name.to_owned(), value.clone())),
            }
        }
        self.sign(&part(token, 0)?, &claims)
    }
}

/// Whose a legacy token is.
pub(crate) struct Account<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) uid: &'a str,
}

/// Header (0) or claims (1).
pub(crate) fn part(token: &str, number: usize) -> Outcome<Value> {
    let text = token.split('.').nth(number).ok_or("no token")?;
    Ok(serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).map_err(|error| error.to_string())?)?)
}

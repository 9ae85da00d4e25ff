//! Keys that stand in a configuration.

use crate::Misconfigured;
use claimant_core::{JwkRules, KeySet, Limits, Provider};

/// Reads a JWK set, or public keys and certificates in PEM, whichever `text` is. What an issuer's keys are
/// hangs on nothing else: hand them to [`Keys::fixed`](crate::Keys::fixed).
///
/// ```
/// use claimant_core::{JwkRules, Limits, provider};
/// use claimant_jwks::{Keys, source::inline};
///
/// let jwks = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a",
///     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = Keys::fixed(inline(jwks, JwkRules::Bind, &provider::Default, &Limits::default())?);
/// assert!(keys.load().key("a").is_some());
/// # Ok::<(), claimant_jwks::Misconfigured>(())
/// ```
///
/// # Errors
/// As [`KeySet::from_jwks`] and [`KeySet::from_pem_with_pkcs1`]; a PEM text of which a part is missing; no usable
/// key at all.
pub fn inline(text: &str, rules: JwkRules, provider: &dyn Provider, limits: &Limits) -> Result<KeySet, Misconfigured> {
    let keys = if text.trim_start().starts_with('{') {
        KeySet::from_jwks_with(text.as_bytes(), rules, provider, limits)?
    } else {
        let count = |mark: &str| text.lines().filter(|line| line.trim_start().starts_with(mark)).count();
        if count("-----BEGIN ") != count("-----END ") {
            return Err(claimant_core::Misconfigured::Pem("a block has no end").into());
        }
        KeySet::from_pem_with_pkcs1(text, provider, limits)?
    };
    if keys.keys().is_empty() { Err(Misconfigured::NoUsableKey) } else { Ok(keys) }
}

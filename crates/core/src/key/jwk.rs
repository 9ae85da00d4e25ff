//! JSON Web Keys (RFC 7517, 7518 section 6, 8037), one at a time.

use super::{Curve, KeySet, PublicKey, UnusableKey, VerifyingKey};
use crate::encoding::decode_as_go;
use crate::jose::Algorithm;
use crate::json::{self, Object};
use crate::verifier::Provider;
use crate::{Limits, Misconfigured, Refusal, UnusableReason};
use base64ct::{Base64, Encoding};

const PART: &str = "JWK set";

pub(super) fn read_set(
    bytes: &[u8],
    rules: JwkRules,
    provider: &dyn Provider,
    limits: &Limits,
) -> Result<KeySet, Misconfigured> {
    let text = std::str::from_utf8(bytes).map_err(|_| Misconfigured::JwkSet("not UTF-8"))?;
    let object =
        Object::parse(text, PART).map_err(|_| Misconfigured::JwkSet("not a JSON object, or a member twice"))?;
    if json::depth(text) > limits.json_depth {
        return Err(Misconfigured::JwkSet("nested too deeply"));
    }
    let keys = object
        .get("keys")
        .and_then(json::elements)
        .ok_or(Misconfigured::JwkSet("member \"keys\" is missing or not a list"))?;
    let keys: Vec<&str> = keys.take(limits.keys.saturating_add(1)).collect();
    if keys.len() > limits.keys {
        return Err(Misconfigured::TooManyKeys { got: keys.len(), limit: limits.keys });
    }
    let mut set = KeySet::default();
    for (index, raw) in keys.into_iter().enumerate() {
        let members = match Object::parse(raw, PART) {
            Ok(members) => members,
            Err(error) => {
                let twin = matches!(error, Refusal::DuplicateMember(_));
                let why = if twin { UnusableReason::DuplicateMember } else { UnusableReason::Unreadable };
                set.unusable.push(UnusableKey { index, kid: None, why, of_any_id: false });
                continue;
            }
        };
        if !is_whole_secret(&members) {
            return Err(Misconfigured::JwkSet("a broken private or symmetric key stands in the set"));
        }
        let kid = text_of(&members, "kid");
        match read_key(&members, kid.clone(), rules, provider) {
            Ok(key) => set.keys.push(key),
            Err(why) => set.unusable.push(UnusableKey { index, kid, why, of_any_id: false }),
        }
    }
    Ok(set)
}

/// Whether what a JWK says of its own use counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JwkRules {
    /// `alg`, `use` and `key_ops` bind (RFC 7517, sections 4.2 to 4.4; RFC 8725, section 3.1).
    #[default]
    Bind,
    /// They are ignored, as kube-apiserver does: a key for encryption verifies, and any algorithm of its kind.
    IgnoreAsKubernetes,
}

/// The API server's library refuses a set in which a private or symmetric key is broken. That is no key of
/// an unknown kind, to be skipped, but a leak, so the set stays refused. A whole one is merely not used.
fn is_whole_secret(members: &Object<'_>) -> bool {
    let has = |name: &str| bytes(members, name).is_ok_and(|found| !found.is_empty());
    let sized = |name: &str, size: usize| bytes(members, name).is_ok_and(|found| found.len() == size);
    let private = members.get("d").is_some_and(|raw| raw != "null");
    match text_of(members, "kty").as_deref() {
        Some("oct") => has("k"),
        Some("RSA") if private => ["n", "e", "d", "p", "q"].into_iter().all(has),
        Some("EC") if private => {
            let size = text_of(members, "crv").and_then(|crv| Curve::of_name(&crv)).map_or(0, Curve::size);
            ["x", "y", "d"].into_iter().all(|name| sized(name, size))
        }
        Some("OKP") if private => sized("x", 32) && sized("d", 32),
        _ => true,
    }
}

fn read_key(
    members: &Object<'_>,
    kid: Option<String>,
    rules: JwkRules,
    provider: &dyn Provider,
) -> Result<VerifyingKey, UnusableReason> {
    for name in ["kid", "alg", "use", "kty", "crv", "x5u"] {
        match members.get(name) {
            None | Some("null") => {}
            Some(raw) if raw.starts_with('"') => {}
            Some(_) => return Err(UnusableReason::Unreadable),
        }
    }
    if members.get("d").is_some_and(|raw| raw != "null") || text_of(members, "kty").as_deref() == Some("oct") {
        return Err(UnusableReason::Secret);
    }
    let key = read_material(members)?;
    check_certificate(members, &key)?;
    let bound_to = match rules {
        JwkRules::Bind => bound_to(members)?,
        JwkRules::IgnoreAsKubernetes => None,
    };
    VerifyingKey::new(kid.filter(|kid| !kid.is_empty()), &key, bound_to, provider)
}

/// What `use`, `key_ops` and `alg` leave of the key.
fn bound_to(members: &Object<'_>) -> Result<Option<Algorithm>, UnusableReason> {
    // The SPIFFE Trust Domain and Bundle specification, section 4.2.2: `jwt-svid` verifies tokens, and `x509-svid`,
    // which stands in the same set, certificates alone.
    if matches!(text_of(members, "use").as_deref(), Some("enc" | "x509-svid")) {
        return Err(UnusableReason::Use);
    }
    let operations = members.get("key_ops").and_then(json::elements);
    if operations.is_some_and(|mut operations| !operations.any(|one| one == "\"verify\"")) {
        return Err(UnusableReason::KeyOps);
    }
    match text_of(members, "alg").filter(|name| !name.is_empty()) {
        None => Ok(None),
        Some(name) => Algorithm::from_name(&name).map(Some).ok_or(UnusableReason::Use),
    }
}

fn read_material(members: &Object<'_>) -> Result<PublicKey, UnusableReason> {
    match text_of(members, "kty").as_deref() {
        Some("RSA") => Ok(PublicKey::Rsa { n: number(members, "n")?, e: number(members, "e")? }),
        Some("EC") => {
            let crv = text_of(members, "crv").unwrap_or_default();
            let curve = Curve::of_name(&crv).ok_or(UnusableReason::Unreadable)?;
            let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
            if x.len() != curve.size() || y.len() != curve.size() {
                return Err(UnusableReason::Unreadable);
            }
            Ok(PublicKey::Ec { curve, point: [&[4], x.as_slice(), y.as_slice()].concat() })
        }
        Some("OKP") if text_of(members, "crv").as_deref() == Some("Ed25519") => {
            let x = bytes(members, "x")?;
            x.try_into().map(PublicKey::Ed25519).map_err(|_| UnusableReason::Unreadable)
        }
        _ => Err(UnusableReason::Unreadable),
    }
}

/// `x5t`, `x5t#S256` and `x5c` are not used, but a key in which they are broken is unreadable for the API
/// server, so it is for us.
fn check_certificate(members: &Object<'_>, key: &PublicKey) -> Result<(), UnusableReason> {
    for (name, size) in [("x5t", 20), ("x5t#S256", 32)] {
        match members.get(name) {
            None | Some("null" | "\"\"") => {}
            Some(_) => {
                let found = bytes(members, name)?;
                let hex = found.len() == 2 * size && found.iter().all(u8::is_ascii_hexdigit);
                if found.len() != size && !hex {
                    return Err(UnusableReason::Unreadable);
                }
            }
        }
    }
    let Some(chain) = members.get("x5c").filter(|raw| *raw != "null") else { return Ok(()) };
    for (index, raw) in json::elements(chain).ok_or(UnusableReason::Unreadable)?.enumerate() {
        let text = json::string(raw, PART).ok().flatten().ok_or(UnusableReason::Unreadable)?;
        let der = Base64::decode_vec(&text).map_err(|_| UnusableReason::Unreadable)?;
        let spki = super::pem::spki_of_certificate(&der).ok_or(UnusableReason::Unreadable)?;
        if index == 0 && super::pem::public_key(&spki).as_ref() != Some(key) {
            return Err(UnusableReason::Unreadable);
        }
    }
    Ok(())
}

fn text_of(members: &Object<'_>, name: &str) -> Option<String> {
    members.get(name).and_then(|raw| json::string(raw, PART).ok().flatten()).map(Into::into)
}

fn bytes(members: &Object<'_>, name: &str) -> Result<Vec<u8>, UnusableReason> {
    let text = text_of(members, name).ok_or(UnusableReason::Unreadable)?;
    // As Go reads them: a key's spelling is nobody's identity.
    decode_as_go(&text, |c| matches!(c, '\r' | '\n')).ok_or(UnusableReason::Unreadable)
}

fn number(members: &Object<'_>, name: &str) -> Result<Vec<u8>, UnusableReason> {
    let all = bytes(members, name)?;
    Ok(all.into_iter().skip_while(|byte| *byte == 0).collect())
}

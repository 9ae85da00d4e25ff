//! The protected header (RFC 7515, section 4).

use super::Algorithm;
use crate::json::{self, Object};
use crate::{Limits, Refusal};
use std::borrow::Cow;

const PART: &str = "header";

/// What the header says. Nothing in it is trusted; it only picks a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// `alg`, if it is one that we know.
    pub algorithm: Option<Algorithm>,
    /// `alg` as it stands there.
    pub name: Option<Cow<'a, str>>,
    /// `kid`; an empty one counts as none, as in the API server.
    pub kid: Option<Cow<'a, str>>,
    /// `typ`, where it is a string.
    pub typ: Option<Cow<'a, str>>,
}

impl<'a> Header<'a> {
    /// Reads the decoded header.
    ///
    /// # Errors
    /// Not a JSON object, twins at any depth, wrong types, `crit`, `b64: false`, a key of its own.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        if bytes.len() > limits.header_bytes {
            return Err(Refusal::TooLong { part: PART, got: bytes.len(), limit: limits.header_bytes });
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) if json::is_valid(&String::from_utf8_lossy(bytes)) => {
                return Err(Refusal::NotUnicode(PART));
            }
            Err(_) => return Err(Refusal::Json(PART)),
        };
        // The API server's library reads these two as a header that says nothing.
        if matches!(text.trim_matches([' ', '\t', '\n', '\r']), "" | "null") {
            return Ok(Self { algorithm: None, name: None, kid: None, typ: None });
        }
        let object = Object::parse(text, PART)?;
        if json::depth(text) > limits.json_depth {
            return Err(Refusal::TooDeep(PART));
        }
        for (_, value) in object.iter() {
            refuse_twins_and_wild_numbers(value)?;
        }
        let text_of = |name: &'static str| match object.get(name) {
            None | Some("null") => Ok(None),
            Some(raw) => json::string(raw, PART)?.map(Some).ok_or(Refusal::HeaderType(name)),
        };
        let name = text_of("alg")?;
        let kid = text_of("kid")?.filter(|kid| !kid.is_empty());
        text_of("nonce")?;
        refuse_embedded_keys(&object)?;
        refuse_critical(&object)?;
        let typ = object.get("typ").and_then(|raw| json::string(raw, PART).ok().flatten());
        Ok(Self { algorithm: name.as_deref().and_then(Algorithm::from_name), name, kid, typ })
    }
}

fn refuse_embedded_keys(object: &Object<'_>) -> Result<(), Refusal> {
    for name in ["jwk", "x5c"] {
        match object.get(name) {
            None | Some("null") => {}
            Some(raw) if raw.starts_with(if name == "jwk" { '{' } else { '[' }) => {
                return Err(Refusal::EmbeddedKey(name));
            }
            Some(_) => return Err(Refusal::HeaderType(name)),
        }
    }
    Ok(())
}

fn refuse_critical(object: &Object<'_>) -> Result<(), Refusal> {
    if object.get("b64") == Some("false") {
        return Err(Refusal::UnencodedPayload);
    }
    match object.get("crit") {
        None => Ok(()),
        Some(_) => Err(Refusal::Critical),
    }
}

/// Twins inside nested objects, and numbers that are beyond a double, make the API server's library
/// refuse the header as unreadable.
fn refuse_twins_and_wild_numbers(raw: &str) -> Result<(), Refusal> {
    if raw.starts_with('{') {
        for (_, value) in Object::parse(raw, PART)?.iter() {
            refuse_twins_and_wild_numbers(value)?;
        }
    } else if raw.starts_with('[') {
        for value in json::elements(raw).into_iter().flatten() {
            refuse_twins_and_wild_numbers(value)?;
        }
    } else if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && !raw.parse::<f64>().is_ok_and(f64::is_finite)
    {
        return Err(Refusal::Json(PART));
    }
    Ok(())
}

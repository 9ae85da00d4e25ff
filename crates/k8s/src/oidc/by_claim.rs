//! Claims to the parts of a user, by name.

use super::PART;
use super::facts::Facts;
use crate::Refusal;
use crate::config::PrefixedClaimOrExpression;
use claimant_core::json;
use std::borrow::Cow;

/// The user name: a text claim with its prefix; an `email` must not be marked as unverified.
pub(super) fn username(facts: &Facts<'_>, mapping: &PrefixedClaimOrExpression) -> Result<String, Refusal> {
    let name = required_text(facts, &mapping.claim)?;
    if mapping.claim == "email" {
        match facts.get("email_verified") {
            None | Some("true") => {}
            Some("false" | "null") => return Err(Refusal::EmailNotVerified),
            Some(_) => return Err(Refusal::ClaimType("email_verified".into())),
        }
    }
    Ok(joined(mapping.prefix.as_deref().unwrap_or_default(), &name))
}

/// The groups: text or a list of text, each with the prefix; `None` where the claim is absent.
pub(super) fn groups(facts: &Facts<'_>, mapping: &PrefixedClaimOrExpression) -> Result<Option<Vec<String>>, Refusal> {
    let claim = &mapping.claim;
    let prefix = mapping.prefix.as_deref().unwrap_or_default();
    let raw = match facts.get(claim) {
        // No mapping by claim; a claim may well have an empty name.
        _ if claim.is_empty() => return Ok(None),
        None => return Ok(None),
        Some("null") => return Ok(Some(Vec::new())),
        Some(raw) => raw,
    };
    let wrong = || Refusal::ClaimType(claim.clone());
    let text = |item: &str| match item {
        "null" => Ok(prefix.to_owned()),
        item => json::string(item, PART)?.map(|text| joined(prefix, &text)).ok_or_else(wrong),
    };
    if raw.starts_with('"') {
        return Ok(Some(vec![text(raw)?]));
    }
    // Each has two quotes.
    let about = raw.bytes().filter(|byte| *byte == b'"').count() / 2;
    let mut groups = Vec::with_capacity(about.min(ROOM));
    for item in json::elements(raw).ok_or_else(wrong)? {
        groups.push(text(item)?);
    }
    Ok(Some(groups))
}

/// `JTI=` and the token's `jti`, where that is text and not empty.
pub(super) fn credential_id(facts: &Facts<'_>) -> Result<Option<String>, Refusal> {
    let jti = facts.get("jti").map(|raw| json::string(raw, PART)).transpose()?.flatten();
    Ok(jti.filter(|jti| !jti.is_empty()).map(|jti| joined("JTI=", &jti)))
}

/// A claim as text: null is empty, absence an error.
pub(super) fn required_text<'a>(facts: &Facts<'a>, name: &str) -> Result<Cow<'a, str>, Refusal> {
    match facts.get(name) {
        None => Err(Refusal::ClaimMissing(name.to_owned())),
        Some("null") => Ok(Cow::Borrowed("")),
        Some(raw) => json::string(raw, PART)?.ok_or_else(|| Refusal::ClaimType(name.to_owned())),
    }
}

/// Room for so many groups is made beforehand: what is quoted need not be one.
pub(super) const ROOM: usize = 1024;

/// Both, in one piece.
fn joined(prefix: &str, text: &str) -> String {
    let mut whole = String::with_capacity(prefix.len() + text.len());
    whole.push_str(prefix);
    whole.push_str(text);
    whole
}

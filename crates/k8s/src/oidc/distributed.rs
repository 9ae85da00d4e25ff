//! Claims that stand elsewhere (OpenID Connect Core, section 5.6.2).

use super::PART;
use crate::Refusal;
use claimant_core::Claims;
use claimant_core::json::{self, Object};

/// `_claim_names` and `_claim_sources` must be well formed (OpenID Connect Core, section 5.6.2); groups
/// that stand elsewhere are not fetched.
pub(super) fn check(claims: &Claims<'_>, groups_claim: &str) -> Result<(), Refusal> {
    let object = |name: &str| match claims.get(name) {
        None | Some("null") => Ok(Object::default()),
        Some(raw) => source_object(raw),
    };
    let (names, sources) = (object("_claim_names")?, object("_claim_sources")?);
    let field = |raw: &str, name: &str| -> Result<String, Refusal> {
        if raw == "null" {
            return Ok(String::new());
        }
        match source_object(raw)?.get(name) {
            None | Some("null") => Ok(String::new()),
            Some(raw) => json::string(raw, PART)?.map(std::borrow::Cow::into_owned).ok_or(Refusal::DistributedClaims),
        }
    };
    let resolves = !groups_claim.is_empty() && claims.get(groups_claim).is_none();
    for (_, source) in sources.iter().filter(|(_, raw)| *raw != "null") {
        for (member, _) in source_object(source)?.iter() {
            if let Some(name) =
                SOURCE_MEMBERS.into_iter().find(|name| member != **name && json::folds_to(&member, name))
            {
                return Err(claimant_core::Refusal::FoldedMember { part: PART, name }.into());
            }
        }
        for name in SOURCE_MEMBERS.into_iter().filter(|name| resolves || *name != "JWT") {
            field(source, name)?;
        }
    }
    for (claim, raw) in names.iter() {
        let source = json::string(raw, PART)?.ok_or(Refusal::DistributedClaims)?;
        let source = sources.get(&source).ok_or(Refusal::DistributedClaims)?;
        if resolves && claim == groups_claim && !field(source, "endpoint")?.is_empty() {
            return Err(Refusal::DistributedGroups);
        }
    }
    if resolves && claims.get("_claim_names").is_some() && claims.get("_claim_sources").is_none() {
        return Err(Refusal::DistributedClaims);
    }
    Ok(())
}

/// An object among the claim sources.
fn source_object(raw: &str) -> Result<Object<'_>, Refusal> {
    Object::parse(raw, PART).map_err(|error| match error {
        claimant_core::Refusal::Json(_) => Refusal::DistributedClaims,
        other => Refusal::Token(other),
    })
}

/// The members of a claim source that are read.
const SOURCE_MEMBERS: [&str; 3] = ["endpoint", "access_token", "JWT"];

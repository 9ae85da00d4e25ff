//! Claims that stand elsewhere (OpenID Connect Core, section 5.6.2).

use super::PART;
use crate::Refusal;
use claimant_core::Claims;
use claimant_core::json::{self, Object};
use std::borrow::Cow;

/// Where a claim stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The source, an object.
    source: &'a str,
}

impl<'a> Place<'a> {
    /// `endpoint` and `access_token`, which may be empty.
    pub(super) fn read(self) -> Result<(Cow<'a, str>, Cow<'a, str>), Refusal> {
        Ok((field(self.source, "endpoint")?, field(self.source, "access_token")?))
    }
}

/// `_claim_names` and `_claim_sources` must be well formed (OpenID Connect Core, section 5.6.2). `Some` where
/// the groups are not among the claims and stand elsewhere.
pub(super) fn find<'a>(claims: &Claims<'a>, groups_claim: &str) -> Result<Option<Place<'a>>, Refusal> {
    let (names, sources) = (claims.get("_claim_names"), claims.get("_claim_sources"));
    if names.is_none() && sources.is_none() {
        return Ok(None);
    }
    let object = |raw: Option<&'a str>| match raw {
        None | Some("null") => Ok(Object::default()),
        Some(raw) => source_object(raw),
    };
    let (names, sources) = (object(names)?, object(sources)?);
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
    let mut place = None;
    for (claim, raw) in names.iter() {
        let source = json::string(raw, PART)?.ok_or(Refusal::DistributedClaims)?;
        let source = sources.get(&source).ok_or(Refusal::DistributedClaims)?;
        if resolves && claim == groups_claim && !field(source, "endpoint")?.is_empty() {
            place = Some(Place { source });
        }
    }
    if resolves && claims.get("_claim_names").is_some() && claims.get("_claim_sources").is_none() {
        return Err(Refusal::DistributedClaims);
    }
    Ok(place)
}

/// A member of a source that is text; null and absence are empty.
fn field<'a>(raw: &'a str, name: &str) -> Result<Cow<'a, str>, Refusal> {
    if raw == "null" {
        return Ok(Cow::Borrowed(""));
    }
    match source_object(raw)?.get(name) {
        None | Some("null") => Ok(Cow::Borrowed("")),
        Some(raw) => json::string(raw, PART)?.ok_or(Refusal::DistributedClaims),
    }
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

//! The way of a token: unverified, then signed, then checked. Each stage is a type.

use crate::claims::{self, Claims};
use crate::encoding::decode_into;
use crate::jose::{Algorithm, Header};
use crate::json::Object;
use crate::key::KeySet;
use crate::policy::{Policy, issuer_matches};
use crate::{Limits, Refusal};
use std::fmt;

/// A token that has been cut and decoded, and nothing more. Only its header can be read.
pub struct UnverifiedToken<'a> {
    signing_input: &'a str,
    header: Header<'a>,
    claims: Result<Object<'a>, Refusal>,
    signature: &'a [u8],
}

impl<'a> UnverifiedToken<'a> {
    /// Cuts `text` at its two dots and decodes the three parts into `buffer`, whose capacity is reused.
    ///
    /// # Errors
    /// Too long, not three parts, not canonical base64url, a header that cannot be read.
    pub fn parse(text: &'a str, buffer: &'a mut Vec<u8>, limits: &Limits) -> Result<Self, Refusal> {
        let (header, payload, signature) = split(text, limits)?;
        buffer.clear();
        decode_into(header, "header", buffer)?;
        let header_end = buffer.len();
        decode_into(payload, "payload", buffer)?;
        let payload_end = buffer.len();
        decode_into(signature, "signature", buffer)?;
        let cut = |from: usize, to: usize| buffer.get(from..to).unwrap_or_default();
        Ok(Self {
            signing_input: text.get(..header.len() + 1 + payload.len()).unwrap_or_default(),
            header: Header::parse(cut(0, header_end), limits)?,
            claims: claims::read(cut(header_end, payload_end)),
            signature: cut(payload_end, buffer.len()),
        })
    }

    /// The header. It is not signed by anybody yet.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Whether the token says that it comes from `issuer`, by the rules of [`claims_issuer`]. Nobody has
    /// signed that yet: it only decides who is asked.
    pub fn claims_issuer(&self, issuer: &str) -> bool {
        match &self.claims {
            // A payload that all readers agree on.
            Ok(object) => {
                claims::text(object, "iss").is_ok_and(|found| issuer_matches(issuer, &found.unwrap_or_default()))
            }
            Err(_) => self
                .signing_input
                .split_once('.')
                .and_then(|(_, payload)| claims::peek_issuer(payload))
                .is_some_and(|found| issuer_matches(issuer, &found)),
        }
    }

    /// Checks the signature with the keys that the header's `kid` names (all, where it names none), under
    /// an algorithm that `allowed` lists.
    ///
    /// # Errors
    /// An algorithm that is not allowed, no such key, a key for something else, a signature that does not hold.
    pub fn verify(self, keys: &KeySet, allowed: &[Algorithm]) -> Result<SignedToken<'a>, Refusal> {
        let algorithm = self.header.algorithm.filter(|a| allowed.contains(a)).ok_or(Refusal::Algorithm)?;
        keys.verify(self.header.kid.as_deref(), algorithm, self.signing_input.as_bytes(), self.signature)?;
        Ok(SignedToken { claims: self.claims })
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("algorithm", &self.header.algorithm).finish_non_exhaustive()
    }
}

/// A token that a key of the set signed. Its claims cannot be read before a [`Policy`] has passed them.
pub struct SignedToken<'a> {
    claims: Result<Object<'a>, Refusal>,
}

impl<'a> SignedToken<'a> {
    /// Reads the claims and checks issuer, audience and times; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// A payload that is not plain JSON, a claim of the wrong type, or a check of the policy.
    pub fn check(self, policy: &Policy, now: i64) -> Result<Claims<'a>, Refusal> {
        policy.check(self.claims?, now)
    }
}

impl fmt::Debug for SignedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken").finish_non_exhaustive()
    }
}

/// Whether a token claims to come from an issuer, by the rules of the API server's first look. Nothing is
/// verified; it only says which authenticator to ask. An unreadable token is nobody's.
pub fn claims_issuer(text: &str, issuer: &str) -> bool {
    peek(text).is_some_and(|found| issuer_matches(issuer, &found))
}

/// The issuer that [`claims_issuer`] compares.
fn peek(text: &str) -> Option<String> {
    if text.trim_start().starts_with('{') {
        return None;
    }
    let (_, rest) = text.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') || text.len() > PEEK_BYTES {
        return None;
    }
    claims::peek_issuer(payload)
}

/// The API server's own header limit is 1 MiB; more can be nobody's token.
const PEEK_BYTES: usize = 1 << 20;

fn split<'a>(text: &'a str, limits: &Limits) -> Result<(&'a str, &'a str, &'a str), Refusal> {
    if text.len() > limits.token_bytes {
        return Err(Refusal::TooLong { part: "token", got: text.len(), limit: limits.token_bytes });
    }
    let (header, rest) = text.split_once('.').ok_or(Refusal::NotCompact)?;
    let (payload, signature) = rest.split_once('.').ok_or(Refusal::NotCompact)?;
    if signature.contains('.') {
        return Err(Refusal::NotCompact);
    }
    Ok((header, payload, signature))
}

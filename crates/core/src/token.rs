//! The way of a token: unverified, then signed, then checked. Each stage is a type.

use crate::buffer::Buffer;
use crate::claims::{self, Claims};
use crate::encoding::decode_into;
use crate::jose::{Algorithm, Header};
use crate::json::Payload;
use crate::key::KeySet;
use crate::policy::{Policy, issuer_matches};
#[cfg(feature = "ring")]
use crate::secret::SharedSecret;
use crate::verifier::AsyncVerifier;
use crate::{Limits, Refusal};
use std::borrow::Cow;
use std::fmt;

/// A token that has been cut and decoded, and nothing more. Only its header can be read.
pub struct UnverifiedToken<'a> {
    signing_input: &'a str,
    header: Header<'a>,
    claims: Result<Payload<'a>, Refusal>,
    signature: &'a [u8],
}

impl<'a> UnverifiedToken<'a> {
    /// Cuts `text` at its two dots and decodes the three parts into `buffer`, whose capacity is reused.
    ///
    /// # Errors
    /// Too long, not three parts, not canonical base64url, a header that cannot be read.
    pub fn parse(text: &'a str, buffer: &'a mut Buffer, limits: &Limits) -> Result<Self, Refusal> {
        let (header, payload, signature) = split(text, limits)?;
        let Buffer { bytes, places, header: remembered } = buffer;
        remembered.read(header, bytes, limits)?;
        bytes.clear();
        decode_into(payload, "payload", bytes)?;
        let payload_end = bytes.len();
        decode_into(signature, "signature", bytes)?;
        let (payload_bytes, signature) = bytes.split_at_checked(payload_end).unwrap_or_default();
        Ok(Self {
            signing_input: text.get(..header.len() + 1 + payload.len()).unwrap_or_default(),
            header: remembered.header(),
            claims: claims::read(payload_bytes, places),
            signature,
        })
    }

    /// The header. It is not signed by anybody yet.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Checks the signature with the keys that the header's `kid` names (all, where it names none), under
    /// an algorithm that `allowed` lists.
    ///
    /// # Errors
    /// An algorithm that is not allowed, no such key, a key for something else, a signature that does not hold.
    pub fn verify(&self, keys: &KeySet, allowed: &[Algorithm]) -> Result<SignedToken<'_>, Refusal> {
        let algorithm = self.header.algorithm.filter(|a| allowed.contains(a)).ok_or(Refusal::Algorithm)?;
        keys.verify(self.header.kid.as_deref(), algorithm, self.signing_input.as_bytes(), self.signature)?;
        Ok(SignedToken { header: &self.header, claims: &self.claims })
    }

    /// The claims, which nobody may act on: for explanations alone.
    pub(crate) fn claims(&self) -> Result<&Payload<'a>, Refusal> {
        self.claims.as_ref().map_err(Clone::clone)
    }

    /// Checks an HMAC with a secret that the caller shares with whoever made the token. No key of a set can
    /// get here, and the secret can get nowhere else.
    ///
    /// # Errors
    /// Another algorithm than the secret's, or a signature that does not hold.
    #[cfg(feature = "ring")]
    pub fn verify_with_secret(&self, secret: &SharedSecret) -> Result<SignedToken<'_>, Refusal> {
        if self.header.name.as_deref() != Some(secret.algorithm().name()) {
            return Err(Refusal::Algorithm);
        }
        secret.verify(self.signing_input.as_bytes(), self.signature).map_err(|_| Refusal::Signature)?;
        Ok(SignedToken { header: &self.header, claims: &self.claims })
    }

    /// As [`UnverifiedToken::verify`], by a verifier that has to wait for its answer (a KMS, say). It is the
    /// caller's to pick the one that belongs to the header's `kid`.
    ///
    /// # Errors
    /// An algorithm that is not the verifier's, or a signature that does not hold.
    pub async fn verify_async<V: AsyncVerifier + ?Sized>(&self, verifier: &V) -> Result<SignedToken<'_>, Refusal> {
        if self.header.algorithm != Some(verifier.algorithm()) {
            return Err(Refusal::Algorithm);
        }
        let answer = verifier.verify(self.signing_input.as_bytes(), self.signature).await;
        answer.map_err(|_| Refusal::Signature)?;
        Ok(SignedToken { header: &self.header, claims: &self.claims })
    }

    /// The issuer in a payload that all readers agree on.
    fn agreed_issuer(&self) -> Option<Cow<'a, str>> {
        claims::text(self.claims.as_ref().ok()?, "iss").ok().map(Option::unwrap_or_default)
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("algorithm", &self.header.algorithm).finish_non_exhaustive()
    }
}

/// A token that a key of the set signed. Its claims cannot be read before a [`Policy`] has passed them.
pub struct SignedToken<'a> {
    header: &'a Header<'a>,
    claims: &'a Result<Payload<'a>, Refusal>,
}

impl<'a> SignedToken<'a> {
    /// Reads the claims and checks issuer, audience and times; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// A payload that is not plain JSON, a claim of the wrong type, or a check of the policy.
    pub fn check(self, policy: &Policy, now: i64) -> Result<Claims<'a>, Refusal> {
        policy.check(self.header, *self.claims.as_ref().map_err(Clone::clone)?, now)
    }
}

impl fmt::Debug for SignedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken").finish_non_exhaustive()
    }
}

/// A bearer token that has been read once: whose it claims to be, and what can be verified of it. Any number
/// of authenticators can look at it.
pub struct Bearer<'a> {
    text: &'a str,
    token: Result<UnverifiedToken<'a>, Refusal>,
    /// What our reading finds, or else the API server's lenient first look.
    issuer: Option<Cow<'a, str>>,
}

impl<'a> Bearer<'a> {
    /// Reads `text` into `buffer`, whose capacity is reused.
    ///
    /// # Errors
    /// [`Refusal::TooLong`]: a token beyond the limit is not looked at, so it is nobody's.
    pub fn read(text: &'a str, buffer: &'a mut Buffer, limits: &Limits) -> Result<Self, Refusal> {
        check_length(text, limits)?;
        let token = UnverifiedToken::parse(text, buffer, limits);
        let agreed = token.as_ref().ok().and_then(UnverifiedToken::agreed_issuer);
        Ok(Self { text, token, issuer: agreed.or_else(|| peek(text).map(Cow::Owned)) })
    }

    /// The text itself. Never log it.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The issuer that the token claims, by the rules of the API server's first look; an unreadable token is
    /// nobody's. Nobody has signed that yet: it only decides who is asked.
    #[inline]
    pub fn claimed_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether the token claims to come from this issuer of ID tokens; see [`Bearer::claimed_issuer`].
    pub fn claims_issuer(&self, issuer: &str) -> bool {
        self.claimed_issuer().is_some_and(|found| issuer_matches(issuer, found))
    }

    /// The token, if it can be read.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn token(&self) -> Result<&UnverifiedToken<'a>, Refusal> {
        self.token.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Bearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// The issuer of a token that cannot be read by our rules but may be by the API server's.
fn peek(text: &str) -> Option<String> {
    if text.trim_start().starts_with('{') {
        return None;
    }
    let (_, rest) = text.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') { None } else { claims::peek_issuer(payload) }
}

fn check_length(text: &str, limits: &Limits) -> Result<(), Refusal> {
    if text.len() > limits.token_bytes {
        return Err(Refusal::TooLong { part: "token", got: text.len(), limit: limits.token_bytes });
    }
    Ok(())
}

pub(crate) fn split<'a>(text: &'a str, limits: &Limits) -> Result<(&'a str, &'a str, &'a str), Refusal> {
    check_length(text, limits)?;
    let mut dots = memchr::memchr_iter(b'.', text.as_bytes());
    let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
        return Err(Refusal::NotCompact);
    };
    let part = |from: usize, to: usize| text.get(from..to).ok_or(Refusal::NotCompact);
    Ok((part(0, first)?, part(first + 1, second)?, part(second + 1, text.len())?))
}

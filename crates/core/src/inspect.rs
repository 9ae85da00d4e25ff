//! What stands in a token, for people to look at. NOTHING HERE IS VERIFIED: anybody can write such a token.

use crate::encoding::decode_into;
use crate::token::split;
use crate::{Buffer, Limits, Refusal, UnverifiedToken};
use std::fmt;

/// The parts of a token that nobody has vouched for. Never decide by them: not who somebody is, nor which rules
/// count, nor which log line is written as a fact. To act on a token, use [`UnverifiedToken::verify`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnverifiedContents {
    /// The header as it stands there, NOT VERIFIED.
    pub unverified_header: String,
    /// The payload as it stands there, NOT VERIFIED; most often JSON, but nobody has checked.
    pub unverified_claims: String,
    /// Whether a verifier would read the token at all, with its form and its header; the signature is not looked
    /// at.
    pub form: Result<(), Refusal>,
}

/// Decodes both JSON parts of `text` WITHOUT VERIFYING anything.
///
/// ```
/// use claimant_core::{Limits, inspect};
///
/// let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.";
/// let anybody = inspect::unverified_contents(token, &Limits::default())?;
/// assert_eq!(anybody.unverified_claims, r#"{"sub":"root"}"#);
/// # Ok::<(), claimant_core::Refusal>(())
/// ```
///
/// # Errors
/// A text that is too long, has other than three parts, or whose header or payload is not base64url of Unicode.
pub fn unverified_contents(text: &str, limits: &Limits) -> Result<UnverifiedContents, Refusal> {
    let (header, payload, _) = split(text, limits)?;
    let decode = |text: &str, part: &'static str| {
        let mut bytes = Vec::new();
        decode_into(text, part, &mut bytes)?;
        String::from_utf8(bytes).map_err(|_| Refusal::NotUnicode(part))
    };
    let mut buffer = Buffer::new();
    let form = UnverifiedToken::parse(text, &mut buffer, limits).and_then(|token| token.claims().map(|_| ()));
    Ok(UnverifiedContents {
        unverified_header: decode(header, "header")?,
        unverified_claims: decode(payload, "payload")?,
        form,
    })
}

/// Claims may say who somebody is: only how much there is shows.
impl fmt::Debug for UnverifiedContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedContents").field("form", &self.form).finish_non_exhaustive()
    }
}

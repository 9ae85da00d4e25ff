//! What an answer says: read as client-go reads it, or more strictly, and judged.

use super::types::{TokenReview, TokenReviewStatus, Version};
use crate::null::Object;
use crate::rbac::check_metadata;
use crate::{Authenticated, Error, Refusal};
use serde_json::Value;

/// Why an answer is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// No body.
    #[error("the answer is empty")]
    Empty,
    /// Longer than [`MAX_REPLY`].
    #[error("the answer is too long")]
    TooLong,
    /// No JSON, or members of the wrong types, or a member twice.
    #[error("the answer is not the JSON of a TokenReview")]
    Json,
    /// Another kind or version than asked for.
    #[error("the answer is of another kind or version")]
    Kind,
    /// A member that Go's reader would take for `kind` or `apiVersion`.
    #[error("the answer has a member that differs from \"kind\" or \"apiVersion\" only in case")]
    Folded,
}

/// The longest answer that is read, in bytes.
pub const MAX_REPLY: usize = 1 << 20;

pub(super) fn read(body: &[u8], version: Version) -> Result<TokenReviewStatus, Unreadable> {
    match body.len() {
        0 => return Err(Unreadable::Empty),
        length if length > MAX_REPLY => return Err(Unreadable::TooLong),
        _ => {}
    }
    let Object(members): Object<serde_json::Map<String, Value>> =
        serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    let folded = |name: &String| {
        ["kind", "apiVersion"].iter().any(|known| name != known && claimant_core::json::folds_to(name, known))
    };
    if members.keys().any(folded) {
        return Err(Unreadable::Folded);
    }
    // What is not read must have its type all the same: client-go decodes all of it.
    check_metadata(members.get("metadata").unwrap_or(&Value::Null)).map_err(|_| Unreadable::Json)?;
    serde_json::from_value::<Option<Object<crate::rbac::ObjectMeta>>>(
        members.get("metadata").cloned().unwrap_or_default(),
    )
    .map_err(|_| Unreadable::Json)?;
    // Once more from the text: a value has forgotten which members stood twice.
    let Object(review): Object<TokenReview> = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    let kind = matches!(review.kind.as_str(), "" | TokenReview::KIND);
    let group_alone = version.api_version().split_inclusive('/').next().unwrap_or_default();
    let same_version = match review.api_version.as_str() {
        "" | "/" => true,
        name => name == version.api_version() || name == group_alone,
    };
    if kind && same_version { Ok(review.status) } else { Err(Unreadable::Kind) }
}

/// `asked` must not be empty. An answer without audiences is good for `api_audiences` alone.
pub(super) fn judge(
    status: TokenReviewStatus,
    token: &str,
    asked: &[String],
    api_audiences: &[String],
) -> Result<Authenticated, Error> {
    let said = if status.audiences.is_empty() { api_audiences } else { &status.audiences };
    let audiences: Vec<String> = said.iter().filter(|audience| asked.contains(audience)).cloned().collect();
    match (status.authenticated, audiences.is_empty(), status.error.is_empty()) {
        (false, _, true) => Err(Error::Unrecognized),
        // A real API server names no audiences beside its reason, for which client-go loses the reason.
        (false, _, false) => Err(Refusal::Review(presentable(&status.error, token)).into()),
        // client-go passes the token on. We know whose it is: not for us.
        (true, true, _) => Err(Refusal::ReviewAudience.into()),
        (true, false, false) => Err(Refusal::ReviewError(presentable(&status.error, token)).into()),
        (true, false, true) if status.user.username.is_empty() => Err(Refusal::ReviewUser.into()),
        (true, false, true) => Ok(Authenticated::new(status.user, audiences)),
    }
}

/// An error's text as it may be shown: short, printable, and nothing of the token.
fn presentable(text: &str, token: &str) -> String {
    let of_token = |part: &str| part.len() >= SHORTEST_SECRET && text.contains(part);
    if token.split('.').chain([token]).any(of_token) {
        return "withheld, since it holds a part of the token".to_owned();
    }
    text.chars()
        .take(LONGEST_TEXT)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// Shorter parts of a token can stand in any sentence.
const SHORTEST_SECRET: usize = 6;
/// Characters of an error's text that are kept.
const LONGEST_TEXT: usize = 512;

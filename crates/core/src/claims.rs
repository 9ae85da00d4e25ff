//! The claims of a token whose signature, issuer, audience and times have been checked (RFC 7519).

use crate::json::{self, Nested, Payload, Places};
use crate::{Refusal, TimeRules};
use std::borrow::Cow;

pub(crate) const PART: &str = "payload";

/// Names that a Go reader finds under any case; a twin of theirs in other case is refused.
pub(crate) const REGISTERED: [&str; 10] =
    ["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "at_hash", "_claim_names", "_claim_sources"];

/// Verified claims, borrowed from the buffer that the token was decoded into.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    pub(crate) object: Payload<'a>,
    pub(crate) times: TimeRules,
}

impl<'a> Claims<'a> {
    /// The raw JSON of the claim of exactly this name.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.object.get(name)
    }

    /// The claim of this name, where it is an object.
    pub fn object(&self, name: &str) -> Option<Nested<'a>> {
        self.object.object(name)
    }

    /// A claim that is text: `None` where it is absent or null.
    ///
    /// # Errors
    /// Another type, or text that is not Unicode.
    pub fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, Refusal> {
        text(&self.object, name)
    }

    /// The audiences of `aud`, text or list; empty where it is absent.
    ///
    /// # Errors
    /// Another type.
    pub fn audiences(&self) -> Result<Vec<Cow<'a, str>>, Refusal> {
        let mut found = Vec::new();
        each_audience(&self.object, false, |audience| found.push(audience))?;
        Ok(found)
    }

    /// A claim that is a NumericDate, in whole seconds since 1970: `None` where it is absent or null.
    ///
    /// # Errors
    /// Another type.
    pub fn numeric_date(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        TimeRules::ServiceAccount.read(&self.object, name)
    }

    /// When the token ends, in seconds since 1970, as the policy's time rules read `exp` and without leeway:
    /// `None` where it never does, as of [`TimeRules::TypesOnly`].
    ///
    /// # Errors
    /// Another type.
    pub fn expiry(&self) -> Result<Option<i64>, Refusal> {
        match self.times {
            TimeRules::TypesOnly => Ok(None),
            rules => rules.read(&self.object, "exp"),
        }
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.object.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.object.len() == 0
    }

    /// Name and raw value of the member at this place, from 0.
    pub fn member(&self, index: usize) -> Option<(Cow<'a, str>, &'a str)> {
        self.object.member(index)
    }

    /// All members, in the token's order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
        self.object.iter()
    }
}

/// The payload as an object, with what both readers of the API server would disagree on refused.
pub(crate) fn read<'a>(bytes: &'a [u8], places: &'a mut Places) -> Result<Payload<'a>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotUnicode(PART))?;
    let object = Payload::parse_into(text, places, PART)?;
    if text.len() > GO_DEPTH && json::depth(text) > GO_DEPTH {
        return Err(Refusal::TooDeep(PART));
    }
    for name in object.unusual_names() {
        let twin = |known: &&str| name != **known && json::folds_to(&name, known);
        if let Some(known) = REGISTERED.into_iter().find(twin) {
            return Err(Refusal::FoldedMember { part: PART, name: known });
        }
    }
    Ok(object)
}

/// The issuer that the API server's first look would find in this payload, or `None`: names fold case, the
/// last one wins, and anything unreadable is nobody's. Decides only who is asked, never who is trusted.
pub(crate) fn peek_issuer(payload: &str) -> Option<String> {
    // Only CR and LF may stand in this segment: the first look uses Go's plain decoder.
    let bytes = crate::encoding::decode_as_go(payload, |c| matches!(c, '\r' | '\n'))?;
    let text = String::from_utf8_lossy(&bytes);
    if !json::is_valid(&text) {
        return None;
    }
    if json::depth(&text) > GO_DEPTH {
        return None;
    }
    let mut issuer = String::new();
    for (name, value) in json::raw_members(&text)? {
        if json::folds_to(&lenient_string(name)?, "iss") && value != "null" {
            issuer = lenient_string(value)?.into_owned();
        }
    }
    Some(issuer)
}

/// Go's encoding/json reads no deeper.
const GO_DEPTH: usize = 10_000;

/// A valid JSON string in which lone surrogates become U+FFFD, as in Go; `None` where it is no string.
pub(crate) fn lenient_string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let unit = |at: &str| u16::from_str_radix(at.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at)?);
        let escape = rest.get(at..)?;
        let (length, decoded) = match escape.as_bytes().get(1)? {
            b'u' => {
                let first = unit(escape)?;
                let second = escape.get(6..).and_then(unit);
                match (char::from_u32(u32::from(first)), second) {
                    (Some(c), _) => (6, c),
                    (None, Some(second)) => match char::decode_utf16([first, second]).next()? {
                        Ok(c) => (12, c),
                        Err(_) => (6, char::REPLACEMENT_CHARACTER),
                    },
                    (None, None) => (6, char::REPLACEMENT_CHARACTER),
                }
            }
            b'b' => (2, '\u{8}'),
            b'f' => (2, '\u{c}'),
            b'n' => (2, '\n'),
            b'r' => (2, '\r'),
            b't' => (2, '\t'),
            other => (2, char::from(*other)),
        };
        out.push(decoded);
        rest = escape.get(length..)?;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

pub(crate) fn text<'a>(object: &Payload<'a>, name: &'static str) -> Result<Option<Cow<'a, str>>, Refusal> {
    match object.get(name) {
        None | Some("null") => Ok(None),
        Some(raw) => json::string(raw, PART)?.map(Some).ok_or(Refusal::ClaimType(name)),
    }
}

/// `aud`: text or a list of text, each given to `see`; null in a list counts as empty text where
/// `null_is_empty`.
pub(crate) fn each_audience<'a>(
    object: &Payload<'a>,
    null_is_empty: bool,
    mut see: impl FnMut(Cow<'a, str>),
) -> Result<(), Refusal> {
    let wrong = || Refusal::ClaimType("aud");
    match object.get("aud") {
        None => {}
        Some("null") if null_is_empty => see(Cow::Borrowed("")),
        Some(raw) if raw.starts_with('"') => json::string(raw, PART)?.into_iter().for_each(see),
        Some(raw) => {
            for item in json::elements(raw).ok_or_else(wrong)? {
                match item {
                    "null" if null_is_empty => see(Cow::Borrowed("")),
                    item => see(json::string(item, PART)?.ok_or_else(wrong)?),
                }
            }
        }
    }
    Ok(())
}

/// A NumericDate in whole seconds, cut towards zero, as Go's conversions do it; beyond 64 bits it becomes
/// the smallest number, as on amd64.
pub(crate) fn seconds(text: &str, name: &'static str) -> Result<i64, Refusal> {
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(whole);
    }
    let number: f64 = text.parse().map_err(|_| Refusal::ClaimType(name))?;
    if !number.is_finite() {
        return Err(Refusal::ClaimType(name));
    }
    Ok(truncate(number))
}

#[allow(clippy::as_conversions)] // the range is checked, and `as` cuts towards zero like Go
pub(crate) fn truncate(number: f64) -> i64 {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if (-TWO_63..TWO_63).contains(&number) { number as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a18_numeric_dates_cut_and_never_wrap_by_surprise() {
        assert_eq!(seconds("1.9", "exp"), Ok(1));
        assert_eq!(seconds("-1.9", "exp"), Ok(-1));
        assert_eq!(seconds("1e3", "exp"), Ok(1000));
        assert_eq!(seconds("9223372036854775808", "exp"), Ok(i64::MIN));
        assert_eq!(seconds("1e300", "exp"), Ok(i64::MIN));
        assert_eq!(seconds("1e400", "exp"), Err(Refusal::ClaimType("exp")));
    }

    #[test]
    fn every_escape_is_read_as_serde_json_reads_it() {
        for text in [r#""\"\\\/\b\f\n\r\t\u0041abcdef\u00e9""#, r#""x""#, r#""\ud83d\ude00!""#] {
            assert_eq!(lenient_string(text).unwrap(), serde_json::from_str::<String>(text).unwrap());
        }
    }

    #[test]
    fn lone_surrogates_become_the_replacement_character() {
        assert_eq!(lenient_string(r#""a\ud800b\n\u0041""#).unwrap(), "a\u{fffd}b\nA");
        assert_eq!(lenient_string(r#""\ud83d\ude00\udc00""#).unwrap(), "😀\u{fffd}");
        assert_eq!(lenient_string("5"), None);
    }
}

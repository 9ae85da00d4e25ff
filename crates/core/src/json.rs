//! JSON objects as borrowed members: names and the raw text of their values.
//!
//! The grammar is checked once by `serde_json`; after that members are only cut out, so that a value is
//! read by whoever knows its type, and never twice with two opinions.

use crate::Refusal;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// One object: its members in order, each name once.
#[derive(Debug, Clone, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Object<'a> {
    /// Cuts the object `text` into members; `part` names it in errors.
    ///
    /// # Errors
    /// Not JSON, not an object, a name twice, or a name that is not Unicode.
    pub fn parse(text: &'a str, part: &'static str) -> Result<Self, Refusal> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Refusal::Json(part))?;
        let mut members = Vec::with_capacity(16);
        for (name, value) in raw_members(text).ok_or(Refusal::Json(part))? {
            let name: Cow<'a, str> = if name.contains('\\') {
                Cow::Owned(serde_json::from_str(name).map_err(|_| Refusal::NotUnicode(part))?)
            } else {
                Cow::Borrowed(name.get(1..name.len() - 1).ok_or(Refusal::Json(part))?)
            };
            members.push((name, value));
        }
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(Refusal::DuplicateMember(part));
        }
        Ok(Self { members })
    }

    /// The raw text of the member of exactly this name.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.members.iter().find(|(n, _)| n == name).map(|(_, value)| *value)
    }

    /// Name and raw value of each member, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), *value))
    }
}

/// The text of a JSON string; `None` where `raw` is not a string.
///
/// # Errors
/// [`Refusal::NotUnicode`] for a lone surrogate.
pub fn string<'a>(raw: &'a str, part: &'static str) -> Result<Option<Cow<'a, str>>, Refusal> {
    if !raw.starts_with('"') {
        return Ok(None);
    }
    match raw.get(1..raw.len().saturating_sub(1)) {
        Some(inner) if !inner.contains('\\') => Ok(Some(Cow::Borrowed(inner))),
        _ => serde_json::from_str::<String>(raw).map(|s| Some(Cow::Owned(s))).map_err(|_| Refusal::NotUnicode(part)),
    }
}

/// The raw elements of a JSON list; `None` where `raw` is not one. `raw` must be valid JSON.
pub fn elements(raw: &str) -> Option<Vec<&str>> {
    let inner = raw.strip_prefix('[')?.strip_suffix(']')?;
    let mut rest = skip_space(inner);
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (value, after) = cut_value(rest)?;
        out.push(value);
        rest = skip_space(after);
        rest = skip_space(rest.strip_prefix(',').unwrap_or(rest));
    }
    Some(out)
}

/// How deep lists and objects are nested in `raw`.
pub fn depth(raw: &str) -> usize {
    let (mut now, mut most, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in raw.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Whether Go's encoding/json takes `name` for `known` (an ASCII name): simple case folding, in which the
/// long s and the Kelvin sign fold to letters.
pub fn folds_to(name: &str, known: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(known.chars().map(fold))
}

/// Raw names (with their quotes) and values of a valid JSON object; `None` where it is none.
pub(crate) fn raw_members(text: &str) -> Option<Vec<(&str, &str)>> {
    let inner = trim(text).strip_prefix('{')?.strip_suffix('}')?;
    let mut rest = skip_space(inner);
    let mut out = Vec::with_capacity(16);
    while !rest.is_empty() {
        let (name, after) = cut_value(rest)?;
        let after = skip_space(skip_space(after).strip_prefix(':')?);
        let (value, after) = cut_value(after)?;
        out.push((name, value));
        rest = skip_space(after);
        rest = skip_space(rest.strip_prefix(',').unwrap_or(rest));
    }
    Some(out)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

/// The value at the start of valid JSON, and what follows it.
fn cut_value(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let end = match bytes.first()? {
        b'"' => string_end(bytes)?,
        b'{' | b'[' => {
            let mut depth = 0usize;
            let mut at = 0usize;
            loop {
                match bytes.get(at)? {
                    b'"' => at += string_end(bytes.get(at..)?)?,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            break at;
                        }
                    }
                    _ => at += 1,
                }
            }
        }
        _ => bytes
            .iter()
            .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b':'))
            .unwrap_or(bytes.len()),
    };
    Some((text.get(..end)?, text.get(end..)?))
}

fn string_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_cut_out_whole() {
        let object = Object::parse(r#" { "a" : [1, "]}", {"x":"\""}] , "b\u0063":null,"":-1.5e3} "#, "x").unwrap();
        assert_eq!(object.get("a"), Some(r#"[1, "]}", {"x":"\""}]"#));
        assert_eq!(object.get("bc"), Some("null"));
        assert_eq!(object.get(""), Some("-1.5e3"));
        assert_eq!(elements(r#"[ 1, "a,]" ,{"b":[2]} ]"#).unwrap(), ["1", r#""a,]""#, r#"{"b":[2]}"#]);
        assert_eq!(depth(r#"{"a":["[[["]}"#), 2);
    }

    #[test]
    fn a15_a_name_twice_is_refused_however_it_is_spelt() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"\u0061":3}"#] {
            assert_eq!(Object::parse(text, "x").unwrap_err(), Refusal::DuplicateMember("x"));
        }
    }

    #[test]
    fn a16_folding_is_that_of_go() {
        for name in ["ISS", "i\u{17f}s", "Iss", "iss"] {
            assert!(folds_to(name, "iss"), "{name}");
        }
        assert!(!folds_to("is", "iss") && !folds_to("isß", "iss"));
    }
}

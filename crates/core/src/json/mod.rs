//! JSON objects as borrowed members: names and the raw text of their values.
//!
//! The grammar is checked in the one pass that finds the members; after that they are only cut out, so that a
//! value is read by whoever knows its type, and never twice with two opinions.

mod scan;

use crate::Refusal;
use scan::Scanner;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// One object: its members in order, each name once. By default it holds their places itself, up to eight of
/// them without allocation; a token's payload lends a buffer instead.
#[derive(Clone, Copy, Default)]
pub struct Object<'a, M = SmallVec<[Member; 8]>> {
    text: &'a str,
    members: M,
}

/// The object in a token's payload, whose places stand in the buffer that the caller lends.
pub(crate) type Payload<'a> = Object<'a, &'a [Member]>;

impl<'a> Object<'a> {
    /// Cuts the object `text` into members; `part` names it in errors.
    ///
    /// # Errors
    /// Not JSON, not an object, a name twice, or a name that is not Unicode.
    pub fn parse(text: &'a str, part: &'static str) -> Result<Self, Refusal> {
        let mut members = SmallVec::new();
        scan_members(text, |member| members.push(member)).ok_or(Refusal::Json(part))?;
        let object = Self { text, members };
        object.refuse_twins(part)?;
        Ok(object)
    }
}

impl<'a> Payload<'a> {
    /// The same, with the places in `members`.
    pub(crate) fn parse_into(text: &'a str, members: &'a mut Vec<Member>, part: &'static str) -> Result<Self, Refusal> {
        members.clear();
        scan_members(text, |member| members.push(member)).ok_or(Refusal::Json(part))?;
        let object = Self { text, members };
        object.refuse_twins(part)?;
        Ok(object)
    }
}

impl<'a, M: AsRef<[Member]>> Object<'a, M> {
    /// The raw text of the member of exactly this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let key = key(name.as_bytes());
        let same = |member: &&Member| {
            if member.escaped { self.name(member) == name } else { member.key == key && self.raw_name(member) == name }
        };
        self.members.as_ref().iter().find(same).map(|member| self.cut(&member.value))
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.members.as_ref().len()
    }

    /// Name and raw value of the member at this place, from 0.
    pub(crate) fn member(&self, index: usize) -> Option<(Cow<'a, str>, &'a str)> {
        self.members.as_ref().get(index).map(|member| (self.name(member), self.cut(&member.value)))
    }

    /// Name and raw value of each member, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
        self.members.as_ref().iter().map(|member| (self.name(member), self.cut(&member.value)))
    }

    fn name(&self, member: &Member) -> Cow<'a, str> {
        let raw = self.raw_name(member);
        if member.escaped { Cow::Owned(unescape(raw).unwrap_or_default()) } else { Cow::Borrowed(raw) }
    }

    fn raw_name(&self, member: &Member) -> &'a str {
        self.cut(&member.name)
    }

    fn cut(&self, span: &Range<u32>) -> &'a str {
        let bound = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        self.text.get(bound(span.start)..bound(span.end)).unwrap_or_default()
    }

    fn refuse_twins(&self, part: &'static str) -> Result<(), Refusal> {
        let members = self.members.as_ref();
        let twins = if members.len() <= FEW && members.iter().all(|member| !member.escaped) {
            // One bit a name: only where it is set already can there be a twin among those before.
            let mut seen = 0u64;
            members.iter().enumerate().any(|(at, member)| {
                let bit = 1 << (member.key.wrapping_mul(SPREAD) >> 58);
                let maybe = seen & bit != 0;
                seen |= bit;
                let same = |other: &Member| other.key == member.key && self.raw_name(other) == self.raw_name(member);
                maybe && members.iter().take(at).any(same)
            })
        } else {
            let mut names = Vec::with_capacity(members.len());
            for member in members {
                let raw = self.raw_name(member);
                names.push(if member.escaped {
                    Cow::Owned(unescape(raw).ok_or(Refusal::NotUnicode(part))?)
                } else {
                    Cow::Borrowed(raw)
                });
            }
            names.sort_unstable();
            names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
        };
        if twins { Err(Refusal::DuplicateMember(part)) } else { Ok(()) }
    }
}

/// The content may be a token's: only how much there is shows.
impl<M: AsRef<[Member]>> fmt::Debug for Object<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object of {} members", self.len())
    }
}

/// Up to so many members each is compared with those before; beyond, they are sorted.
const FEW: usize = 32;

/// An odd number whose product spreads keys over the upper bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Where a member stands in the text of its object.
#[derive(Debug, Clone)]
pub struct Member {
    /// Between the quotes.
    name: Range<u32>,
    value: Range<u32>,
    key: u64,
    escaped: bool,
}

fn scan_members(text: &str, mut found: impl FnMut(Member)) -> Option<()> {
    let short = |at: usize| u32::try_from(at).ok();
    let mut scanner = Scanner::new(text);
    scanner.space();
    if !scanner.take(b'{') {
        return None;
    }
    scanner.space();
    if !scanner.take(b'}') {
        loop {
            let start = scanner.at() + 1;
            let escaped = scanner.string()?;
            let end = scanner.at() - 1;
            scanner.space();
            if !scanner.take(b':') {
                return None;
            }
            scanner.space();
            let value = scanner.at();
            scanner.value()?;
            let (name, value) = (short(start)?..short(end)?, short(value)?..short(scanner.at())?);
            found(Member { key: key(text.as_bytes().get(start..end)?), name, value, escaped });
            scanner.space();
            if scanner.take(b'}') {
                break;
            }
            if !scanner.take(b',') {
                return None;
            }
            scanner.space();
        }
    }
    scanner.space();
    scanner.is_done().then_some(())
}

/// Differs for names that differ in length or in one of the first eight bytes.
#[inline]
fn key(name: &[u8]) -> u64 {
    let head = match name.first_chunk::<8>() {
        Some(head) => u64::from_le_bytes(*head),
        None => name.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    head ^ u64::try_from(name.len()).unwrap_or_default().rotate_right(8)
}

fn unescape(raw: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{raw}\"")).ok()
}

/// Whether `text` is JSON.
pub fn is_valid(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.space();
    let valid = scanner.value().is_some();
    scanner.space();
    valid && scanner.is_done()
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

/// The raw elements of a JSON list; `None` where `raw` is not one. `raw` must be valid JSON: in anything else
/// the elements end early or make no sense.
pub fn elements(raw: &str) -> Option<impl Iterator<Item = &str>> {
    let mut rest = skip_space(raw.strip_prefix('[')?.strip_suffix(']')?);
    Some(std::iter::from_fn(move || {
        let (value, after) = cut_value(rest)?;
        let after = skip_space(after);
        rest = skip_space(after.strip_prefix(',').unwrap_or(after));
        Some(value)
    }))
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
    // Valid JSON has no empty value; without progress there would be no end.
    if end == 0 {
        return None;
    }
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
        assert!(elements(r#"[ 1, "a,]" ,{"b":[2]} ]"#).unwrap().eq(["1", r#""a,]""#, r#"{"b":[2]}"#]));
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

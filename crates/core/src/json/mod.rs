//! JSON objects as borrowed members: names and the raw text of their values.
//!
//! The grammar is checked in the one pass that finds the members; after that they are only cut out, so that a
//! value is read by whoever knows its type, and never twice with two opinions.

mod nested;
mod scan;
mod twins;

pub use nested::Nested;

use crate::Refusal;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use twins::{Seen, bit, refuse_twins};

/// One object: its members in order, each name once. By default it holds their places itself, up to eight of
/// them without allocation; a token's payload lends a buffer instead.
#[derive(Clone, Copy, Default)]
pub struct Object<'a, M = SmallVec<[Member; 8]>> {
    text: &'a str,
    members: M,
    /// The members of objects in it, where they were noted.
    nested: &'a [Member],
    seen: Seen,
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
        let seen = refuse_twins(text, members.iter(), part)?;
        Ok(Self { text, members, nested: &[], seen })
    }
}

/// The places of a payload's members, and those of objects in it.
#[derive(Default)]
pub(crate) struct Places {
    members: Vec<Member>,
    nested: Vec<Member>,
}

impl Places {
    /// The bytes that it holds on to.
    pub(crate) fn capacity(&self) -> usize {
        (self.members.capacity() + self.nested.capacity()) * size_of::<Member>()
    }
}

impl<'a> Payload<'a> {
    /// The same, with the places in `places`, and with those of objects in it as deep as claims are nested.
    pub(crate) fn parse_into(text: &'a str, places: &'a mut Places, part: &'static str) -> Result<Self, Refusal> {
        let Places { members, nested } = places;
        members.clear();
        nested.clear();
        let bytes = text.as_bytes();
        let value = |at| nested::value(bytes, at, nested, nested::DEPTH);
        scan_members_with(text, value, |member| members.push(member)).ok_or(Refusal::Json(part))?;
        let seen = refuse_twins(text, members.iter(), part)?;
        Ok(Self { text, members, nested, seen })
    }

    /// The object that stands under this name; `None` where something else does, or nothing.
    pub(crate) fn object(&self, name: &str) -> Option<Nested<'a>> {
        let member = self.find(name)?;
        Nested::of(self.text, member, self.nested)
    }
}

impl<'a, M: AsRef<[Member]>> Object<'a, M> {
    /// The raw text of the member of exactly this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.find(name).map(|member| self.cut(&member.value))
    }

    #[inline]
    fn find(&self, name: &str) -> Option<&Member> {
        let members = self.members.as_ref();
        let key = key(name.as_bytes());
        match self.seen {
            Seen::Escapes => find(self.text, members.iter(), name),
            Seen::Keys(bits) if bits & bit(key) == 0 => None,
            Seen::Keys(_) => members.iter().find(|member| member.key == key && self.cut(&member.name) == name),
        }
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.members.as_ref().len()
    }

    /// Name and raw value of the member at this place, from 0.
    pub(crate) fn member(&self, index: usize) -> Option<(Cow<'a, str>, &'a str)> {
        self.members.as_ref().get(index).map(|member| (self.name(member), self.cut(&member.value)))
    }

    /// The names that have a byte beyond ASCII, a capital or an escape: no others can be another spelling of an
    /// ASCII name in small letters.
    pub(crate) fn unusual_names(&self) -> impl Iterator<Item = Cow<'a, str>> {
        self.members.as_ref().iter().filter(|member| member.unusual || member.escaped).map(|member| self.name(member))
    }

    /// Name and raw value of each member, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
        self.members.as_ref().iter().map(|member| (self.name(member), self.cut(&member.value)))
    }

    fn name(&self, member: &Member) -> Cow<'a, str> {
        name_of(self.text, member)
    }

    fn cut(&self, span: &Range<u32>) -> &'a str {
        cut(self.text, span)
    }
}

#[inline]
fn find<'m>(text: &str, mut members: impl Iterator<Item = &'m Member>, name: &str) -> Option<&'m Member> {
    let key = key(name.as_bytes());
    members.find(|member| {
        if member.escaped {
            name_of(text, member) == name
        } else {
            member.key == key && cut(text, &member.name) == name
        }
    })
}

fn name_of<'a>(text: &'a str, member: &Member) -> Cow<'a, str> {
    let raw = cut(text, &member.name);
    if member.escaped { Cow::Owned(unescape(raw).unwrap_or_default()) } else { Cow::Borrowed(raw) }
}

#[inline]
fn cut<'a>(text: &'a str, span: &Range<u32>) -> &'a str {
    text.get(index(span.start)..index(span.end)).unwrap_or_default()
}

/// The content may be a token's: only how much there is shows.
impl<M: AsRef<[Member]>> fmt::Debug for Object<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object of {} members", self.len())
    }
}

/// Where a member stands in the text of its object.
#[derive(Debug, Clone)]
pub struct Member {
    /// Between the quotes.
    name: Range<u32>,
    value: Range<u32>,
    key: u64,
    escaped: bool,
    /// Has a byte beyond ASCII or a capital.
    unusual: bool,
    /// Where the members of its value stand among those that are nested; empty where its value is no object that
    /// was noted.
    inside: Range<u32>,
}

fn scan_members(text: &str, found: impl FnMut(Member)) -> Option<()> {
    scan_members_with(text, |at| Some((scan::value(text.as_bytes(), at)?, 0..0)), found)
}

/// The same with one's own way over values: given where one begins, it says where that ends, and what is inside.
fn scan_members_with(
    text: &str,
    mut value: impl FnMut(usize) -> Option<(usize, Range<u32>)>,
    mut found: impl FnMut(Member),
) -> Option<()> {
    let bytes = text.as_bytes();
    let end = scan::object(bytes, scan::space(bytes, 0), |at| {
        let mut member = Member::named(bytes, at)?;
        let (end, inside) = value(index(member.value.start))?;
        (member.value.end, member.inside) = (short(end)?, inside);
        found(member);
        Some(end)
    })?;
    (scan::space(bytes, end) == bytes.len()).then_some(())
}

impl Member {
    /// The one whose name begins here; its value begins where it says, and is not read yet.
    #[inline]
    fn named(bytes: &[u8], at: usize) -> Option<Self> {
        let (behind, escaped) = scan::string(bytes, at)?;
        let name = at + 1..behind - 1;
        let value = short(scan::colon(bytes, behind)?)?;
        let text = bytes.get(name.clone())?;
        Some(Self {
            key: key(text),
            unusual: is_unusual(text),
            name: short(name.start)?..short(name.end)?,
            value: value..value,
            escaped,
            inside: 0..0,
        })
    }
}

fn short(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// Differs for names that differ in length, and mostly for others: of up to eight bytes all count.
#[inline]
fn key(name: &[u8]) -> u64 {
    let length = u64::try_from(name.len()).unwrap_or_default();
    let head = name.first_chunk::<8>().map_or_else(|| short_word(name), |head| u64::from_le_bytes(*head));
    head ^ length.rotate_right(8)
}

fn is_unusual(name: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let of_word = |word: u64| {
        let low = word & (ONES * 0x7f);
        let from_a = low + ONES * u64::from(0x80 - b'A');
        let beyond_z = low + ONES * u64::from(0x7f - b'Z');
        (word | (from_a & !beyond_z)) & (ONES * 0x80) != 0
    };
    match name.last_chunk::<8>() {
        Some(last) => {
            let (words, _) = name.as_chunks::<8>();
            words.iter().chain([last]).any(|word| of_word(u64::from_le_bytes(*word)))
        }
        None => of_word(short_word(name)),
    }
}

/// All of up to seven bytes, some of them more than once.
#[inline]
fn short_word(name: &[u8]) -> u64 {
    let word = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
    match (name.first_chunk::<4>(), name.last_chunk::<4>(), name) {
        (Some(first), Some(last), _) => word(first) | word(last) << 32,
        (.., [first, .., last]) => {
            let middle = name.get(name.len() / 2).copied().unwrap_or_default();
            u64::from(*first) | u64::from(middle) << 8 | u64::from(*last) << 16
        }
        (.., [only]) => u64::from(*only),
        (.., []) => 0,
    }
}

fn unescape(raw: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{raw}\"")).ok()
}

/// Whether `text` is JSON.
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    scan::value(bytes, scan::space(bytes, 0)).is_some_and(|end| scan::space(bytes, end) == bytes.len())
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

/// The value at the start of the text, and what follows it.
fn cut_value(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(scan::value(text.as_bytes(), 0)?)
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
    fn a_name_is_unusual_wherever_its_capital_stands() {
        for byte in 0..=u8::MAX {
            for length in 1..20 {
                for at in 0..length {
                    let mut name = vec![b'z'; length];
                    name[at] = byte;
                    assert_eq!(is_unusual(&name), byte >= 0x80 || byte.is_ascii_uppercase(), "{byte:#x} at {at}");
                }
            }
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

//! Reading JSON text where it stands, one level at a time and without recursion.

use std::sync::Arc;

use super::list::{JsonArray, List};
use super::map::{JsonObject, Map};
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;

/// The value that a JSON text stands for. Arrays and objects are not looked into.
pub(crate) fn value(raw: &str, unescapes: bool) -> Result<Value<'_>, EvalError> {
    let spaced = |byte: Option<&u8>| byte.is_some_and(|b| *b <= b' ');
    let bytes = raw.as_bytes();
    // An index of the claims has no blanks around the values.
    let raw = if spaced(bytes.first()) || spaced(bytes.last()) { raw.trim_matches(is_space) } else { raw };
    match raw.as_bytes().first() {
        Some(b'"') => string(raw).map(Value::String),
        Some(b'{') => Ok(Value::Map(Map::Json(JsonObject { raw, unescapes }))),
        Some(b'[') => Ok(Value::List(List::Json(JsonArray { raw, unescapes }))),
        Some(b't') if raw == "true" => Ok(Value::Bool(true)),
        Some(b'f') if raw == "false" => Ok(Value::Bool(false)),
        Some(b'n') if raw == "null" => Ok(Value::Null),
        Some(b'-' | b'0'..=b'9') => match raw.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Double(number)),
            _ => Err(EvalError::MalformedJson),
        },
        _ => Err(EvalError::MalformedJson),
    }
}

/// The string that a JSON string stands for.
pub(crate) fn string(raw: &str) -> Result<Text<'_>, EvalError> {
    let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).ok_or(EvalError::MalformedJson)?;
    if !inner.contains('\\') {
        return Ok(Text::Borrowed(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let (c, length) = escaped(escape).ok_or(EvalError::MalformedJson)?;
        out.push(c);
        rest = escape.get(length..).ok_or(EvalError::MalformedJson)?;
    }
    out.push_str(rest);
    Ok(Text::Shared(Arc::from(out)))
}

/// The character that an escape stands for, and the length of the escape. Half a surrogate pair
/// stands for U+FFFD, as in Go.
fn escaped(escape: &str) -> Option<(char, usize)> {
    let c = match escape.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = |at: usize| {
                let digits = escape.get(at..at + 4)?;
                let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
                hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
            };
            let first = unit(2)?;
            if let Some(c) = char::from_u32(first) {
                return Some((c, 6));
            }
            let second = escape.get(6..8).filter(|s| *s == "\\u").and_then(|_| unit(8));
            return match second {
                Some(low @ 0xdc00..=0xdfff) if first < 0xdc00 => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                    Some((char::from_u32(code)?, 12))
                }
                _ => Some((char::REPLACEMENT_CHARACTER, 6)),
            };
        }
        _ => return None,
    };
    Some((c, 2))
}

/// The elements of an array, as text.
pub(crate) fn items(raw: &str) -> Items<'_> {
    let rest = raw.strip_prefix('[').unwrap_or("");
    Items { rest, first: true }
}

#[derive(Clone, Debug)]
pub(crate) struct Items<'a> {
    rest: &'a str,
    first: bool,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<&'a str, EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = separator(self.rest, &mut self.first, b']')?;
        let Some(length) = value_length(rest) else {
            self.rest = "";
            return Some(Err(EvalError::MalformedJson));
        };
        let (item, rest) = rest.split_at(length);
        self.rest = rest;
        Some(Ok(item))
    }
}

/// The members of an object in order, repeated names included.
pub(crate) fn members(raw: &str) -> Members<'_> {
    let rest = raw.strip_prefix('{').unwrap_or("");
    Members { rest, first: true }
}

#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    rest: &'a str,
    first: bool,
}

impl<'a> Members<'a> {
    fn read(rest: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let (name, rest) = rest.split_at(value_length(rest)?);
        let rest = rest.trim_start_matches(is_space).strip_prefix(':')?;
        let rest = rest.trim_start_matches(is_space);
        let (value, rest) = rest.split_at(value_length(rest)?);
        Some((name, value, rest))
    }
}

impl<'a> Iterator for Members<'a> {
    /// The name with its quotes, and the value.
    type Item = Result<(&'a str, &'a str), EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = separator(self.rest, &mut self.first, b'}')?;
        let Some((name, value, rest)) = Self::read(rest) else {
            self.rest = "";
            return Some(Err(EvalError::MalformedJson));
        };
        self.rest = rest;
        Some(Ok((name, value)))
    }
}

/// What follows the comma, unless the closing bracket stands here.
fn separator<'a>(rest: &'a str, first: &mut bool, close: u8) -> Option<&'a str> {
    let mut rest = rest.trim_start_matches(is_space);
    if rest.is_empty() || rest.as_bytes().first() == Some(&close) {
        return None;
    }
    if !*first {
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start_matches(is_space);
    }
    *first = false;
    Some(rest)
}

/// How deep JSON may nest: the limit of Go's `encoding/json`.
const MAX_DEPTH: usize = 10_000;

/// Length of the value at the front.
fn value_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    match bytes.first()? {
        b'"' => string_length(bytes),
        b'{' | b'[' => {
            let mut depth = 0usize;
            let mut at = 0;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(bytes.get(at..)?)?;
                        continue;
                    }
                    b'{' | b'[' => {
                        depth += 1;
                        if depth > MAX_DEPTH {
                            return None;
                        }
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            None
        }
        _ => {
            let end = bytes
                .iter()
                .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
                .unwrap_or(bytes.len());
            (end > 0).then_some(end)
        }
    }
}

fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

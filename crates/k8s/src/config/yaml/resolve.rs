//! What a scalar is: the types of YAML 1.1 as go.yaml.in/yaml/v2 tells them apart, which goes by the text, by a
//! tag of YAML's own types, and by nothing else.

use super::timestamp;
use base64ct::{Base64, Encoding};

/// What the tags of YAML's own types begin with.
pub(super) const TYPES: &str = "tag:yaml.org,2002:";

/// A scalar's value, as far as a configuration can tell: no member of it is a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number,
    Text(String),
}

/// Whether this key is a merge key.
pub(super) fn is_merge(tag: &str, text: &str, implicit: bool) -> bool {
    text == "<<" && (implicit || tag.strip_prefix(TYPES) == Some("merge"))
}

/// The value, or why tag and text do not go together.
pub(super) fn resolve(tag: &str, text: &str, implicit: bool) -> Result<Value, String> {
    let as_text = || Ok(Value::Text(text.to_owned()));
    if tag.is_empty() {
        return if implicit { Ok(by_text(text)) } else { as_text() };
    }
    let fits = match (tag.strip_prefix(TYPES), by_text(text)) {
        (Some("binary"), _) => return binary(text),
        (Some("null"), value @ Value::Null)
        | (Some("bool"), value @ Value::Bool(_))
        | (Some("int" | "float"), value @ Value::Number) => Some(value),
        (Some("timestamp"), Value::Text(_)) if timestamp::is_timestamp(text) => return as_text(),
        (Some("null" | "bool" | "int" | "float" | "timestamp"), _) => None,
        _ => return as_text(),
    };
    fits.ok_or_else(|| format!("cannot decode {text:?} as a {tag}"))
}

fn binary(text: &str) -> Result<Value, String> {
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = decode_base64(&joined).ok_or("!!binary value contains invalid base64 data")?;
    Ok(Value::Text(super::json::replace_invalid(&bytes)))
}

/// Base64 whose last character may have bits too many, as in Go.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padding = text.len() - text.trim_end_matches('=').len();
    let mask = match padding {
        1 => 0b11_1100,
        2 => 0b11_0000,
        _ => return Base64::decode_vec(text).ok(),
    };
    let (head, tail) = text.split_at_checked(text.len().checked_sub(padding + 1)?)?;
    let last = ALPHABET.iter().position(|c| tail.as_bytes().first() == Some(c))?;
    let canonical = char::from(*ALPHABET.get(last & mask)?);
    Base64::decode_vec(&format!("{head}{canonical}{}", "=".repeat(padding))).ok()
}

fn by_text(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ if is_number(text) => Value::Number,
        _ => Value::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'.') => is_not_finite(text) || without_underscores(text).is_some_and(|plain| is_float(&plain)),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let plain = text.replace('_', "");
            is_not_finite(text) || is_float(&plain) || is_prefixed_integer(&plain) || is_binary(&plain)
        }
        _ => false,
    }
}

fn is_not_finite(text: &str) -> bool {
    let infinity = matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF");
    (infinity && text.len() <= "+.inf".len()) || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// Where a number begins with its point, an underscore must stand between digits; elsewhere anywhere.
fn without_underscores(text: &str) -> Option<String> {
    let mut pieces = text.split('_').peekable();
    let digit = |c: char| c.is_ascii_digit();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_some_and(|next| !piece.ends_with(digit) || !next.starts_with(digit)) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

/// A decimal number, whole or not, that a float can hold; what is too large is text.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_form = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e));
    has_form && unsigned.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `0x`, `0o`, `0b`, in either case, within 64 bits.
fn is_prefixed_integer(text: &str) -> bool {
    let (sign, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(unsigned) => (text.chars().next(), unsigned),
        None => (None, text),
    };
    let radix = match unsigned.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return false,
    };
    // A second sign, which Rust would take, is none.
    let digits = unsigned.get(2..).filter(|digits| !digits.starts_with(['+', '-']));
    let value = digits.and_then(|digits| u64::from_str_radix(digits, radix).ok());
    value.is_some_and(|value| match sign {
        None => true,
        Some('-') => value <= 1 << 63,
        Some(_) => value < 1 << 63,
    })
}

/// `0b` with the sign behind it, which Go's reader takes.
fn is_binary(text: &str) -> bool {
    text.strip_prefix("0b").is_some_and(|digits| i64::from_str_radix(digits, 2).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_text_that_looks_like_some() {
        for text in [
            "0",
            "-0",
            "+1",
            "0123",
            "08",
            "00",
            "0x1F",
            "0X1f",
            "0o17",
            "0b101",
            "0b-101",
            "-0b1",
            "1_000",
            "0_x1F",
            "1__0",
            "1_",
            "1.",
            ".5",
            "-.5",
            "1e3",
            "1.5E-3",
            "-.INF",
            "+.inf",
            ".nan",
            "18446744073709551615",
            "99999999999999999999999",
            ".5_0",
            ".5e1_0",
            "-0x8000000000000000",
            "0xFFFFFFFFFFFFFFFF",
        ] {
            assert_eq!(by_text(text), Value::Number, "{text}");
        }
        for text in [
            "0x",
            "1e400",
            "inf",
            "nan",
            "NaN",
            "--.inf",
            "-.nan",
            ".",
            "-",
            "+",
            "1e",
            "e1",
            "_1",
            "1:2",
            "12:30:45",
            "2026-11-25",
            "0x+1",
            "0b+-1",
            "-0b-1",
            "+0xFFFFFFFFFFFFFFFF",
            "0x1FFFFFFFFFFFFFFFF",
            "0x1.8p1",
            "._5",
            ".5_",
            ".5__0",
            ".5_e1",
            "1 2",
            "oN",
            "yEs",
            "<<",
            "=",
            "-x",
        ] {
            assert_eq!(by_text(text), Value::Text(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn tags_decide_or_contradict() {
        let full = |tag: &str| format!("{TYPES}{tag}");
        let text = |text: &str| Ok(Value::Text(text.to_owned()));
        assert_eq!(resolve(&full("str"), "5", false), text("5"));
        assert_eq!(resolve("!", "yes", true), text("yes"));
        assert_eq!(resolve("!custom", "", false), text(""));
        assert_eq!(resolve(&full("null"), "", false), Ok(Value::Null));
        assert_eq!(resolve(&full("bool"), "yes", false), Ok(Value::Bool(true)));
        assert_eq!(resolve(&full("timestamp"), "2026-1-2", false), text("2026-1-2"));
        assert_eq!(resolve(&full("binary"), "aGVs\nbG8=", false), text("hello"));
        assert_eq!(resolve(&full("binary"), "aGVsbG9=", false), text("hello"));
        for (tag, value) in
            [("null", "x"), ("bool", "1"), ("int", "x"), ("timestamp", "2026-02-30"), ("binary", "a"), ("binary", "=")]
        {
            assert!(resolve(&full(tag), value, false).is_err(), "{tag} {value}");
        }
    }
}

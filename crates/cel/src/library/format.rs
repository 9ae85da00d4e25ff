//! `"%s".format([..])`, version 1 of the extension.

use super::conversions::plain_text;
use super::{Arguments, Outcome, invalid};
use crate::error::EvalError;
use crate::eval::{Meter, Value};

/// A part of a format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Clause(Clause),
}

/// What stands for one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) precision: Option<usize>,
    /// One of `sdfebxXo`.
    pub(crate) verb: char,
}

/// Why a format string is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormatError(pub(crate) String);

/// Splits a format string.
pub(crate) fn read(format: &str) -> Result<Vec<Piece>, FormatError> {
    let clause_error = |message: String| FormatError(format!("could not parse formatting clause: {message}"));
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        if rest.is_empty() {
            return Err(FormatError("unexpected end of string".to_owned()));
        }
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(|| clause_error("could not find end of precision specifier".to_owned()))?;
            let (digits, after) = after.split_at(end);
            precision = Some(
                digits.parse().map_err(|_| clause_error("error while converting precision to integer".to_owned()))?,
            );
            rest = after;
        }
        let verb = rest.chars().next().unwrap_or('%');
        if !"sdfebxXo".contains(verb) {
            let shown = verb;
            return Err(clause_error(format!("unrecognized formatting clause \"{shown}\"")));
        }
        rest = rest.get(verb.len_utf8()..).unwrap_or("");
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(Piece::Clause(Clause { precision, verb }));
    }
    text.push_str(rest);
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

pub(super) fn call<'a>(arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let refuse = |_| arguments.no_overload("format");
    let format = arguments.text(0).map_err(refuse)?;
    let values = arguments.list(1).map_err(refuse)?;
    let pieces = read(format).map_err(|error| invalid(error.0))?;
    let mut out = String::new();
    let mut next = 0;
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Clause(clause) => {
                let value = values.get(next).ok_or_else(|| invalid(format!("index {next} out of range")))??;
                next += 1;
                meter.allocate(clause.precision.unwrap_or(0))?;
                let text = apply(clause, &value, meter)?;
                meter.allocate(text.len())?;
                out.push_str(&text);
            }
        }
    }
    Ok(Value::from(out))
}

fn apply(clause: Clause, value: &Value<'_>, meter: &mut Meter) -> Result<String, EvalError> {
    let wrong = |what: &str| invalid(format!("error during formatting: {what}, was given {}", value.type_name()));
    Ok(match (clause.verb, value) {
        ('s', _) => string(value, meter, 0)?,
        ('d', Value::Int(i)) => i.to_string(),
        ('d', Value::Uint(u)) => u.to_string(),
        ('d', _) => return Err(wrong("decimal clause can only be used on integers")),
        ('f' | 'e', value) => {
            let Some(number) = number(value) else {
                return Err(wrong(match clause.verb {
                    'f' => "fixed-point clause can only be used on doubles",
                    _ => "scientific clause can only be used on doubles",
                }));
            };
            if clause.verb == 'f' {
                fixed(number, clause.precision.unwrap_or(6))
            } else {
                // The precision of a scientific clause is a width in the API server.
                let width = clause.precision.unwrap_or(6);
                format!("{:>width$}", scientific(number))
            }
        }
        ('b', Value::Int(i)) => radix(*i, |u| format!("{u:b}")),
        ('b', Value::Uint(u)) => format!("{u:b}"),
        ('b', Value::Bool(b)) => u8::from(*b).to_string(),
        ('b', _) => return Err(wrong("only integers and bools can be formatted as binary")),
        ('o', Value::Int(i)) => radix(*i, |u| format!("{u:o}")),
        ('o', Value::Uint(u)) => format!("{u:o}"),
        ('o', _) => return Err(wrong("octal clause can only be used on integers")),
        (verb, Value::Int(i)) => upper(verb, radix(*i, |u| format!("{u:x}"))),
        (verb, Value::Uint(u)) => upper(verb, format!("{u:x}")),
        (verb, Value::String(text)) => upper(verb, hex(text.as_bytes())),
        (verb, Value::Bytes(bytes)) => upper(verb, hex(bytes)),
        _ => {
            return Err(wrong("only integers, byte buffers, and strings can be formatted as hex"));
        }
    })
}

fn radix(value: i64, write: impl Fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", write(value.unsigned_abs()))
}

fn upper(verb: char, text: String) -> String {
    if verb == 'X' { text.to_uppercase() } else { text }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(d) => Some(*d),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// A number that has no digits, as the locale en_US writes it.
fn special(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        return Some("NaN");
    }
    number.is_infinite().then_some(if number > 0.0 { "∞" } else { "-∞" })
}

/// Decimal places, and commas between thousands.
fn fixed(number: f64, places: usize) -> String {
    if let Some(text) = special(number) {
        return text.to_owned();
    }
    let plain = format!("{number:.places$}");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.as_str()),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits, String::new()),
    };
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// Six decimal places and a power of ten in superscript: `1.234500×10⁰³`.
fn scientific(number: f64) -> String {
    if let Some(text) = special(number) {
        return text.to_owned();
    }
    let plain = format!("{number:.6e}");
    let (digits, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ("⁻", exponent),
        None => ("", exponent),
    };
    let raised: String = format!("{exponent:0>2}")
        .chars()
        .map(|digit| match digit {
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            _ => '⁹',
        })
        .collect();
    format!("{digits}×10{sign}{raised}")
}

/// A value that nests deeper is not written out.
const MAX_DEPTH: usize = 100;

fn string(value: &Value<'_>, meter: &mut Meter, depth: usize) -> Result<String, EvalError> {
    Ok(match value {
        Value::String(text) => text.to_string(),
        Value::Null => "null".to_owned(),
        Value::Type(name) => (*name).to_owned(),
        Value::Bytes(bytes) => std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| invalid("error during formatting: could not convert argument to string"))?,
        Value::List(_) | Value::Map(_) => nested(value, meter, depth)?,
        _ => plain_text(value).ok_or_else(|| {
            invalid(format!(
                "error during formatting: string clause can only be used on strings, bools, \
                 bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given {}",
                value.type_name()
            ))
        })?,
    })
}

/// A value within a list or a map.
fn nested(value: &Value<'_>, meter: &mut Meter, depth: usize) -> Result<String, EvalError> {
    if depth > MAX_DEPTH {
        return Err(EvalError::MemoryLimitExceeded);
    }
    meter.work(1)?;
    let text = match value {
        Value::List(list) => {
            let mut parts = Vec::new();
            for element in list.iter() {
                parts.push(nested(&element?, meter, depth + 1)?);
            }
            format!("[{}]", parts.join(", "))
        }
        Value::Map(map) => {
            let mut parts = Vec::new();
            for entry in map.iter() {
                let (key, value) = entry?;
                let key = match &key {
                    Value::String(text) => go_quote(text),
                    Value::Bool(_) | Value::Int(_) | Value::Uint(_) => plain_text(&key).unwrap_or_default(),
                    _ => {
                        let ty = key.type_name();
                        let message = format!("no formatting function for map key of type {ty}");
                        return Err(invalid(format!("error during formatting: {message}")));
                    }
                };
                parts.push((key, nested(&value, meter, depth + 1)?));
            }
            parts.sort_by(|(a, _), (b, _)| a.cmp(b));
            let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::String(text) => go_quote(text),
        Value::Bytes(_) => format!("b{}", go_quote(&string(value, meter, depth)?)),
        Value::Double(d) if d.is_nan() => "\"NaN\"".to_owned(),
        Value::Double(d) if d.is_infinite() => if *d > 0.0 { "\"+Inf\"" } else { "\"-Inf\"" }.to_owned(),
        Value::Double(d) => format!("{d:.6}"),
        Value::Timestamp(_) => {
            format!("timestamp({})", go_quote(&plain_text(value).unwrap_or_default()))
        }
        Value::Duration(_) => {
            format!("duration({})", go_quote(&plain_text(value).unwrap_or_default()))
        }
        Value::Optional(_) | Value::Claims(_) | Value::User(_) => {
            let ty = value.type_name();
            let message = format!("error during formatting: no formatting function for {ty}");
            return Err(invalid(message));
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Type(_) => string(value, meter, depth)?,
        _ => {
            let ty = value.type_name();
            let message = format!("error during formatting: no formatting function for {ty}");
            return Err(invalid(message));
        }
    };
    meter.allocate(text.len())?;
    Ok(text)
}

/// A string in quotes, as Go's `%q` writes it.
pub(super) fn go_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            ' '..='~' => out.push(c),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) < 0x10000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether Go shows a character beyond ASCII as it is: letters, marks, numbers, punctuation and
/// symbols, but no spaces.
fn is_printable(c: char) -> bool {
    static CLASS: std::sync::LazyLock<Option<regex::Regex>> =
        std::sync::LazyLock::new(|| regex::Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok());
    CLASS.as_ref().is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4])))
}

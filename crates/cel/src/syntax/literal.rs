//! String and bytes literals: where they end, and what they mean.

use super::lexer::TokenKind;

/// Finds a string or bytes literal at the front of `rest`; gives its kind and length.
pub(crate) fn scan_string(rest: &str) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    let mut kind = TokenKind::String;
    if matches!(bytes.first(), Some(b'b' | b'B')) {
        kind = TokenKind::Bytes;
        at += 1;
    }
    let raw = matches!(bytes.get(at), Some(b'r' | b'R'));
    at += usize::from(raw);
    let quote = match bytes.get(at)? {
        b'"' => "\"",
        b'\'' => "'",
        _ => return None,
    };
    let body = rest.get(at..)?;
    let triple = quote.repeat(3);
    if body.starts_with(&triple)
        && let Some(end) = scan_body(body.get(3..)?, &triple, raw, true)
    {
        return Some((kind, at + 3 + end));
    }
    let end = scan_body(body.get(1..)?, quote, raw, false)?;
    Some((kind, at + 1 + end))
}

/// Length of the text up to and with the closing quote.
fn scan_body(text: &str, close: &str, raw: bool, multiline: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        let c = rest.chars().next()?;
        match c {
            '\n' | '\r' if !multiline => return None,
            '\\' if !raw => at += escape_length(rest)?,
            _ => at += c.len_utf8(),
        }
    }
}

/// Length of the escape sequence at the front, if it is one of the grammar.
fn escape_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let all = |from: usize, count: usize, ok: fn(&u8) -> bool| {
        bytes.get(from..from + count).is_some_and(|part| part.iter().all(ok))
    };
    match bytes.get(1)? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`' => Some(2),
        b'x' | b'X' if all(2, 2, u8::is_ascii_hexdigit) => Some(4),
        b'u' if all(2, 4, u8::is_ascii_hexdigit) => Some(6),
        b'U' if all(2, 8, u8::is_ascii_hexdigit) => Some(10),
        b'0'..=b'3' if all(2, 2, |b| matches!(b, b'0'..=b'7')) => Some(4),
        _ => None,
    }
}

/// The bytes that a literal stands for; `text` is the token without the `b` of a bytes literal.
pub(crate) fn unescape(text: &str, is_bytes: bool) -> Result<Vec<u8>, &'static str> {
    const BROKEN: &str = "unable to unescape string";
    let raw = text.starts_with(['r', 'R']);
    let quoted = if raw { text.get(1..).unwrap_or("") } else { text };
    let width = if quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''")) { 3 } else { 1 };
    let body = quoted.len().checked_sub(width).and_then(|end| quoted.get(width..end)).ok_or(BROKEN)?;
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    if raw || !body.contains('\\') {
        return Ok(body.into_bytes());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.as_str();
    while let Some(c) = rest.chars().next() {
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = rest.get(c.len_utf8()..).unwrap_or("");
            continue;
        }
        let length = escape_length(rest).ok_or(BROKEN)?;
        let sequence = rest.get(1..length).ok_or(BROKEN)?;
        rest = rest.get(length..).unwrap_or("");
        let (marker, digits) = sequence.split_at(1);
        let code = match marker {
            "a" => 7,
            "b" => 8,
            "f" => 12,
            "n" => 10,
            "r" => 13,
            "t" => 9,
            "v" => 11,
            "x" | "X" | "u" | "U" => {
                if is_bytes && matches!(marker, "u" | "U") {
                    return Err(BROKEN);
                }
                u32::from_str_radix(digits, 16).map_err(|_| BROKEN)?
            }
            "0" | "1" | "2" | "3" => u32::from_str_radix(sequence, 8).map_err(|_| BROKEN)?,
            other => {
                out.extend_from_slice(other.as_bytes());
                continue;
            }
        };
        match u8::try_from(code) {
            Ok(byte) if is_bytes => out.push(byte),
            _ => {
                let c = char::from_u32(code).ok_or("invalid unicode code point")?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Ok(out)
}

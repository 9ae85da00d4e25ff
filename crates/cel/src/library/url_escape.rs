//! Percent-encoding, as it differs between the parts of a URL.

use std::fmt::Write as _;

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// Whether a byte has to be escaped.
fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Host | Part::Zone => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

pub(super) fn escape(bytes: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if must_escape(*byte, part) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'%' {
            let in_host = matches!(part, Part::Host | Part::Zone);
            if in_host && byte.is_ascii() && must_escape(*byte, part) {
                let c = char::from(*byte);
                return Err(format!("invalid character {:?} in host name", c.to_string()));
            }
            out.push(*byte);
            at += 1;
            continue;
        }
        let digits = bytes.get(at + 1..at + 3).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let shown: String = text.get(at..).unwrap_or("%").chars().take(3).collect();
        let bad = || format!("invalid URL escape {shown:?}");
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(bad)?;
        match part {
            // A host may have escapes of what is not ASCII only, and of the percent sign.
            Part::Host if code.is_ascii() && code != b'%' => return Err(bad()),
            Part::Zone if code != b'%' && code != b' ' && must_escape(code, Part::Host) => {
                return Err(bad());
            }
            _ => out.push(code),
        }
        at += 3;
    }
    Ok(out)
}

/// Whether a path that is written so may be left so.
pub(super) fn is_plain_path(text: &str) -> bool {
    text.bytes().all(|b| b"!$&'()*+,;=:@[]%".contains(&b) || !must_escape(b, Part::Path))
}

/// A name or value of a query.
pub(super) fn query_unescape(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let bytes = unescape(&spaced, Part::Path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

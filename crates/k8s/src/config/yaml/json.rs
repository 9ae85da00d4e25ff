//! JSON text as Go's reader takes it: bytes that are no UTF-8, and escapes of half a surrogate pair, stand for
//! U+FFFD where others refuse the text.

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Whether the API server takes the text for JSON and not for YAML.
pub(super) fn is_json(input: &[u8]) -> bool {
    let white = |c: &char| matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}');
    let mut first = input
        .utf8_chunks()
        .flat_map(|chunk| chunk.valid().chars().chain((!chunk.invalid().is_empty()).then_some(REPLACEMENT)));
    first.find(|c| !white(c)) == Some('{')
}

/// Text that any reader of JSON takes.
pub(super) fn lenient(input: &[u8]) -> String {
    replace_half_pairs(&replace_invalid(input))
}

/// Every byte that is part of no character becomes U+FFFD.
pub(super) fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| REPLACEMENT));
    }
    text
}

fn replace_half_pairs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let taken = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (escape, behind) = escape.split_at_checked(taken).unwrap_or((escape, ""));
        out.push_str(escape);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The code unit of an escape `\uXXXX` at the start.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_pairs_are_replaced_and_whole_ones_stay() {
        for (text, expected) in [
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ud83d", r"\ufffd"),
            (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\ude00x\u0041", r"\ufffdx\u0041"),
            (r"a\", r"a\"),
        ] {
            assert_eq!(replace_half_pairs(text), expected, "{text}");
        }
        assert_eq!(replace_invalid(b"a\xe2\x82\xff"), "a\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn white_space_before_a_brace_is_json() {
        assert!(is_json("\u{a0}\n {".as_bytes()));
        assert!(!is_json("\u{feff}{".as_bytes()));
        assert!(!is_json(b"\xff{"));
        assert!(!is_json(b"[{"));
    }
}

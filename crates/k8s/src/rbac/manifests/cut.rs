//! A file to its documents: YAML between lines `---`, and JSON values one behind the other.

use crate::yaml::documents;
use serde::de::IgnoredAny;

/// One document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a [u8],
    pub(super) lines_before: usize,
    /// Of the first line.
    pub(super) columns_before: usize,
}

/// All that is not blank, in order, with their numbers from 1, which count blank ones too.
pub(super) fn pieces(text: &[u8]) -> Vec<(usize, Piece<'_>)> {
    let mut pieces = Vec::new();
    let mut number = 0;
    for part in documents(text) {
        if part.is_blank() {
            number += 1;
            continue;
        }
        for piece in values(part.text, part.lines_before) {
            number += 1;
            pieces.push((number, piece));
        }
    }
    pieces
}

/// Several JSON values, or what is left of them where one is broken; YAML as it is.
fn values(text: &[u8], lines_before: usize) -> Vec<Piece<'_>> {
    let whole = || vec![Piece { text, lines_before, columns_before: 0 }];
    if text.trim_ascii_start().first() != Some(&b'{') {
        return whole();
    }
    let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(value) = stream.next() {
        let end = if value.is_ok() { stream.byte_offset() } else { text.len() };
        pieces.push(piece(text, start, end, lines_before));
        start = end;
        if value.is_err() {
            break;
        }
    }
    // One value, or YAML that begins like JSON.
    if pieces.len() < 2 { whole() } else { pieces }
}

fn piece(text: &[u8], start: usize, end: usize, lines_before: usize) -> Piece<'_> {
    let rest = text.get(start..end).unwrap_or_default();
    let blank = rest.len() - rest.trim_ascii_start().len();
    let (before, text) = text.get(..end).unwrap_or_default().split_at_checked(start + blank).unwrap_or_default();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let columns = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default()).chars().count();
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    Piece { text, lines_before: lines_before + lines, columns_before: columns }
}

/// The line, from 1, where YAML begins another document without a line `---`, which no reader of the first sees.
pub(super) fn hidden_document(text: &[u8]) -> Option<usize> {
    let (mut begun, mut ended) = (false, false);
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let blank = line.trim_ascii().is_empty() || line.trim_ascii_start().starts_with(b"#");
        let marked = line.starts_with(b"--- ") || line.starts_with(b"---\t");
        if begun && (marked || (ended && !blank && !line.starts_with(b"..."))) {
            return Some(at + 1);
        }
        ended |= begun && line.starts_with(b"...") && line.trim_ascii() == b"...";
        begun |= !blank && !line.starts_with(b"%");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_values_are_cut_apart() {
        let found = pieces(b"{\"a\": 1} {\"b\": 2}\n\n{\"c\"\n: 3}\n---\n---\nd: 4\n");
        let texts: Vec<_> = found.iter().map(|(number, piece)| (*number, piece.text.trim_ascii())).collect();
        assert_eq!(texts, [(1, &b"{\"a\": 1}"[..]), (2, b"{\"b\": 2}"), (3, b"{\"c\"\n: 3}"), (5, b"d: 4")]);
        let places: Vec<_> = found.iter().map(|(_, piece)| (piece.lines_before, piece.columns_before)).collect();
        assert_eq!(places, [(0, 0), (0, 9), (2, 0), (6, 0)]);
        // A flow mapping of YAML.
        assert_eq!(pieces(b"{a: 1}\n").len(), 1);
    }

    #[test]
    fn documents_without_a_line_of_their_own_are_seen() {
        assert_eq!(hidden_document(b"a: 1\n--- {b: 2}\n"), Some(2));
        assert_eq!(hidden_document(b"a: 1\n...\n# x\nb: 2\n"), Some(4));
        for fine in [&b"--- {b: 2}\n"[..], b"# x\n--- {b: 2}\n", b"a: 1\n...\n", b"a: |\n  --- b\n"] {
            assert_eq!(hidden_document(fine), None);
        }
    }
}

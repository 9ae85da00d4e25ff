//! A text of several documents, cut at its lines `---`, as kubectl cuts it before anything is read: what is broken
//! in one document takes no other down.

/// One document of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'a> {
    /// Which document, from 1; empty ones count.
    pub number: usize,
    /// How many lines stand before it.
    pub lines_before: usize,
    /// Its text.
    pub text: &'a [u8],
}

impl Part<'_> {
    /// Whether there is nothing but white space and comments in it.
    pub fn is_blank(&self) -> bool {
        let blank = |line: &[u8]| {
            let line = line.trim_ascii();
            line.is_empty() || line.starts_with(b"#") || line == b"---" || line == b"..."
        };
        self.text.split(|byte| *byte == b'\n').all(blank)
    }
}

/// Cuts at each line that is `---` with nothing or a comment behind it. A first line `---` begins the first document.
///
/// ```
/// let parts = claimant_k8s::yaml::documents(b"a: 1\n---\nb: 2\n");
/// assert_eq!(parts.iter().map(|part| (part.number, part.lines_before)).collect::<Vec<_>>(), [(1, 0), (2, 2)]);
/// ```
pub fn documents(text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut at, mut line_number) = (0, 0, 0, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let end = at + line.len();
        line_number += 1;
        if is_mark(line) {
            let part = text.get(start..at).unwrap_or_default();
            let part = Part { number: parts.len() + 1, lines_before: first_line, text: part };
            // What stands before a mark on the first line, or is only comment there, is no document of its own.
            if !(parts.is_empty() && part.is_blank()) {
                parts.push(part);
            }
            (start, first_line) = (end, line_number);
        }
        at = end;
    }
    let text = text.get(start..).unwrap_or_default();
    parts.push(Part { number: parts.len() + 1, lines_before: first_line, text });
    parts
}

fn is_mark(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| {
        let blank = rest.trim_ascii();
        blank.is_empty() || (rest.starts_with(b" ") && blank.starts_with(b"#"))
    })
}

//! Names of members that are no identifiers: `a__dot__b` asks for the member `a.b`.
//!
//! The rule is that of `Unescape` in k8s.io/apiserver/pkg/cel.

use std::borrow::Cow;

/// The name that an escaped one stands for, where they differ; also `None` if it is no valid
/// escaped name.
pub(crate) fn unescape(name: &str) -> Option<String> {
    match unescape_strict(name) {
        Some(Cow::Owned(unescaped)) if unescaped != name => Some(unescaped),
        _ => None,
    }
}

/// The name that an escaped one stands for; `None` if it has an escape that is not known.
pub(crate) fn unescape_strict(name: &str) -> Option<Cow<'_, str>> {
    if !name.contains("__") {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, word, after)) = next_escape(rest) {
        out.push_str(before);
        match word {
            "underscores" => out.push_str("__"),
            "dot" => out.push('.'),
            "dash" => out.push('-'),
            "slash" => out.push('/'),
            // A reserved word is escaped as a whole or not at all.
            _ if RESERVED.contains(&word) && word.len() + 4 == name.len() => out.push_str(word),
            _ => return None,
        }
        rest = after;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// The first `__word__`: what stands before it, the word, and what stands after it.
fn next_escape(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("__")?;
        let inner = text.get(start + 2..)?;
        let end = inner.find('_')?;
        if end > 0 && inner.get(end..)?.starts_with("__") {
            return Some((text.get(..start)?, inner.get(..end)?, inner.get(end + 2..)?));
        }
        from = start + 1;
    }
}

const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_replaced() {
        assert_eq!(unescape("a__dot__b").as_deref(), Some("a.b"));
        assert_eq!(unescape("__in__").as_deref(), Some("in"));
        assert_eq!(unescape("a__underscores__b__slash__c").as_deref(), Some("a__b/c"));
        assert_eq!(unescape("under__score"), None);
        assert_eq!(unescape_strict("under__score").as_deref(), Some("under__score"));
        assert_eq!(unescape_strict("a__in__"), None);
        assert_eq!(unescape_strict("__nope__"), None);
    }
}

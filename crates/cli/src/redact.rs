//! Takes what may be a token out of messages: an argument in the wrong place must not end in a log.

/// The text with every word that looks like a token replaced.
pub(crate) fn tokens(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(part) {
        let (before, word) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let end = word.find(|c| !part(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at_checked(end).unwrap_or((word, ""));
        out.push_str(before);
        out.push_str(if is_like_token(word) { "(hidden, as it looks like a token)" } else { word });
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether a word begins as the base64url of a JSON object does and has another part, or is very long.
pub(crate) fn is_like_token(word: &str) -> bool {
    word.starts_with("ey") && word.len() > 16 && (word.contains('.') || word.len() > 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_and_words_stay() {
        assert_eq!(
            tokens("no file 'eyJhbGciOiJub25lIn0.e30.' here"),
            "no file '(hidden, as it looks like a token)' here"
        );
        for text in ["eyes.txt", "unexpected argument '--fo' found", "/var/run/token", "étoile.ey"] {
            assert_eq!(tokens(text), text);
        }
    }
}

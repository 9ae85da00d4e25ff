//! Takes what may be a token out of messages: an argument in the wrong place must not end in a log.

use serde_json::Value;

const HIDDEN: &str = "(hidden, as it looks like a token)";

/// The text with every word that looks like a token replaced.
pub(crate) fn tokens(text: &str) -> String {
    replaced(text, |_| HIDDEN.to_owned())
}

/// The same with as many stars as the token has letters, so that columns stay.
pub(crate) fn masked(text: &str) -> String {
    replaced(text, |word| "*".repeat(word.len()))
}

/// The same in all texts of a value, names of members among them.
pub(crate) fn value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(tokens(&text)),
        Value::Array(all) => all.into_iter().map(self::value).collect(),
        Value::Object(all) => all.into_iter().map(|(name, one)| (tokens(&name), self::value(one))).collect(),
        other => other,
    }
}

fn replaced(text: &str, by: impl Fn(&str) -> String) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || MARKS.contains(&c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(part) {
        let (before, word) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let end = word.find(|c| !part(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at_checked(end).unwrap_or((word, ""));
        out.push_str(before);
        if is_like_token(word) {
            out.push_str(&by(word));
        } else {
            out.push_str(word);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// What is in a token beside letters and digits, and may stand in front of one.
const MARKS: [char; 3] = ['-', '_', '.'];

/// Whether a word begins as the base64url of a JSON object does and has another part, or is very long; also
/// behind the marks of an option, or behind other words.
pub(crate) fn is_like_token(word: &str) -> bool {
    let long = |rest: &str| rest.len() > 16 && (rest.contains('.') || rest.len() > 64);
    let first = word.trim_start_matches(MARKS);
    let behind = |(at, _): (usize, &str)| word.get(at + 1..).filter(|rest| rest.starts_with("eyJ"));
    (first.starts_with("ey") && long(first)) || word.match_indices(MARKS).filter_map(behind).any(long)
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
        for before in ["--", "-.-", "x.", "user_"] {
            let text = format!("'{before}eyJhbGciOiJub25lIn0.e30.'");
            assert_eq!(tokens(&text), format!("'{HIDDEN}'"));
            assert_eq!(masked(&text).len(), text.len());
        }
        for text in ["eyes.txt", "unexpected argument '--fo' found", "/var/run/token", "étoile.ey", "--eyes-of.txt"] {
            assert_eq!((tokens(text), masked(text)), (text.to_owned(), text.to_owned()));
        }
    }
}

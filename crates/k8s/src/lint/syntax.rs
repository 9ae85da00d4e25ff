//! What was likely meant where a text is no YAML: the reader's own message says only where it gave up.

use crate::yaml::Place;

/// What to change at a place where the reader says this, if the lines there show it.
pub(crate) fn advice(text: &[u8], place: Place, why: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    let at = place.line.checked_sub(1)?;
    let line = lines.get(at).copied().unwrap_or_default();
    let above = || lines.get(..at)?.iter().rev().find(|line| !is_blank(line)).copied();
    if line.trim_start_matches(' ').starts_with('\t') || why.contains("tab") {
        return Some("indent by blanks: YAML allows no tabs there".to_owned());
    }
    if why.contains("end of stream") {
        return Some("the quote that opens here is not closed: put the same quote at the end of the value".to_owned());
    }
    let open_quote = |line: &&str| {
        value_of(line).is_some_and(|value| {
            let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
            quote.is_some_and(|quote| value.matches(quote).count() % 2 == 1)
        })
    };
    if let Some(number) = lines.get(..at)?.iter().position(open_quote) {
        return Some(format!("the quote that opens in line {} is not closed there", number + 1));
    }
    if let Some(advice) = value_of(line).and_then(needs_quotes) {
        return Some(advice);
    }
    if why.contains("',' or") {
        return Some("a bracket that was opened above is not closed, or a comma is missing".to_owned());
    }
    if why.contains("could not find expected ':'") {
        let (number, before) = lines.get(..at)?.iter().enumerate().rev().find(|(_, line)| !is_blank(line))?;
        return Some(format!(
            "line {} is neither a member `name: value` nor, so little indented, part of the text above it: {:?}",
            number + 1,
            before.trim(),
        ));
    }
    let above = above()?;
    let (here, there) = (indent(line), indent(above));
    let siblings = lines.get(..at)?.iter().rev().filter(|line| !is_blank(line)).map(|line| indent(line));
    let near = siblings.filter(|other| *other != here).min_by_key(|other| other.abs_diff(here))?;
    if value_of(line).is_none() || here == there {
        return None;
    }
    if here > there && value_of(above).is_some_and(|value| !value.is_empty()) {
        return Some(format!(
            "this line is indented by {here} and the one above, which has a value already, by {there}: indent both alike"
        ));
    }
    Some(format!(
        "this line is indented by {here}, and lines above by {near}: members of one object begin in one column"
    ))
}

/// A value that YAML takes for something else than text.
fn needs_quotes(value: &str) -> Option<String> {
    let quoted = serde_json::Value::from(value).to_string();
    let first = value.chars().next()?;
    if let quote @ ('\'' | '"') = first {
        let inner = value.get(1..)?;
        let end = inner.find(quote)?;
        let behind = inner.get(end + 1..)?.trim_start();
        let is_comment = inner.get(end + 1..)?.starts_with(' ') && behind.starts_with('#');
        let is_doubled = quote == '\'' && behind.starts_with('\'');
        let goes_on = !(behind.is_empty() || is_comment || is_doubled);
        return goes_on.then(|| {
            let within = match quote {
                '"' if value.ends_with('"') && value.len() > 2 => {
                    let inner = value.get(1..value.len() - 1).unwrap_or_default();
                    format!("'{}'", inner.replace('\'', "''"))
                }
                _ => quoted,
            };
            format!("the value ends with its second quote, and more follows: put all of it into other quotes: {within}")
        });
    }
    if matches!(first, '@' | '`' | '%' | '*' | '&' | '!' | '|' | '>') || value == "-" || value.starts_with("- ") {
        return Some(format!("{first} has a meaning of its own in YAML: put the value in quotes: {quoted}"));
    }
    if matches!(first, '{' | '[') {
        return None;
    }
    if value.contains(": ") || value.ends_with(':') {
        return Some(format!(
            "a colon before a blank or at the end begins another member: put the value in quotes: {quoted}"
        ));
    }
    None
}

/// What stands behind the name of a member; none where the line has no member.
fn value_of(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("- ").trim_start();
    let (name, value) = line.split_once(':')?;
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    (is_name && (value.is_empty() || value.starts_with(' '))).then(|| value.trim())
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

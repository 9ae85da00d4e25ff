//! The texts of field and label selectors (k8s.io/apimachinery, pkg/fields and pkg/labels).

use crate::names::{is_label_value, is_qualified};

/// The text is no selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The value that a field selector demands of `metadata.name`. Of several, the first in the order of text.
pub(super) fn exact_name(selector: &str) -> Result<Option<String>, Unreadable> {
    let mut name = None;
    let mut terms = split_terms(selector);
    terms.sort_unstable();
    for term in terms.into_iter().filter(|term| !term.is_empty()) {
        let at = term.find(['=', '!']).ok_or(Unreadable)?;
        let (field, equal, value) = split_term(term, at)?;
        let value = unescape(value)?;
        if equal && field == "metadata.name" && name.is_none() {
            name = Some(value);
        }
    }
    Ok(name)
}

/// At commas without a backslash in front.
fn split_terms(selector: &str) -> Vec<&str> {
    let mut escaped = false;
    selector
        .split(|c| {
            let splits = c == ',' && !escaped;
            escaped = c == '\\' && !escaped;
            splits
        })
        .collect()
}

/// At the first operator from `at` on: field, whether it must be equal, value.
fn split_term(term: &str, at: usize) -> Result<(&str, bool, &str), Unreadable> {
    let (field, rest) = term.split_at_checked(at).ok_or(Unreadable)?;
    if let Some(value) = rest.strip_prefix("!=") {
        return Ok((field, false, value));
    }
    if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
        return Ok((field, true, value));
    }
    // An exclamation mark that is part of the field's name.
    let next = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '=' | '!')).ok_or(Unreadable)?;
    split_term(term, at + next.0)
}

fn unescape(value: &str) -> Result<String, Unreadable> {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\\' => rest.next().filter(|c| matches!(c, '\\' | ',' | '=')).ok_or(Unreadable)?,
            ',' | '=' => return Err(Unreadable),
            other => other,
        });
    }
    Ok(plain)
}

/// Whether the text is a label selector.
pub(super) fn is_label_selector(selector: &str) -> bool {
    let mut words = Words { rest: selector };
    let mut word = words.next();
    if word.is_empty() {
        return true;
    }
    loop {
        let Some(after) = requirement(word, &mut words) else { return false };
        match after {
            "" => return true,
            "," => word = words.next(),
            _ => return false,
        }
    }
}

/// One requirement that begins with `word`; gives the word behind it.
fn requirement<'a>(word: &'a str, words: &mut Words<'a>) -> Option<&'a str> {
    let absent = word == "!";
    let key = if absent { words.next() } else { word };
    if !is_qualified(key) {
        return None;
    }
    let operator = words.next();
    match operator {
        _ if absent => Some(operator),
        "" | "," => Some(operator),
        "in" | "notin" => values(words),
        "=" | "==" | "!=" | ">" | "<" => {
            let value = words.next();
            let (value, after) = if matches!(value, "" | ",") { ("", value) } else { (value, words.next()) };
            let is_number = || value.parse::<i64>().is_ok();
            (is_label_value(value) && (!matches!(operator, ">" | "<") || is_number())).then_some(after)
        }
        _ => None,
    }
}

/// A list in brackets, in which every value may be left out; gives the word behind it.
fn values<'a>(words: &mut Words<'a>) -> Option<&'a str> {
    if words.next() != "(" {
        return None;
    }
    let mut after_value = false;
    loop {
        match words.next() {
            ")" => return Some(words.next()),
            "," => after_value = false,
            value if !after_value && !value.is_empty() && is_label_value(value) => after_value = true,
            _ => return None,
        }
    }
}

/// Splits into names and operators; empty at the end. A zero byte ends a word, and where a word would begin,
/// everything.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a str {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let length = match self.rest.chars().next() {
            None | Some('\0') => {
                self.rest = "";
                return "";
            }
            Some('=') if self.rest.starts_with("==") => 2,
            Some('!') if self.rest.starts_with("!=") => 2,
            Some(c) if is_special(c) => 1,
            Some(_) => self.rest.find(|c| is_special(c) || " \t\r\n\0".contains(c)).unwrap_or(self.rest.len()),
        };
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest.strip_prefix('\0').unwrap_or(rest);
        word
    }
}

fn is_special(c: char) -> bool {
    "=!(),><".contains(c)
}

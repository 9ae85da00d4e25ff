//! Values to YAML in block style, which every reader of YAML reads alike: whatever is not plainly a word is quoted
//! as JSON quotes it.

use super::resolve::{Value, resolve};
use claimant_core::json::{Object, elements};
use serde::Serialize;
use std::borrow::Cow;

/// Writes a value as YAML, in the order of its members. Members that are empty lists or objects stay `[]` and `{}`.
///
/// # Errors
/// A value that is no JSON: keys that are no text, numbers that are not finite.
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(value)?;
    let mut out = String::new();
    node(&json, 0, false, &mut out);
    Ok(out)
}

/// Writes a node whose first line begins at the cursor where it is `inline` (behind `- `), else on lines of its own.
fn node(json: &str, indent: usize, inline: bool, out: &mut String) {
    if let Some(items) = elements(json).map(|items| items.collect::<Vec<_>>()).filter(|items| !items.is_empty()) {
        for item in items {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push('-');
            behind(item, indent, true, out);
        }
        return;
    }
    match Object::parse(json, "value").map(|object| members(&object)) {
        Ok(members) if !members.is_empty() => {
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 || !inline {
                    out.extend(std::iter::repeat_n(' ', indent));
                }
                out.push_str(&scalar_text(&name));
                out.push(':');
                behind(&value, indent, false, out);
            }
        }
        _ => {
            out.push_str(&scalar(json));
            out.push('\n');
        }
    }
}

/// Writes what follows `-` or `name:`.
fn behind(json: &str, indent: usize, in_list: bool, out: &mut String) {
    let is_list = json.starts_with('[') && json != "[]";
    let is_object = json.starts_with('{') && json != "{}";
    if is_object && in_list {
        out.push(' ');
        node(json, indent + 2, true, out);
    } else if is_object || (is_list && in_list) {
        out.push('\n');
        node(json, indent + 2, false, out);
    } else if is_list {
        out.push('\n');
        node(json, indent, false, out);
    } else {
        out.push(' ');
        text_block(json, indent, out);
    }
}

/// A scalar and its line's end; several lines of text stand as a block.
fn text_block(json: &str, indent: usize, out: &mut String) {
    let text = serde_json::from_str::<String>(json).unwrap_or_default();
    let body = text.strip_suffix('\n').unwrap_or(&text);
    let fits = |line: &str| !line.ends_with(' ') && line.chars().all(is_plain_character);
    let begins_well = !text.starts_with([' ', '\n', '\t']) && !body.ends_with('\n');
    if body.contains('\n') && begins_well && body.lines().all(fits) && !body.contains('\r') {
        out.push_str(if text.ends_with('\n') { "|\n" } else { "|-\n" });
        for line in body.split('\n') {
            if !line.is_empty() {
                out.extend(std::iter::repeat_n(' ', indent + 2));
                out.push_str(line);
            }
            out.push('\n');
        }
        return;
    }
    out.push_str(&scalar(json));
    out.push('\n');
}

fn members(object: &Object<'_>) -> Vec<(String, String)> {
    object.iter().map(|(name, value)| (name.into_owned(), value.to_owned())).collect()
}

fn scalar(json: &str) -> String {
    match serde_json::from_str::<String>(json) {
        Ok(text) => scalar_text(&text).into_owned(),
        Err(_) => json.to_owned(),
    }
}

/// Plain where every reader takes it for the same text.
fn scalar_text(text: &str) -> Cow<'_, str> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(word)
        && !text.ends_with(':')
        && matches!(resolve("", text, true), Ok(Value::Text(_)));
    if plain {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::Value::from(text).to_string();
    if quoted.chars().all(is_plain_character) {
        return Cow::Owned(quoted);
    }
    let escape = |c: char| match (is_plain_character(c), u32::from(c)) {
        (true, _) => c.to_string(),
        (false, code @ ..=0xffff) => format!("\\u{code:04x}"),
        (false, code) => format!("\\U{code:08x}"),
    };
    Cow::Owned(quoted.chars().map(escape).collect())
}

/// What may stand in a YAML text as itself, and means itself between quotes.
fn is_plain_character(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{1_0000}'..)
}

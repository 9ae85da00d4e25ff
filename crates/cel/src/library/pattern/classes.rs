//! Classes of characters.

use std::fmt::Write as _;

use super::{PatternError, Translator, push_code};

impl Translator<'_> {
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
        self.skip(1);
        let mut class = String::from("[");
        if self.rest.starts_with('^') {
            self.skip(1);
            class.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.chars().next().ok_or("missing closing ]")?;
            if c == ']' && !first {
                self.skip(1);
                break;
            }
            first = false;
            if let Some(inner) = self.rest.strip_prefix("[:")
                && let Some((name, rest)) = inner.split_once(":]")
            {
                let posix = posix_class(name).ok_or("invalid character class range")?;
                class.push_str(&posix);
                self.rest = rest;
                continue;
            }
            if let Some(escape) = self.rest.strip_prefix('\\') {
                let c = escape.chars().next();
                if let Some(c @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) = c {
                    self.skip(2);
                    let _ = write!(class, "[{}]", perl_class(c));
                    continue;
                }
                if let Some('p' | 'P') = c {
                    self.skip(1);
                    class.push_str(&self.unicode_class()?);
                    continue;
                }
            }
            let low = self.class_character()?;
            let mut high = low;
            if let Some(after) = self.rest.strip_prefix('-')
                && !after.is_empty()
                && !after.starts_with(']')
            {
                self.skip(1);
                high = self.class_character()?;
                if high < low {
                    return Err("invalid character class range");
                }
            }
            push_code(&mut class, low);
            class.push('-');
            push_code(&mut class, high);
        }
        class.push(']');
        self.out.push_str(&class);
        self.atom(1);
        Ok(())
    }

    fn class_character(&mut self) -> Result<char, PatternError> {
        let c = self.rest.chars().next().ok_or("missing closing ]")?;
        self.skip(c.len_utf8());
        if c == '\\' { self.character() } else { Ok(c) }
    }
}

/// What stands between the brackets of a class.
pub(super) fn perl_class(c: char) -> &'static str {
    match c {
        'd' => "0-9",
        'D' => "^0-9",
        's' => "\\x09\\x0a\\x0c\\x0d\\x20",
        'S' => "^\\x09\\x0a\\x0c\\x0d\\x20",
        'w' => "0-9A-Za-z_",
        _ => "^0-9A-Za-z_",
    }
}

fn posix_class(name: &str) -> Option<String> {
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => ("^", name),
        None => ("", name),
    };
    let members = match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7f",
        "blank" => "\\x09\\x20",
        "cntrl" => "\\x00-\\x1f\\x7f",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => "\\x20-~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\x09-\\x0d\\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    };
    Some(format!("[{negated}{members}]"))
}

/// A general category or a script, as the `regex` crate writes it.
pub(super) fn unicode_property(name: &str) -> Option<String> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c)) {
        return None;
    }
    ["gc", "sc"]
        .into_iter()
        .map(|kind| format!("\\p{{{kind}={name}}}"))
        .find(|class| regex::bytes::Regex::new(class).is_ok())
}

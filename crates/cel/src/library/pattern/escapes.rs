//! What follows a backslash.

use std::fmt::Write as _;

use super::classes::{perl_class, unicode_property};
use super::{PatternError, Translator};

impl Translator<'_> {
    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        self.skip(1);
        let c = self.rest.chars().next().ok_or("trailing backslash at end of expression")?;
        match c {
            'A' | 'z' => {
                self.skip(1);
                self.out.push('\\');
                self.out.push(c);
                self.atom(1);
            }
            'b' | 'B' => {
                self.skip(1);
                self.out.push_str(if c == 'b' { r"(?-u:\b)" } else { r"(?-u:\B)" });
                self.atom(1);
            }
            'Q' => {
                self.skip(1);
                let (quoted, rest) = match self.rest.split_once("\\E") {
                    Some((quoted, rest)) => (quoted, rest),
                    None => (self.rest, ""),
                };
                let quoted = quoted.to_owned();
                self.rest = rest;
                for c in quoted.chars() {
                    self.literal(c);
                }
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.skip(1);
                let _ = write!(self.out, "[{}]", perl_class(c));
                self.atom(1);
            }
            'p' | 'P' => {
                let class = self.unicode_class()?;
                self.out.push_str(&class);
                self.atom(1);
            }
            _ => {
                let c = self.character()?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// The character of an escape, after the backslash.
    pub(super) fn character(&mut self) -> Result<char, PatternError> {
        const INVALID: PatternError = "invalid escape sequence";
        let c = self.rest.chars().next().ok_or("trailing backslash at end of expression")?;
        let bytes = self.rest.as_bytes();
        let octal = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b'0'..=b'7'));
        match c {
            '1'..='7' if !octal(1) => Err(INVALID),
            '0'..='7' => {
                let length = 1 + usize::from(octal(1)) + usize::from(octal(1) && octal(2));
                let code = u32::from_str_radix(self.rest.get(..length).unwrap_or("0"), 8);
                self.skip(length);
                code.ok().and_then(char::from_u32).ok_or(INVALID)
            }
            'x' => {
                let (digits, length) = match self.rest.strip_prefix("x{") {
                    Some(braced) => {
                        let end = braced.find('}').ok_or(INVALID)?;
                        (braced.get(..end).unwrap_or(""), end + 3)
                    }
                    None => (self.rest.get(1..3).ok_or(INVALID)?, 3),
                };
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(INVALID);
                }
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                self.skip(length);
                code.ok_or(INVALID)
            }
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => {
                self.skip(1);
                Ok(match c {
                    'a' => '\u{7}',
                    'f' => '\u{c}',
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    _ => '\u{b}',
                })
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                self.skip(1);
                Ok(c)
            }
            _ => Err(INVALID),
        }
    }

    /// `pL`, `p{Greek}`, `P{^Greek}`, after the backslash.
    pub(super) fn unicode_class(&mut self) -> Result<String, PatternError> {
        const INVALID: PatternError = "invalid character class range";
        let mut negated = self.rest.starts_with('P');
        self.skip(1);
        let (name, length) = match self.rest.strip_prefix('{') {
            Some(braced) => {
                let end = braced.find('}').ok_or(INVALID)?;
                (braced.get(..end).unwrap_or(""), end + 2)
            }
            None => {
                let c = self.rest.chars().next().ok_or(INVALID)?;
                (self.rest.get(..c.len_utf8()).unwrap_or(""), c.len_utf8())
            }
        };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                negated = !negated;
                rest
            }
            None => name,
        };
        let class = unicode_property(name).ok_or(INVALID)?;
        self.skip(length);
        Ok(class.replace("\\p", if negated { "\\P" } else { "\\p" }))
    }
}

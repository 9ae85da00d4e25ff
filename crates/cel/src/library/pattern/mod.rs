//! Patterns of RE2 as Go reads them, written anew for the `regex` crate.
//!
//! The two agree on most of the syntax. They differ in what this file decides: classes such as
//! `\w` are ASCII, `\Q..\E` quotes, groups may share a name, there are no class operators, a
//! count is at most 1 000, and what Go refuses is refused.

mod classes;
mod escapes;
mod groups;

use std::fmt::Write as _;

/// Why a pattern is no pattern, in Go's words for it.
pub(super) type PatternError = &'static str;

/// How often something may be repeated, repetitions within it counted in.
const MAX_REPEAT: usize = 1_000;
/// How deep groups may nest.
const MAX_NESTING: usize = 900;

/// The pattern for the `regex` crate.
pub(super) fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translator = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        groups: Vec::new(),
        level: Level::default(),
    };
    translator.run()?;
    Ok(translator.out)
}

/// What is known about the alternatives that are being read.
#[derive(Default)]
struct Level {
    /// Whether there is something that a repetition could follow.
    repeatable: bool,
    /// Whether the last thing is a repetition: another one must not follow.
    repeated: bool,
    /// The repetitions of the last thing, those within it counted in.
    last: usize,
    /// The most repetitions of anything so far.
    most: usize,
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    groups: Vec<Level>,
    level: Level,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), PatternError> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.open()?,
                ')' => {
                    self.skip(1);
                    let inside = std::mem::take(&mut self.level).most;
                    self.level = self.groups.pop().ok_or("unexpected )")?;
                    self.out.push(')');
                    self.atom(inside);
                }
                '|' => {
                    self.skip(1);
                    self.out.push('|');
                    self.level.repeatable = false;
                    self.level.repeated = false;
                }
                '*' | '+' | '?' => {
                    self.skip(1);
                    self.out.push(c);
                    self.repetition(1)?;
                }
                '{' => match self.counts() {
                    Some((length, least, most)) => {
                        let bound = most.unwrap_or(least);
                        if least > MAX_REPEAT || bound > MAX_REPEAT || bound < least {
                            return Err("invalid repeat count");
                        }
                        let text = self.rest.get(..length).unwrap_or("").to_owned();
                        self.skip(length);
                        self.out.push_str(&text);
                        self.repetition(bound.max(1))?;
                    }
                    None => self.literal_at_front(c),
                },
                '[' => self.class()?,
                '\\' => self.escape()?,
                '^' | '$' | '.' => {
                    self.skip(1);
                    self.out.push(c);
                    self.atom(1);
                }
                c => self.literal_at_front(c),
            }
        }
        if self.groups.is_empty() { Ok(()) } else { Err("missing closing )") }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    /// Something that may be repeated was written.
    fn atom(&mut self, repeats: usize) {
        self.level.repeatable = true;
        self.level.repeated = false;
        self.level.last = repeats.max(1);
        self.level.most = self.level.most.max(self.level.last);
    }

    fn literal_at_front(&mut self, c: char) {
        self.skip(c.len_utf8());
        self.literal(c);
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.atom(1);
    }

    /// A repetition of the last thing was written.
    fn repetition(&mut self, count: usize) -> Result<(), PatternError> {
        if self.level.repeated {
            return Err("invalid nested repetition operator");
        }
        if !self.level.repeatable {
            return Err("missing argument to repetition operator");
        }
        if self.rest.starts_with('?') {
            self.skip(1);
            self.out.push('?');
        }
        self.level.last = self.level.last.saturating_mul(count);
        if self.level.last > MAX_REPEAT && count > 1 {
            return Err("invalid repeat count");
        }
        self.level.most = self.level.most.max(self.level.last);
        self.level.repeated = true;
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}` at the front: its length and counts. Anything else is text.
    fn counts(&self) -> Option<(usize, usize, Option<usize>)> {
        let end = self.rest.find('}')?;
        let inner = self.rest.get(1..end)?;
        let number = |digits: &str| -> Option<usize> {
            let plain = !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !(digits.len() > 1 && digits.starts_with('0'));
            plain.then(|| digits.parse().unwrap_or(usize::MAX))
        };
        let (least, most) = match inner.split_once(',') {
            None => {
                let count = number(inner)?;
                (count, Some(count))
            }
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        Some((end + 1, least, most))
    }
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        push_code(out, c);
    }
}

fn push_code(out: &mut String, c: char) {
    let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::translate;

    fn matches(pattern: &str, text: &str) -> bool {
        regex::bytes::Regex::new(&translate(pattern).unwrap()).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn classes_are_ascii() {
        assert!(!matches(r"^\w$", "é"));
        assert!(!matches(r"^\d$", "٣"));
        assert!(matches(r"^\W$", "é"));
        assert!(matches(r"\p{Greek}", "α"));
        assert!(matches(r"^[^\d\s]$", "x"));
    }

    #[test]
    fn boundaries_are_ascii() {
        assert!(matches(r"a\b", "aé"));
        assert!(matches(r"a\B", "ab"));
        assert!(!matches(r"a\B", "a b"));
        assert!(matches(r"\B", ""));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for bad in [
            "a**",
            "a*+",
            "*a",
            "(",
            ")",
            "[",
            "[b-a]",
            r"\C",
            r"\Z",
            r"\1",
            "(?x)a",
            "(?=a)",
            "a{1001}",
            "a{2,1}",
            "(a{100}){100}",
            r"\p{Nope}",
            r"\p{Alphabetic}",
            "(?P<n",
            "(?P<>a)",
            r"\u0061",
            "[[:nope:]]",
            "a|*",
            r"\",
        ] {
            assert!(translate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn text_that_looks_like_more_is_text() {
        assert!(matches("^a{,2}$", "a{,2}"));
        assert!(matches("^[]a]$", "]"));
        assert!(matches("^[a&&b]$", "&"));
        assert!(matches(r"^\Qa.b\E$", "a.b"));
        assert!(!matches(r"^\Qa.b\E$", "axb"));
    }
}

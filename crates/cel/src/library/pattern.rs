//! Patterns of RE2 as Go reads them, written anew for the `regex` crate.
//!
//! The two agree on most of the syntax. They differ in what this file decides: classes such as
//! `\w` are ASCII, `\Q..\E` quotes, groups may share a name, there are no class operators, a
//! count is at most 1 000, and what Go refuses is refused.

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

    /// `(`, `(?:`, `(?P<name>`, `(?<name>` or `(?flags)`. No group captures: nobody asks for it.
    fn open(&mut self) -> Result<(), PatternError> {
        self.skip(1);
        if self.groups.len() >= MAX_NESTING {
            return Err("expression nests too deeply");
        }
        if !self.rest.starts_with('?') {
            self.out.push_str("(?:");
            self.groups.push(std::mem::take(&mut self.level));
            return Ok(());
        }
        self.skip(1);
        if let Some(name) = self.rest.strip_prefix("P<").or(self.rest.strip_prefix('<')) {
            let (name, rest) = name.split_once('>').ok_or("invalid named capture")?;
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(word) {
                return Err("invalid named capture");
            }
            self.rest = rest;
            self.out.push_str("(?:");
            self.groups.push(std::mem::take(&mut self.level));
            return Ok(());
        }
        self.flags()
    }

    fn flags(&mut self) -> Result<(), PatternError> {
        const INVALID: PatternError = "invalid or unsupported Perl syntax";
        let end = self.rest.find([':', ')']).ok_or("missing argument")?;
        let (flags, rest) = self.rest.split_at(end);
        let (on, off) = flags.split_once('-').unwrap_or((flags, "x"));
        let known = |flags: &str| flags.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U'));
        let negated = flags.contains('-');
        if !known(on) || (negated && (off.is_empty() || !known(off))) {
            return Err(INVALID);
        }
        self.level.repeated = false;
        if flags.is_empty() && rest.starts_with(')') {
            self.rest = rest.get(1..).unwrap_or("");
            return Ok(());
        }
        self.out.push_str("(?");
        // A flag that is given twice is given once.
        for flag in ['i', 'm', 's', 'U'] {
            if on.contains(flag) && !(negated && off.contains(flag)) {
                self.out.push(flag);
            }
        }
        if negated {
            self.out.push('-');
            for flag in ['i', 'm', 's', 'U'] {
                if off.contains(flag) {
                    self.out.push(flag);
                }
            }
        }
        self.rest = rest.get(1..).unwrap_or("");
        if rest.starts_with(':') {
            self.out.push(':');
            self.groups.push(std::mem::take(&mut self.level));
        } else {
            self.out.push(')');
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), PatternError> {
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
    fn character(&mut self) -> Result<char, PatternError> {
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
    fn unicode_class(&mut self) -> Result<String, PatternError> {
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

    fn class(&mut self) -> Result<(), PatternError> {
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

/// What stands between the brackets of a class.
fn perl_class(c: char) -> &'static str {
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
fn unicode_property(name: &str) -> Option<String> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c)) {
        return None;
    }
    ["gc", "sc"]
        .into_iter()
        .map(|kind| format!("\\p{{{kind}={name}}}"))
        .find(|class| regex::bytes::Regex::new(class).is_ok())
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

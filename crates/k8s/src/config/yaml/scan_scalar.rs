//! Scalars: block (section 9.3 of YAML 1.1), quoted (9.1.1, 9.1.2) and plain (9.1.3).

use super::fault::{Fault, Mark};
use super::reader::{is_blank, is_blank_or_end, is_break, is_break_or_end};
use super::scanner::Scanner;
use super::token::{Runs, TokenKind};

/// What happens to the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// White space between two pieces of text, which is folded where more text follows.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    more_breaks: String,
    has_break: bool,
}

impl Gap {
    /// Writes what the gap stands for: one break is a space, more lose the first.
    fn fold_into(&mut self, text: &mut String) {
        if !self.has_break {
            text.push_str(&self.blanks);
        } else if !self.first_break.starts_with('\n') {
            text.push_str(&self.first_break);
            text.push_str(&self.more_breaks);
        } else if self.more_breaks.is_empty() {
            text.push(' ');
        } else {
            text.push_str(&self.more_breaks);
        }
        self.blanks.clear();
        self.first_break.clear();
        self.more_breaks.clear();
        self.has_break = false;
    }

    fn is_empty(&self) -> bool {
        !self.has_break && self.blanks.is_empty()
    }
}

impl Scanner<'_> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        let start = self.mark;
        self.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            more => self.indent.max(0) + more,
        };
        let (mut text, mut break_before, mut breaks) = (String::new(), String::new(), String::new());
        self.scan_block_breaks(&mut indent, &mut breaks)?;
        self.reader.need(1)?;
        let mut blank_before = false;
        let mut runs = Runs::new();
        while self.column() == indent && self.reader.peek(0) != '\0' {
            let blank = is_blank(self.reader.peek(0));
            if !literal && !blank_before && !blank && break_before.starts_with('\n') {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&break_before);
            }
            break_before.clear();
            text.push_str(&breaks);
            breaks.clear();
            blank_before = blank;
            runs.push((text.len(), self.mark));
            while !is_break_or_end(self.reader.peek(0)) {
                text.push(self.skip());
                self.reader.need(1)?;
            }
            self.reader.need(2)?;
            self.read_line(&mut break_before);
            self.scan_block_breaks(&mut indent, &mut breaks)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(&break_before);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        self.push(TokenKind::Scalar { text, plain: false, runs }, start);
        Ok(())
    }

    /// The indicators behind `|` or `>`, in either order, and the rest of their line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, isize), Fault> {
        self.reader.need(1)?;
        let mut chomping = self.scan_chomping();
        if chomping.is_some() {
            self.reader.need(1)?;
        }
        let mut increment = 0;
        if let Some(digit) = self.reader.peek(0).to_digit(10) {
            if digit == 0 {
                return Err(Fault::new(start, "found an indentation indicator equal to 0"));
            }
            increment = isize::try_from(digit).unwrap_or_default();
            self.skip();
            self.reader.need(1)?;
            if chomping.is_none() {
                chomping = self.scan_chomping();
            }
        }
        self.reader.need(1)?;
        while is_blank(self.reader.peek(0)) {
            self.skip();
            self.reader.need(1)?;
        }
        self.skip_comment()?;
        if !is_break_or_end(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "did not find expected comment or line break"));
        }
        if is_break(self.reader.peek(0)) {
            self.reader.need(2)?;
            self.skip_line();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.reader.peek(0) {
            '+' => Chomping::Keep,
            '-' => Chomping::Strip,
            _ => return None,
        };
        self.skip();
        Some(chomping)
    }

    /// Empty lines and indentation; the first text decides how deep that is, where nothing else said so.
    fn scan_block_breaks(&mut self, indent: &mut isize, breaks: &mut String) -> Result<(), Fault> {
        let mut deepest = 0;
        loop {
            self.reader.need(1)?;
            let inside = |scanner: &Self| *indent == 0 || scanner.column() < *indent;
            while inside(self) && self.reader.peek(0) == ' ' {
                self.skip();
                self.reader.need(1)?;
            }
            deepest = deepest.max(self.column());
            if inside(self) && self.reader.peek(0) == '\t' {
                return Err(Fault::new(self.mark, "found a tab character where an indentation space is expected"));
            }
            if !is_break(self.reader.peek(0)) {
                break;
            }
            self.reader.need(2)?;
            self.read_line(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<(), Fault> {
        let start = self.mark;
        let quote = self.skip();
        let (mut text, mut gap) = (String::new(), Gap::default());
        let mut runs = vec![(0, self.mark)];
        loop {
            self.reader.need(4)?;
            if self.at_document_mark() {
                return Err(Fault::new(self.mark, "found unexpected document indicator"));
            }
            if self.reader.peek(0) == '\0' {
                return Err(Fault::new(start, "found unexpected end of stream in a quoted scalar"));
            }
            gap.has_break = false;
            while !is_blank_or_end(self.reader.peek(0)) {
                match (self.reader.peek(0), self.reader.peek(1)) {
                    ('\'', '\'') if single => {
                        self.skip();
                        text.push(self.skip());
                        runs.push((text.len(), self.mark));
                    }
                    (c, _) if c == quote => break,
                    ('\\', next) if !single && is_break(next) => {
                        self.reader.need(3)?;
                        self.skip();
                        self.skip_line();
                        // An escaped break stands for nothing; those behind it stand for themselves.
                        gap.has_break = true;
                        break;
                    }
                    ('\\', _) if !single => {
                        text.push(self.scan_escape()?);
                        runs.push((text.len(), self.mark));
                    }
                    _ => text.push(self.skip()),
                }
                self.reader.need(2)?;
            }
            self.reader.need(1)?;
            if self.reader.peek(0) == quote {
                break;
            }
            self.scan_gap(&mut gap, None)?;
            gap.fold_into(&mut text);
            runs.push((text.len(), self.mark));
        }
        self.skip();
        self.push(TokenKind::Scalar { text, plain: false, runs }, start);
        Ok(())
    }

    /// Blanks and line breaks; blanks count only before the first break. In a plain scalar a tab may not stand
    /// where indentation is expected.
    fn scan_gap(&mut self, gap: &mut Gap, plain_indent: Option<isize>) -> Result<(), Fault> {
        loop {
            let first = self.reader.peek(0);
            if is_blank(first) {
                if gap.has_break && first == '\t' && plain_indent.is_some_and(|indent| self.column() < indent) {
                    return Err(Fault::new(self.mark, "found a tab character that violates indentation"));
                }
                let blank = self.skip();
                if !gap.has_break {
                    gap.blanks.push(blank);
                }
            } else if is_break(first) {
                self.reader.need(2)?;
                if gap.has_break {
                    self.read_line(&mut gap.more_breaks);
                } else {
                    gap.blanks.clear();
                    self.read_line(&mut gap.first_break);
                    gap.has_break = true;
                }
            } else {
                return Ok(());
            }
            self.reader.need(1)?;
        }
    }

    /// A backslash and what it means.
    fn scan_escape(&mut self) -> Result<char, Fault> {
        let mark = self.mark;
        let digits = match self.reader.peek(1) {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            letter => {
                let Some(meant) = unescape(letter) else {
                    return Err(Fault::new(mark, "found unknown escape character"));
                };
                self.skip();
                self.skip();
                return Ok(meant);
            }
        };
        self.skip();
        self.skip();
        self.reader.need(digits)?;
        let mut value: u32 = 0;
        for at in 0..digits {
            let Some(digit) = self.reader.peek(at).to_digit(16) else {
                return Err(Fault::new(mark, "did not find expected hexdecimal number"));
            };
            value = (value << 4) | digit;
        }
        let Some(meant) = char::from_u32(value) else {
            return Err(Fault::new(mark, "found invalid Unicode character escape code"));
        };
        for _ in 0..digits {
            self.skip();
        }
        Ok(meant)
    }

    pub(super) fn scan_plain(&mut self) -> Result<(), Fault> {
        let start = self.mark;
        let indent = self.indent + 1;
        let (mut text, mut gap) = (String::new(), Gap::default());
        let mut runs = vec![(0, start)];
        loop {
            self.reader.need(4)?;
            if self.at_document_mark() || self.reader.peek(0) == '#' {
                break;
            }
            while !is_blank_or_end(self.reader.peek(0)) {
                let first = self.reader.peek(0);
                let ends_in_flow = self.flow_level > 0 && matches!(first, ',' | '?' | '[' | ']' | '{' | '}');
                if ends_in_flow || (first == ':' && is_blank_or_end(self.reader.peek(1))) {
                    break;
                }
                if !gap.is_empty() {
                    gap.fold_into(&mut text);
                    runs.push((text.len(), self.mark));
                }
                text.push(self.skip());
                self.reader.need(2)?;
            }
            if !is_blank(self.reader.peek(0)) && !is_break(self.reader.peek(0)) {
                break;
            }
            self.reader.need(1)?;
            self.scan_gap(&mut gap, Some(indent))?;
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if gap.has_break {
            self.simple_key_allowed = true;
        }
        self.push(TokenKind::Scalar { text, plain: true, runs }, start);
        Ok(())
    }
}

fn unescape(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\'' | '\\' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

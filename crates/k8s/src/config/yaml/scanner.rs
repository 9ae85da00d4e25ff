//! Characters to tokens: the grammar of libyaml as Go's port of it (go.yaml.in/yaml/v2) has it, which is not
//! that of YAML 1.2 nor quite that of libyaml. Simple keys (section 9.2 of YAML 1.1) are found as there: a token
//! that may be one is remembered, and is one if a `:` follows on its line within 1024 characters.

use super::fault::{Fault, Mark};
use super::reader::{Reader, is_blank_or_end, is_break, is_break_or_end};
use super::token::{Token, TokenKind};
use std::collections::{HashMap, VecDeque};

/// Collections within collections, in flow style and in block style each.
pub(super) const DEPTH: usize = 10_000;
const SIMPLE_KEY_LENGTH: usize = 1024;

/// A token that is a key if a `:` follows it.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) mark: Mark,
    tokens: VecDeque<Token>,
    /// How many tokens have been taken.
    taken: usize,
    ready: bool,
    started: bool,
    /// The column of the block collection; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    /// One per flow level.
    simple_keys: Vec<SimpleKey>,
    /// Which of `simple_keys` a token's number belongs to.
    by_token: HashMap<usize, usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(input),
            mark: Mark::default(),
            tokens: VecDeque::new(),
            taken: 0,
            ready: false,
            started: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: Vec::new(),
            by_token: HashMap::new(),
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token, Fault> {
        if !self.ready {
            self.fetch_more()?;
        }
        self.tokens.front().ok_or_else(|| Fault::new(self.mark, "unexpected end of the text"))
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) -> Option<Token> {
        self.ready = false;
        self.taken += 1;
        self.tokens.pop_front()
    }

    pub(super) fn skip(&mut self) -> char {
        self.mark.index += 1;
        self.mark.column += 1;
        self.reader.pop()
    }

    /// Skips a line break; of `\r\n` both.
    pub(super) fn skip_line(&mut self) {
        let first = self.reader.peek(0);
        if !is_break(first) {
            return;
        }
        if first == '\r' && self.reader.peek(1) == '\n' {
            self.reader.pop();
            self.mark.index += 1;
        }
        self.reader.pop();
        self.mark.index += 1;
        self.mark.break_line();
    }

    /// Reads a line break, normalised; U+2028 and U+2029 stay.
    pub(super) fn read_line(&mut self, into: &mut String) {
        let first = self.reader.peek(0);
        if is_break(first) {
            into.push(if matches!(first, '\u{2028}' | '\u{2029}') { first } else { '\n' });
            self.skip_line();
        }
    }

    pub(super) fn skip_comment(&mut self) -> Result<(), Fault> {
        if self.reader.peek(0) == '#' {
            while !is_break_or_end(self.reader.peek(0)) {
                self.skip();
                self.reader.need(1)?;
            }
        }
        Ok(())
    }

    fn fetch_more(&mut self) -> Result<(), Fault> {
        loop {
            if !self.tokens.is_empty() {
                let Some(&key) = self.by_token.get(&self.taken) else { break };
                if !self.is_still_possible(key)? {
                    break;
                }
            }
            self.fetch_next()?;
        }
        self.ready = true;
        Ok(())
    }

    fn fetch_next(&mut self) -> Result<(), Fault> {
        self.reader.need(1)?;
        if !self.started {
            self.started = true;
            self.simple_keys.push(SimpleKey { possible: false, required: false, token: 0, mark: Mark::default() });
            self.push(TokenKind::StreamStart, self.mark);
            return Ok(());
        }
        self.scan_to_next_token()?;
        self.unroll_indent(self.column());
        self.reader.need(4)?;
        let ahead = |n| self.reader.peek(n);
        let (first, blank_next) = (ahead(0), is_blank_or_end(ahead(1)));
        let in_flow = self.flow_level > 0;
        if first == '\0' {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && first == '%' {
            self.leave_all()?;
            return self.scan_directive();
        }
        if self.at_document_mark() {
            self.leave_all()?;
            return self.fetch_document_mark();
        }
        match first {
            '[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            '{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            ']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            ',' => {
                self.forget_simple_key()?;
                self.simple_key_allowed = true;
                self.fetch_indicator(TokenKind::FlowEntry)
            }
            '-' if blank_next => self.fetch_block_entry(),
            '?' if in_flow || blank_next => self.fetch_key(),
            ':' if in_flow || blank_next => self.fetch_value(),
            '*' | '&' => {
                self.begin_word()?;
                self.scan_anchor(first == '*')
            }
            '!' => {
                self.begin_word()?;
                self.scan_tag()
            }
            '|' | '>' if !in_flow => {
                self.forget_simple_key()?;
                self.simple_key_allowed = true;
                self.scan_block_scalar(first == '|')
            }
            '\'' | '"' => {
                self.begin_word()?;
                self.scan_quoted(first == '\'')
            }
            // The space after `-` was ruled out above; what is left here is text such as `-x`, or `-` alone
            // before a line break that only this reader takes for text.
            '-' => self.fetch_plain(),
            '?' | ':' if !in_flow => self.fetch_plain(),
            '?' | ':' | '#' | '|' | '>' | '%' | '@' | '`' | '\t' => {
                Err(Fault::new(self.mark, "found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    fn fetch_plain(&mut self) -> Result<(), Fault> {
        self.begin_word()?;
        self.scan_plain()
    }

    /// Whether `---` or `...` stands here, alone at the start of a line.
    pub(super) fn at_document_mark(&self) -> bool {
        let ahead = |n| self.reader.peek(n);
        self.mark.column == 0
            && matches!([ahead(0), ahead(1), ahead(2)], ['-', '-', '-'] | ['.', '.', '.'])
            && is_blank_or_end(ahead(3))
    }

    pub(super) fn column(&self) -> isize {
        isize::try_from(self.mark.column).unwrap_or(isize::MAX)
    }

    pub(super) fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    /// Puts a token before the one with the number `before`, or last where that one has been taken.
    fn insert(&mut self, kind: TokenKind, mark: Mark, before: Option<usize>) {
        let token = Token { kind, start: mark, end: mark };
        match before.and_then(|number| number.checked_sub(self.taken)) {
            Some(at) if at <= self.tokens.len() => self.tokens.insert(at, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn is_still_possible(&mut self, key: usize) -> Result<bool, Fault> {
        let now = self.mark;
        let Some(key) = self.simple_keys.get_mut(key) else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < now.line || key.mark.index + SIMPLE_KEY_LENGTH < now.index {
            if key.required {
                return Err(Fault::new(now, "could not find expected ':'"));
            }
            key.possible = false;
        }
        Ok(key.possible)
    }

    /// Remembers that a key may begin here.
    fn begin_word(&mut self) -> Result<(), Fault> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == self.column();
            let token = self.taken + self.tokens.len();
            self.forget_simple_key()?;
            let level = self.simple_keys.len().saturating_sub(1);
            if let Some(key) = self.simple_keys.last_mut() {
                *key = SimpleKey { possible: true, required, token, mark: self.mark };
                self.by_token.insert(token, level);
            }
        }
        self.simple_key_allowed = false;
        Ok(())
    }

    fn forget_simple_key(&mut self) -> Result<(), Fault> {
        if let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) {
            if key.required {
                return Err(Fault::new(self.mark, "could not find expected ':'"));
            }
            key.possible = false;
            self.by_token.remove(&key.token);
        }
        Ok(())
    }

    fn roll_indent(&mut self, mark: Mark, before: Option<usize>, kind: TokenKind) -> Result<(), Fault> {
        let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEPTH {
            return Err(Fault::new(mark, format!("exceeded max depth of {DEPTH}")));
        }
        self.insert(kind, mark, before);
        Ok(())
    }

    fn unroll_indent(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(TokenKind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Ends all block collections: a directive, a document's mark or the end of the text stands here.
    fn leave_all(&mut self) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.forget_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), Fault> {
        if self.mark.column != 0 {
            self.mark.break_line();
        }
        self.leave_all()?;
        self.push(TokenKind::StreamEnd, self.mark);
        Ok(())
    }

    fn fetch_document_mark(&mut self) -> Result<(), Fault> {
        let start = self.mark;
        let kind = if self.reader.peek(0) == '-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
        for _ in 0..3 {
            self.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn fetch_indicator(&mut self, kind: TokenKind) -> Result<(), Fault> {
        let start = self.mark;
        self.skip();
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.begin_word()?;
        let token = self.taken + self.tokens.len();
        self.simple_keys.push(SimpleKey { possible: false, required: false, token, mark: self.mark });
        self.flow_level += 1;
        if self.flow_level > DEPTH {
            return Err(Fault::new(self.mark, format!("exceeded max depth of {DEPTH}")));
        }
        self.simple_key_allowed = true;
        self.fetch_indicator(kind)
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.forget_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.by_token.remove(&key.token);
            }
        }
        self.simple_key_allowed = false;
        self.fetch_indicator(kind)
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Fault::new(self.mark, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(self.mark, None, TokenKind::BlockSequenceStart)?;
        }
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(TokenKind::BlockEntry)
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(Fault::new(self.mark, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.mark, None, TokenKind::BlockMappingStart)?;
        }
        self.forget_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.fetch_indicator(TokenKind::Key)
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let last = self.simple_keys.len().saturating_sub(1);
        if self.is_still_possible(last)? {
            let Some(key) = self.simple_keys.last_mut() else { return Ok(()) };
            key.possible = false;
            let key = *key;
            self.insert(TokenKind::Key, key.mark, Some(key.token));
            self.roll_indent(key.mark, Some(key.token), TokenKind::BlockMappingStart)?;
            self.by_token.remove(&key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(Fault::new(self.mark, "mapping values are not allowed in this context"));
                }
                self.roll_indent(self.mark, None, TokenKind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(TokenKind::Value)
    }

    fn scan_to_next_token(&mut self) -> Result<(), Fault> {
        loop {
            self.reader.need(1)?;
            if self.mark.column == 0 && self.reader.window_starts_with_bom() {
                self.skip();
            }
            self.reader.need(1)?;
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while self.reader.peek(0) == ' ' || (tabs && self.reader.peek(0) == '\t') {
                self.skip();
                self.reader.need(1)?;
            }
            self.skip_comment()?;
            if !is_break(self.reader.peek(0)) {
                return Ok(());
            }
            self.reader.need(2)?;
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }
}

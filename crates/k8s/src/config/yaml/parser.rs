//! Tokens to events: the productions of libyaml's parser, as a machine with a stack of its own, so that deep
//! nesting takes no stack of the thread.

use super::fault::{Fault, Mark};
use super::scanner::Scanner;
use super::token::{Runs, Token, TokenKind};
use std::collections::HashMap;

/// A longer tag is none of YAML's own types, and is not written out: a short handle may stand for a long text.
const LONGEST_TAG: usize = 64;

/// What a document consists of, in order.
#[derive(Debug)]
pub(super) enum EventKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    Scalar(ScalarEvent),
    SequenceStart { anchor: Option<String> },
    SequenceEnd,
    MappingStart { anchor: Option<String> },
    MappingEnd,
}

#[derive(Debug, Default)]
pub(super) struct ScalarEvent {
    pub(super) anchor: Option<String>,
    /// Empty where there is none.
    pub(super) tag: String,
    pub(super) text: String,
    /// Whether the text decides the type: it is plain and has no tag, or has the tag `!`.
    pub(super) implicit: bool,
    pub(super) runs: Runs,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    Node { block: bool, indentless: bool },
    BlockSequenceEntry { first: bool },
    IndentlessSequenceEntry,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
    End,
}

pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    pub(super) state: State,
    states: Vec<State>,
    /// Handles and what they stand for.
    tag_directives: HashMap<String, String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            scanner: Scanner::new(input),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            tag_directives: HashMap::new(),
        }
    }

    pub(super) fn next(&mut self) -> Result<Event, Fault> {
        match self.state {
            State::ImplicitDocumentStart => {
                if self.peek()? == &TokenKind::StreamStart {
                    self.scanner.take();
                }
                self.document_start(true)
            }
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::Node { block, indentless } => self.node(block, indentless),
            State::BlockSequenceEntry { first } => self.block_sequence_entry(first),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.state = State::FlowSequenceEntry { first: false };
                self.here(EventKind::MappingEnd)
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
            State::End => self.here(EventKind::StreamEnd),
        }
    }

    pub(super) fn peek(&mut self) -> Result<&TokenKind, Fault> {
        Ok(&self.scanner.peek()?.kind)
    }

    pub(super) fn take(&mut self) -> Result<Token, Fault> {
        let mark = self.scanner.peek()?.start;
        self.scanner.take().ok_or_else(|| Fault::new(mark, "unexpected end of the text"))
    }

    /// An event at the next token, which stays.
    pub(super) fn here(&mut self, kind: EventKind) -> Result<Event, Fault> {
        Ok(Event { kind, mark: self.scanner.peek()?.start })
    }

    /// An event that takes the next token.
    pub(super) fn taking(&mut self, kind: EventKind) -> Result<Event, Fault> {
        Ok(Event { kind, mark: self.take()?.start })
    }

    pub(super) fn leave(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A node, and what follows it.
    pub(super) fn node_then(&mut self, then: State, block: bool, indentless: bool) -> Result<Event, Fault> {
        self.states.push(then);
        self.node(block, indentless)
    }

    /// Nothing where a node might be is a null.
    pub(super) fn nothing_then(&mut self, then: State, mark: Mark) -> Event {
        self.state = then;
        Event { kind: EventKind::Scalar(ScalarEvent { implicit: true, ..Default::default() }), mark }
    }

    pub(super) fn refuse<T>(&mut self, why: &str) -> Result<T, Fault> {
        Err(Fault::new(self.scanner.peek()?.start, why))
    }

    fn document_start(&mut self, implicit: bool) -> Result<Event, Fault> {
        if !implicit {
            while self.peek()? == &TokenKind::DocumentEnd {
                self.scanner.take();
            }
        }
        let bare = !matches!(
            self.peek()?,
            TokenKind::Version { .. }
                | TokenKind::TagDirective { .. }
                | TokenKind::DocumentStart
                | TokenKind::StreamEnd
        );
        if self.peek()? == &TokenKind::StreamEnd {
            self.state = State::End;
            return self.here(EventKind::StreamEnd);
        }
        self.directives()?;
        self.states.push(State::DocumentEnd);
        if implicit && bare {
            self.state = State::Node { block: true, indentless: false };
            return self.here(EventKind::DocumentStart);
        }
        if self.peek()? != &TokenKind::DocumentStart {
            return self.refuse("did not find expected <document start>");
        }
        self.state = State::DocumentContent;
        self.taking(EventKind::DocumentStart)
    }

    fn directives(&mut self) -> Result<(), Fault> {
        let mut version = false;
        loop {
            match self.peek()? {
                TokenKind::Version { .. } if version => return self.refuse("found duplicate %YAML directive"),
                TokenKind::Version { major: 1, minor: 1 } => version = true,
                TokenKind::Version { .. } => return self.refuse("found incompatible YAML document"),
                TokenKind::TagDirective { handle, prefix } => {
                    let (handle, prefix) = (handle.clone(), prefix.clone());
                    if self.tag_directives.contains_key(&handle) {
                        return self.refuse("found duplicate %TAG directive");
                    }
                    self.tag_directives.insert(handle, prefix);
                }
                _ => break,
            }
            self.scanner.take();
        }
        for (handle, prefix) in [("!", "!"), ("!!", super::resolve::TYPES)] {
            self.tag_directives.entry(handle.to_owned()).or_insert_with(|| prefix.to_owned());
        }
        Ok(())
    }

    fn document_content(&mut self) -> Result<Event, Fault> {
        let token = self.scanner.peek()?;
        let mark = token.start;
        match token.kind {
            TokenKind::Version { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.leave();
                Ok(self.nothing_then(self.state, mark))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Result<Event, Fault> {
        let event = self.here(EventKind::DocumentEnd)?;
        if self.peek()? == &TokenKind::DocumentEnd {
            self.scanner.take();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(event)
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Event, Fault> {
        let mark = self.scanner.peek()?.start;
        if let TokenKind::Alias(name) = self.peek()? {
            let name = name.clone();
            self.leave();
            return self.taking(EventKind::Alias(name));
        }
        let (anchor, tag) = self.properties()?;
        let begin = |parser: &mut Self, state, kind| {
            parser.state = state;
            Ok(Event { kind, mark })
        };
        match self.peek()? {
            TokenKind::BlockEntry if indentless => {
                begin(self, State::IndentlessSequenceEntry, EventKind::SequenceStart { anchor })
            }
            TokenKind::Scalar { .. } => {
                self.leave();
                let TokenKind::Scalar { text, plain, runs } = self.take()?.kind else {
                    return self.refuse("did not find expected node content");
                };
                let implicit = (tag.is_empty() && plain) || tag == "!";
                Ok(Event { kind: EventKind::Scalar(ScalarEvent { anchor, tag, text, implicit, runs }), mark })
            }
            TokenKind::FlowSequenceStart => {
                begin(self, State::FlowSequenceEntry { first: true }, EventKind::SequenceStart { anchor })
            }
            TokenKind::FlowMappingStart => {
                begin(self, State::FlowMappingKey { first: true }, EventKind::MappingStart { anchor })
            }
            TokenKind::BlockSequenceStart if block => {
                begin(self, State::BlockSequenceEntry { first: true }, EventKind::SequenceStart { anchor })
            }
            TokenKind::BlockMappingStart if block => {
                begin(self, State::BlockMappingKey { first: true }, EventKind::MappingStart { anchor })
            }
            _ if anchor.is_some() || !tag.is_empty() => {
                self.leave();
                let implicit = tag.is_empty();
                let text = String::new();
                Ok(Event {
                    kind: EventKind::Scalar(ScalarEvent { anchor, tag, text, implicit, runs: Runs::new() }),
                    mark,
                })
            }
            _ => self.refuse("did not find expected node content"),
        }
    }

    /// An anchor and a tag, in either order; the tag in full.
    fn properties(&mut self) -> Result<(Option<String>, String), Fault> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            let token = self.scanner.peek()?;
            match &token.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name.clone()),
                TokenKind::Tag { handle, suffix } if tag.is_none() => {
                    tag = Some((handle.clone(), suffix.clone(), token.start));
                }
                _ => break,
            }
            self.scanner.take();
        }
        let tag = match tag {
            None => String::new(),
            Some((handle, suffix, _)) if handle.is_empty() => suffix,
            Some((handle, suffix, mark)) => match self.tag_directives.get(&handle) {
                Some(prefix) if prefix.len() + suffix.len() > LONGEST_TAG => "!too-long".to_owned(),
                Some(prefix) => format!("{prefix}{suffix}"),
                None => return Err(Fault::new(mark, format!("found undefined tag handle {handle:?}"))),
            },
        };
        Ok((anchor, tag))
    }

    fn block_sequence_entry(&mut self, first: bool) -> Result<Event, Fault> {
        if first {
            self.take()?;
        }
        match self.peek()? {
            TokenKind::BlockEntry => {
                let mark = self.take()?.end;
                let then = State::BlockSequenceEntry { first: false };
                match self.peek()? {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => Ok(self.nothing_then(then, mark)),
                    _ => self.node_then(then, true, false),
                }
            }
            TokenKind::BlockEnd => {
                self.leave();
                self.taking(EventKind::SequenceEnd)
            }
            _ => self.refuse("did not find expected '-' indicator"),
        }
    }

    fn indentless_sequence_entry(&mut self) -> Result<Event, Fault> {
        if self.peek()? != &TokenKind::BlockEntry {
            self.leave();
            return self.here(EventKind::SequenceEnd);
        }
        let mark = self.take()?.end;
        let then = State::IndentlessSequenceEntry;
        match self.peek()? {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.nothing_then(then, mark))
            }
            _ => self.node_then(then, true, false),
        }
    }

    fn block_mapping_key(&mut self, first: bool) -> Result<Event, Fault> {
        if first {
            self.take()?;
        }
        match self.peek()? {
            TokenKind::Key => {
                let mark = self.take()?.end;
                self.block_mapping_node(State::BlockMappingValue, mark)
            }
            TokenKind::BlockEnd => {
                self.leave();
                self.taking(EventKind::MappingEnd)
            }
            _ => self.refuse("did not find expected key"),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event, Fault> {
        let then = State::BlockMappingKey { first: false };
        if self.peek()? == &TokenKind::Value {
            let mark = self.take()?.end;
            return self.block_mapping_node(then, mark);
        }
        let mark = self.scanner.peek()?.start;
        Ok(self.nothing_then(then, mark))
    }

    fn block_mapping_node(&mut self, then: State, mark: Mark) -> Result<Event, Fault> {
        match self.peek()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.nothing_then(then, mark)),
            _ => self.node_then(then, true, true),
        }
    }
}

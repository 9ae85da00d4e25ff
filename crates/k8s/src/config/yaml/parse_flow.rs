//! The productions within `[]` and `{}` (section 9.5 of YAML 1.1 and the flow style of 10).

use super::fault::Fault;
use super::parser::{Event, EventKind, Parser, State};
use super::token::TokenKind;

impl Parser<'_> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Result<Event, Fault> {
        if first {
            self.take()?;
        }
        if self.peek()? != &TokenKind::FlowSequenceEnd {
            if !first {
                if self.peek()? != &TokenKind::FlowEntry {
                    return self.refuse("did not find expected ',' or ']'");
                }
                self.take()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.state = State::FlowPairKey;
                    return self.taking(EventKind::MappingStart { anchor: None });
                }
                TokenKind::FlowSequenceEnd => {}
                _ => return self.node_then(State::FlowSequenceEntry { first: false }, false, false),
            }
        }
        self.leave();
        self.taking(EventKind::SequenceEnd)
    }

    pub(super) fn flow_pair_key(&mut self) -> Result<Event, Fault> {
        let then = State::FlowPairValue;
        match self.peek()? {
            // Without a key the token goes, whichever it is, as in libyaml.
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                let mark = self.take()?.end;
                Ok(self.nothing_then(then, mark))
            }
            _ => self.node_then(then, false, false),
        }
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Event, Fault> {
        let then = State::FlowPairEnd;
        if self.peek()? == &TokenKind::Value {
            self.take()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.node_then(then, false, false);
            }
        }
        let mark = self.scanner.peek()?.start;
        Ok(self.nothing_then(then, mark))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<Event, Fault> {
        if first {
            self.take()?;
        }
        if self.peek()? != &TokenKind::FlowMappingEnd {
            if !first {
                if self.peek()? != &TokenKind::FlowEntry {
                    return self.refuse("did not find expected ',' or '}'");
                }
                self.take()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.take()?;
                    let then = State::FlowMappingValue { empty: false };
                    let token = self.scanner.peek()?;
                    let mark = token.start;
                    return match token.kind {
                        TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                            Ok(self.nothing_then(then, mark))
                        }
                        _ => self.node_then(then, false, false),
                    };
                }
                TokenKind::FlowMappingEnd => {}
                _ => return self.node_then(State::FlowMappingValue { empty: true }, false, false),
            }
        }
        self.leave();
        self.taking(EventKind::MappingEnd)
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Result<Event, Fault> {
        let then = State::FlowMappingKey { first: false };
        if !empty && self.peek()? == &TokenKind::Value {
            self.take()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.node_then(then, false, false);
            }
        }
        let mark = self.scanner.peek()?.start;
        Ok(self.nothing_then(then, mark))
    }
}

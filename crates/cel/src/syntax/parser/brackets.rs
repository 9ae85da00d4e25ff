//! What stands between brackets: lists, maps, messages, arguments, indexes.

use super::super::ast::{Entry, NodeId, NodeKind};
use super::super::lexer::{Token, TokenKind};
use super::super::macros::{self, MacroError};
use super::{Frame, Operator, Parsed, Parser, check_height, too_large};
use crate::error::Issue;

impl<'s> Parser<'s> {
    /// A comma, a colon in a map, a closing bracket, or the end.
    pub(super) fn separator(&mut self, value: NodeId, token: Token<'s>) -> Parsed<Operator> {
        let frame = self.frames.pop().unwrap_or(Frame::Start);
        let symbol = match token.kind {
            TokenKind::Symbol(symbol) => symbol,
            TokenKind::End => "",
            _ => "?",
        };
        self.leave();
        let opened = |value: Option<NodeId>| match value {
            Some(value) => Operator::Closed(value),
            None => Operator::Operand,
        };
        match (frame, symbol) {
            (Frame::Start, "") => Ok(Operator::Finished(value)),
            (Frame::Group, ")") => Ok(Operator::Closed(value)),
            (Frame::List { offset, mut elements, optional }, "," | "]") => {
                elements.push(value);
                if symbol == "]" {
                    self.at -= 1;
                }
                self.list(Frame::List { offset, elements, optional }).map(opened)
            }
            (Frame::MapKey { offset, entries, optional }, ":") => {
                self.open(Frame::MapValue { offset, entries, optional, key: value })?;
                Ok(Operator::Operand)
            }
            (Frame::MapValue { offset, mut entries, optional, key }, "," | "}") => {
                entries.push(Entry { key, field: "".into(), value, optional });
                if symbol == "}" {
                    self.at -= 1;
                }
                self.map(offset, entries).map(opened)
            }
            (Frame::Struct { offset, name, mut fields, field, optional }, "," | "}") => {
                fields.push(Entry { key: value, field, value, optional });
                if symbol == "}" {
                    self.at -= 1;
                }
                self.structure(offset, name, fields).map(opened)
            }
            (Frame::Arguments { offset, target, function, mut arguments }, "," | ")") => {
                arguments.push(value);
                if symbol == "," {
                    self.open(Frame::Arguments { offset, target, function, arguments })?;
                    return Ok(Operator::Operand);
                }
                self.finish_call(offset, target, function, arguments).map(Operator::Closed)
            }
            (Frame::Index { offset, operand, optional }, "]") => {
                let height = self.height(operand).max(self.height(value)) + 1;
                let function = if optional { "_[?_]" } else { "_[_]" }.into();
                let arguments = vec![operand, value];
                let call = NodeKind::Call { target: None, function, arguments };
                self.add(call, offset, height).map(Operator::Closed)
            }
            (Frame::Start, _) => Err(self.unexpected(&token, "<EOF>")),
            _ => Err(self.unexpected(&token, "a closing bracket")),
        }
    }

    /// The next element of a list, or its end.
    pub(super) fn list(&mut self, frame: Frame) -> Parsed<Option<NodeId>> {
        let Frame::List { offset, elements, mut optional } = frame else { return Ok(None) };
        if elements.is_empty() {
            // `[,]` is a list, too.
            let comma = self.peek().kind == TokenKind::Symbol(",");
            let close = self.tokens.get(self.at + 1).map(|t| t.kind) == Some(TokenKind::Symbol("]"));
            self.at += usize::from(comma && close);
        }
        if self.take("]") {
            let height = self.highest(elements.iter().copied());
            return self.add(NodeKind::List { elements, optional }, offset, height).map(Some);
        }
        optional.push(self.take("?"));
        self.open(Frame::List { offset, elements, optional })?;
        Ok(None)
    }

    /// The next key of a map, or its end.
    pub(super) fn map(&mut self, offset: usize, entries: Vec<Entry>) -> Parsed<Option<NodeId>> {
        self.skip_lone_comma(entries.is_empty());
        if self.take("}") {
            let height = self.highest(entries.iter().flat_map(|e| [e.key, e.value]));
            return self.add(NodeKind::Map(entries), offset, height).map(Some);
        }
        let optional = self.take("?");
        self.open(Frame::MapKey { offset, entries, optional })?;
        Ok(None)
    }

    /// The next field of a message, or its end.
    pub(super) fn structure(&mut self, offset: usize, name: Box<str>, fields: Vec<Entry>) -> Parsed<Option<NodeId>> {
        self.skip_lone_comma(fields.is_empty());
        if self.take("}") {
            let height = self.highest(fields.iter().map(|e| e.value));
            return self.add(NodeKind::Struct { name, fields }, offset, height).map(Some);
        }
        let optional = self.take("?");
        let token = self.next();
        let field = match token.kind {
            TokenKind::Ident => token.text.into(),
            TokenKind::EscapedIdent => token.text.trim_matches('`').into(),
            _ => return Err(self.unexpected(&token, "a field name")),
        };
        let colon = self.next();
        if colon.kind != TokenKind::Symbol(":") {
            return Err(self.unexpected(&colon, "':'"));
        }
        self.open(Frame::Struct { offset, name, fields, field, optional })?;
        Ok(None)
    }

    fn skip_lone_comma(&mut self, first: bool) {
        let comma = self.peek().kind == TokenKind::Symbol(",");
        let close = self.tokens.get(self.at + 1).map(|t| t.kind) == Some(TokenKind::Symbol("}"));
        self.at += usize::from(first && comma && close);
    }

    /// A call whose opening bracket was just read.
    pub(super) fn call(&mut self, offset: usize, target: Option<NodeId>, function: Box<str>) -> Parsed<Option<NodeId>> {
        if self.take(")") {
            return self.finish_call(offset, target, function, Vec::new()).map(Some);
        }
        self.open(Frame::Arguments { offset, target, function, arguments: Vec::new() })?;
        Ok(None)
    }

    fn finish_call(
        &mut self,
        offset: usize,
        target: Option<NodeId>,
        function: Box<str>,
        arguments: Vec<NodeId>,
    ) -> Parsed<NodeId> {
        let height = self.highest(target.iter().chain(&arguments).copied()) + usize::from(target.is_some());
        check_height(height, offset)?;
        let expanded = macros::expand(&mut self.ast, target, &function, &arguments, offset);
        match expanded {
            Ok(Some(node)) => {
                self.set_height(node, height);
                Ok(node)
            }
            Ok(None) => self.add(NodeKind::Call { target, function, arguments }, offset, height),
            Err(MacroError::At { node, message }) => Err(Issue::new(self.ast.offset(node), message)),
            Err(MacroError::TooLarge(_)) => Err(too_large(offset)),
        }
    }
}

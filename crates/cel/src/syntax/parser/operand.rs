//! The beginning of an operand: literals, names, signs and opening brackets.

use super::super::ast::{Literal, NodeId, NodeKind};
use super::super::lexer::{Token, TokenKind};
use super::super::literal::unescape;
use super::{Frame, Parsed, Parser};
use crate::error::Issue;

impl<'s> Parser<'s> {
    /// Reads the beginning of an operand.
    pub(super) fn operand(&mut self) -> Parsed<Option<NodeId>> {
        let token = self.next();
        match token.kind {
            TokenKind::Symbol(sign @ ("!" | "-")) => {
                let number = matches!(self.peek().kind, TokenKind::Int | TokenKind::Float);
                if sign == "-" && number {
                    return self.number(token.offset, "-").map(Some);
                }
                self.signs(sign, token.offset)?;
                Ok(None)
            }
            TokenKind::Int | TokenKind::Float => {
                self.at -= 1;
                self.number(token.offset, "").map(Some)
            }
            TokenKind::Uint => {
                let text = token.text.trim_end_matches(['u', 'U']);
                let parsed = match text.strip_prefix("0x") {
                    Some(hex) => u64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                let value = parsed.map_err(|_| Issue::new(token.offset, "invalid uint literal"))?;
                self.literal(Literal::Uint(value), token.offset).map(Some)
            }
            TokenKind::String => {
                let bytes = unescape(token.text, false);
                let text = bytes
                    .and_then(|b| String::from_utf8(b).map_err(|_| "unable to unescape string"))
                    .map_err(|message| Issue::new(token.offset, message))?;
                self.literal(Literal::String(text.into()), token.offset).map(Some)
            }
            TokenKind::Bytes => {
                let bytes = unescape(token.text.get(1..).unwrap_or(""), true)
                    .map_err(|message| Issue::new(token.offset, message))?;
                self.literal(Literal::Bytes(bytes.into()), token.offset).map(Some)
            }
            TokenKind::True => self.literal(Literal::Bool(true), token.offset).map(Some),
            TokenKind::False => self.literal(Literal::Bool(false), token.offset).map(Some),
            TokenKind::Null => self.literal(Literal::Null, token.offset).map(Some),
            TokenKind::Symbol("(") => {
                self.open(Frame::Group)?;
                Ok(None)
            }
            TokenKind::Symbol("[") => {
                let frame = Frame::List { offset: token.offset, elements: Vec::new(), optional: Vec::new() };
                self.list(frame)
            }
            TokenKind::Symbol("{") => self.map(token.offset, Vec::new()),
            TokenKind::Symbol(".") => {
                let name = self.next();
                if name.kind != TokenKind::Ident {
                    return Err(self.unexpected(&name, "an identifier"));
                }
                self.name(name, ".", token.offset)
            }
            TokenKind::Ident => self.name(token, "", token.offset),
            _ => Err(self.unexpected(&token, "an operand")),
        }
    }

    /// One or more of the same prefix operator.
    fn signs(&mut self, sign: &'static str, offset: usize) -> Parsed<()> {
        let mut count = 1;
        while self.peek().kind == TokenKind::Symbol(sign) {
            self.at += 1;
            count += 1;
        }
        if let TokenKind::Symbol("!") | TokenKind::Symbol("-") = self.peek().kind {
            // `!` takes a negative number, but no other mixture of the two.
            let after = self.tokens.get(self.at + 1).map(|t| t.kind);
            let number = matches!(after, Some(TokenKind::Int | TokenKind::Float));
            if sign == "-" || !number {
                return Err(self.unexpected(&self.peek(), "an operand"));
            }
        }
        let function = if sign == "!" { "!_" } else { "-_" };
        self.frames.push(match count % 2 {
            1 => Frame::Unary { offset, function },
            _ => Frame::Cancelled,
        });
        Ok(())
    }

    fn number(&mut self, offset: usize, sign: &str) -> Parsed<NodeId> {
        let token = self.next();
        if token.kind == TokenKind::Float {
            let value = format!("{sign}{}", token.text).parse::<f64>().ok();
            let value = value.filter(|v| v.is_finite()).ok_or_else(|| Issue::new(offset, "invalid double literal"))?;
            return self.literal(Literal::Double(value), offset);
        }
        let parsed = match token.text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16),
            None => format!("{sign}{}", token.text).parse(),
        };
        let value = parsed.map_err(|_| Issue::new(offset, "invalid int literal"))?;
        self.literal(Literal::Int(value), offset)
    }

    /// A name, a call of a global function, or a message.
    fn name(&mut self, token: Token<'s>, dot: &str, offset: usize) -> Parsed<Option<NodeId>> {
        if let Some(name) = self.message_name(token.text) {
            let brace = self.next();
            return self.structure(brace.offset, format!("{dot}{name}").into(), Vec::new());
        }
        if RESERVED.contains(&token.text) {
            return Err(Issue::new(offset, format!("reserved identifier: {}", token.text)));
        }
        let name: Box<str> = format!("{dot}{}", token.text).into();
        if self.peek().kind == TokenKind::Symbol("(") {
            let open = self.next();
            return self.call(open.offset, None, name);
        }
        self.add(NodeKind::Ident(name), token.offset, 0).map(Some)
    }

    /// If `first.second.third {` stands here, consumes the names.
    fn message_name(&mut self, first: &str) -> Option<String> {
        let mut name = first.to_owned();
        let mut at = self.at;
        loop {
            match self.tokens.get(at)?.kind {
                TokenKind::Symbol("{") => {
                    self.at = at;
                    return Some(name);
                }
                TokenKind::Symbol(".") => {
                    let next = self.tokens.get(at + 1)?;
                    if next.kind != TokenKind::Ident {
                        return None;
                    }
                    name.push('.');
                    name.push_str(next.text);
                    at += 2;
                }
                _ => return None,
            }
        }
    }
}

/// Words that cannot name a variable.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
    "while",
];

//! Operators by their binding strength.

use super::super::ast::{NodeId, NodeKind};
use super::super::lexer::{Token, TokenKind};
use super::{Frame, Operator, Parsed, Parser};

impl<'s> Parser<'s> {
    /// What comes after a finished operand: a binary operator, a separator, or the end.
    pub(super) fn operator(&mut self, mut value: NodeId) -> Parsed<Operator> {
        match self.frames.last() {
            Some(Frame::Cancelled) => {
                self.frames.pop();
            }
            Some(Frame::Unary { offset, function }) => {
                let (offset, function) = (*offset, (*function).into());
                self.frames.pop();
                let height = self.height(value);
                let call = NodeKind::Call { target: None, function, arguments: vec![value] };
                value = self.add(call, offset, height)?;
            }
            _ => {}
        }
        let token = self.next();
        if let Some((level, function)) = binary(&token) {
            value = self.reduce(value, level)?;
            self.push_binary(value, level, function, token.offset)?;
            return Ok(Operator::Operand);
        }
        value = self.reduce(value, Level::Or)?;
        match token.kind {
            TokenKind::Symbol("?") if !matches!(self.frames.last(), Some(Frame::Then { .. })) => {
                value = self.reduce_logic(value)?;
                if matches!(self.frames.last(), Some(Frame::Then { .. })) {
                    return Err(self.unexpected(&token, "':'"));
                }
                self.frames.push(Frame::Then { offset: token.offset, condition: value });
                return Ok(Operator::Operand);
            }
            TokenKind::Symbol(":") => {
                value = self.reduce_logic(value)?;
                if let Some(Frame::Then { offset, condition }) = self.frames.last() {
                    let (offset, condition) = (*offset, *condition);
                    self.frames.pop();
                    self.frames.push(Frame::Else { offset, condition, then: value });
                    self.depth.expr += 1;
                    self.check_depth()?;
                    return Ok(Operator::Operand);
                }
            }
            _ => value = self.reduce_logic(value)?,
        }
        value = self.reduce_ternary(value)?;
        self.separator(value, token)
    }

    fn push_binary(&mut self, value: NodeId, level: Level, function: &'static str, offset: usize) -> Parsed<()> {
        match level {
            Level::Or | Level::And => {
                if let Some(Frame::Logic { level: open, terms, .. }) = self.frames.last_mut()
                    && *open == level
                {
                    terms.push(value);
                    return Ok(());
                }
                self.frames.push(Frame::Logic { level, function, offset, terms: vec![value] });
            }
            _ => {
                if level == Level::Relation {
                    self.depth.relation += 1;
                } else {
                    self.depth.calc += 1;
                }
                self.check_depth()?;
                self.frames.push(Frame::Binary { offset, level, function, left: value });
            }
        }
        Ok(())
    }

    /// Closes the operators that bind at least as strongly as one of `level`; an open chain of
    /// the same logical operator stays open.
    fn reduce(&mut self, mut value: NodeId, level: Level) -> Parsed<NodeId> {
        loop {
            match self.frames.last() {
                Some(Frame::Binary { level: open, .. }) if *open >= level => {}
                Some(Frame::Logic { level: open, .. }) if *open > level => {}
                _ => return Ok(value),
            }
            value = self.close(value)?;
        }
    }

    fn reduce_logic(&mut self, mut value: NodeId) -> Parsed<NodeId> {
        while matches!(self.frames.last(), Some(Frame::Logic { .. })) {
            value = self.close(value)?;
        }
        Ok(value)
    }

    fn reduce_ternary(&mut self, mut value: NodeId) -> Parsed<NodeId> {
        while matches!(self.frames.last(), Some(Frame::Else { .. })) {
            value = self.close(value)?;
        }
        Ok(value)
    }

    /// Closes the innermost operator with `value` as its last operand.
    fn close(&mut self, value: NodeId) -> Parsed<NodeId> {
        let (offset, function, arguments, nests) = match self.frames.pop() {
            Some(Frame::Binary { offset, level, function, left }) => {
                if level == Level::Relation {
                    self.depth.relation -= 1;
                } else {
                    self.depth.calc -= 1;
                }
                (offset, function, vec![left, value], 1)
            }
            Some(Frame::Logic { offset, function, mut terms, .. }) => {
                terms.push(value);
                (offset, function, terms, 0)
            }
            Some(Frame::Else { offset, condition, then }) => {
                self.depth.expr -= 1;
                (offset, "_?_:_", vec![condition, then, value], 1)
            }
            _ => return Ok(value),
        };
        let height = self.highest(arguments.iter().copied()) + nests;
        let call = NodeKind::Call { target: None, function: function.into(), arguments };
        self.add(call, offset, height)
    }
}

/// Binding strength of binary operators, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Relation,
    Sum,
    Product,
}

fn binary(token: &Token<'_>) -> Option<(Level, &'static str)> {
    let symbol = match token.kind {
        TokenKind::Symbol(symbol) => symbol,
        TokenKind::In => return Some((Level::Relation, "@in")),
        _ => return None,
    };
    Some(match symbol {
        "||" => (Level::Or, "_||_"),
        "&&" => (Level::And, "_&&_"),
        "<" => (Level::Relation, "_<_"),
        "<=" => (Level::Relation, "_<=_"),
        ">" => (Level::Relation, "_>_"),
        ">=" => (Level::Relation, "_>=_"),
        "==" => (Level::Relation, "_==_"),
        "!=" => (Level::Relation, "_!=_"),
        "+" => (Level::Sum, "_+_"),
        "-" => (Level::Sum, "_-_"),
        "*" => (Level::Product, "_*_"),
        "/" => (Level::Product, "_/_"),
        "%" => (Level::Product, "_%_"),
        _ => return None,
    })
}

//! The grammar of CEL, without recursion: what is open stands on an explicit stack.

use super::ast::{Ast, Entry, Literal, NodeId, NodeKind, TooLarge};
use super::lexer::{Token, TokenKind, tokenize};
use super::literal::unescape;
use super::macros::{self, MacroError};
use crate::error::Issue;

/// The longest source, in code points.
const MAX_CODE_POINTS: usize = 100_000;
/// How deep rules of the grammar, and operators, may nest.
const MAX_DEPTH: usize = 250;

/// Reads one expression and expands its macros.
pub(crate) fn parse(source: &str) -> Result<Ast, Issue> {
    let size = source.chars().count();
    if size > MAX_CODE_POINTS {
        return Err(Issue::new(
            0,
            format!("expression code point size exceeds limit: size: {size}, limit {MAX_CODE_POINTS}"),
        ));
    }
    let tokens = tokenize(source)
        .map_err(|e| Issue::new(e.offset, format!("Syntax error: token recognition error at: '{}'", e.text)))?;
    let mut parser =
        Parser { tokens, at: 0, ast: Ast::default(), heights: Vec::new(), frames: Vec::new(), depth: Depth::default() };
    parser.run()?;
    let quoted = parser.tokens.iter().filter(|token| token.kind == TokenKind::EscapedIdent);
    parser.ast.set_quoted_names(quoted.map(|token| token.offset).collect());
    Ok(parser.ast)
}

/// Something that has begun and waits for an operand.
enum Frame {
    Start,
    Group,
    List {
        offset: usize,
        elements: Vec<NodeId>,
        optional: Vec<bool>,
    },
    MapKey {
        offset: usize,
        entries: Vec<Entry>,
        optional: bool,
    },
    MapValue {
        offset: usize,
        entries: Vec<Entry>,
        optional: bool,
        key: NodeId,
    },
    Struct {
        offset: usize,
        name: Box<str>,
        fields: Vec<Entry>,
        field: Box<str>,
        optional: bool,
    },
    Arguments {
        offset: usize,
        target: Option<NodeId>,
        function: Box<str>,
        arguments: Vec<NodeId>,
    },
    Index {
        offset: usize,
        operand: NodeId,
        optional: bool,
    },
    /// `!` or `-`, an odd number of them.
    Unary {
        offset: usize,
        function: &'static str,
    },
    /// An even number of `!` or `-`, which cancel each other.
    Cancelled,
    Binary {
        offset: usize,
        level: Level,
        function: &'static str,
        left: NodeId,
    },
    Logic {
        level: Level,
        function: &'static str,
        offset: usize,
        terms: Vec<NodeId>,
    },
    Then {
        offset: usize,
        condition: NodeId,
    },
    Else {
        offset: usize,
        condition: NodeId,
        then: NodeId,
    },
}

/// Binding strength of binary operators, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Relation,
    Sum,
    Product,
}

/// How often the rules of the grammar that nest are open at this point.
#[derive(Default)]
struct Depth {
    expr: usize,
    relation: usize,
    calc: usize,
}

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    at: usize,
    ast: Ast,
    /// For each node, how many operators, selections, calls and indexes nest in it.
    heights: Vec<usize>,
    frames: Vec<Frame>,
    depth: Depth,
}

type Parsed<T> = Result<T, Issue>;

impl<'s> Parser<'s> {
    fn run(&mut self) -> Parsed<()> {
        self.frames.push(Frame::Start);
        self.enter()?;
        loop {
            // An operand may open a bracket: then there is no value yet, and another operand
            // follows.
            let Some(mut value) = self.operand()? else { continue };
            loop {
                match self.postfix(value)? {
                    Postfix::Value(next) => value = next,
                    Postfix::Opened => break,
                    Postfix::Done => match self.operator(value)? {
                        Operator::Closed(next) => value = next,
                        Operator::Operand => break,
                        Operator::Finished(root) => {
                            self.ast.set_root(root);
                            return Ok(());
                        }
                    },
                }
            }
        }
    }

    /// Reads the beginning of an operand.
    fn operand(&mut self) -> Parsed<Option<NodeId>> {
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

    fn postfix(&mut self, value: NodeId) -> Parsed<Postfix> {
        let token = self.peek();
        match token.kind {
            TokenKind::Symbol(".") => {
                self.at += 1;
                let optional = self.take("?");
                let name = self.next();
                let field: Box<str> = match name.kind {
                    TokenKind::Ident => name.text.into(),
                    TokenKind::EscapedIdent => name.text.trim_matches('`').into(),
                    _ => return Err(self.unexpected(&name, "a field name")),
                };
                let open = self.peek();
                if open.kind == TokenKind::Symbol("(") && name.kind == TokenKind::Ident && !optional {
                    self.at += 1;
                    return Ok(match self.call(open.offset, Some(value), field)? {
                        Some(done) => Postfix::Value(done),
                        None => Postfix::Opened,
                    });
                }
                let height = self.height(value) + 1;
                let node = if optional {
                    let field = self.literal(Literal::String(field), name.offset)?;
                    let arguments = vec![value, field];
                    let function = "_?._".into();
                    NodeKind::Call { target: None, function, arguments }
                } else {
                    NodeKind::Select { operand: value, field, presence: false }
                };
                self.add(node, token.offset, height).map(Postfix::Value)
            }
            TokenKind::Symbol("[") => {
                self.at += 1;
                let optional = self.take("?");
                self.open(Frame::Index { offset: token.offset, operand: value, optional })?;
                Ok(Postfix::Opened)
            }
            _ => Ok(Postfix::Done),
        }
    }

    /// What comes after a finished operand: a binary operator, a separator, or the end.
    fn operator(&mut self, mut value: NodeId) -> Parsed<Operator> {
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

    /// A comma, a colon in a map, a closing bracket, or the end.
    fn separator(&mut self, value: NodeId, token: Token<'s>) -> Parsed<Operator> {
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
    fn list(&mut self, frame: Frame) -> Parsed<Option<NodeId>> {
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
    fn map(&mut self, offset: usize, entries: Vec<Entry>) -> Parsed<Option<NodeId>> {
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
    fn structure(&mut self, offset: usize, name: Box<str>, fields: Vec<Entry>) -> Parsed<Option<NodeId>> {
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
    fn call(&mut self, offset: usize, target: Option<NodeId>, function: Box<str>) -> Parsed<Option<NodeId>> {
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

    /// Begins something in which an expression follows.
    fn open(&mut self, frame: Frame) -> Parsed<()> {
        self.frames.push(frame);
        self.enter()
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth.expr += 1;
        self.depth.relation += 1;
        self.depth.calc += 1;
        self.check_depth()
    }

    fn leave(&mut self) {
        self.depth.expr -= 1;
        self.depth.relation -= 1;
        self.depth.calc -= 1;
    }

    fn check_depth(&self) -> Parsed<()> {
        let Depth { expr, relation, calc } = self.depth;
        if expr.max(relation).max(calc) > MAX_DEPTH {
            let message = format!("expression recursion limit exceeded: {MAX_DEPTH}");
            return Err(Issue::new(self.peek().offset, message));
        }
        Ok(())
    }

    fn literal(&mut self, literal: Literal, offset: usize) -> Parsed<NodeId> {
        self.add(NodeKind::Literal(literal), offset, 0)
    }

    fn add(&mut self, kind: NodeKind, offset: usize, height: usize) -> Parsed<NodeId> {
        check_height(height, offset)?;
        let id = self.ast.add(kind, offset).map_err(|TooLarge| too_large(offset))?;
        self.set_height(id, height);
        Ok(id)
    }

    fn height(&self, id: NodeId) -> usize {
        self.heights.get(id.index()).copied().unwrap_or(0)
    }

    fn highest(&self, ids: impl Iterator<Item = NodeId>) -> usize {
        ids.map(|id| self.height(id)).max().unwrap_or(0)
    }

    fn set_height(&mut self, id: NodeId, height: usize) {
        self.heights.resize(self.ast.len(), 0);
        if let Some(slot) = self.heights.get_mut(id.index()) {
            *slot = height;
        }
    }

    fn peek(&self) -> Token<'s> {
        let end = Token { kind: TokenKind::End, text: "<EOF>", offset: 0 };
        self.tokens.get(self.at).or(self.tokens.last()).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token<'s> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn take(&mut self, symbol: &'static str) -> bool {
        let found = self.peek().kind == TokenKind::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, token: &Token<'_>, wanted: &str) -> Issue {
        Issue::new(token.offset, format!("Syntax error: unexpected '{}', expected {wanted}", token.text))
    }
}

enum Postfix {
    Value(NodeId),
    Opened,
    Done,
}

enum Operator {
    /// A bracket was closed; what it held may be selected from.
    Closed(NodeId),
    /// An operand follows.
    Operand,
    Finished(NodeId),
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

fn check_height(height: usize, offset: usize) -> Parsed<()> {
    if height > MAX_DEPTH {
        return Err(Issue::new(offset, "max recursion depth exceeded"));
    }
    Ok(())
}

fn too_large(offset: usize) -> Issue {
    Issue::new(offset, "expression is too large once its macros are expanded")
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

//! The grammar of CEL, without recursion: what is open stands on an explicit stack.

mod brackets;
mod operand;
mod operators;

use self::operators::Level;
use super::ast::{Ast, Entry, Literal, NodeId, NodeKind, TooLarge};
use super::lexer::{Token, TokenKind, tokenize};
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

fn check_height(height: usize, offset: usize) -> Parsed<()> {
    if height > MAX_DEPTH {
        return Err(Issue::new(offset, "max recursion depth exceeded"));
    }
    Ok(())
}

fn too_large(offset: usize) -> Issue {
    Issue::new(offset, "expression is too large once its macros are expanded")
}

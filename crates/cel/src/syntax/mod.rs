//! From text to a syntax tree with macros expanded.

mod ast;
mod lexer;
mod literal;
mod macros;
mod parser;

pub(crate) use ast::{Ast, Comprehension, Literal, NodeId, NodeKind};
pub(crate) use parser::parse;

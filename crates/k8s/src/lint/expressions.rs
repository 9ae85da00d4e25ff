//! Places inside of expressions.

use crate::yaml::{Document, Place};
use claimant_cel::{Env, Program};

/// Everything that does not compile in the expression at this path, in the file's lines and columns; empty where it
/// compiles, or is none.
pub(super) fn findings(document: &Document, path: &str) -> Vec<(Place, String)> {
    let Some(source) = document.text(path).filter(|source| !source.is_empty() && is_expression(path)) else {
        return Vec::new();
    };
    let Err(error) = Program::compile(&environment(path), source) else { return Vec::new() };
    let place = |line, column| {
        let place = document.place_within(path, offset(source, line, column));
        place.unwrap_or_else(|| document.place(path))
    };
    error.findings().iter().map(|one| (place(one.line, one.column), one.message.clone())).collect()
}

/// Whether a field holds an expression.
pub(super) fn is_expression(path: &str) -> bool {
    path.ends_with(".expression") || path.ends_with(".valueExpression")
}

fn environment(path: &str) -> Env {
    if path.contains("userValidationRules") { Env::user() } else { Env::claims() }
}

/// The byte at a line and a column, which count from 1, the column in characters.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

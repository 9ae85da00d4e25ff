//! What is refused although its types are right: literals that cannot work, and lists and maps of
//! mixed types.

use super::checker::{Checked, Reference};
use super::format_calls;
use super::types::Ty;
use super::unify::equivalent;
use crate::error::Issue;
use crate::eval::Timestamp;
use crate::library::{compile_regex, parse_duration, parse_timestamp};
use crate::syntax::{Ast, Literal, NodeId, NodeKind};

/// Everything that the validators of the API server's environment find.
pub(crate) fn validate(ast: &Ast, checked: &Checked) -> Vec<Issue> {
    let mut issues = Vec::new();
    // Each node with whether it lies within a call of `format`, where types may be mixed.
    let mut todo: Vec<(NodeId, bool)> = ast.root().into_iter().map(|root| (root, false)).collect();
    while let Some((node, exempt)) = todo.pop() {
        let mut exempt = exempt;
        match ast.kind(node) {
            NodeKind::Call { arguments, .. } => {
                let name = function_name(ast, checked, node);
                exempt |= name == "format";
                if let Some(argument) = arguments.first() {
                    literal_argument(ast, name, *argument, &mut issues);
                }
                if name == "format" {
                    format_calls::check(ast, checked, node, &mut issues);
                }
            }
            NodeKind::List { elements, optional } if !exempt => {
                let cells = elements.iter().copied().zip(optional.iter().copied());
                homogeneous(ast, checked, cells, &mut issues);
            }
            NodeKind::Map(entries) if !exempt => {
                homogeneous(ast, checked, entries.iter().map(|e| (e.key, false)), &mut issues);
                let values = entries.iter().map(|e| (e.value, e.optional));
                homogeneous(ast, checked, values, &mut issues);
            }
            _ => {}
        }
        todo.extend(ast.children(node).into_iter().map(|child| (child, exempt)));
    }
    issues
}

/// The name of the function that a call was found to mean.
fn function_name<'a>(ast: &'a Ast, checked: &'a Checked, node: NodeId) -> &'a str {
    match (checked.reference(node), ast.kind(node)) {
        (Some(Reference::Function { name, .. }), _) => name,
        (_, NodeKind::Call { function, .. }) => function,
        _ => "",
    }
}

/// The first argument of some functions has to be right if it is a literal. With `matches(a, b)`
/// that is the text and not the pattern, in the API server as here.
fn literal_argument(ast: &Ast, function: &str, argument: NodeId, issues: &mut Vec<Issue>) {
    let NodeKind::Literal(literal) = ast.kind(argument) else { return };
    let ok = match (function, literal) {
        ("duration", Literal::String(text)) => parse_duration(text).is_some(),
        ("timestamp", Literal::String(text)) => parse_timestamp(text).is_some(),
        ("timestamp", Literal::Int(seconds)) => Timestamp::new(*seconds, 0, 0).is_some(),
        ("matches", Literal::String(pattern)) => compile_regex(pattern).is_ok(),
        _ => true,
    };
    if !ok {
        issues.push(Issue::new(ast.offset(argument), format!("invalid {function} argument")));
    }
}

/// All parts have to be of one type.
fn homogeneous(ast: &Ast, checked: &Checked, cells: impl Iterator<Item = (NodeId, bool)>, issues: &mut Vec<Issue>) {
    let mut first: Option<Ty> = None;
    for (node, optional) in cells {
        let ty = checked.type_of(node);
        let ty = match optional {
            true => checked.types.unwrap_optional(ty).unwrap_or(ty),
            false => ty,
        };
        match first {
            None => first = Some(ty),
            Some(first) if equivalent(&checked.types, first, ty) => {}
            Some(first) => {
                let (wanted, found) = (checked.types.short_name(first), checked.types.short_name(ty));
                let message = format!("expected type '{wanted}' but found '{found}'");
                issues.push(Issue::new(ast.offset(node), message));
                return;
            }
        }
    }
}

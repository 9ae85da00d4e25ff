//! Calls of `format` with a literal format string and a literal list.

use super::checker::Checked;
use super::types::{Kind, Types};
use crate::error::Issue;
use crate::library::{Clause, Piece, read_format};
use crate::syntax::{Ast, Literal, NodeId, NodeKind};

/// Reports what cannot work.
pub(super) fn check(ast: &Ast, checked: &Checked, node: NodeId, issues: &mut Vec<Issue>) {
    let NodeKind::Call { target: Some(target), arguments, .. } = ast.kind(node) else { return };
    let NodeKind::Literal(Literal::String(format)) = ast.kind(*target) else { return };
    let [argument] = arguments.as_slice() else { return };
    let NodeKind::List { elements, .. } = ast.kind(*argument) else { return };
    let mut report = |node, message| issues.push(Issue::new(ast.offset(node), message));
    let pieces = match read_format(format) {
        Ok(pieces) => pieces,
        Err(error) => return report(node, error.0),
    };
    let mut used = 0;
    for piece in pieces {
        let Piece::Clause(clause) = piece else { continue };
        let Some(element) = elements.get(used) else {
            return report(node, format!("index {used} out of range"));
        };
        used += 1;
        if let Err((node, message)) = fits(ast, checked, clause, *element) {
            let given = checked.types.full_name(checked.type_of(node));
            return report(node, format!("error during formatting: {message}, was given {given}"));
        }
    }
    if elements.len() > used {
        let given = elements.len();
        let message = format!("too many arguments supplied to string.format (expected {used}, got {given})");
        report(node, message);
    }
}

fn fits(ast: &Ast, checked: &Checked, clause: Clause, element: NodeId) -> Result<(), (NodeId, &'static str)> {
    let ty = checked.type_of(element);
    if ty == Types::DYN && clause.verb != 's' {
        return Ok(());
    }
    let kind = match checked.types.kind(ty) {
        Kind::Wrapper(inner) => checked.types.kind(*inner),
        kind => kind,
    };
    let (ok, message) = match clause.verb {
        's' => return string(ast, checked, element),
        'd' => (matches!(kind, Kind::Int | Kind::Uint), "decimal clause can only be used on integers"),
        'f' => (matches!(kind, Kind::Double | Kind::String), "fixed-point clause can only be used on doubles"),
        'e' => (matches!(kind, Kind::Double | Kind::String), "scientific clause can only be used on doubles"),
        'b' => {
            (matches!(kind, Kind::Int | Kind::Uint | Kind::Bool), "only integers and bools can be formatted as binary")
        }
        'o' => (matches!(kind, Kind::Int | Kind::Uint), "octal clause can only be used on integers"),
        _ => (
            matches!(kind, Kind::Int | Kind::Uint | Kind::String | Kind::Bytes),
            "only integers, byte buffers, and strings can be formatted as hex",
        ),
    };
    if ok { Ok(()) } else { Err((element, message)) }
}

/// Whether the element, and all that is written in it, has a text.
fn string(ast: &Ast, checked: &Checked, element: NodeId) -> Result<(), (NodeId, &'static str)> {
    let mut todo = vec![element];
    while let Some(node) = todo.pop() {
        let ty = checked.type_of(node);
        let ok = ty == Types::DYN
            || matches!(
                checked.types.kind(ty),
                Kind::List(_)
                    | Kind::Map(..)
                    | Kind::Int
                    | Kind::Uint
                    | Kind::Double
                    | Kind::Bool
                    | Kind::String
                    | Kind::Timestamp
                    | Kind::Bytes
                    | Kind::Duration
                    | Kind::Type(_)
                    | Kind::Null
                    | Kind::Wrapper(_)
            );
        if !ok {
            return Err((
                node,
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, \
                 lists, types, durations, and timestamps",
            ));
        }
        match ast.kind(node) {
            NodeKind::List { elements, .. } => todo.extend(elements),
            NodeKind::Map(entries) => todo.extend(entries.iter().flat_map(|e| [e.key, e.value])),
            _ => {}
        }
    }
    Ok(())
}

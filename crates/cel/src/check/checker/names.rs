//! Names and fields.

use super::super::messages::global_ident;
use super::super::types::{Kind, Ty, Types};
use super::{Checker, Reference, function};
use crate::env::Env;
use crate::syntax::{Ast, Literal, NodeId, NodeKind};

impl Checker<'_> {
    pub(super) fn ident(&mut self, node: NodeId, written: &str) {
        let global = written.starts_with('.');
        let name = written.trim_start_matches('.');
        if !global && let Some((_, ty)) = self.scopes.iter().rev().find(|(n, _)| **n == *name) {
            let ty = *ty;
            self.set_type(node, ty);
            self.refer(node, Reference::Variable { name: name.into(), global: false });
            return;
        }
        if !self.global(node, name) {
            let message = format!("undeclared reference to '{written}' (in container '')");
            self.issue(node, message);
            self.set_type(node, Types::ERROR);
        }
    }

    /// A selection that spells the name of a type, say `google.protobuf.Duration`.
    pub(super) fn qualified(&mut self, node: NodeId) -> bool {
        let Some(name) = qualified_name(self.ast, node) else { return false };
        let first = name.split('.').find(|part| !part.is_empty()).unwrap_or("");
        if !name.starts_with('.') && self.scopes.iter().any(|(n, _)| **n == *first) {
            return false;
        }
        self.global(node, name.trim_start_matches('.'))
    }

    /// Gives `node` the meaning that `name` has outside of macros.
    fn global(&mut self, node: NodeId, name: &str) -> bool {
        if let Some((name, ty)) = self.globals.get_key_value(name) {
            let (name, ty) = (*name, *ty);
            self.set_type(node, ty);
            self.refer(node, Reference::Variable { name: name.into(), global: true });
            return true;
        }
        let Some((reference, ty)) = global_ident(name, &mut self.types) else { return false };
        self.set_type(node, ty);
        self.refer(node, reference);
        true
    }

    pub(super) fn select(&mut self, node: NodeId) {
        let NodeKind::Select { operand, field, presence } = self.ast.kind(node) else { return };
        let found = self.field(node, *operand, field, false);
        let ty = if *presence { Types::BOOL } else { found };
        let ty = self.substitution.apply(&mut self.types, ty, false);
        self.set_type(node, ty);
    }

    pub(super) fn optional_select(&mut self, node: NodeId) {
        let NodeKind::Call { arguments, .. } = self.ast.kind(node) else { return };
        let [operand, field] = arguments.as_slice() else { return };
        let NodeKind::Literal(Literal::String(name)) = self.ast.kind(*field) else {
            return;
        };
        let found = self.field(node, *operand, name, true);
        let ty = self.substitution.apply(&mut self.types, found, false);
        self.set_type(node, ty);
        self.set_type(*field, Types::STRING);
        self.refer(node, function("_?._", vec!["select_optional_field"], false));
    }

    pub(super) fn field(&mut self, node: NodeId, operand: NodeId, field: &str, optional: bool) -> Ty {
        let operand = self.node_type(operand);
        let operand = self.substitution.apply(&mut self.types, operand, false);
        let inner = self.types.unwrap_optional(operand);
        let target = inner.unwrap_or(operand);
        let result = match self.types.kind(target).clone() {
            Kind::Map(_, value) => value,
            Kind::Struct(name) => match Env::field(name, field, &mut self.types) {
                Some(ty) => ty,
                None => {
                    self.issue(node, format!("undefined field '{field}'"));
                    Types::ERROR
                }
            },
            Kind::Parameter(_) => {
                self.substitution.assignable(&mut self.types, &[(Types::DYN, target)]);
                Types::DYN
            }
            _ => {
                if !self.types.is_dyn_or_error(target) {
                    let name = self.types.short_name(target);
                    self.issue(node, format!("type '{name}' does not support field selection"));
                }
                Types::DYN
            }
        };
        if optional || inner.is_some() { self.types.optional(result) } else { result }
    }
}

/// `a.b.c`, if the node is nothing but names.
pub(super) fn qualified_name(ast: &Ast, mut node: NodeId) -> Option<String> {
    let mut parts = Vec::new();
    loop {
        match ast.kind(node) {
            NodeKind::Ident(name) => {
                parts.push(&**name);
                parts.reverse();
                return Some(parts.join("."));
            }
            NodeKind::Select { operand, field, presence: false } => {
                parts.push(field);
                node = *operand;
            }
            _ => return None,
        }
    }
}

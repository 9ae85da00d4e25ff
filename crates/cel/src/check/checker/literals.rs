//! Lists, maps and messages.

use super::super::messages::Message;
use super::super::types::{Ty, Types};
use super::super::unify::most_general;
use super::{Checker, Reference};
use crate::syntax::{Literal, NodeId, NodeKind};

impl Checker<'_> {
    pub(super) fn list(&mut self, node: NodeId) {
        let NodeKind::List { elements, optional } = self.ast.kind(node) else { return };
        let mut joined = None;
        for (element, optional) in elements.iter().zip(optional) {
            let ty = self.element_type(*element, *optional);
            joined = Some(self.join(joined, ty));
        }
        let element = joined.unwrap_or_else(|| self.fresh());
        let list = self.types.list(element);
        self.set_type(node, list);
    }

    pub(super) fn map(&mut self, node: NodeId) {
        let NodeKind::Map(entries) = self.ast.kind(node) else { return };
        let (mut key, mut value) = (None, None);
        for entry in entries {
            let ty = self.node_type(entry.key);
            key = Some(self.join(key, ty));
            let ty = self.element_type(entry.value, entry.optional);
            value = Some(self.join(value, ty));
        }
        let key = key.unwrap_or_else(|| self.fresh());
        let value = value.unwrap_or_else(|| self.fresh());
        let map = self.types.map(key, value);
        self.set_type(node, map);
    }

    /// The type that an element adds to its list or map; one that is written `?element` has to be
    /// optional.
    fn element_type(&mut self, element: NodeId, optional: bool) -> Ty {
        let ty = self.node_type(element);
        if !optional {
            return ty;
        }
        if let Some(inner) = self.types.unwrap_optional(ty) {
            return inner;
        }
        let wanted = self.types.optional(ty);
        if !self.types.is_dyn(ty) {
            self.mismatch(element, wanted, ty);
        }
        ty
    }

    /// The type of all elements so far. Mixed ones are `dyn`; a validator refuses most of them.
    pub(super) fn join(&mut self, previous: Option<Ty>, ty: Ty) -> Ty {
        let Some(previous) = previous else { return ty };
        if self.substitution.assignable(&mut self.types, &[(previous, ty)]) {
            return most_general(&self.types, previous, ty);
        }
        Types::DYN
    }

    pub(super) fn structure(&mut self, node: NodeId) {
        let NodeKind::Struct { name, fields } = self.ast.kind(node) else { return };
        let Some(message) = Message::named(name.trim_start_matches('.')) else {
            let message = format!("undeclared reference to '{name}' (in container '')");
            self.issue(node, message);
            return;
        };
        let ty = message.result_type(&mut self.types);
        self.set_type(node, ty);
        self.refer(node, Reference::Message(message));
        for entry in fields {
            let Some(wanted) = message.field(&entry.field, &mut self.types) else {
                self.issue(entry.value, format!("undefined field '{}'", entry.field));
                continue;
            };
            let given = self.element_type(entry.value, entry.optional);
            if !self.substitution.assignable(&mut self.types, &[(wanted, given)]) {
                let (wanted, given) = (self.types.short_name(wanted), self.types.short_name(given));
                let message =
                    format!("expected type of field '{}' is '{wanted}' but provided type is '{given}'", entry.field);
                self.issue(entry.value, message);
            }
        }
    }
}

/// The type of a constant.
pub(super) fn literal_type(literal: &Literal) -> Ty {
    match literal {
        Literal::Null => Types::NULL,
        Literal::Bool(_) => Types::BOOL,
        Literal::Int(_) => Types::INT,
        Literal::Uint(_) => Types::UINT,
        Literal::Double(_) => Types::DOUBLE,
        Literal::String(_) => Types::STRING,
        Literal::Bytes(_) => Types::BYTES,
    }
}

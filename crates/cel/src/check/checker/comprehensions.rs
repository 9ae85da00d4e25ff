//! What macros expand to.

use super::super::types::{Kind, Types};
use super::{Checker, Task};
use crate::syntax::{NodeId, NodeKind};

impl Checker<'_> {
    pub(super) fn range(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        let range = self.node_type(c.range);
        let range = self.substitution.apply(&mut self.types, range, false);
        let accumulator = self.node_type(c.init);
        self.scopes.push((c.accumulator.clone(), accumulator));
        let (first, second) = match *self.types.kind(range) {
            Kind::List(element) if c.variable2.is_some() => (Types::INT, element),
            Kind::List(element) => (element, element),
            Kind::Map(key, value) => (key, value),
            Kind::Dyn | Kind::Error | Kind::Parameter(_) => {
                self.substitution.assignable(&mut self.types, &[(Types::DYN, range)]);
                (Types::DYN, Types::DYN)
            }
            _ => {
                let name = self.types.short_name(range);
                let message = format!(
                    "expression of type '{name}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.issue(c.range, message);
                (Types::ERROR, Types::ERROR)
            }
        };
        self.scopes.push((c.variable.clone(), first));
        if let Some(name) = &c.variable2 {
            self.scopes.push((name.clone(), second));
        }
        self.todo.push(Task::Condition(node));
        self.todo.push(Task::Check(c.condition));
    }

    pub(super) fn condition(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.expect(c.condition, Types::BOOL, self.node_type(c.condition));
        self.todo.push(Task::Step(node));
        self.todo.push(Task::Check(c.step));
    }

    pub(super) fn step(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.expect(c.step, self.node_type(c.init), self.node_type(c.step));
        self.scopes.pop();
        if c.variable2.is_some() {
            self.scopes.pop();
        }
        self.todo.push(Task::Result(node));
        self.todo.push(Task::Check(c.result));
    }

    pub(super) fn result(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.scopes.pop();
        let ty = self.node_type(c.result);
        let ty = self.substitution.apply(&mut self.types, ty, false);
        self.set_type(node, ty);
    }
}

//! Calls: which overloads fit.

use super::super::declarations::Overload;
use super::super::types::{Kind, Ty, Types};
use super::names::qualified_name;
use super::{Checker, Task, function};
use crate::syntax::{NodeId, NodeKind};

impl Checker<'_> {
    pub(super) fn arguments(&mut self, node: NodeId) {
        let NodeKind::Call { target, function: name, arguments } = self.ast.kind(node) else {
            return;
        };
        let Some(target) = target else {
            self.resolve(node, name.trim_start_matches('.'), name, None, arguments);
            return;
        };
        // `a.b.f()` calls the function `a.b.f` if there is one, else `f` of `a.b`.
        if let Some(prefix) = qualified_name(self.ast, *target) {
            let full = format!("{prefix}.{name}");
            let full = full.trim_start_matches('.');
            if self.declarations.overloads(full).is_some() {
                self.resolve(node, full, full, None, arguments);
                return;
            }
        }
        self.todo.push(Task::Call(node));
        self.todo.push(Task::Check(*target));
    }

    pub(super) fn member_call(&mut self, node: NodeId) {
        if let NodeKind::Call { target, function, arguments } = self.ast.kind(node) {
            self.resolve(node, function, function, *target, arguments);
        }
    }

    fn resolve(&mut self, node: NodeId, name: &str, written: &str, target: Option<NodeId>, arguments: &[NodeId]) {
        self.set_type(node, Types::ERROR);
        let Some(overloads) = self.declarations.overloads(name) else {
            let message = format!("undeclared reference to '{written}' (in container '')");
            self.issue(node, message);
            return;
        };
        let given: Vec<Ty> = target.iter().chain(arguments).map(|a| self.node_type(*a)).collect();
        if matches!(name, "_&&_" | "_||_") {
            self.logic(node, name, arguments);
            return;
        }
        let mut fitting = Vec::new();
        let mut result = None;
        for overload in overloads.iter().filter(|o| o.member == target.is_some()) {
            let Some(ty) = self.try_overload(overload, &given) else { continue };
            fitting.push(overload.id);
            result = Some(match result {
                None => ty,
                Some(first) if self.types.is_dyn(first) || first == ty => first,
                Some(_) => Types::DYN,
            });
        }
        let Some(result) = result else {
            let signature = self.signature(&given, target.is_some());
            let message = format!("found no matching overload for '{name}' applied to '{signature}'");
            self.issue(node, message);
            return;
        };
        self.set_type(node, result);
        self.refer(node, function(name, fitting, target.is_some()));
    }

    /// The type that the overload gives for these arguments, if it takes them.
    fn try_overload(&mut self, overload: &Overload, given: &[Ty]) -> Option<Ty> {
        if overload.arguments.len() != given.len() {
            return None;
        }
        let base = self.next_parameter;
        self.next_parameter += overload.parameters;
        let fresh = |types: &mut Types, ty: Ty| {
            types.replace(ty, &mut |types, _, number| types.intern(Kind::Parameter(base + number)))
        };
        let pairs: Vec<(Ty, Ty)> =
            given.iter().zip(&overload.arguments).map(|(g, wanted)| (*g, fresh(&mut self.types, *wanted))).collect();
        let result = fresh(&mut self.types, overload.result);
        self.substitution
            .assignable(&mut self.types, &pairs)
            .then(|| self.substitution.apply(&mut self.types, result, false))
    }

    fn logic(&mut self, node: NodeId, name: &str, arguments: &[NodeId]) {
        let mut ok = true;
        for argument in arguments {
            ok &= self.expect(*argument, self.node_type(*argument), Types::BOOL);
        }
        if ok {
            self.set_type(node, Types::BOOL);
        }
        let overload = if name == "_&&_" { "logical_and" } else { "logical_or" };
        self.refer(node, function(name, vec![overload], false));
    }

    fn signature(&mut self, given: &[Ty], member: bool) -> String {
        let mut names = Vec::new();
        for ty in given {
            let ty = self.substitution.apply(&mut self.types, *ty, true);
            names.push(self.types.short_name(ty));
        }
        match names.split_first() {
            Some((target, rest)) if member => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", names.join(", ")),
        }
    }
}

//! Calls of functions and operators.

use super::super::Op;
use super::super::constants::membership;
use super::{Builder, Task};
use crate::check::Reference;
use crate::error::Issue;
use crate::eval::{CostRule, NEW_LIST, Value};
use crate::library::{Function, compile_regex};
use crate::syntax::{NodeId, NodeKind};

impl<'a> Builder<'a> {
    pub(super) fn call(&mut self, node: NodeId, arguments: Vec<NodeId>) -> Result<(), Issue> {
        let Some(Reference::Function { name, overloads, member }) = self.checked.reference(node) else {
            return Err(self.issue(node, "the call refers to nothing"));
        };
        let overload = match overloads.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let cost = CostRule::of(name, overload);
        match (&**name, arguments.as_slice()) {
            ("_&&_", terms) => self.logic(terms, false),
            ("_||_", terms) => self.logic(terms, true),
            ("@not_strictly_false", [term]) => {
                self.later([Task::Value(*term), Task::Emit(Op::NotStrictlyFalse)]);
            }
            ("_==_" | "_!=_", [a, b]) => {
                let negated = **name == *"_!=_";
                if let (Some(path), Some(value)) = (self.plain_path(*a)?, self.constants.get(*b).cloned()) {
                    self.plan.constants.push(value);
                    let constant = self.plan.constants.len() - 1;
                    self.plan.ops.push(Op::PathEqual { path, constant, negated, cost });
                } else {
                    let op = Op::Equal { negated, cost };
                    self.later([Task::Value(*a), Task::Value(*b), Task::Emit(op)]);
                }
            }
            ("or" | "orValue", [a, b]) => {
                let end = self.label();
                let unwrap = **name == *"orValue";
                self.later([
                    Task::Value(*a),
                    Task::Emit(Op::OrElse { end, unwrap }),
                    Task::Value(*b),
                    Task::Label(end),
                ]);
            }
            ("@in", [element, list]) if overload == Some("in_list") => {
                match self.constants.get(*list).and_then(membership) {
                    Some(set) => {
                        self.plan.sets.push(set);
                        let op = Op::Contained(self.plan.sets.len() - 1);
                        self.later([Task::Value(*element), Task::Emit(op)]);
                    }
                    None => self.plain_call(node, name, *member, overload, arguments, cost)?,
                }
            }
            ("matches" | "find" | "findAll", [_, pattern, ..]) => match self.constants.get(*pattern) {
                Some(Value::String(text)) => {
                    let text = text.to_string();
                    self.pattern_call(node, name, &arguments, &text, cost)?;
                }
                _ => self.plain_call(node, name, *member, overload, arguments, cost)?,
            },
            ("_+_", [accumulator, added]) if self.gathers(*accumulator).is_some() => {
                let Some(slot) = self.gathers(*accumulator) else { return Ok(()) };
                // `map` and `filter` add lists of one element, which need not be made.
                let (value, cost, append) = match self.ast.kind(*added) {
                    NodeKind::List { elements, optional }
                        if elements.len() == 1 && *optional == [false] && self.constants.get(*added).is_none() =>
                    {
                        (*elements.first().unwrap_or(added), NEW_LIST + 1, Op::AppendElement(slot))
                    }
                    _ => (*added, 1, Op::Append(slot)),
                };
                self.later([
                    Task::Emit(Op::Charge(1)),
                    Task::Value(value),
                    Task::Emit(Op::Charge(cost)),
                    Task::Emit(append),
                ]);
            }
            ("cel.@mapInsert", [accumulator, rest @ ..]) if self.gathers(*accumulator).is_some() => {
                if let Some(slot) = self.gathers(*accumulator) {
                    self.map_insert(slot, rest);
                }
            }
            _ => self.plain_call(node, name, *member, overload, arguments, cost)?,
        }
        Ok(())
    }

    fn logic(&mut self, terms: &[NodeId], decided: bool) {
        let end = self.label();
        let mut tasks = vec![Task::Emit(Op::Bool(!decided))];
        for term in terms {
            tasks.push(Task::Value(*term));
            tasks.push(Task::Emit(Op::Logic { decided, end }));
        }
        tasks.push(Task::Label(end));
        self.later(tasks);
    }

    fn plain_call(
        &mut self,
        node: NodeId,
        name: &str,
        member: bool,
        overload: Option<&str>,
        arguments: Vec<NodeId>,
        cost: CostRule,
    ) -> Result<(), Issue> {
        let function =
            Function::find(name, member).ok_or_else(|| self.issue(node, &format!("no such function: {name}")))?;
        let count = arguments.len();
        // Where cel-go calls with a list of arguments, the first error ends their evaluation.
        let stops = count > 2 || name == "format" || (overload.is_none() && !shared(name));
        let end = self.label();
        let mut tasks = Vec::new();
        for (i, argument) in arguments.into_iter().enumerate() {
            tasks.push(Task::Value(argument));
            if stops && i + 1 < count {
                tasks.push(Task::Emit(Op::SkipOnError { drop: i, target: end }));
            }
        }
        tasks.push(Task::Emit(Op::Call { function, count, cost }));
        tasks.push(Task::Label(end));
        self.later(tasks);
        Ok(())
    }

    fn pattern_call(
        &mut self,
        node: NodeId,
        name: &str,
        arguments: &[NodeId],
        pattern: &str,
        cost: CostRule,
    ) -> Result<(), Issue> {
        let compiled = compile_regex(pattern)
            .map_err(|error| self.issue(node, &format!("program instantiation failed: {error}")))?;
        self.plan.regexes.push(compiled);
        let regex = self.plan.regexes.len() - 1;
        let count = arguments.len();
        let end = self.label();
        let mut tasks = Vec::new();
        for (i, argument) in arguments.iter().enumerate() {
            tasks.push(Task::Value(*argument));
            if i + 1 < count {
                tasks.push(Task::Emit(Op::SkipOnError { drop: i, target: end }));
            }
        }
        tasks.push(Task::Emit(match name {
            "matches" => Op::Matches { regex, cost },
            _ => Op::Find { regex, all: name == "findAll", count, cost },
        }));
        tasks.push(Task::Label(end));
        self.later(tasks);
        Ok(())
    }
}

/// Functions that cel-go implements once for all their overloads.
fn shared(name: &str) -> bool {
    matches!(
        name,
        "_+_"
            | "_-_"
            | "_*_"
            | "_/_"
            | "_%_"
            | "_<_"
            | "_<=_"
            | "_>_"
            | "_>=_"
            | "@in"
            | "matches"
            | "sort"
            | "@sortByAssociatedKeys"
    )
}

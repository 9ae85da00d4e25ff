//! What macros expand to.

use super::super::{Op, Slot};
use super::{Builder, Task, Variable};
use crate::check::Reference;
use crate::eval::Value;
use crate::syntax::{Comprehension, NodeId};

impl<'a> Builder<'a> {
    pub(super) fn comprehension(&mut self, c: &'a Comprehension) {
        let mut slot = || {
            self.slots += 1;
            Slot(self.slots - 1)
        };
        let (accumulator, first) = (slot(), slot());
        let second = c.variable2.as_ref().map(|_| slot());
        let (init, turn, exit, end) = (self.label(), self.label(), self.label(), self.label());
        let known = self.constants.get(c.init).cloned();
        let gathers = match &known {
            Some(Value::List(list)) => list.is_empty(),
            Some(Value::Map(map)) => map.is_empty(),
            _ => false,
        } && c.accumulator.starts_with('@');
        let constant = known.map(|value| {
            self.plan.constants.push(value);
            self.plan.constants.len() - 1
        });
        let variable = |name: &str, slot: Slot| Variable { name: name.into(), slot, init: None, gathers: false };
        let pairs = second.is_some();
        let fold = Op::Fold { accumulator, pairs, init: constant, end };
        let mut tasks = vec![Task::Value(c.range), Task::Emit(fold)];
        if constant.is_none() {
            tasks.extend([
                Task::Emit(Op::Jump(turn)),
                Task::Label(init),
                Task::Value(c.init),
                Task::Emit(Op::StoreAndReturn(accumulator)),
            ]);
        }
        tasks.push(Task::Enter(Variable {
            name: c.accumulator.clone(),
            slot: accumulator,
            init: constant.is_none().then_some(init),
            gathers,
        }));
        tasks.push(Task::Enter(variable(&c.variable, first)));
        if let (Some(name), Some(second)) = (&c.variable2, second) {
            tasks.push(Task::Enter(variable(name, second)));
        }
        tasks.push(Task::Label(turn));
        tasks.push(Task::Emit(Op::Next { first, second, exit }));
        if !matches!(self.constants.get(c.condition), Some(Value::Bool(true))) {
            tasks.extend([Task::Value(c.condition), Task::Emit(Op::While(exit))]);
        }
        tasks.extend([
            Task::Value(c.step),
            Task::Emit(Op::Store(accumulator)),
            Task::Emit(Op::Jump(turn)),
            Task::Label(exit),
            Task::Emit(Op::EndFold),
            Task::Leave(1 + usize::from(pairs)),
            Task::Value(c.result),
            Task::Leave(1),
            Task::Label(end),
        ]);
        self.later(tasks);
    }

    /// The slot of an accumulator to which a macro adds, if the node is that accumulator.
    pub(super) fn gathers(&self, node: NodeId) -> Option<Slot> {
        let Some(Reference::Variable { name, global: false }) = self.checked.reference(node) else {
            return None;
        };
        let variable = self.scopes.iter().rev().find(|v| v.name == *name)?;
        variable.gathers.then_some(variable.slot)
    }

    pub(super) fn map_insert(&mut self, slot: Slot, rest: &[NodeId]) {
        let end = self.label();
        let mut tasks = vec![Task::Emit(Op::Charge(1))];
        let keyed = rest.len() == 2;
        if keyed {
            tasks.push(Task::Emit(Op::SkipOnLocalError { slot, target: end }));
        }
        for (i, argument) in rest.iter().enumerate() {
            tasks.push(Task::Value(*argument));
            if i + 1 < rest.len() {
                tasks.push(Task::Emit(Op::SkipOnError { drop: i, target: end }));
            }
        }
        tasks.push(Task::Emit(Op::Charge(1)));
        tasks.push(Task::Emit(Op::Insert { slot, keyed }));
        tasks.push(Task::Label(end));
        self.later(tasks);
    }
}

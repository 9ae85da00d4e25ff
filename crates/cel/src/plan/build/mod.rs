//! From a checked expression to the steps of the machine, without recursion.

mod attributes;
mod calls;
mod comprehensions;

use super::constants::Constants;
use super::{Op, Plan, Slot};
use crate::check::{Checked, Reference};
use crate::error::Issue;
use crate::eval::{NEW_LIST, NEW_MAP, NEW_MESSAGE, Value};
use crate::syntax::{Ast, NodeId, NodeKind};

/// Makes the plan.
pub(crate) fn build(ast: &Ast, checked: &Checked) -> Result<Plan, Issue> {
    let mut builder = Builder {
        ast,
        checked,
        constants: Constants::find(ast, checked)?,
        plan: Plan::default(),
        todo: Vec::new(),
        labels: Vec::new(),
        scopes: Vec::new(),
        hidden: Vec::new(),
        slots: 0,
    };
    builder.todo.extend(ast.root().map(Task::Value));
    while let Some(task) = builder.todo.pop() {
        builder.perform(task)?;
    }
    builder.resolve_labels();
    Ok(builder.plan)
}

/// What is still to be done; the last one is next.
enum Task {
    /// Code that leaves the value of a node.
    Value(NodeId),
    /// Code that leaves a node as an object, to select from.
    Object(NodeId),
    /// Code that leaves a key to index with.
    Key(NodeId),
    Emit(Op),
    /// The next step stands at this label.
    Label(usize),
    Enter(Variable),
    Leave(usize),
    /// The variables of macros are out of sight, up to [`Task::Show`].
    Hide,
    Show,
}

/// A variable of a macro.
#[derive(Clone)]
struct Variable {
    name: Box<str>,
    slot: Slot,
    /// Where the code stands that gives it its first value, if that is not known beforehand.
    init: Option<usize>,
    /// An empty list or map to which a macro adds.
    gathers: bool,
}

struct Builder<'a> {
    ast: &'a Ast,
    checked: &'a Checked,
    constants: Constants,
    plan: Plan,
    todo: Vec<Task>,
    /// Position of each label.
    labels: Vec<usize>,
    scopes: Vec<Variable>,
    hidden: Vec<Vec<Variable>>,
    slots: usize,
}

impl<'a> Builder<'a> {
    fn perform(&mut self, task: Task) -> Result<(), Issue> {
        match task {
            Task::Value(node) => self.value(node)?,
            Task::Object(node) => self.object(node)?,
            Task::Key(node) if self.is_attribute(node) => {
                self.later([Task::Object(node), Task::Emit(Op::End { charge: false, presence: false })])
            }
            Task::Key(node) => self.value(node)?,
            Task::Emit(op) => self.plan.ops.push(op),
            Task::Label(label) => {
                if let Some(place) = self.labels.get_mut(label) {
                    *place = self.plan.ops.len();
                }
            }
            Task::Enter(variable) => self.scopes.push(variable),
            Task::Leave(count) => self.scopes.truncate(self.scopes.len().saturating_sub(count)),
            Task::Hide => self.hidden.push(std::mem::take(&mut self.scopes)),
            Task::Show => self.scopes = self.hidden.pop().unwrap_or_default(),
        }
        Ok(())
    }

    fn later(&mut self, tasks: impl IntoIterator<Item = Task>) {
        let from = self.todo.len();
        self.todo.extend(tasks);
        if let Some(added) = self.todo.get_mut(from..) {
            added.reverse();
        }
    }

    fn label(&mut self) -> usize {
        self.labels.push(usize::MAX);
        self.labels.len() - 1
    }

    fn value(&mut self, node: NodeId) -> Result<(), Issue> {
        if let Some(value) = self.constants.get(node).cloned() {
            let op = self.constant(value);
            self.plan.ops.push(op);
            return Ok(());
        }
        if self.is_attribute(node) {
            return self.attribute(node);
        }
        match self.ast.kind(node) {
            NodeKind::Call { target, arguments, .. } => {
                let all: Vec<NodeId> = match self.checked.reference(node) {
                    Some(Reference::Function { member: true, .. }) => target.iter().chain(arguments).copied().collect(),
                    _ => arguments.clone(),
                };
                self.call(node, all)
            }
            NodeKind::List { elements, optional } => {
                self.list(elements, optional);
                Ok(())
            }
            NodeKind::Map(entries) => {
                let cells: Vec<(NodeId, bool)> =
                    entries.iter().flat_map(|e| [(e.key, false), (e.value, e.optional)]).collect();
                let optional = entries.iter().map(|e| e.optional).collect();
                let make = Op::MakeMap { optional, count: entries.len() };
                self.constructor(&cells, make, NEW_MAP);
                Ok(())
            }
            NodeKind::Struct { fields, .. } => {
                let Some(Reference::Message(message)) = self.checked.reference(node) else {
                    return Err(self.issue(node, "not a message type"));
                };
                let cells: Vec<(NodeId, bool)> = fields.iter().map(|f| (f.value, f.optional)).collect();
                let names = fields.iter().map(|f| (f.field.clone(), f.optional)).collect();
                self.plan.ops.reserve(cells.len());
                let make = Op::MakeMessage { message: *message, fields: names };
                self.constructor(&cells, make, NEW_MESSAGE);
                Ok(())
            }
            NodeKind::Comprehension(c) => {
                self.comprehension(c);
                Ok(())
            }
            _ => Err(self.issue(node, "the expression cannot be planned")),
        }
    }

    fn list(&mut self, elements: &[NodeId], optional: &[bool]) {
        let cells: Vec<(NodeId, bool)> = elements.iter().copied().zip(optional.iter().copied()).collect();
        let make = Op::MakeList { optional: optional.into(), count: elements.len() };
        self.constructor(&cells, make, NEW_LIST);
    }

    /// Evaluates the parts until one fails; creating is charged all the same.
    fn constructor(&mut self, cells: &[(NodeId, bool)], make: Op, cost: u64) {
        let (failed, end) = (self.label(), self.label());
        let mut tasks = Vec::new();
        for (i, (cell, optional)) in cells.iter().enumerate() {
            tasks.push(Task::Value(*cell));
            if *optional {
                tasks.push(Task::Emit(Op::RequireOptional));
            }
            tasks.push(Task::Emit(Op::SkipOnError { drop: i, target: failed }));
            // An entry goes into the map before the next one is evaluated.
            let key = i.checked_sub(1).and_then(|before| cells.get(before));
            if let (Op::MakeMap { .. }, 1, Some((key, _))) = (&make, i % 2, key)
                && self.constants.get(*key).is_none()
            {
                tasks.push(Task::Emit(Op::RequireKey));
            }
        }
        tasks.push(Task::Emit(make));
        tasks.push(Task::Emit(Op::Jump(end)));
        tasks.push(Task::Label(failed));
        tasks.push(Task::Emit(Op::Charge(cost)));
        tasks.push(Task::Label(end));
        self.later(tasks);
    }

    fn constant(&mut self, value: Value<'static>) -> Op {
        if let Value::Bool(b) = value {
            return Op::Bool(b);
        }
        self.plan.constants.push(value);
        Op::Constant(self.plan.constants.len() - 1)
    }

    fn issue(&self, node: NodeId, message: &str) -> Issue {
        Issue::new(self.ast.offset(node), message)
    }

    fn resolve_labels(&mut self) {
        let labels = &self.labels;
        let resolve = |target: &mut usize| {
            *target = labels.get(*target).copied().unwrap_or(usize::MAX);
        };
        for op in &mut self.plan.ops {
            match op {
                Op::LoadLazy { init, .. } => resolve(init),
                Op::SkipIfDone(target) | Op::Jump(target) | Op::While(target) => resolve(target),
                Op::Condition { otherwise, end } => {
                    resolve(otherwise);
                    resolve(end);
                }
                Op::SkipOnError { target, .. } | Op::SkipOnLocalError { target, .. } => {
                    resolve(target);
                }
                Op::Logic { end, .. } | Op::OrElse { end, .. } | Op::Fold { end, .. } | Op::Next { exit: end, .. } => {
                    resolve(end)
                }
                _ => {}
            }
        }
    }
}

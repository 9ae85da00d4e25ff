//! From a checked expression to the steps of the machine, without recursion.

use super::constants::{Constants, membership};
use super::{Base, Op, Path, Plan, Slot};
use crate::check::{Checked, Kind, Reference};
use crate::error::Issue;
use crate::eval::{CostRule, Key, NEW_LIST, NEW_MAP, NEW_MESSAGE, Value};
use crate::library::{Function, compile_regex};
use crate::syntax::{Ast, Comprehension, NodeId, NodeKind};

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

/// One selection of an attribute.
enum Selection {
    Known { key: Key, optional: bool, presence: bool },
    Computed { key: NodeId, optional: bool },
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

    /// Whether the node is a variable, or a selection from something.
    fn is_attribute(&self, node: NodeId) -> bool {
        if self.constants.get(node).is_some() {
            return false;
        }
        match self.ast.kind(node) {
            NodeKind::Ident(_) | NodeKind::Select { .. } => true,
            NodeKind::Call { target: None, function, .. } => {
                matches!(&**function, "_[_]" | "_[?_]" | "_?._" | "_?_:_")
            }
            _ => false,
        }
    }

    fn attribute(&mut self, node: NodeId) -> Result<(), Issue> {
        if let Some(path) = self.plain_path(node)? {
            self.plan.ops.push(Op::Path(path));
            return Ok(());
        }
        let presence = matches!(self.ast.kind(node), NodeKind::Select { presence: true, .. });
        let (base, _) = self.selections(node)?;
        let charge = !self.is_conditional(base);
        self.later([Task::Object(node), Task::Emit(Op::End { charge, presence })]);
        Ok(())
    }

    /// The path that the node is, if its keys are all known.
    fn plain_path(&self, node: NodeId) -> Result<Option<Path>, Issue> {
        if !self.is_attribute(node) {
            return Ok(None);
        }
        let presence = matches!(self.ast.kind(node), NodeKind::Select { presence: true, .. });
        let (base, selections) = self.selections(node)?;
        if self.is_shadowed(base) { Ok(None) } else { self.path(base, &selections, presence) }
    }

    fn is_conditional(&self, node: NodeId) -> bool {
        matches!(self.ast.kind(node), NodeKind::Call { function, .. } if **function == *"_?_:_")
    }

    /// What is selected from what, innermost first.
    fn selections(&self, mut node: NodeId) -> Result<(NodeId, Vec<Selection>), Issue> {
        let mut selections = Vec::new();
        while self.is_attribute(node) {
            match self.ast.kind(node) {
                // A name of a type with dots is no selection.
                NodeKind::Select { .. } if self.checked.reference(node).is_some() => break,
                NodeKind::Select { operand, field, presence } => {
                    let key = Key::string(field);
                    let presence = *presence;
                    selections.push(Selection::Known { key, optional: false, presence });
                    node = *operand;
                }
                NodeKind::Call { function, arguments, .. } if **function != *"_?_:_" => {
                    let [operand, key] = arguments.as_slice() else { break };
                    let optional = **function != *"_[_]";
                    selections.push(match self.constants.get(*key) {
                        Some(value) => {
                            let key = self.known_key(*key, value)?;
                            Selection::Known { key, optional, presence: false }
                        }
                        None => Selection::Computed { key: *key, optional },
                    });
                    node = *operand;
                }
                _ => break,
            }
        }
        selections.reverse();
        Ok((node, selections))
    }

    fn known_key(&self, node: NodeId, value: &Value<'static>) -> Result<Key, Issue> {
        match value {
            Value::String(text) => Ok(Key::string(text)),
            Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Bool(_) => Ok(Key::Other(value.clone())),
            other => {
                let message = format!("invalid qualifier type: {}", other.type_name());
                Err(self.issue(node, &message))
            }
        }
    }

    /// The path, if the attribute is a plain variable with constant keys.
    fn path(&self, base: NodeId, selections: &[Selection], presence: bool) -> Result<Option<Path>, Issue> {
        let Some((base, None)) = self.variable(base)? else { return Ok(None) };
        let mut keys = Vec::new();
        for selection in selections {
            match selection {
                Selection::Known { key, optional, .. } => keys.push((key.clone(), *optional)),
                Selection::Computed { .. } => return Ok(None),
            }
        }
        let claim = match (&base, keys.as_slice(), presence) {
            (Base::Claims, [(Key::String { claim, .. }, false)], false) => claim.clone(),
            _ => None,
        };
        Ok(Some(Path { base, keys, presence, claim }))
    }

    /// Where the variable is, with the label of its first value if that is computed.
    fn variable(&self, node: NodeId) -> Result<Option<(Base, Option<usize>)>, Issue> {
        let Some(Reference::Variable { name, global }) = self.checked.reference(node) else {
            return Ok(None);
        };
        if matches!(self.checked.types.kind(self.checked.type_of(node)), Kind::Type(_)) {
            // The API server takes such a variable for the name of a type, and finds none.
            return Err(self.issue(node, &format!("reference to undefined type: {name}")));
        }
        if !global && let Some(variable) = self.scopes.iter().rev().find(|v| v.name == *name) {
            return Ok(Some((Base::Local(variable.slot), variable.init)));
        }
        Ok(match &**name {
            "claims" => Some((Base::Claims, None)),
            "user" => Some((Base::User, None)),
            name if !self.hidden.is_empty() => Some((Base::Unseen(name.into()), None)),
            _ => return Err(self.issue(node, &format!("undeclared variable '{name}'"))),
        })
    }

    /// Whether the node is written `.name` within a macro that has a variable of this name. The API
    /// server then looks past all variables of macros, in the keys, too, and counts no selections.
    fn is_shadowed(&self, node: NodeId) -> bool {
        let NodeKind::Ident(written) = self.ast.kind(node) else { return false };
        written.strip_prefix('.').is_some_and(|name| self.scopes.iter().any(|v| *v.name == *name))
    }

    fn object(&mut self, node: NodeId) -> Result<(), Issue> {
        let (base, selections) = self.selections(node)?;
        let mut tasks = Vec::new();
        let shadowed = self.is_shadowed(base);
        if shadowed {
            tasks.extend([Task::Hide, Task::Emit(Op::Mute)]);
        }
        if let Some((variable, init)) = self.variable(base)? {
            match (variable, init) {
                (Base::Local(slot), Some(init)) => {
                    tasks.push(Task::Emit(Op::LoadLazy { slot, init }));
                    tasks.push(Task::Emit(Op::Begin));
                }
                (base, _) => {
                    let path = Path { base, keys: Vec::new(), presence: false, claim: None };
                    tasks.push(Task::Emit(Op::BarePath(path)));
                }
            }
        } else if self.is_attribute(base) && self.is_conditional(base) {
            let NodeKind::Call { arguments, .. } = self.ast.kind(base) else { return Ok(()) };
            let [condition, then, otherwise] = arguments.as_slice() else { return Ok(()) };
            let (other, end) = (self.label(), self.label());
            tasks.push(Task::Value(*condition));
            tasks.push(Task::Emit(Op::Condition { otherwise: other, end }));
            self.branch(*then, &mut tasks);
            tasks.push(Task::Emit(Op::Jump(end)));
            tasks.push(Task::Label(other));
            self.branch(*otherwise, &mut tasks);
            tasks.push(Task::Label(end));
        } else {
            tasks.push(Task::Value(base));
            tasks.push(Task::Emit(Op::Begin));
        }
        for selection in selections {
            match selection {
                Selection::Known { key, presence: true, .. } => {
                    tasks.push(Task::Emit(Op::Presence(key)));
                }
                Selection::Known { key, optional, .. } => {
                    tasks.push(Task::Emit(Op::Qualify { key, optional }));
                }
                Selection::Computed { key, optional } => {
                    let end = self.label();
                    tasks.push(Task::Emit(Op::SkipIfDone(end)));
                    tasks.push(Task::Key(key));
                    tasks.push(Task::Emit(Op::QualifyBy { optional }));
                    tasks.push(Task::Label(end));
                }
            }
        }
        if shadowed {
            tasks.extend([Task::Emit(Op::Unmute), Task::Show]);
        }
        self.later(tasks);
        Ok(())
    }

    fn branch(&self, node: NodeId, tasks: &mut Vec<Task>) {
        if self.is_attribute(node) {
            tasks.push(Task::Object(node));
        } else {
            tasks.push(Task::Value(node));
            tasks.push(Task::Emit(Op::Begin));
        }
    }

    fn call(&mut self, node: NodeId, arguments: Vec<NodeId>) -> Result<(), Issue> {
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

    /// The slot of an accumulator to which a macro adds, if the node is that accumulator.
    fn gathers(&self, node: NodeId) -> Option<Slot> {
        let Some(Reference::Variable { name, global: false }) = self.checked.reference(node) else {
            return None;
        };
        let variable = self.scopes.iter().rev().find(|v| v.name == *name)?;
        variable.gathers.then_some(variable.slot)
    }

    fn map_insert(&mut self, slot: Slot, rest: &[NodeId]) {
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

    fn comprehension(&mut self, c: &'a Comprehension) {
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

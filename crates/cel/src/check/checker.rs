//! Finds the type of every node, and what every name and call refers to.

use std::collections::HashMap;

use super::declarations::{Declarations, Overload};
use super::messages::{Message, global_ident};
use super::types::{Kind, Ty, Types};
use super::unify::{Substitution, most_general};
use crate::env::Env;
use crate::error::Issue;
use crate::syntax::{Ast, NodeId, NodeKind};

/// What a name or a call was found to mean.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    /// A variable; `global` passes over the variables of macros.
    Variable { name: Box<str>, global: bool },
    /// A type that is used as a value.
    Type(&'static str),
    /// The name of a protobuf enum's value.
    Constant(i64),
    /// A function: the overloads that fit, at least one.
    Function { overloads: Vec<&'static str>, name: Box<str>, member: bool },
    /// A message of protobuf's well-known types.
    Message(Message),
}

/// The outcome of the check.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) types: Types,
    node_types: Vec<Ty>,
    references: Vec<Option<Reference>>,
}

impl Checked {
    pub(crate) fn type_of(&self, node: NodeId) -> Ty {
        self.node_types.get(node.index()).copied().unwrap_or(Types::ERROR)
    }

    pub(crate) fn reference(&self, node: NodeId) -> Option<&Reference> {
        self.references.get(node.index()).and_then(Option::as_ref)
    }
}

/// Checks the whole expression.
pub(crate) fn check(ast: &Ast, env: &Env) -> Result<Checked, Vec<Issue>> {
    let declarations = Declarations::get();
    let mut checker = Checker {
        ast,
        declarations,
        types: declarations.types.clone(),
        substitution: Substitution::default(),
        node_types: vec![Types::ERROR; ast.len()],
        references: vec![None; ast.len()],
        globals: HashMap::new(),
        scopes: Vec::new(),
        next_parameter: 1_000,
        todo: Vec::new(),
        issues: Vec::new(),
    };
    let (name, ty) = env.declare(&mut checker.types);
    checker.globals.insert(name, ty);
    checker.run();
    if checker.substitution.exhausted() {
        checker.issues.push(Issue::new(0, "the types of the expression are too complex"));
    }
    if !checker.issues.is_empty() {
        return Err(checker.issues);
    }
    for ty in &mut checker.node_types {
        *ty = checker.substitution.apply(&mut checker.types, *ty, true);
    }
    Ok(Checked { types: checker.types, node_types: checker.node_types, references: checker.references })
}

/// What is still to be done; the last one is next.
enum Task {
    Check(NodeId),
    Select(NodeId),
    OptionalSelect(NodeId),
    /// The arguments of a call are checked.
    Arguments(NodeId),
    /// The target and the arguments of a call are checked.
    Call(NodeId),
    List(NodeId),
    Map(NodeId),
    Struct(NodeId),
    /// The range and the first value of a comprehension are checked.
    Range(NodeId),
    /// The condition of a comprehension is checked.
    Condition(NodeId),
    Step(NodeId),
    Result(NodeId),
}

struct Checker<'a> {
    ast: &'a Ast,
    declarations: &'static Declarations,
    types: Types,
    substitution: Substitution,
    node_types: Vec<Ty>,
    references: Vec<Option<Reference>>,
    globals: HashMap<&'static str, Ty>,
    /// The variables of macros, innermost last.
    scopes: Vec<(Box<str>, Ty)>,
    next_parameter: u32,
    todo: Vec<Task>,
    issues: Vec<Issue>,
}

impl Checker<'_> {
    fn run(&mut self) {
        self.todo.extend(self.ast.root().map(Task::Check));
        while let Some(task) = self.todo.pop() {
            match task {
                Task::Check(node) => self.begin(node),
                Task::Select(node) => self.select(node),
                Task::OptionalSelect(node) => self.optional_select(node),
                Task::Arguments(node) => self.arguments(node),
                Task::Call(node) => self.member_call(node),
                Task::List(node) => self.list(node),
                Task::Map(node) => self.map(node),
                Task::Struct(node) => self.structure(node),
                Task::Range(node) => self.range(node),
                Task::Condition(node) => self.condition(node),
                Task::Step(node) => self.step(node),
                Task::Result(node) => self.result(node),
            }
        }
    }

    fn begin(&mut self, node: NodeId) {
        match self.ast.kind(node) {
            NodeKind::Literal(literal) => self.set_type(node, literal_type(literal)),
            NodeKind::Ident(name) => self.ident(node, name),
            NodeKind::Select { operand, presence, .. } => {
                if !presence && self.qualified(node) {
                    return;
                }
                self.todo.push(Task::Select(node));
                self.todo.push(Task::Check(*operand));
            }
            NodeKind::Call { function, arguments, .. } if **function == *"_?._" => {
                self.todo.push(Task::OptionalSelect(node));
                self.todo.extend(arguments.first().map(|a| Task::Check(*a)));
            }
            NodeKind::Call { arguments, .. } => {
                self.todo.push(Task::Arguments(node));
                self.check_all(arguments.iter().copied());
            }
            NodeKind::List { elements, .. } => {
                self.todo.push(Task::List(node));
                self.check_all(elements.iter().copied());
            }
            NodeKind::Map(entries) => {
                self.todo.push(Task::Map(node));
                self.check_all(entries.iter().flat_map(|e| [e.key, e.value]));
            }
            NodeKind::Struct { fields, .. } => {
                self.todo.push(Task::Struct(node));
                self.check_all(fields.iter().map(|f| f.value));
            }
            NodeKind::Comprehension(c) => {
                self.todo.push(Task::Range(node));
                self.check_all([c.range, c.init].into_iter());
            }
        }
    }

    fn check_all(&mut self, nodes: impl Iterator<Item = NodeId>) {
        let from = self.todo.len();
        self.todo.extend(nodes.map(Task::Check));
        if let Some(added) = self.todo.get_mut(from..) {
            added.reverse();
        }
    }

    fn ident(&mut self, node: NodeId, written: &str) {
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
    fn qualified(&mut self, node: NodeId) -> bool {
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

    fn select(&mut self, node: NodeId) {
        let NodeKind::Select { operand, field, presence } = self.ast.kind(node) else { return };
        let found = self.field(node, *operand, field, false);
        let ty = if *presence { Types::BOOL } else { found };
        let ty = self.substitution.apply(&mut self.types, ty, false);
        self.set_type(node, ty);
    }

    fn optional_select(&mut self, node: NodeId) {
        let NodeKind::Call { arguments, .. } = self.ast.kind(node) else { return };
        let [operand, field] = arguments.as_slice() else { return };
        let NodeKind::Literal(crate::syntax::Literal::String(name)) = self.ast.kind(*field) else {
            return;
        };
        let found = self.field(node, *operand, name, true);
        let ty = self.substitution.apply(&mut self.types, found, false);
        self.set_type(node, ty);
        self.set_type(*field, Types::STRING);
        self.refer(node, function("_?._", vec!["select_optional_field"], false));
    }

    fn field(&mut self, node: NodeId, operand: NodeId, field: &str, optional: bool) -> Ty {
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

    fn arguments(&mut self, node: NodeId) {
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

    fn member_call(&mut self, node: NodeId) {
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

    fn list(&mut self, node: NodeId) {
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

    fn map(&mut self, node: NodeId) {
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
    fn join(&mut self, previous: Option<Ty>, ty: Ty) -> Ty {
        let Some(previous) = previous else { return ty };
        if self.substitution.assignable(&mut self.types, &[(previous, ty)]) {
            return most_general(&self.types, previous, ty);
        }
        Types::DYN
    }

    fn structure(&mut self, node: NodeId) {
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

    fn range(&mut self, node: NodeId) {
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

    fn condition(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.expect(c.condition, Types::BOOL, self.node_type(c.condition));
        self.todo.push(Task::Step(node));
        self.todo.push(Task::Check(c.step));
    }

    fn step(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.expect(c.step, self.node_type(c.init), self.node_type(c.step));
        self.scopes.pop();
        if c.variable2.is_some() {
            self.scopes.pop();
        }
        self.todo.push(Task::Result(node));
        self.todo.push(Task::Check(c.result));
    }

    fn result(&mut self, node: NodeId) {
        let NodeKind::Comprehension(c) = self.ast.kind(node) else { return };
        self.scopes.pop();
        let ty = self.node_type(c.result);
        let ty = self.substitution.apply(&mut self.types, ty, false);
        self.set_type(node, ty);
    }

    /// Reports the node unless `a` may stand for `b`.
    fn expect(&mut self, node: NodeId, a: Ty, b: Ty) -> bool {
        let ok = self.substitution.assignable(&mut self.types, &[(a, b)]);
        if !ok {
            let actual = self.node_type(node);
            let wanted = if a == actual { b } else { a };
            self.mismatch(node, wanted, actual);
        }
        ok
    }

    fn mismatch(&mut self, node: NodeId, wanted: Ty, found: Ty) {
        let wanted = self.types.short_name(wanted);
        let found = self.types.short_name(found);
        self.issue(node, format!("expected type '{wanted}' but found '{found}'"));
    }

    fn issue(&mut self, node: NodeId, message: String) {
        self.issues.push(Issue::new(self.ast.offset(node), message));
    }

    fn fresh(&mut self) -> Ty {
        self.next_parameter += 1;
        self.types.intern(Kind::Parameter(self.next_parameter - 1))
    }

    fn node_type(&self, node: NodeId) -> Ty {
        self.node_types.get(node.index()).copied().unwrap_or(Types::ERROR)
    }

    fn set_type(&mut self, node: NodeId, ty: Ty) {
        if let Some(slot) = self.node_types.get_mut(node.index()) {
            *slot = ty;
        }
    }

    fn refer(&mut self, node: NodeId, reference: Reference) {
        if let Some(slot) = self.references.get_mut(node.index()) {
            *slot = Some(reference);
        }
    }
}

fn function(name: &str, overloads: Vec<&'static str>, member: bool) -> Reference {
    Reference::Function { overloads, name: name.into(), member }
}

fn literal_type(literal: &crate::syntax::Literal) -> Ty {
    use crate::syntax::Literal;
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

/// `a.b.c`, if the node is nothing but names.
fn qualified_name(ast: &Ast, mut node: NodeId) -> Option<String> {
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

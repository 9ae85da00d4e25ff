//! Finds the type of every node, and what every name and call refers to.

mod calls;
mod comprehensions;
mod literals;
mod names;

use std::collections::HashMap;

use super::declarations::Declarations;
use super::messages::Message;
use super::types::{Kind, Ty, Types};
use super::unify::Substitution;
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
            NodeKind::Literal(literal) => self.set_type(node, literals::literal_type(literal)),
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

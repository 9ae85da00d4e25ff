//! Variables, and selections from them and from values.

use super::super::{Base, Op, Path};
use super::{Builder, Task};
use crate::check::{Kind, Reference};
use crate::error::Issue;
use crate::eval::{Key, Value};
use crate::syntax::{NodeId, NodeKind};

impl<'a> Builder<'a> {
    /// Whether the node is a variable, or a selection from something.
    pub(super) fn is_attribute(&self, node: NodeId) -> bool {
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

    pub(super) fn attribute(&mut self, node: NodeId) -> Result<(), Issue> {
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
    pub(super) fn plain_path(&self, node: NodeId) -> Result<Option<Path>, Issue> {
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
    pub(super) fn variable(&self, node: NodeId) -> Result<Option<(Base, Option<usize>)>, Issue> {
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

    pub(super) fn object(&mut self, node: NodeId) -> Result<(), Issue> {
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
}

/// One selection of an attribute.
enum Selection {
    Known { key: Key, optional: bool, presence: bool },
    Computed { key: NodeId, optional: bool },
}

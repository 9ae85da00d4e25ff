//! Parts of an expression that are known when it is compiled.
//!
//! As cel-go does: literals, lists and maps of constants, conversions of constants. A conversion
//! that fails refuses the expression.

use std::sync::Arc;

use crate::check::{Checked, Reference};
use crate::error::Issue;
use crate::eval::{Map, Meter, Value, ValueMap};
use crate::library::{self, Arguments, Function};
use crate::syntax::{Ast, Literal, NodeId, NodeKind};

/// The constant that each node is, if it is one.
pub(super) struct Constants {
    values: Vec<Option<Value<'static>>>,
}

impl Constants {
    pub(super) fn find(ast: &Ast, checked: &Checked) -> Result<Self, Issue> {
        let mut constants = Self { values: vec![None; ast.len()] };
        // Children come before their parents.
        for node in ast.reachable().into_iter().rev() {
            let value = constants.value(ast, checked, node)?;
            if let Some(slot) = constants.values.get_mut(node.index()) {
                *slot = value;
            }
        }
        Ok(constants)
    }

    pub(super) fn get(&self, node: NodeId) -> Option<&Value<'static>> {
        self.values.get(node.index()).and_then(Option::as_ref)
    }

    fn value(&self, ast: &Ast, checked: &Checked, node: NodeId) -> Result<Option<Value<'static>>, Issue> {
        match checked.reference(node) {
            Some(Reference::Type(name)) => return Ok(Some(Value::Type(name))),
            Some(Reference::Constant(number)) => return Ok(Some(Value::Int(*number))),
            _ => {}
        }
        Ok(match ast.kind(node) {
            NodeKind::Literal(literal) => Some(literal_value(literal)),
            NodeKind::List { elements, optional } if !optional.contains(&true) => {
                let values: Option<Vec<_>> = elements.iter().map(|e| self.get(*e).cloned()).collect();
                values.map(Value::list)
            }
            NodeKind::Map(entries) if entries.iter().all(|e| !e.optional) => {
                let mut map = ValueMap::default();
                for entry in entries {
                    let (Some(key), Some(value)) = (self.get(entry.key), self.get(entry.value)) else {
                        return Ok(None);
                    };
                    if map.insert(key.clone(), value.clone()).is_err() {
                        let message = format!("a map cannot have a key of {}", key.type_name());
                        return Err(Issue::new(ast.offset(entry.key), message));
                    }
                }
                Some(Value::Map(Map::Values(Arc::new(map))))
            }
            NodeKind::Call { arguments, .. } => {
                return self.call(ast, checked, node, arguments);
            }
            _ => None,
        })
    }

    fn call(
        &self,
        ast: &Ast,
        checked: &Checked,
        node: NodeId,
        arguments: &[NodeId],
    ) -> Result<Option<Value<'static>>, Issue> {
        let Some(Reference::Function { name, member, overloads }) = checked.reference(node) else {
            return Ok(None);
        };
        match (&**name, arguments) {
            (
                "bool" | "bytes" | "double" | "dyn" | "duration" | "int" | "string" | "timestamp" | "type" | "uint",
                [argument],
            ) => {
                let Some(value) = self.get(*argument) else { return Ok(None) };
                let Some(function) = Function::find(name, *member) else { return Ok(None) };
                let cells = [Ok(value.clone())];
                library::call(function, Arguments(&cells), &mut Meter::default())
                    .map(Some)
                    .map_err(|error| Issue::new(ast.offset(node), error.to_string()))
            }
            ("@in", [_, list]) if **overloads == ["in_list"] => {
                // Nothing is in an empty list, whatever it is.
                let empty = matches!(self.get(*list), Some(Value::List(l)) if l.is_empty());
                Ok(empty.then_some(Value::Bool(false)))
            }
            _ => Ok(None),
        }
    }
}

pub(super) fn literal_value(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(b) => Value::Bool(*b),
        Literal::Int(i) => Value::Int(*i),
        Literal::Uint(u) => Value::Uint(*u),
        Literal::Double(d) => Value::Double(*d),
        Literal::String(text) => Value::String(text.to_string().into()),
        Literal::Bytes(bytes) => Value::Bytes(Arc::from(&**bytes)),
    }
}

/// The set that stands for a constant list in `in`: with each number come those of the other
/// types that equal it. `None` if the list holds more than plain values.
pub(super) fn membership(list: &Value<'static>) -> Option<ValueMap<'static>> {
    let Value::List(list) = list else { return None };
    let mut set = ValueMap::default();
    for element in list.iter() {
        let element = element.ok()?;
        let mut add = |value: Value<'static>| set.insert(value, Value::Bool(true)).ok();
        match &element {
            Value::Double(d) => {
                let int = crate::eval::double_to_int(*d).filter(|i| crate::eval::int_to_double(*i) == *d);
                int.map_or(Some(()), |i| add(Value::Int(i)))?;
                let uint = crate::eval::double_to_uint(*d).filter(|u| crate::eval::uint_to_double(*u) == *d);
                uint.map_or(Some(()), |u| add(Value::Uint(u)))?;
            }
            Value::Int(i) => {
                add(Value::Double(crate::eval::int_to_double(*i)))?;
                u64::try_from(*i).map_or(Some(()), |u| add(Value::Uint(u)))?;
            }
            Value::Uint(u) => {
                add(Value::Double(crate::eval::uint_to_double(*u)))?;
                i64::try_from(*u).map_or(Some(()), |i| add(Value::Int(i)))?;
            }
            Value::Bool(_) | Value::String(_) => {}
            _ => return None,
        }
        set.insert(element, Value::Bool(true)).ok()?;
    }
    Some(set)
}

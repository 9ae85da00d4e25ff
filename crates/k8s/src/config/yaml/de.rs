//! Nodes to a configuration. Aliases are followed here and nowhere else, so that nothing is built that is not a
//! member of the configuration; how much they may expand to is what the API server allows.

use super::fault::{Fault, Mark};
use super::members::Members;
use super::resolve::{Value, resolve};
use super::tree::{Node, NodeId, NodeKind, Tree};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Bytes of text that a configuration may hold, with what aliases repeat.
pub(super) const EXPANDED: usize = 64 << 20;

/// What is counted on the way through a document.
pub(super) struct Walk<'t> {
    tree: &'t Tree,
    /// Nodes that were visited; those of them inside of aliases; aliases around the current node.
    visited: Cell<u32>,
    aliased: Cell<u32>,
    depth: Cell<usize>,
    /// Aliases around the current node.
    open: RefCell<HashSet<NodeId>>,
    text: Cell<usize>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            // The document itself.
            visited: Cell::new(1),
            aliased: Cell::new(0),
            depth: Cell::new(0),
            open: RefCell::default(),
            text: Cell::new(0),
        }
    }

    pub(super) fn node(&self, id: NodeId) -> Result<&'t Node, Fault> {
        self.tree.node(id).ok_or_else(|| Fault::new(Mark::default(), "a node is missing"))
    }

    /// Visits a node, or what it is an alias of.
    pub(super) fn visit<T>(
        &self,
        id: NodeId,
        read: impl FnOnce(Visit<'_, 't>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let node = self.node(id)?;
        self.count(node.mark)?;
        let NodeKind::Alias(meant) = node.kind else {
            return read(Visit { walk: self, node }).map_err(|fault| fault.at(node.mark));
        };
        self.enter(id)?;
        self.count(node.mark)?;
        let outcome = read(Visit { walk: self, node: self.node(meant)? }).map_err(|fault| fault.at(node.mark));
        self.leave(id);
        outcome
    }

    /// Goes into an alias.
    pub(super) fn enter(&self, alias: NodeId) -> Result<(), Fault> {
        if !self.open.borrow_mut().insert(alias) {
            return Err(Fault::new(self.node(alias)?.mark, "an anchor's value contains itself"));
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    pub(super) fn leave(&self, alias: NodeId) {
        self.open.borrow_mut().remove(&alias);
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Leaves the aliases that an error has left open.
    pub(super) fn leave_all(&self) {
        self.open.borrow_mut().clear();
        self.depth.set(0);
    }

    /// Counts a node, and refuses too large a share of repeated ones.
    pub(super) fn count(&self, mark: Mark) -> Result<(), Fault> {
        let visited = self.visited.get().saturating_add(1);
        let aliased = self.aliased.get().saturating_add(u32::from(self.depth.get() > 0));
        self.visited.set(visited);
        self.aliased.set(aliased);
        let share = f64::from(aliased) / f64::from(visited);
        if aliased > 100 && visited > 1000 && share > allowed_share(visited) {
            return Err(Fault::new(mark, "document contains excessive aliasing"));
        }
        Ok(())
    }

    fn count_text(&self, text: &str, mark: Mark) -> Result<(), Fault> {
        self.text.set(self.text.get().saturating_add(text.len()));
        if self.text.get() > EXPANDED {
            return Err(Fault::limit(mark, format!("more than {EXPANDED} bytes of text, with what aliases repeat")));
        }
        Ok(())
    }
}

/// 99 % of up to 400 000 nodes, 10 % of 4 000 000 and more, and a line between.
fn allowed_share(visited: u32) -> f64 {
    const LOW: u32 = 400_000;
    const HIGH: u32 = 4_000_000;
    match visited {
        ..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * (f64::from(visited - LOW) / f64::from(HIGH - LOW)),
    }
}

/// A node that is no alias, as serde reads it.
pub(super) struct Visit<'w, 't> {
    walk: &'w Walk<'t>,
    node: &'t Node,
}

impl Visit<'_, '_> {
    /// The value of a scalar; none of a collection.
    pub(super) fn scalar(&self) -> Result<Option<Value>, Fault> {
        let NodeKind::Scalar { tag, text, implicit, .. } = &self.node.kind else { return Ok(None) };
        let value = resolve(tag, text, *implicit).map_err(|why| Fault::new(self.node.mark, why))?;
        if let Value::Text(text) = &value {
            self.walk.count_text(text, self.node.mark)?;
        }
        Ok(Some(value))
    }

    /// The node as JSON, as far as `depth` levels go.
    pub(super) fn to_json(&self, depth: usize) -> Result<serde_json::Value, Fault> {
        let Some(inner) = depth.checked_sub(1) else {
            return Err(Fault::limit(self.node.mark, "nested too deeply"));
        };
        match (&self.node.kind, self.scalar()?) {
            (_, Some(Value::Null)) => Ok(serde_json::Value::Null),
            (_, Some(Value::Bool(value))) => Ok(value.into()),
            (_, Some(Value::Text(text))) => Ok(text.into()),
            (_, Some(Value::Number)) => number(self.written())
                .ok_or_else(|| Fault::new(self.node.mark, format!("the number {} is none of JSON", self.written()))),
            (NodeKind::Sequence(children), None) => {
                let item = |(at, child): (usize, &NodeId)| {
                    let item = self.walk.visit(*child, |visit| visit.to_json(inner));
                    item.map_err(|fault| fault.in_element(at))
                };
                children.iter().enumerate().map(item).collect::<Result<Vec<_>, _>>().map(Into::into)
            }
            (NodeKind::Mapping(children), None) => Members::new(self.walk, children).into_json(inner),
            (_, None) => Err(Fault::custom("an alias of an alias")),
        }
    }

    fn is_null(&self) -> bool {
        let NodeKind::Scalar { tag, text, implicit, .. } = &self.node.kind else { return false };
        // Only short texts are null.
        text.len() <= 4 && resolve(tag, text, *implicit) == Ok(Value::Null)
    }

    fn written(&self) -> &str {
        match &self.node.kind {
            NodeKind::Scalar { text, .. } => text,
            _ => "",
        }
    }
}

impl<'de> Deserializer<'de> for Visit<'_, '_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let written = self.written();
        match (self.scalar()?, &self.node.kind) {
            (Some(Value::Null), _) => Err(Fault::invalid_type(Unexpected::Other("null"), &visitor)),
            (Some(Value::Number), _) => {
                let what = format!("the number {written}");
                Err(Fault::invalid_type(Unexpected::Other(&what), &visitor))
            }
            (Some(Value::Bool(value)), _) => visitor
                .visit_bool(value)
                .map_err(|fault: Fault| Fault::custom(format!("{fault} ({written} is a boolean unless quoted)"))),
            (Some(Value::Text(text)), _) => visitor.visit_string(text),
            (None, NodeKind::Mapping(children)) => visitor.visit_map(Members::new(self.walk, children)),
            (None, NodeKind::Sequence(children)) => visitor.visit_seq(Elements { walk: self.walk, children, next: 0 }),
            (None, _) => Err(Fault::custom("an alias of an alias")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A number as JSON has it: integers of 64 bits, in the notations of YAML 1.1, or a finite float.
fn number(written: &str) -> Option<serde_json::Value> {
    let plain = written.replace('_', "");
    let unsigned = plain.trim_start_matches(['+', '-']);
    let sign = if plain.starts_with('-') { "-" } else { "" };
    let prefixed = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2), ("0", 8)];
    let integer = prefixed
        .iter()
        .filter(|_| unsigned.len() > 1)
        .find_map(|(prefix, radix)| Some((unsigned.strip_prefix(prefix)?, *radix)))
        .and_then(|(digits, radix)| i64::from_str_radix(&format!("{sign}{digits}"), radix).ok())
        .or_else(|| plain.parse::<i64>().ok());
    match integer {
        Some(integer) => Some(integer.into()),
        None => plain.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Into::into),
    }
}

struct Elements<'w, 't> {
    walk: &'w Walk<'t>,
    children: &'t [NodeId],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(&child) = self.children.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        self.walk.visit(child, |visit| seed.deserialize(visit)).map(Some).map_err(|fault| fault.in_element(index))
    }
}

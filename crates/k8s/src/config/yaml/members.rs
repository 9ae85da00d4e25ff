//! The members of a mapping, with what merge keys (<https://yaml.org/type/merge.html>) bring in. As the API
//! server reads strictly, nothing may be there twice: a merge that meets an own member is refused too.

use super::de::Walk;
use super::fault::{Fault, Mark};
use super::resolve::{Value, is_merge};
use super::tree::{NodeId, NodeKind};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess};
use std::collections::HashSet;

pub(super) struct Members<'w, 't> {
    walk: &'w Walk<'t>,
    /// Mappings within mappings by merge keys: a stack, since they may nest deeply.
    open: Vec<Open<'t>>,
    seen: HashSet<String>,
    /// The value whose key was given out.
    value: Option<(String, NodeId)>,
}

enum Open<'t> {
    Mapping {
        children: &'t [NodeId],
        next: usize,
        alias: Option<NodeId>,
    },
    /// Mappings to merge, of which the last comes first.
    Merges {
        children: &'t [NodeId],
        left: usize,
    },
}

impl<'w, 't> Members<'w, 't> {
    pub(super) fn new(walk: &'w Walk<'t>, children: &'t [NodeId]) -> Self {
        let open = vec![Open::Mapping { children, next: 0, alias: None }];
        Self { walk, open, seen: HashSet::new(), value: None }
    }

    /// All members as JSON; each level of `depth` is one of nesting.
    pub(super) fn into_json(mut self, depth: usize) -> Result<serde_json::Value, Fault> {
        let mut object = serde_json::Map::new();
        while let Some((key, value)) = self.next_pair()? {
            let mark = self.walk.node(key)?.mark;
            let name = self.name(key, mark)?;
            let value = self.walk.visit(value, |visit| visit.to_json(depth)).map_err(|fault| fault.in_member(&name))?;
            if object.insert(name.clone(), value).is_some() {
                return Err(Fault::new(mark, "is there twice").in_member(&name));
            }
        }
        Ok(object.into())
    }

    /// The next key that is no merge key, and its value.
    fn next_pair(&mut self) -> Result<Option<(NodeId, NodeId)>, Fault> {
        while let Some(open) = self.open.last_mut() {
            match open {
                Open::Merges { children, left } => {
                    let child = left.checked_sub(1).and_then(|at| children.get(at)).copied();
                    *left = left.saturating_sub(1);
                    match child {
                        Some(child) => self.merge_mapping(child)?,
                        None => self.close(),
                    }
                }
                Open::Mapping { children, next, .. } => {
                    let Some(&[key, value]) = children.get(*next..*next + 2) else {
                        self.close();
                        continue;
                    };
                    *next += 2;
                    match &self.walk.node(key)?.kind {
                        NodeKind::Scalar { tag, text, implicit, .. } if is_merge(tag, text, *implicit) => {
                            self.merge(value)?;
                        }
                        _ => return Ok(Some((key, value))),
                    }
                }
            }
        }
        Ok(None)
    }

    fn close(&mut self) {
        if let Some(Open::Mapping { alias: Some(alias), .. }) = self.open.pop() {
            self.walk.leave(alias);
        }
    }

    fn merge(&mut self, value: NodeId) -> Result<(), Fault> {
        match &self.walk.node(value)?.kind {
            NodeKind::Sequence(children) => {
                self.open.push(Open::Merges { children, left: children.len() });
                Ok(())
            }
            _ => self.merge_mapping(value),
        }
    }

    fn merge_mapping(&mut self, value: NodeId) -> Result<(), Fault> {
        let node = self.walk.node(value)?;
        let (alias, meant) = match node.kind {
            NodeKind::Alias(meant) => (Some(value), self.walk.node(meant)?),
            _ => (None, node),
        };
        let NodeKind::Mapping(children) = &meant.kind else {
            return Err(Fault::new(node.mark, "map merge requires map or sequence of maps as the value"));
        };
        self.walk.count(node.mark)?;
        if let Some(alias) = alias {
            self.walk.enter(alias)?;
            self.walk.count(node.mark)?;
        }
        self.open.push(Open::Mapping { children, next: 0, alias });
        Ok(())
    }

    /// The name that a key stands for. Other keys than text would become names too, but none that is a member.
    fn name(&self, key: NodeId, mark: Mark) -> Result<String, Fault> {
        let not_text = |what: &str| Err(Fault::new(mark, format!("a key is {what}, where members have names")));
        match self.walk.visit(key, |visit| visit.scalar())? {
            Some(Value::Text(name)) => Ok(name),
            Some(Value::Null) => not_text("null"),
            Some(Value::Bool(_)) => not_text("a boolean"),
            Some(Value::Number) => not_text("a number"),
            None => not_text("a list or a mapping"),
        }
    }
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.next_pair()? else { return Ok(None) };
        let mark = self.walk.node(key)?.mark;
        let name = self.name(key, mark)?;
        if !self.seen.insert(name.clone()) {
            return Err(Fault::new(mark, "is there twice").in_member(&name));
        }
        let member =
            seed.deserialize(StrDeserializer::new(&name)).map_err(|fault: Fault| fault.at(mark).in_member(&name))?;
        self.value = Some((name, value));
        Ok(Some(member))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.value.take() else {
            return Err(serde::de::Error::custom("a value without a key"));
        };
        self.walk.visit(value, |visit| seed.deserialize(visit)).map_err(|fault| fault.in_member(&name))
    }
}

//! Events to the nodes of the first document, in one list, so that neither depth nor dropping takes stack.

use super::fault::{Fault, Mark};
use super::parser::{Event, EventKind, Parser};
use super::token::Runs;
use std::collections::HashMap;

/// A node's place in the list.
pub(super) type NodeId = usize;

#[derive(Debug)]
pub(super) enum NodeKind {
    /// What an alias stands for may be around the alias.
    Alias(NodeId),
    Scalar {
        tag: String,
        text: String,
        implicit: bool,
        runs: Runs,
    },
    Sequence(Vec<NodeId>),
    /// Keys and values in turn.
    Mapping(Vec<NodeId>),
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) mark: Mark,
}

/// The first document of a text.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    root: Option<NodeId>,
}

impl Tree {
    pub(super) fn read(input: &[u8]) -> Result<Self, Fault> {
        let mut tree = Self::default();
        let mut parser = Parser::new(input);
        if matches!(parser.next()?.kind, EventKind::StreamEnd) {
            return Ok(tree);
        }
        let mut anchors = HashMap::new();
        let mut open: Vec<NodeId> = Vec::new();
        loop {
            let Event { kind, mark } = parser.next()?;
            let (kind, anchor, opens) = match kind {
                // The end of the document is read too: what stands there must be one.
                EventKind::DocumentEnd | EventKind::StreamEnd | EventKind::DocumentStart => return Ok(tree),
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    open.pop();
                    continue;
                }
                EventKind::Alias(name) => {
                    let known = anchors.get(&name).copied();
                    let meant = known.ok_or_else(|| Fault::new(mark, format!("unknown anchor {name:?} referenced")))?;
                    (NodeKind::Alias(meant), None, false)
                }
                EventKind::Scalar(scalar) => (
                    NodeKind::Scalar {
                        tag: scalar.tag,
                        text: scalar.text,
                        implicit: scalar.implicit,
                        runs: scalar.runs,
                    },
                    scalar.anchor,
                    false,
                ),
                EventKind::SequenceStart { anchor } => (NodeKind::Sequence(Vec::new()), anchor, true),
                EventKind::MappingStart { anchor } => (NodeKind::Mapping(Vec::new()), anchor, true),
            };
            let id = tree.nodes.len();
            tree.nodes.push(Node { kind, mark });
            if let Some(name) = anchor {
                anchors.insert(name, id);
            }
            match open.last().and_then(|parent| tree.nodes.get_mut(*parent)).map(|parent| &mut parent.kind) {
                Some(NodeKind::Sequence(children) | NodeKind::Mapping(children)) => children.push(id),
                _ => tree.root = tree.root.or(Some(id)),
            }
            if opens {
                open.push(id);
            }
        }
    }

    /// None where the text has no document.
    pub(super) fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }
}

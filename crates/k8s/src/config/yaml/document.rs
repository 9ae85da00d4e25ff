//! A document with the places of all that stands in it, found by the paths that errors name.

use super::de::Walk;
use super::fault::{Fault, Mark};
use super::resolve::{Value, is_merge, resolve};
use super::tree::{NodeId, NodeKind, Tree};
use super::{LONGEST, json};
use crate::ConfigError;
use crate::null::Object;
use serde::Deserialize;

/// A place in a text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The first character.
    pub const START: Self = Self { line: 1, column: 1 };

    fn of(mark: Mark) -> Self {
        Self { line: mark.line + 1, column: mark.column + 1 }
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeType {
    /// Nothing, `~` or `null`.
    Null,
    /// `true`, and without quotes `yes`, `on`, `y` and their like.
    Bool,
    /// A number.
    Number,
    /// Any other scalar.
    Text,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

/// One document, read as the API server reads YAML; JSON too, as far as it is YAML.
///
/// ```
/// use claimant_k8s::yaml::{Document, Place};
///
/// let document = Document::read(b"jwt:\n- issuer:\n    url: https://issuer.example\n    audiences: [a, b]\n")?;
/// assert_eq!(document.text("jwt[0].issuer.url"), Some("https://issuer.example"));
/// assert_eq!(document.place("jwt[0].issuer.audiences[1]"), Place { line: 4, column: 20 });
/// # Ok::<(), claimant_k8s::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Document {
    tree: Tree,
}

/// A node that a path leads to.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The key in front of it, if it is a member.
    key: Option<NodeId>,
    value: NodeId,
    /// Whether the whole path was followed; else it is the last node on the way.
    whole: bool,
}

impl Document {
    /// Reads the first document of a text.
    ///
    /// # Errors
    /// [`ConfigError::File`] with line and column; more than 4 MiB is [`ConfigError::FileLimit`].
    pub fn read(text: &[u8]) -> Result<Self, ConfigError> {
        Self::read_up_to(text, LONGEST)
    }

    /// The same with another limit on bytes.
    pub(crate) fn read_up_to(text: &[u8], longest: usize) -> Result<Self, ConfigError> {
        if text.len() > longest {
            return Err(Fault::limit(Mark::default(), format!("the file is longer than {longest} bytes")).into());
        }
        let tree = if json::is_json(text) { Tree::read(json::lenient(text).as_bytes())? } else { Tree::read(text)? };
        Ok(Self { tree })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tree.root().is_none_or(|root| self.type_of(root) == NodeType::Null)
    }

    /// What the path leads to; none where it leads nowhere. The empty path is the document itself.
    pub fn node_type(&self, path: &str) -> Option<NodeType> {
        self.whole(path).map(|found| self.type_of(found.value))
    }

    /// The text of a scalar, of whatever type.
    pub fn text(&self, path: &str) -> Option<&str> {
        match &self.tree.node(self.meant(self.whole(path)?.value)?)?.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The tag of a scalar, where it is not one of YAML's own types.
    pub fn own_tag(&self, path: &str) -> Option<&str> {
        match &self.tree.node(self.whole(path)?.value)?.kind {
            NodeKind::Scalar { tag, .. } if tag.starts_with('!') && tag.len() > 1 => Some(tag),
            _ => None,
        }
    }

    /// Where the path leads: to a scalar itself, to the name in front of a list or mapping, and where nothing is,
    /// to the nearest thing around it.
    pub fn place(&self, path: &str) -> Place {
        let Some(found) = self.find(path) else { return Place::START };
        let is_scalar = !matches!(self.type_of(found.value), NodeType::List | NodeType::Mapping | NodeType::Null);
        let node = if found.whole && is_scalar { found.value } else { found.key.unwrap_or(found.value) };
        self.tree.node(node).map_or(Place::START, |node| Place::of(node.mark))
    }

    /// Where the byte at `offset` of a scalar's text stands in the file.
    pub fn place_within(&self, path: &str, offset: usize) -> Option<Place> {
        let node = self.tree.node(self.meant(self.whole(path)?.value)?)?;
        let NodeKind::Scalar { text, runs, .. } = &node.kind else { return None };
        let at = runs.partition_point(|(start, _)| *start <= offset).checked_sub(1)?;
        let (start, mark) = runs.get(at)?;
        let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let within = text.get(*start..offset).unwrap_or_default();
        Some(Place::of(Mark { column: mark.column + within.chars().count(), ..*mark }))
    }

    /// The names of a mapping's members and where they stand, in order; those that merge keys bring in are not
    /// among them.
    pub fn members(&self, path: &str) -> Vec<(&str, Place)> {
        let Some(found) = self.whole(path) else { return Vec::new() };
        self.pairs(found.value)
            .filter_map(|(key, _)| self.tree.node(key))
            .filter_map(|node| match &node.kind {
                NodeKind::Scalar { tag, text, implicit, .. } if !is_merge(tag, text, *implicit) => {
                    Some((text.as_str(), Place::of(node.mark)))
                }
                _ => None,
            })
            .collect()
    }

    /// How many elements a list has; 0 for anything else.
    pub fn len(&self, path: &str) -> usize {
        self.whole(path).map_or(0, |found| self.elements(found.value).len())
    }

    /// Paths of all scalars whose text `wanted` likes, in order; those that stand in aliases once.
    pub fn scalars(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut paths = Vec::new();
        let mut open: Vec<(NodeId, String)> = self.tree.root().map(|root| (root, String::new())).into_iter().collect();
        while let Some((id, path)) = open.pop() {
            match self.tree.node(id).map(|node| &node.kind) {
                Some(NodeKind::Scalar { text, .. }) if wanted(text) => paths.push(path),
                Some(NodeKind::Sequence(children)) => {
                    open.extend(children.iter().enumerate().rev().map(|(at, child)| (*child, format!("{path}[{at}]"))));
                }
                Some(NodeKind::Mapping(_)) => {
                    let mut inner: Vec<_> = self
                        .pairs(id)
                        .filter_map(|(key, value)| Some((value, member_path(&path, self.scalar_text(key)?))))
                        .collect();
                    inner.reverse();
                    open.extend(inner);
                }
                _ => {}
            }
        }
        paths
    }

    /// The document as JSON values, as far as `depth` levels go.
    ///
    /// # Errors
    /// A mapping with a name twice or with other keys than text, a scalar that is not what its tag says, too many
    /// aliases, or more levels.
    pub fn to_json(&self, depth: usize) -> Result<serde_json::Value, ConfigError> {
        let Some(root) = self.tree.root() else { return Ok(serde_json::Value::Null) };
        let walk = Walk::new(&self.tree);
        Ok(walk.visit(root, |visit| visit.to_json(depth))?)
    }

    /// What each path leads to as JSON values, as [`to_json`](Self::to_json) does; what is wrong in one of them does
    /// not touch the others. Aliases count for all together. Paths of errors begin at the value.
    pub(crate) fn to_json_each(&self, paths: &[String], depth: usize) -> Vec<Result<serde_json::Value, ConfigError>> {
        let walk = Walk::new(&self.tree);
        let each = paths.iter().map(|path| {
            let Some(found) = self.whole(path) else { return Ok(serde_json::Value::Null) };
            let value = walk.visit(found.value, |visit| visit.to_json(depth));
            walk.leave_all();
            Ok(value?)
        });
        each.collect()
    }

    /// Reads what the path leads to.
    pub(crate) fn object<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, ConfigError> {
        let empty = || Fault::new(Mark::default(), "the first document is empty");
        let found = self.whole(path).ok_or_else(empty)?;
        let Object(value) = Walk::new(&self.tree).visit(found.value, |visit| Object::deserialize(visit))?;
        Ok(value)
    }

    fn type_of(&self, id: NodeId) -> NodeType {
        let Some(node) = self.meant(id).and_then(|id| self.tree.node(id)) else { return NodeType::Null };
        match &node.kind {
            NodeKind::Sequence(_) => NodeType::List,
            NodeKind::Mapping(_) => NodeType::Mapping,
            NodeKind::Alias(_) => NodeType::Null,
            NodeKind::Scalar { tag, text, implicit, .. } => match resolve(tag, text, *implicit) {
                Ok(Value::Null) => NodeType::Null,
                Ok(Value::Bool(_)) => NodeType::Bool,
                Ok(Value::Number) => NodeType::Number,
                Ok(Value::Text(_)) | Err(_) => NodeType::Text,
            },
        }
    }

    fn whole(&self, path: &str) -> Option<Found> {
        self.find(path).filter(|found| found.whole)
    }

    /// Follows a path as far as it goes; none in an empty document.
    fn find(&self, path: &str) -> Option<Found> {
        let mut found = Found { key: None, value: self.tree.root()?, whole: true };
        for step in steps(path) {
            let next = match step {
                Step::Member(name) => self.member(found.value, name, 0).map(|(key, value)| (Some(key), value)),
                // A list's element has the list's own name in front of it only where it has no place itself.
                Step::Element(index) => self.elements(found.value).get(index).map(|value| (None, *value)),
            };
            match next {
                Some((key, value)) => found = Found { key, value, whole: true },
                None => return Some(Found { whole: false, ..found }),
            }
        }
        Some(found)
    }

    /// The last member of this name wins, as in readers that are not strict; merged ones only where there is none.
    fn member(&self, mapping: NodeId, name: &str, depth: usize) -> Option<(NodeId, NodeId)> {
        const MERGES: usize = 16;
        let own = self.pairs(mapping).filter(|(key, _)| self.scalar_text(*key) == Some(name)).last();
        if own.is_some() || depth > MERGES {
            return own;
        }
        let merges = self.pairs(mapping).filter(|(key, _)| self.scalar_text(*key) == Some("<<"));
        merges
            .flat_map(|(_, value)| match self.elements(value) {
                [] => vec![value],
                many => many.to_vec(),
            })
            .find_map(|merged| self.member(merged, name, depth + 1))
    }

    fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> {
        let children = match self.meant(id).and_then(|id| self.tree.node(id)).map(|node| &node.kind) {
            Some(NodeKind::Mapping(children)) => children.as_slice(),
            _ => &[],
        };
        children.chunks_exact(2).filter_map(|pair| match pair {
            [key, value] => Some((*key, *value)),
            _ => None,
        })
    }

    fn elements(&self, id: NodeId) -> &[NodeId] {
        match self.meant(id).and_then(|id| self.tree.node(id)).map(|node| &node.kind) {
            Some(NodeKind::Sequence(children)) => children,
            _ => &[],
        }
    }

    fn scalar_text(&self, id: NodeId) -> Option<&str> {
        match &self.tree.node(self.meant(id)?)?.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The node, or what it is an alias of.
    fn meant(&self, id: NodeId) -> Option<NodeId> {
        match self.tree.node(id)?.kind {
            NodeKind::Alias(meant) => Some(meant),
            _ => Some(id),
        }
    }
}

/// A member's path below another; a name that has dots or brackets stands in brackets and quotes.
pub(crate) fn member_path(path: &str, name: &str) -> String {
    if name.is_empty() || name.contains(['.', '[', ']', '"']) {
        return format!("{path}[{name:?}]");
    }
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

/// The parts of `a.b[1].c["d.e"]`. A name with a quote in it is not found; the place is then what is around it.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let step = if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, behind) = quoted.split_once("\"]").unwrap_or((quoted, ""));
            rest = behind;
            Step::Member(name)
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, behind) = index.split_once(']').unwrap_or((index, ""));
            rest = behind;
            index.parse().map_or(Step::Member(index), Step::Element)
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let (name, behind) = name.split_at_checked(name.find(['.', '[']).unwrap_or(name.len())).unwrap_or_default();
            rest = behind;
            if name.is_empty() {
                continue;
            }
            Step::Member(name)
        };
        steps.push(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_members_elements_and_names_with_dots() {
        let all = [Step::Member("a"), Step::Member("b"), Step::Element(1), Step::Member("d.e"), Step::Member("f")];
        assert_eq!(steps("a.b[1][\"d.e\"].f"), all);
        assert_eq!(member_path("a.b[1]", "d.e"), "a.b[1][\"d.e\"]");
        for broken in [".", "..[", "[\"", "]", "[x"] {
            assert!(steps(broken).len() < 2, "{broken}");
        }
    }
}

//! The syntax tree: one flat arena, so that neither walking nor dropping it needs the call stack.

/// Index of a node in its [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// The position of this node in arrays that run parallel to the arena.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A constant as it stands in the source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
}

/// One entry of a map or struct literal; for a struct, `key` is not used and `field` is.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: NodeId,
    pub(crate) field: Box<str>,
    pub(crate) value: NodeId,
    pub(crate) optional: bool,
}

/// What a macro over a range expands to.
#[derive(Clone, Debug)]
pub(crate) struct Comprehension {
    pub(crate) range: NodeId,
    pub(crate) variable: Box<str>,
    pub(crate) variable2: Option<Box<str>>,
    pub(crate) accumulator: Box<str>,
    pub(crate) init: NodeId,
    pub(crate) condition: NodeId,
    pub(crate) step: NodeId,
    pub(crate) result: NodeId,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Literal(Literal),
    /// A name; a leading dot is kept and asks for the global meaning.
    Ident(Box<str>),
    Select {
        operand: NodeId,
        field: Box<str>,
        /// `has(operand.field)`
        presence: bool,
    },
    Call {
        target: Option<NodeId>,
        function: Box<str>,
        arguments: Vec<NodeId>,
    },
    List {
        elements: Vec<NodeId>,
        /// Which elements were written `?element`.
        optional: Vec<bool>,
    },
    Map(Vec<Entry>),
    Struct {
        name: Box<str>,
        fields: Vec<Entry>,
    },
    Comprehension(Box<Comprehension>),
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    /// Byte offset in the source where the checker points to.
    pub(crate) offset: usize,
}

/// The most nodes that one expression may expand to. Macros copy their target, so that a chain of
/// them grows without bound in a source that is short.
const MAX_NODES: usize = 1_000_000;

/// A parsed expression.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ast {
    nodes: Vec<Node>,
    root: Option<NodeId>,
    quoted_names: Vec<usize>,
}

/// The expression expands to more than [`MAX_NODES`] nodes.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Ast {
    pub(crate) fn add(&mut self, kind: NodeKind, offset: usize) -> Result<NodeId, TooLarge> {
        if self.nodes.len() >= MAX_NODES {
            return Err(TooLarge);
        }
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| TooLarge)?);
        self.nodes.push(Node { kind, offset });
        Ok(id)
    }

    pub(crate) fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    pub(crate) fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(crate) fn set_quoted_names(&mut self, offsets: Vec<usize>) {
        self.quoted_names = offsets;
    }

    /// Byte offsets of the names that are written in back-quotes.
    pub(crate) fn quoted_names(&self) -> &[usize] {
        &self.quoted_names
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn kind(&self, id: NodeId) -> &NodeKind {
        const NONE: &NodeKind = &NodeKind::Literal(Literal::Null);
        self.nodes.get(id.index()).map_or(NONE, |node| &node.kind)
    }

    pub(crate) fn offset(&self, id: NodeId) -> usize {
        self.nodes.get(id.index()).map_or(0, |node| node.offset)
    }

    /// The nodes directly below `id`, in the order in which they are checked.
    pub(crate) fn children(&self, id: NodeId) -> Vec<NodeId> {
        match self.kind(id) {
            NodeKind::Literal(_) | NodeKind::Ident(_) => Vec::new(),
            NodeKind::Select { operand, .. } => vec![*operand],
            NodeKind::Call { target, arguments, .. } => target.iter().chain(arguments).copied().collect(),
            NodeKind::List { elements, .. } => elements.clone(),
            NodeKind::Map(entries) => entries.iter().flat_map(|e| [e.key, e.value]).collect(),
            NodeKind::Struct { fields, .. } => fields.iter().map(|f| f.value).collect(),
            NodeKind::Comprehension(c) => vec![c.range, c.init, c.condition, c.step, c.result],
        }
    }

    /// All nodes that are reachable from the root.
    pub(crate) fn reachable(&self) -> Vec<NodeId> {
        let mut out = Vec::new();
        let mut todo: Vec<NodeId> = self.root.into_iter().collect();
        while let Some(id) = todo.pop() {
            out.push(id);
            todo.extend(self.children(id));
        }
        out
    }

    /// Copies the tree below `id`.
    pub(crate) fn copy(&mut self, id: NodeId) -> Result<NodeId, TooLarge> {
        // Post-order without recursion: children are copied before the node that refers to them.
        let mut order = Vec::new();
        let mut todo = vec![id];
        while let Some(next) = todo.pop() {
            order.push(next);
            todo.extend(self.children(next));
            if order.len() > MAX_NODES {
                return Err(TooLarge);
            }
        }
        let mut copies = std::collections::HashMap::with_capacity(order.len());
        for old in order.into_iter().rev() {
            let at = |n: NodeId| copies.get(&n).copied().unwrap_or(n);
            let mut kind = self.kind(old).clone();
            match &mut kind {
                NodeKind::Literal(_) | NodeKind::Ident(_) => {}
                NodeKind::Select { operand, .. } => *operand = at(*operand),
                NodeKind::Call { target, arguments, .. } => {
                    *target = target.map(at);
                    arguments.iter_mut().for_each(|a| *a = at(*a));
                }
                NodeKind::List { elements, .. } => elements.iter_mut().for_each(|e| *e = at(*e)),
                NodeKind::Map(entries) | NodeKind::Struct { fields: entries, .. } => {
                    for e in entries {
                        e.key = at(e.key);
                        e.value = at(e.value);
                    }
                }
                NodeKind::Comprehension(c) => {
                    c.range = at(c.range);
                    c.init = at(c.init);
                    c.condition = at(c.condition);
                    c.step = at(c.step);
                    c.result = at(c.result);
                }
            }
            let copy = self.add(kind, self.offset(old))?;
            copies.insert(old, copy);
        }
        Ok(copies.get(&id).copied().unwrap_or(id))
    }
}

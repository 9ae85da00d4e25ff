//! What older minors of Kubernetes make of an expression that the newest one loads.

use std::fmt;

use crate::check::{Checked, Reference};
use crate::error::position;
use crate::syntax::{Ast, Comprehension, Literal, NodeId, NodeKind};

/// A minor of Kubernetes, older ones first.
///
/// CEL changed between 1.36 and 1.37 (cel-go 0.26 and 0.29), and hardly between 1.34 and 1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Minor {
    /// 1.34
    V1_34,
    /// 1.35
    V1_35,
    /// 1.36
    V1_36,
    /// 1.37, whose behaviour this crate has.
    V1_37,
}

/// One place of an expression that means something else to an older minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinorNote {
    /// What is different.
    pub difference: Difference,
    /// Line of the place, from 1.
    pub line: usize,
    /// Column of the place in code points, from 1.
    pub column: usize,
}

/// What differs between minors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Difference {
    /// A name in back-quotes, which minors before 1.37 do not know.
    QuotedName,
    /// The function `includes`, which minors before 1.37 do not have.
    Includes,
    /// `.claims` or `.user` within a macro whose variable has that name: the variable before 1.37,
    /// which refuses most of what is done with it.
    GlobalName,
    /// `or` and `orValue` of what may be no optional: an error, and the value itself before 1.37.
    OrOfPlainValue,
    /// `lists.range` of what may be negative or above 1 000 000: an error, and an empty list or a
    /// very long one before 1.37.
    RangeBounds,
    /// `indexOf` and `lastIndexOf` of a text that may be empty, from a position: one outside of
    /// the text is an error or the end of the text, and was the answer before 1.37.
    IndexOfNothing,
    /// `validate` of a format: what it says of a text that is too long counts bytes, and counted
    /// characters before 1.35.
    FormatMessage,
    /// `startsWith`: its cost grows with the prefix, and grew with the text before 1.37.
    StartsWithCost,
    /// `endsWith`: its cost grows with the suffix, and grew with the text before 1.37.
    EndsWithCost,
    /// `matches(text, pattern)`: its cost grows with both, and was 1 before 1.37. That of
    /// `text.matches(pattern)` did not change.
    MatchesCost,
    /// `flatten` to a depth that may be negative, which is an error of another cost before 1.37.
    FlattenCost,
}

/// How much a [`Difference`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// Another cost: only an expression near [`COST_LIMIT`](crate::COST_LIMIT) notices.
    Cost,
    /// Another value, or a value where there is an error.
    Value,
    /// The older minor does not load the configuration that holds the expression.
    RefusedAtLoad,
}

impl Difference {
    /// How much it matters at most.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::QuotedName | Self::Includes | Self::GlobalName => Effect::RefusedAtLoad,
            Self::OrOfPlainValue | Self::RangeBounds | Self::IndexOfNothing | Self::FormatMessage => Effect::Value,
            Self::StartsWithCost | Self::EndsWithCost | Self::MatchesCost | Self::FlattenCost => Effect::Cost,
        }
    }

    /// The newest minor that is different.
    #[must_use]
    pub const fn newest(self) -> Minor {
        match self {
            Self::FormatMessage => Minor::V1_34,
            _ => Minor::V1_36,
        }
    }

    /// A stable code for reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::QuotedName => "quoted_name",
            Self::Includes => "includes",
            Self::GlobalName => "global_name",
            Self::OrOfPlainValue => "or_of_plain_value",
            Self::RangeBounds => "range_bounds",
            Self::IndexOfNothing => "index_of_nothing",
            Self::FormatMessage => "format_message",
            Self::StartsWithCost => "starts_with_cost",
            Self::EndsWithCost => "ends_with_cost",
            Self::MatchesCost => "matches_cost",
            Self::FlattenCost => "flatten_cost",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QuotedName => "a name in back-quotes is refused at load before 1.37",
            Self::Includes => "the function includes is refused at load before 1.37",
            Self::GlobalName => "before 1.37 this is the variable of the macro that has the same name",
            Self::OrOfPlainValue => "where this is no optional it is an error since 1.37, and the value itself before",
            Self::RangeBounds => "lists.range of a negative number is an error since 1.37, and an empty list before",
            Self::IndexOfNothing => "an empty text is found outside of the other one before 1.37",
            Self::FormatMessage => "what is said of a text that is too long counts characters before 1.35",
            Self::StartsWithCost => "startsWith has another cost before 1.37",
            Self::EndsWithCost => "endsWith has another cost before 1.37",
            Self::MatchesCost => "matches(text, pattern) has another cost before 1.37",
            Self::FlattenCost => "flatten to a negative depth has another cost before 1.37",
        })
    }
}

impl fmt::Display for MinorNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.difference)
    }
}

/// What older minors make of the expression otherwise, in the order of the source.
pub(crate) fn notes(source: &str, ast: &Ast, checked: &Checked) -> Box<[MinorNote]> {
    let mut found: Vec<(usize, Difference)> =
        ast.quoted_names().iter().map(|offset| (*offset, Difference::QuotedName)).collect();
    for node in ast.reachable() {
        found.extend(call(ast, checked, node).map(|difference| (ast.offset(node), difference)));
        if let NodeKind::Comprehension(comprehension) = ast.kind(node) {
            let shadowed = shadowed_names(ast, comprehension);
            found.extend(shadowed.into_iter().map(|offset| (offset, Difference::GlobalName)));
        }
    }
    // A macro may have copied the place.
    found.sort_by_key(|(offset, difference)| (*offset, difference.code()));
    found.dedup();
    found
        .into_iter()
        .map(|(offset, difference)| {
            let (line, column) = position(source, offset);
            MinorNote { difference, line, column }
        })
        .collect()
}

fn call(ast: &Ast, checked: &Checked, node: NodeId) -> Option<Difference> {
    let NodeKind::Call { target, arguments, .. } = ast.kind(node) else { return None };
    let Some(Reference::Function { name, member, .. }) = checked.reference(node) else { return None };
    let is_optional = |node: &NodeId| checked.types.unwrap_optional(checked.type_of(*node)).is_some();
    match (&**name, arguments.as_slice()) {
        ("includes", _) => Some(Difference::Includes),
        ("startsWith", _) => Some(Difference::StartsWithCost),
        ("endsWith", _) => Some(Difference::EndsWithCost),
        ("matches", _) if !member => Some(Difference::MatchesCost),
        ("validate", _) => Some(Difference::FormatMessage),
        ("or" | "orValue", _) if !target.as_ref().is_some_and(is_optional) => Some(Difference::OrOfPlainValue),
        ("lists.range", [count]) => (!is_size(ast, *count)).then_some(Difference::RangeBounds),
        ("flatten", [depth]) => (!is_size(ast, *depth)).then_some(Difference::FlattenCost),
        ("indexOf" | "lastIndexOf", [wanted, _]) => match ast.kind(*wanted) {
            NodeKind::Literal(Literal::String(text)) if !text.is_empty() => None,
            _ => Some(Difference::IndexOfNothing),
        },
        _ => None,
    }
}

/// Whether the number is one of elements: as it is written, or by `size`.
fn is_size(ast: &Ast, count: NodeId) -> bool {
    match ast.kind(count) {
        NodeKind::Literal(Literal::Int(count)) => (0..=1_000_000).contains(count),
        NodeKind::Call { function, .. } => **function == *"size",
        _ => false,
    }
}

/// Where `.name` stands in a macro whose variable has this name.
fn shadowed_names(ast: &Ast, comprehension: &Comprehension) -> Vec<usize> {
    let mut found = Vec::new();
    let mut todo = vec![comprehension.condition, comprehension.step];
    while let Some(node) = todo.pop() {
        if let NodeKind::Ident(written) = ast.kind(node)
            && let Some(name) = written.strip_prefix('.')
            && (*name == *comprehension.variable || comprehension.variable2.as_deref() == Some(name))
        {
            found.push(ast.offset(node));
        }
        todo.extend(ast.children(node));
    }
    found
}

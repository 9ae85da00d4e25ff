//! Lists: of the claims, made by the expression, or two put together.

use std::sync::Arc;

use super::json;
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;

/// A list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum List<'a> {
    /// An array of the claims.
    Json(JsonArray<'a>),
    /// Made by the expression.
    Values(Arc<Vec<Value<'a>>>),
    /// Made by a function that gives strings, such as `split`.
    Strings(Arc<[Text<'a>]>),
    /// Strings of the user.
    Borrowed(&'a [&'a str]),
    /// One list after another.
    Joined(Arc<Joined<'a>>),
}

/// An array as it stands in the claims.
#[derive(Clone, Copy, Debug)]
pub struct JsonArray<'a> {
    pub(crate) raw: &'a str,
    /// Whether objects in it unescape the names by which they are asked.
    pub(crate) unescapes: bool,
}

/// Two lists that were added, too long to copy.
#[derive(Clone, Debug)]
pub struct Joined<'a> {
    left: List<'a>,
    right: List<'a>,
    length: usize,
}

/// What the API server does with a list that is to be a list of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListOrigin {
    /// It is converted.
    Values,
    /// It is refused.
    Strings,
}

impl<'a> List<'a> {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(array) => json::items(array.raw).count(),
            Self::Values(values) => values.len(),
            Self::Strings(strings) => strings.len(),
            Self::Borrowed(strings) => strings.len(),
            Self::Joined(joined) => joined.length,
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at an index.
    pub(crate) fn get(&self, index: usize) -> Option<Result<Value<'a>, EvalError>> {
        let mut list = self;
        let mut index = index;
        loop {
            return match list {
                Self::Json(array) => {
                    json::items(array.raw).nth(index).map(|raw| raw.and_then(|raw| json::value(raw, array.unescapes)))
                }
                Self::Values(values) => values.get(index).cloned().map(Ok),
                Self::Strings(strings) => strings.get(index).cloned().map(|s| Ok(Value::String(s))),
                Self::Borrowed(strings) => strings.get(index).map(|s| Ok(Value::from(*s))),
                Self::Joined(joined) => {
                    let left = joined.left.len();
                    if index < left {
                        list = &joined.left;
                    } else {
                        list = &joined.right;
                        index -= left;
                    }
                    continue;
                }
            };
        }
    }

    /// The elements in order. An element of the claims that is no JSON is an error.
    pub fn iter(&self) -> ListIter<'a> {
        let mut iter = ListIter { open: Vec::new(), current: None };
        iter.open.push(self.clone());
        iter
    }

    /// Gives each element to `see`, as [`iter`](Self::iter) does, until that fails.
    pub(crate) fn each<E>(&self, mut see: impl FnMut(Result<Value<'a>, EvalError>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Json(array) => {
                json::items(array.raw).try_for_each(|raw| see(raw.and_then(|raw| json::value(raw, array.unescapes))))
            }
            Self::Values(values) => values.iter().cloned().try_for_each(|value| see(Ok(value))),
            other => other.iter().try_for_each(see),
        }
    }

    /// One list after the other.
    pub(crate) fn join(self, other: Self) -> Self {
        /// Shorter results are copied, longer ones refer to their parts.
        const COPIED: usize = 256;
        let (left, right) = (self.len(), other.len());
        if left == 0 {
            return other.plain();
        }
        if right == 0 {
            return self.plain();
        }
        let length = left.saturating_add(right);
        if length <= COPIED {
            let plain = self.clone().plain().iter().chain(other.clone().iter());
            if let Ok(values) = plain.collect::<Result<Vec<_>, _>>() {
                return Self::Values(Arc::new(values));
            }
        }
        Self::Joined(Arc::new(Joined { left: self.plain(), right: other, length }))
    }

    pub(crate) fn origin(&self) -> ListOrigin {
        match self {
            Self::Json(_) | Self::Values(_) | Self::Joined(_) => ListOrigin::Values,
            Self::Strings(_) | Self::Borrowed(_) => ListOrigin::Strings,
        }
    }

    /// The list as it is when an operation looks at it from within: objects in it no longer
    /// unescape names.
    pub(crate) fn plain(self) -> Self {
        match self {
            Self::Json(array) => Self::Json(JsonArray { unescapes: false, ..array }),
            other => other,
        }
    }
}

/// The elements of a list.
#[derive(Debug)]
pub struct ListIter<'a> {
    /// Lists that are still to be walked, the next one last.
    open: Vec<List<'a>>,
    current: Option<Cursor<'a>>,
}

#[derive(Debug)]
enum Cursor<'a> {
    Json(json::Items<'a>),
    Index(List<'a>, usize),
}

impl<'a> Iterator for ListIter<'a> {
    type Item = Result<Value<'a>, EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = match &mut self.current {
                Some(Cursor::Json(items)) => items.next().map(|raw| raw.and_then(|raw| json::value(raw, false))),
                Some(Cursor::Index(list, at)) => {
                    *at += 1;
                    list.get(*at - 1)
                }
                None => None,
            };
            if next.is_some() {
                return next;
            }
            self.current = match self.open.pop()? {
                List::Json(array) => Some(Cursor::Json(json::items(array.raw))),
                List::Joined(joined) => {
                    self.open.push(joined.right.clone());
                    self.open.push(joined.left.clone());
                    None
                }
                other => Some(Cursor::Index(other, 0)),
            };
        }
    }
}

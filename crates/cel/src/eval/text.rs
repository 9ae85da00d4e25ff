//! A string that is borrowed where it can be.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A string of an evaluation: borrowed from the claims or the program, or made by the expression.
#[derive(Clone)]
pub enum Text<'a> {
    /// Stands in the input or in the program.
    Borrowed(&'a str),
    /// Was made during the evaluation.
    Shared(Arc<str>),
}

impl Text<'_> {
    /// The string itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Borrowed(text)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

//! Where in the text something is, and what is wrong there.

use crate::{ConfigError, FileError};
use std::fmt;

/// A place in the text; all count from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Mark {
    pub(super) fn break_line(&mut self) {
        self.line += 1;
        self.column = 0;
    }
}

/// Why the text is refused; the path grows from the inside out.
#[derive(Debug)]
pub(super) struct Fault {
    mark: Option<Mark>,
    path: Vec<Step>,
    why: String,
    limit: bool,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Element(usize),
}

impl Fault {
    pub(super) fn new(mark: Mark, why: impl Into<String>) -> Self {
        Self { mark: Some(mark), path: Vec::new(), why: why.into(), limit: false }
    }

    /// More than our own limits allow.
    pub(super) fn limit(mark: Mark, why: impl Into<String>) -> Self {
        Self { limit: true, ..Self::new(mark, why) }
    }

    /// Stands at `mark`, if nothing nearer was named.
    pub(super) fn at(mut self, mark: Mark) -> Self {
        self.mark.get_or_insert(mark);
        self
    }

    pub(super) fn in_member(mut self, name: &str) -> Self {
        self.path.push(Step::Member(name.to_owned()));
        self
    }

    pub(super) fn in_element(mut self, index: usize) -> Self {
        self.path.push(Step::Element(index));
        self
    }

    fn written_path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Member(name) if path.is_empty() => path.push_str(name),
                Step::Member(name) => path.extend([".", name]),
                Step::Element(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        let mark = fault.mark.unwrap_or_default();
        let path = excerpt(&fault.written_path());
        let error = FileError { line: mark.line + 1, column: mark.column + 1, path, why: excerpt(&fault.why) };
        if fault.limit { Self::FileLimit(error) } else { Self::File(error) }
    }
}

/// At most so much of a text that may be as long as the file.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at)) {
        Some(start) => format!("{start}…"),
        None => text.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self { mark: None, path: Vec::new(), why: why.to_string(), limit: false }
    }
}

//! What is wrong with a manifest.

use super::{Manifests, Source, Written, called};
use crate::lint::{Problem, Severity};
use crate::yaml::Place;
use serde::Serialize;
use std::fmt;

/// A problem, and in which file, document and object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ManifestProblem {
    /// The file's name.
    pub file: String,
    /// The number of the document in the file, from 1; 0 for the whole file.
    pub document: usize,
    /// Kind, namespace and name, as far as there are any.
    pub object: String,
    /// What it is, and where in the file.
    #[serde(flatten)]
    pub problem: Problem,
    /// The line of the file that it is about.
    #[serde(skip)]
    pub line: String,
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, document, object, problem, .. } = self;
        match document {
            0 => write!(f, "{file}: ")?,
            _ => write!(f, "{file}:{}:{}: document {document}: ", problem.place.line, problem.place.column)?,
        }
        if !object.is_empty() {
            write!(f, "{object}: ")?;
        }
        write!(f, "{problem}")
    }
}

impl ManifestProblem {
    /// About a field of an object that was read.
    pub(crate) fn of_field(
        written: &Written<'_>,
        severity: Severity,
        code: &'static str,
        field: &str,
        message: String,
    ) -> Self {
        let meta = written.object().metadata();
        let place = written.place(field);
        let problem = Problem { severity, code, path: field.to_owned(), place, message };
        let object = called(written.object().kind(), &meta.namespace, &meta.name);
        Self::of(&written.entry.source, object, problem)
    }

    /// The problem's place is one of the file.
    pub(super) fn of(source: &Source, object: String, problem: Problem) -> Self {
        let line = source.lines.line(problem.place);
        Self { file: source.file.to_string(), document: source.number, object, problem, line }
    }

    /// About a file that could not be read.
    pub(super) fn of_file(file: &str, code: &'static str, message: String) -> Self {
        let problem = Problem::error(code, Place::START, String::new(), message);
        Self { file: file.to_owned(), document: 0, object: String::new(), problem, line: String::new() }
    }
}

impl Manifests {
    /// At most so many are kept; the last one says that there are more.
    pub(super) fn tell(&mut self, problem: ManifestProblem) {
        match self.problems.len().cmp(&MAX_PROBLEMS) {
            std::cmp::Ordering::Less => self.problems.push(problem),
            std::cmp::Ordering::Equal => {
                let message = "this and all that follows is not told: there is too much wrong".to_owned();
                self.problems.push(ManifestProblem::of_file(&problem.file, "too_many", message));
            }
            std::cmp::Ordering::Greater => {}
        }
    }
}

const MAX_PROBLEMS: usize = 10_000;

/// The lines of a file, for excerpts.
#[derive(Debug)]
pub(super) struct Lines {
    text: Vec<u8>,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &[u8]) -> Self {
        let breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text: text.to_owned(), starts }
    }

    /// The line of a place, as much of it as fits a message.
    fn line(&self, place: Place) -> String {
        const LONGEST: usize = 2_000;
        let start = place.line.checked_sub(1).and_then(|line| self.starts.get(line));
        let rest = start.and_then(|start| self.text.get(*start..)).unwrap_or_default();
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()
    }
}

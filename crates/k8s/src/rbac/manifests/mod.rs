//! Roles and bindings as people keep them: YAML and JSON, several documents in a file, lists, whole folders.
//!
//! What is wrong is told with file, document, line and field, and takes nothing else down with it.

mod cut;
mod files;
mod problem;
mod read;
mod shapes;

pub use problem::ManifestProblem;

use super::objects::{Object, Objects};
use crate::yaml::{Document, Place};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Roles and bindings that were read from manifests, and what was wrong with others.
///
/// ```
/// use claimant_k8s::rbac::Manifests;
///
/// let mut manifests = Manifests::new();
/// manifests.read("roles.yaml", b"apiVersion: rbac.authorization.k8s.io/v1
/// kind: ClusterRole
/// metadata: {name: reader}
/// rules:
/// - apiGroups: ['']
///   resource: [pods]
///   verbs: [get]
/// ---
/// apiVersion: v1
/// kind: ConfigMap
/// ");
/// let told: Vec<String> = manifests.problems().iter().map(ToString::to_string).collect();
/// assert_eq!(told, [
///     "roles.yaml:5:3: document 1: ClusterRole reader: rules[0].resources: at least one is required",
///     "roles.yaml:6:3: document 1: ClusterRole reader: rules[0].resource: there is no such member; perhaps \
///      resources is meant; the API server drops it, kubectl refuses it",
/// ]);
/// assert_eq!(manifests.skipped()["v1 ConfigMap"], 1);
/// ```
#[derive(Debug, Default)]
pub struct Manifests {
    objects: Objects,
    written: Vec<Entry>,
    places: HashMap<Name, usize>,
    problems: Vec<ManifestProblem>,
    skipped: BTreeMap<String, usize>,
    files: Vec<Arc<str>>,
    default_namespace: String,
}

/// Kind, namespace and name.
type Name = (&'static str, String, String);

#[derive(Debug)]
struct Entry {
    object: Object,
    source: Arc<Source>,
    /// The path of the object in its document.
    base: String,
}

/// A document of a file.
#[derive(Debug)]
struct Source {
    file: Arc<str>,
    lines: Arc<problem::Lines>,
    number: usize,
    lines_before: usize,
    /// Of the first line.
    columns_before: usize,
    /// None where only the document itself has a place.
    document: Option<Document>,
}

impl Source {
    /// Where a path of the document stands in the file.
    fn place(&self, path: &str) -> Place {
        self.in_file(self.document.as_ref().map_or(Place::START, |document| document.place(path)))
    }

    fn in_file(&self, place: Place) -> Place {
        let column = if place.line == 1 { place.column + self.columns_before } else { place.column };
        Place { line: place.line + self.lines_before, column }
    }
}

impl Manifests {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Roles and bindings without a namespace get this one, as by `kubectl apply --namespace`. Without it they are
    /// refused, as the API server would.
    #[must_use]
    pub fn with_default_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.default_namespace = namespace.into();
        self
    }

    /// The roles and bindings that are good, as they are written: not aggregated.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What is wrong or unwise, by file and place.
    pub fn problems(&self) -> &[ManifestProblem] {
        &self.problems
    }

    /// How many objects were skipped since they are neither roles nor bindings, by version and kind.
    pub fn skipped(&self) -> &BTreeMap<String, usize> {
        &self.skipped
    }

    /// How many files were read.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Their names, in the order of reading.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|name| &**name)
    }

    /// Every object that was read and where, in the order of reading.
    pub fn written(&self) -> impl ExactSizeIterator<Item = Written<'_>> {
        self.written.iter().map(|entry| Written { entry })
    }

    /// Where an object was read; the namespace of the kinds of the cluster is empty.
    pub fn find(&self, kind: &'static str, namespace: &str, name: &str) -> Option<Written<'_>> {
        let place = self.places.get(&(kind, namespace.to_owned(), name.to_owned()))?;
        self.written.get(*place).map(|entry| Written { entry })
    }
}

/// An object, and where it was read.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    entry: &'a Entry,
}

impl<'a> Written<'a> {
    /// The object, with defaults.
    pub fn object(&self) -> &'a Object {
        &self.entry.object
    }

    /// The file's name.
    pub fn file(&self) -> &'a str {
        &self.entry.source.file
    }

    /// The number of its document in the file, from 1.
    pub fn document(&self) -> usize {
        self.entry.source.number
    }

    /// Where a field of it stands, `rules[0].verbs[1]`; the empty path is the object itself.
    pub fn place(&self, field: &str) -> Place {
        self.entry.source.place(&read::join(&self.entry.base, field))
    }
}

/// `KIND NAMESPACE/NAME`, as messages call an object.
fn called(kind: &str, namespace: &str, name: &str) -> String {
    match (namespace, name) {
        ("", "") => kind.to_owned(),
        ("", name) => format!("{kind} {name}"),
        (namespace, name) => format!("{kind} {namespace}/{name}"),
    }
}

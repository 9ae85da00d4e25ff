//! One file to objects.

use super::cut::{Piece, hidden_document, pieces};
use super::problem::{Lines, ManifestProblem};
use super::shapes::{self, KINDS};
use super::{Entry, Manifests, Source, called};
use crate::config::yaml::member_path;
use crate::lint::shape::{Checker, nearest};
use crate::lint::syntax::advice;
use crate::lint::{Problem, Severity};
use crate::rbac::objects::{API_VERSION, Object};
use crate::rbac::types::API_GROUP;
use crate::yaml::{Document, NodeType, Place};
use crate::{ConfigError, FieldError};
use serde_json::Value;
use std::sync::Arc;

/// Bytes of one document, a list of all roles of a large cluster among them.
const LONGEST: usize = 64 << 20;
/// Bytes of one object that an API server takes: its limit on the body of a request
/// (`MaxRequestBodyBytes` of k8s.io/apiserver).
const LARGEST_OBJECT: usize = 3 << 20;
const NO_OBJECT: &str = "is no object: apiVersion, kind and metadata are expected";
/// Levels within an object.
const DEPTH: usize = 100;
/// Lists within lists.
const LISTS: usize = 8;

impl Manifests {
    /// Reads the text of a file: YAML with any number of documents, or JSON; lists are taken apart, kinds other
    /// than roles and bindings skipped and counted. What is wrong is told by [`Manifests::problems`].
    pub fn read(&mut self, file: &str, text: &[u8]) {
        let told = self.problems.len();
        let (file, lines): (Arc<str>, _) = (file.into(), Arc::new(Lines::of(text)));
        self.files.push(Arc::clone(&file));
        for (number, piece) in pieces(text) {
            let source = Source {
                file: Arc::clone(&file),
                lines: Arc::clone(&lines),
                number,
                lines_before: piece.lines_before,
                columns_before: piece.columns_before,
                document: None,
            };
            self.read_piece(&piece, source);
        }
        if let Some(new) = self.problems.get_mut(told..) {
            new.sort_by_key(|one| (one.document, one.problem.place, one.problem.severity));
        }
    }

    fn read_piece(&mut self, piece: &Piece<'_>, mut source: Source) {
        let value = match Document::read_up_to(piece.text, LONGEST) {
            Ok(document) => {
                source.document = Some(document);
                None
            }
            // JSON with escapes that YAML does not have; it has no places.
            Err(error) => match serde_json::from_slice::<Value>(piece.text) {
                Ok(value) => Some(value),
                Err(_) => return self.tell_unreadable(&source, piece.text, error),
            },
        };
        if let Some(line) = hidden_document(piece.text).filter(|_| value.is_none()) {
            let message = "another document begins here, and nobody reads it: begin it with a line --- of its own";
            let place = source.in_file(Place { line, column: 1 });
            let problem = Problem::error("hidden_document", place, String::new(), message.to_owned());
            self.tell(ManifestProblem::of(&source, String::new(), problem));
        }
        let source = Arc::new(source);
        match (&source.document, value) {
            (Some(document), _) => {
                let found = self.find_objects(&source, document);
                let paths: Vec<String> = found.iter().map(|(base, _)| base.clone()).collect();
                let values = document.to_json_each(&paths, DEPTH);
                for ((base, kind), value) in found.into_iter().zip(values) {
                    self.read_object(&source, base, kind, value);
                }
            }
            (None, value) => self.read_value(&source, value.unwrap_or_default(), 0),
        }
    }

    /// A text that is no document at all.
    fn tell_unreadable(&mut self, source: &Source, text: &[u8], error: ConfigError) {
        let (place, mut message) = match error {
            ConfigError::File(error) | ConfigError::FileLimit(error) => {
                (Place { line: error.line, column: error.column }, error.why)
            }
            other => (Place::START, other.to_string()),
        };
        if text.windows(2).any(|two| two == b"{{") {
            message.push_str("; a template is no manifest: render it first, by helm template or the like");
        } else if let Some(advice) = advice(text, place, &message) {
            message = format!("{message}; {advice}");
        }
        let problem = Problem::error("syntax", source.in_file(place), String::new(), message);
        self.tell(ManifestProblem::of(source, String::new(), problem));
    }

    /// The paths and kinds of the roles and bindings in a document.
    fn find_objects(&mut self, source: &Arc<Source>, document: &Document) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), None, 0)];
        while let Some((base, item_kind, depth)) = open.pop() {
            match document.node_type(&base) {
                Some(NodeType::Mapping) => {}
                None | Some(NodeType::Null) => continue,
                Some(_) => {
                    self.tell_at(source, "no_object", base, NO_OBJECT.to_owned());
                    continue;
                }
            }
            let text = |member: &str| document.text(&member_path(&base, member)).unwrap_or_default();
            let (version, kind) = match (text("apiVersion"), text("kind")) {
                ("", "") => item_kind.map_or(("", ""), |kind| (API_VERSION, kind)),
                both => both,
            };
            match classify(version, kind) {
                Class::Object(kind) => found.push((base, kind)),
                Class::List(_) if depth == LISTS => {
                    self.tell_at(source, "lists", base, "has too many lists around it".to_owned());
                }
                Class::List(item_kind) => {
                    let items = member_path(&base, "items");
                    let items = (0..document.len(&items)).rev().map(|at| format!("{items}[{at}]"));
                    open.extend(items.map(|item| (item, item_kind, depth + 1)));
                }
                Class::Other(name) => *self.skipped.entry(name).or_default() += 1,
                Class::Wrong(member, message) => self.tell_at(source, "version", member_path(&base, member), message),
            }
        }
        found
    }

    fn tell_at(&mut self, source: &Source, code: &'static str, path: String, message: String) {
        let problem = Problem::error(code, source.place(&path), path, message);
        self.tell(ManifestProblem::of(source, String::new(), problem));
    }

    /// The same for a value without places.
    fn read_value(&mut self, source: &Arc<Source>, value: Value, depth: usize) {
        let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
        match classify(text("apiVersion"), text("kind")) {
            _ if value.is_null() => {}
            _ if !value.is_object() => self.tell_at(source, "no_object", String::new(), NO_OBJECT.to_owned()),
            Class::Object(kind) => self.read_object(source, String::new(), kind, Ok(value)),
            Class::List(_) if depth == LISTS => {
                self.tell_at(source, "lists", String::new(), "has too many lists around it".to_owned());
            }
            Class::List(item_kind) => {
                let items = value.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                for item in items {
                    self.read_value(source, with_kind(item, item_kind), depth + 1);
                }
            }
            Class::Other(name) => *self.skipped.entry(name).or_default() += 1,
            Class::Wrong(member, message) => self.tell_at(source, "version", member.to_owned(), message),
        }
    }

    fn read_object(
        &mut self,
        source: &Arc<Source>,
        base: String,
        kind: &'static str,
        value: Result<Value, ConfigError>,
    ) {
        let mut problems = Vec::new();
        if let (Some(document), Some(members)) = (&source.document, shapes::of(kind)) {
            Checker::new(document, &shapes::WORDS, &mut problems).object(&base, members);
        }
        let mut refused = false;
        for problem in &mut problems {
            problem.place = source.in_file(problem.place);
            if problem.code == "unknown_member" {
                problem.severity = Severity::Warning;
                problem.message.push_str("; the API server drops it, kubectl refuses it");
            }
            refused |= problem.severity == Severity::Error;
        }
        let namespaced = matches!(kind, "Role" | "RoleBinding");
        let value =
            value.map(|value| with_namespace(with_kind(value, Some(kind)), namespaced, &self.default_namespace));
        let name = value.as_ref().map_or_else(
            |_| called(kind, "", source.text(&join(&base, "metadata.name"))),
            |value| {
                let text = |member: &str| value.pointer(member).and_then(Value::as_str).unwrap_or_default();
                called(kind, if namespaced { text("/metadata/namespace") } else { "" }, text("/metadata/name"))
            },
        );
        let outcome = value.and_then(small_enough).and_then(Object::from_value).and_then(Object::checked);
        match outcome {
            // What has the wrong type is named with its field already.
            Err(_) if refused => {}
            Ok(_) if refused => {}
            Ok(object) => self.keep(source, &base, object, &mut problems),
            Err(error) => problems.extend(of_error(error, source, &base)),
        }
        for mut problem in problems {
            // Paths begin at the object, which is named.
            problem.path = problem.path.strip_prefix(&base).unwrap_or(&problem.path).trim_start_matches('.').to_owned();
            self.tell(ManifestProblem::of(source, name.clone(), problem));
        }
    }

    fn keep(&mut self, source: &Arc<Source>, base: &str, object: Object, problems: &mut Vec<Problem>) {
        let meta = object.metadata();
        let name = (object.kind(), meta.namespace.clone(), meta.name.clone());
        if self.objects.insert_stored(object.clone()).is_err() {
            let first = self.find(name.0, &name.1, &name.2).map_or_else(String::new, |first| {
                let place = first.place("");
                format!(" at {}:{}:{}", first.file(), place.line, place.column)
            });
            let path = join(base, "metadata.name");
            let message = format!("another object of that kind has this name{first}; that one counts here");
            problems.push(Problem::error("twin", source.place(&path), path, message));
            return;
        }
        // An equal twin is the first one.
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(name) {
            place.insert(self.written.len());
            self.written.push(Entry { object, source: Arc::clone(source), base: base.to_owned() });
        }
    }
}

impl Source {
    fn text(&self, path: &str) -> &str {
        self.document.as_ref().and_then(|document| document.text(path)).unwrap_or_default()
    }
}

/// A field's path below the path of its object.
pub(super) fn join(base: &str, field: &str) -> String {
    match (base, field) {
        ("", field) => field.to_owned(),
        (base, "") => base.to_owned(),
        (base, field) if field.starts_with('[') => format!("{base}{field}"),
        (base, field) => format!("{base}.{field}"),
    }
}

enum Class {
    Object(&'static str),
    /// With the kind that its items need not name.
    List(Option<&'static str>),
    Other(String),
    /// A member, and what is wrong with it.
    Wrong(&'static str, String),
}

fn classify(version: &str, kind: &str) -> Class {
    let known = |kind: &str| KINDS.into_iter().find(|known| *known == kind);
    let group = version.rsplit_once('/').map_or(version, |(group, _)| group);
    match (version, kind) {
        ("", _) => Class::Wrong("apiVersion", "is missing".to_owned()),
        (_, "") => Class::Wrong("kind", "is missing".to_owned()),
        ("v1", "List") => Class::List(None),
        (API_VERSION, kind) => match (known(kind), kind.strip_suffix("List").and_then(known)) {
            (Some(kind), _) => Class::Object(kind),
            (None, Some(kind)) => Class::List(Some(kind)),
            (None, None) => {
                let meant = nearest(kind, &KINDS).map(|meant| format!("; perhaps {meant} is meant"));
                Class::Wrong("kind", format!("there is no {kind:?} in {version}{}", meant.unwrap_or_default()))
            }
        },
        _ if group == API_GROUP => {
            Class::Wrong("apiVersion", format!("{version:?} is not served; write {API_VERSION}"))
        }
        ("v1", kind) if known(kind).is_some() => {
            Class::Wrong("apiVersion", format!("a {kind} is of {API_VERSION}, not of {version}"))
        }
        _ => Class::Other(format!("{version} {kind}")),
    }
}

/// The items of a list of one kind need not name it.
fn with_kind(mut value: Value, kind: Option<&'static str>) -> Value {
    if let (Some(kind), Some(object)) = (kind, value.as_object_mut())
        && !object.contains_key("kind")
        && !object.contains_key("apiVersion")
    {
        object.insert("apiVersion".to_owned(), API_VERSION.into());
        object.insert("kind".to_owned(), kind.into());
    }
    value
}

/// With the default namespace where one is wanted and none is given.
fn with_namespace(mut value: Value, namespaced: bool, default: &str) -> Value {
    let none = matches!(value.pointer("/metadata/namespace"), None | Some(Value::Null))
        || value.pointer("/metadata/namespace").and_then(Value::as_str) == Some("");
    if namespaced
        && none
        && !default.is_empty()
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), default.into());
    }
    value
}

fn small_enough(value: Value) -> Result<Value, ConfigError> {
    let size = serde_json::to_vec(&value).map_or(0, |text| text.len());
    if size <= LARGEST_OBJECT {
        return Ok(value);
    }
    let why = format!("{size} bytes as JSON, and an API server takes at most {LARGEST_OBJECT}");
    Err(ConfigError::Invalid(vec![FieldError { path: String::new(), why }]))
}

/// What refuses an object, at places of the file; paths are those of the document.
fn of_error(error: ConfigError, source: &Source, base: &str) -> Vec<Problem> {
    let at = |code, path: &str, why: String| {
        let path = join(base, path);
        Problem::error(code, source.place(&path), path, why)
    };
    match error {
        ConfigError::Invalid(fields) => fields
            .into_iter()
            .map(|FieldError { path, why }| {
                let hint = match (path.as_str(), why.as_str()) {
                    ("metadata.namespace", "required") => ": the object says none, and no default is given",
                    _ => "",
                };
                at("field", &path, format!("{why}{hint}"))
            })
            .collect(),
        ConfigError::File(error) | ConfigError::FileLimit(error) => {
            let place = source.in_file(Place { line: error.line, column: error.column });
            vec![Problem::error("decode", place, join(base, &error.path), error.why)]
        }
        other => vec![at("decode", "", other.to_string())],
    }
}

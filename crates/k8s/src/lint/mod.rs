//! What is wrong with an AuthenticationConfiguration, and what is only unwise: the API server's verdict with the
//! place of every error, and warnings that it does not give.
//!
//! ```
//! use claimant_k8s::lint::{Options, Severity, lint};
//!
//! let file = b"apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    uri: x\n";
//! let problems = lint(file, &Options::default());
//! let unknown = problems.iter().find(|problem| problem.code == "unknown_member").unwrap();
//! assert_eq!((unknown.severity, unknown.place.line), (Severity::Error, 5));
//! assert!(unknown.message.contains("url"), "{}", unknown.message);
//! ```

mod advice;
mod expressions;
mod hints;
mod members;
mod probes;
mod roles;
pub(crate) mod shape;
mod source;
pub(crate) mod syntax;
mod wrapper;

pub use claimant_cel::Minor;
pub use roles::{is_built_in_cluster_role, lint_roles};
pub use shape::nearest;

use crate::config::AuthenticationConfiguration;
use crate::config::yaml::member_path;
use crate::null::Object;
use crate::rbac::API_GROUP;
use crate::yaml::{Document, Place, documents};
use crate::{ConfigError, FieldError};
use serde::Serialize;
use std::fmt;

pub(crate) const KIND: &str = "AuthenticationConfiguration";

/// What to hold a file against.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Issuers of the cluster's own service accounts, which no other may have.
    pub disallowed_issuers: Vec<String>,
    /// The minor of Kubernetes that reads the file; the newest by default.
    pub kubernetes: Minor,
}

impl Default for Options {
    fn default() -> Self {
        Self { disallowed_issuers: Vec::new(), kubernetes: Minor::V1_37 }
    }
}

impl Options {
    /// Also says what this minor of Kubernetes refuses, decides or counts otherwise than the newest one.
    #[must_use]
    pub fn with_kubernetes(mut self, minor: Minor) -> Self {
        self.kubernetes = minor;
        self
    }

    /// With the issuers of the cluster's own service accounts.
    #[must_use]
    pub fn with_disallowed_issuers(mut self, issuers: Vec<String>) -> Self {
        self.disallowed_issuers = issuers;
        self
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The API server refuses the file.
    Error,
    /// It takes the file, but perhaps not as meant.
    Warning,
}

/// One thing that is wrong or unwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code.
    pub code: &'static str,
    /// The field, as the API server writes it; empty for the whole file.
    pub path: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// What it is, and what to do about it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.message)
    }
}

/// Everything about a file, by place. Without an error among them the API server loads it.
pub fn lint(text: &[u8], options: &Options) -> Vec<Problem> {
    let mut problems = Vec::new();
    file(text, options, true, &mut problems);
    of_templates(text, &mut problems);
    // A tag is why what it left is refused.
    problems.sort_by_key(|problem| (problem.place, problem.code != "tag", problem.severity));
    problems.dedup();
    problems
}

/// An error in a line with the braces of a template is one of a file that is still to be made.
fn of_templates(text: &[u8], problems: &mut [Problem]) {
    let braces = |line: &[u8]| line.windows(2).any(|two| two == b"{{");
    let lines: Vec<&[u8]> = if braces(text) { text.split(|byte| *byte == b'\n').collect() } else { return };
    for problem in problems.iter_mut().filter(|problem| problem.severity == Severity::Error) {
        let line = problem.place.line.checked_sub(1).and_then(|line| lines.get(line));
        if line.is_some_and(|line| braces(line)) {
            problem.message.push_str("; a template is no configuration: render it first, by helm template or the like");
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// An AuthenticationConfiguration, or an object around one.
    Configuration,
    /// Roles and bindings, other objects among them: read them by [`Manifests`](crate::rbac::Manifests).
    Manifests,
    /// An object of Kubernetes or of a platform that is neither.
    Object,
    /// Nothing that is known here.
    Other,
}

impl FileKind {
    /// Looks at the first document for a configuration, and at all of them for roles and bindings.
    pub fn of(text: &[u8]) -> Self {
        let has = |word: &str| text.windows(word.len()).any(|part| part == word.as_bytes());
        let of_roles = |part: &Document| {
            let is_role =
                matches!(part.text("kind"), Some("Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding"));
            is_role || part.text("apiVersion").is_some_and(|version| version.starts_with(API_GROUP))
        };
        let first = Document::read(text).ok();
        let version = first.as_ref().and_then(|first| first.text("apiVersion")).unwrap_or_default();
        let kind = first.as_ref().and_then(|first| first.text("kind")).unwrap_or_default();
        let is_other = first.as_ref().is_some_and(wrapper::is_other_object);
        if kind == KIND || (version.starts_with("apiserver.config.k8s.io/") && !is_other) {
            return Self::Configuration;
        }
        let mut parts = documents(text).into_iter().filter_map(|part| Document::read(part.text).ok());
        if has(API_GROUP) || parts.any(|part| of_roles(&part)) {
            return Self::Manifests;
        }
        if has(KIND) {
            return Self::Configuration;
        }
        // One that people have around a configuration is worth a word, though none is inside.
        let is_platform = wrapper::is_platform(version, kind);
        if is_other && !is_platform { Self::Object } else { Self::Other }
    }
}

/// A file, or the text of one inside of another.
fn file(text: &[u8], options: &Options, may_be_wrapped: bool, problems: &mut Vec<Problem>) {
    let document = match Document::read(text) {
        Ok(document) => document,
        Err(_) if is_json_alone(text) => return without_places(text, options, problems),
        Err(error) => return problems.extend(of_text_error(text, error)),
    };
    ignored_documents(text, &document, problems);
    if may_be_wrapped && wrapper::look_inside(text, &document, options, problems) {
        return;
    }
    configuration(text, &document, "", options, problems);
}

/// A configuration in a document, at a path.
fn configuration(text: &[u8], document: &Document, base: &str, options: &Options, problems: &mut Vec<Problem>) {
    let before = problems.len();
    members::check(document, base, problems);
    let misread = problems.iter().skip(before).any(|problem| problem.severity == Severity::Error);
    let config = match document.object::<AuthenticationConfiguration>(base) {
        Ok(config) => config,
        Err(_) if misread => return beside_misread(document, base, options, before, problems),
        Err(error) => {
            let advice = if document.is_empty() { of_nothing(text) } else { "" };
            problems.extend(of_error(error).into_iter().map(|mut problem| {
                problem.message.push_str(advice);
                problem
            }));
            return;
        }
    };
    version(&config, document, base, problems);
    if let Err(error) = config.validate(&options.disallowed_issuers) {
        fields(error, document, base, problems);
    }
    advice::give(&config, document, base, problems);
    expressions::of_minor(&config, document, base, options, problems);
}

/// What else is wrong with a configuration of which some members could not be taken. The API server says nothing of
/// it as long as these are there, and refuses either way.
fn beside_misread(document: &Document, base: &str, options: &Options, before: usize, problems: &mut Vec<Problem>) {
    /// Levels of the value; a configuration has eight.
    const DEPTH: usize = 32;
    let Some(Ok(value)) = document.to_json_each(&[base.to_owned()], DEPTH).pop() else { return };
    let Ok(Object(config)) = serde_json::from_value::<Object<AuthenticationConfiguration>>(members::known_of(value))
    else {
        return;
    };
    let misread = problems.iter().skip(before).filter(|problem| problem.severity == Severity::Error);
    let misread: Vec<String> = misread.map(|problem| problem.path.clone()).collect();
    let mut more = Vec::new();
    version(&config, document, base, &mut more);
    if let Err(error) = config.validate(&options.disallowed_issuers) {
        fields(error, document, base, &mut more);
    }
    more.retain(|problem| !misread.iter().any(|path| follows_from(problem, path, document)));
    problems.extend(more);
}

/// Whether a problem may be there only because the member at `misread` could not be taken.
fn follows_from(problem: &Problem, misread: &str, document: &Document) -> bool {
    let end = misread.rfind(['.', '[']).unwrap_or(0);
    let around = misread.get(..end).unwrap_or_default();
    let within = |path: &str, outer: &str| {
        path.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
    };
    if within(&problem.path, misread) || problem.message.contains(expressions::EMAIL_VERIFIED) {
        return true;
    }
    if !within(&problem.path, around) {
        return false;
    }
    // A neighbour that is not there may be what was meant by the name.
    let rest = problem.path.get(around.len()..).unwrap_or_default().trim_start_matches('.');
    let neighbour = rest.split(['.', '[']).next().unwrap_or_default();
    neighbour.is_empty() && problem.message.contains("required")
        || !neighbour.is_empty() && document.node_type(&member_path(around, neighbour)).is_none()
}

fn version(config: &AuthenticationConfiguration, document: &Document, base: &str, problems: &mut Vec<Problem>) {
    let known = crate::config::VERSIONS;
    for (member, wrong, wanted) in [
        ("apiVersion", !known.contains(&config.api_version.as_str()), known.join(" or ")),
        ("kind", config.kind != KIND, KIND.to_owned()),
    ] {
        if wrong {
            let path = member_path(base, member);
            let message = match document.text(&path) {
                None | Some("") => format!("is missing; it must be {wanted}"),
                Some(found) => format!("{found:?} is not known here; it must be {wanted}"),
            };
            problems.push(Problem::error("version", document.place(&path), path, message));
        }
    }
}

/// The errors of a validation, each at its place; those of an expression inside of it.
fn fields(error: ConfigError, document: &Document, base: &str, problems: &mut Vec<Problem>) {
    let ConfigError::Invalid(errors) = error else { return problems.extend(of_error(error)) };
    let in_file = |path: String| if base.is_empty() { path } else { member_path(base, &path) };
    let errors: Vec<FieldError> =
        errors.into_iter().map(|FieldError { path, why }| FieldError { path: in_file(path), why }).collect();
    for FieldError { path, why } in &errors {
        if expressions::is_moot(path, why, &errors, document) {
            continue;
        }
        let path = path.clone();
        let places = expressions::findings(document, &path);
        if places.is_empty() {
            let hint = hints::of_field(&path, document.text(&path).unwrap_or_default(), why);
            let why = hint.map_or_else(|| why.clone(), |hint| format!("{why}; {hint}"));
            problems.push(Problem::error("field", document.place(&path), path, why));
            continue;
        }
        for (place, message) in places {
            problems.push(Problem::error("expression", place, path.clone(), message));
        }
    }
}

/// The file's own error, where there is no document to find places in.
fn of_error(error: ConfigError) -> Vec<Problem> {
    match error {
        ConfigError::File(error) | ConfigError::FileLimit(error) => {
            let place = Place { line: error.line, column: error.column };
            vec![Problem::error("syntax", place, error.path, error.why)]
        }
        ConfigError::Invalid(errors) => {
            errors.into_iter().map(|error| Problem::error("field", Place::START, error.path, error.why)).collect()
        }
        other => vec![Problem::error("decode", Place::START, String::new(), other.to_string())],
    }
}

/// The same of a text that is no YAML, with what was likely meant.
fn of_text_error(text: &[u8], error: ConfigError) -> Vec<Problem> {
    let mut problems = of_error(error);
    for problem in problems.iter_mut().filter(|problem| problem.code == "syntax") {
        if let Some(advice) = syntax::advice(text, problem.place, &problem.message) {
            problem.message = format!("{}; {advice}", problem.message);
        }
    }
    problems
}

/// JSON that is no YAML: escapes that YAML does not have.
fn is_json_alone(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

fn without_places(text: &[u8], options: &Options, problems: &mut Vec<Problem>) {
    if let Err(error) = AuthenticationConfiguration::from_yaml(text, &options.disallowed_issuers) {
        problems.extend(of_error(error));
    }
}

/// What to do about a first document in which nothing is.
fn of_nothing(text: &[u8]) -> &'static str {
    let is_marked = text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"---"));
    if is_marked && documents(text).iter().any(|part| !part.is_blank()) {
        "; the API server reads no other, so take away the `---` in front"
    } else {
        "; the file is empty: a configuration begins with apiVersion: apiserver.config.k8s.io/v1 and \
         kind: AuthenticationConfiguration"
    }
}

fn ignored_documents(text: &[u8], document: &Document, problems: &mut Vec<Problem>) {
    if document.is_empty() {
        return;
    }
    for part in documents(text).iter().skip(1).filter(|part| !part.is_blank()) {
        let message = "the API server reads the first document only: all from here on is silently ignored";
        let place = Place { line: part.lines_before.max(1), column: 1 };
        problems.push(Problem::warning("ignored_document", place, String::new(), message.to_owned()));
    }
}

impl Problem {
    pub(crate) fn error(code: &'static str, place: Place, path: String, message: String) -> Self {
        Self { severity: Severity::Error, code, path, place, message }
    }

    pub(crate) fn warning(code: &'static str, place: Place, path: String, message: String) -> Self {
        Self { severity: Severity::Warning, code, path, place, message }
    }
}

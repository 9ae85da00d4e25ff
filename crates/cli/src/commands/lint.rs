//! `lint`: files, each problem with its line.

use crate::args::Lint;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, NO_ANSWER, REFUSED, Style, excerpt_of_line, excerpt_of_masked, shown};
use crate::redact;
use claimant_k8s::lint::{FileKind, Minor, Options, Problem, Severity, lint, lint_roles};
use claimant_k8s::rbac::{ManifestProblem, Manifests};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn run(options: &Lint, style: Style) -> Result<Answer, CliError> {
    let found = Found::load(options)?;
    if let Some(why) = found.nothing() {
        return Err(why);
    }
    let (errors, warnings) = found.count();
    let unread = found.unread();
    let denied = options.deny_warnings && warnings > 0;
    let code = match (unread, errors) {
        (0, 0) if !denied => GOOD,
        (0, _) => REFUSED,
        _ => NO_ANSWER,
    };
    if style.json {
        let value = json!({
            "errors": errors,
            "warnings": warnings,
            "files": found.files(),
            "skipped": found.manifests.skipped(),
        });
        return Ok(Answer::json(code, &redact::value(value)));
    }
    let mut text = String::new();
    for (file, problems, bytes) in &found.configurations {
        let masked = redact::masked(&String::from_utf8_lossy(bytes));
        let lines: Vec<&str> = masked.lines().collect();
        for problem in problems.iter().take(MOST) {
            let line = problem.place.line.checked_sub(1).and_then(|line| lines.get(line));
            let excerpt = line.map_or_else(String::new, |line| excerpt_of_masked(line, problem.place));
            text.push_str(&written(file, "", problem, &excerpt, style));
        }
        text.push_str(&more(file, problems.iter().skip(MOST)));
    }
    let mut by_file: BTreeMap<&str, Vec<&ManifestProblem>> = BTreeMap::new();
    for problem in &found.roles {
        let of_file = by_file.entry(&problem.file).or_default();
        if of_file.len() < MOST {
            text.push_str(&written_of_manifest(problem, style));
        }
        of_file.push(problem);
    }
    for (file, problems) in by_file {
        text.push_str(&more(file, problems.iter().skip(MOST).map(|one| &one.problem)));
    }
    let verdict = match (errors, warnings) {
        (0, 0) => style.good("good"),
        (0, _) if denied => style.bad("refused, as --deny-warnings says"),
        (0, _) => style.warn("good, with warnings"),
        _ if errors == unread => style.bad("not all could be read"),
        _ => style.bad("refused"),
    };
    text.push_str(&format!("{verdict}: {errors} errors, {warnings} warnings\n"));
    Ok(Answer::text(code, text).with_notes(&found.notes()))
}

/// What all files hold, and what is wrong with it.
struct Found {
    configurations: Vec<(String, Vec<Problem>, Vec<u8>)>,
    manifests: Manifests,
    roles: Vec<ManifestProblem>,
}

impl Found {
    fn load(options: &Lint) -> Result<Self, CliError> {
        let namespace = options.default_namespace.as_deref().unwrap_or_default();
        let mut manifests = Manifests::new().with_default_namespace(namespace);
        let minor = match options.kubernetes.as_str() {
            "1.34" => Minor::V1_34,
            "1.35" => Minor::V1_35,
            "1.36" => Minor::V1_36,
            _ => Minor::V1_37,
        };
        let rules =
            Options::default().with_disallowed_issuers(options.service_account_issuer.clone()).with_kubernetes(minor);
        let mut configurations = Vec::new();
        let mut take = |name: &str, bytes: &[u8]| {
            configurations.push((name.to_owned(), lint(bytes, &rules), bytes.to_owned()));
        };
        for path in &options.files {
            input::no_token(path)?;
            let name = input::name(path);
            if path.is_dir() {
                let read = manifests.read_path_but(path, |name, bytes| {
                    let is_configuration = FileKind::of(bytes) == FileKind::Configuration;
                    if is_configuration {
                        take(name, bytes);
                    }
                    is_configuration
                });
                if let Err(error) = read {
                    manifests.tell_unread(&name, &input::reason(&error));
                }
                continue;
            }
            // A file that cannot be read takes nothing away from the others.
            match input::bytes(path, input::FILE) {
                Err(error) => manifests.tell_unread(&name, &error.of_file()),
                Ok(bytes) => match FileKind::of(&bytes) {
                    FileKind::Manifests | FileKind::Object => manifests.read(&name, &bytes),
                    _ => take(&name, &bytes),
                },
            }
        }
        let roles = lint_roles(&manifests);
        Ok(Self { configurations, manifests, roles })
    }

    fn count(&self) -> (usize, usize) {
        let configurations = self.configurations.iter().flat_map(|(_, problems, _)| problems);
        let all: Vec<Severity> =
            configurations.chain(self.roles.iter().map(|one| &one.problem)).map(|one| one.severity).collect();
        let errors = all.iter().filter(|severity| **severity == Severity::Error).count();
        (errors, all.len() - errors)
    }

    /// How many files could not be read.
    fn unread(&self) -> usize {
        self.roles.iter().filter(|one| one.problem.code == "unreadable").count()
    }

    /// Why there is no answer, where nothing is there that could be good or bad.
    fn nothing(&self) -> Option<CliError> {
        let is_empty = self.configurations.is_empty() && self.roles.is_empty() && self.manifests.written().len() == 0;
        is_empty.then(|| {
            let kinds = self.kinds();
            let found = if kinds.is_empty() { String::new() } else { format!("; there is only {kinds}") };
            CliError::NothingToLint { files: self.manifests.files(), found }
        })
    }

    /// What is neither, with how many of each.
    fn kinds(&self) -> String {
        let kinds = self.manifests.skipped().iter().map(|(kind, count)| format!("{count} {kind}"));
        redact::tokens(&shown(&kinds.collect::<Vec<_>>().join(", ")))
    }

    /// All files with their problems, those without any too.
    fn files(&self) -> Vec<Value> {
        let of_configuration =
            self.configurations.iter().map(|(file, problems, _)| json!({"file": file, "problems": problems}));
        let mut by_file: BTreeMap<&str, Vec<&ManifestProblem>> =
            self.manifests.file_names().map(|name| (name, Vec::new())).collect();
        for problem in &self.roles {
            by_file.entry(&problem.file).or_default().push(problem);
        }
        let of_roles = by_file.into_iter().map(|(file, problems)| json!({"file": file, "problems": problems}));
        of_configuration.chain(of_roles).collect()
    }

    fn notes(&self) -> Vec<String> {
        match self.kinds() {
            kinds if kinds.is_empty() => Vec::new(),
            kinds => vec![format!("note: skipped, being neither configurations nor roles nor bindings: {kinds}")],
        }
    }
}

/// Problems of one file that are written out; JSON has all.
const MOST: usize = 100;

/// How many are not written out.
fn more<'p>(file: &str, left: impl Iterator<Item = &'p Problem>) -> String {
    let left: Vec<&Problem> = left.collect();
    let errors = left.iter().filter(|one| one.severity == Severity::Error).count();
    match left.len() {
        0 => String::new(),
        all => {
            let file = redact::tokens(&shown(file));
            format!("{file}: and {errors} errors and {} warnings more; --json shows all\n", all - errors)
        }
    }
}

fn written(file: &str, about: &str, problem: &Problem, excerpt: &str, style: Style) -> String {
    let severity = match problem.severity {
        Severity::Error => style.bad("error"),
        Severity::Warning => style.warn("warning"),
    };
    let place = problem.place;
    let fit = |text: &str| redact::tokens(&shown(text));
    let (file, message) = (fit(file), fit(&format!("{about}{problem}")));
    // A file that was not read has no lines.
    let at = match problem.code {
        "unreadable" => file,
        _ => format!("{file}:{}:{}", place.line, place.column),
    };
    format!("{at}: {severity} [{}] {message}\n{excerpt}", problem.code)
}

fn written_of_manifest(told: &ManifestProblem, style: Style) -> String {
    let ManifestProblem { file, document, object, problem, line, .. } = told;
    let object = if object.is_empty() { String::new() } else { format!("{object}: ") };
    let about = if *document == 0 { object } else { format!("document {document}: {object}") };
    let excerpt = if line.is_empty() { String::new() } else { excerpt_of_line(line, problem.place) };
    written(file, &about, problem, &excerpt, style)
}

//! `lint`: files, each problem with its line.

use crate::args::Lint;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, REFUSED, Style, excerpt, excerpt_of_line, shown};
use claimant_k8s::lint::{FileKind, Minor, Options, Problem, Severity, lint, lint_roles};
use claimant_k8s::rbac::{ManifestProblem, Manifests};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(options: &Lint, style: Style) -> Result<Answer, CliError> {
    let found = Found::load(options)?;
    let (errors, warnings) = found.count();
    let code = if errors > 0 || (options.deny_warnings && warnings > 0) { REFUSED } else { GOOD };
    if style.json {
        let value = json!({
            "errors": errors,
            "warnings": warnings,
            "files": found.files(),
            "skipped": found.manifests.skipped(),
        });
        return Ok(Answer::json(code, &value));
    }
    let mut text = String::new();
    for (file, problems, bytes) in &found.configurations {
        for problem in problems {
            let excerpt = excerpt(bytes, problem.place);
            text.push_str(&written(file, "", problem, &excerpt, style));
        }
    }
    for problem in &found.roles {
        text.push_str(&written_of_manifest(problem, style));
    }
    let verdict = match (errors, warnings) {
        (0, 0) => style.good("good"),
        (0, _) => style.warn("good, with warnings"),
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
        for path in &options.files {
            if path.is_dir() {
                let read = manifests.file_names().count();
                manifests
                    .read_path(path)
                    .map_err(|error| CliError::Read { name: input::name(path), why: input::reason(&error) })?;
                let files: Vec<String> = manifests.file_names().skip(read).map(ToOwned::to_owned).collect();
                for file in files {
                    let bytes = input::bytes(Path::new(&file), input::FILE)?;
                    if FileKind::of(&bytes) == FileKind::Configuration {
                        configurations.push((file, lint(&bytes, &rules), bytes));
                    }
                }
                continue;
            }
            let bytes = input::bytes(path, input::FILE)?;
            match FileKind::of(&bytes) {
                FileKind::Manifests => manifests.read(&input::name(path), &bytes),
                _ => configurations.push((input::name(path), lint(&bytes, &rules), bytes)),
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

    /// All files with their problems, those without any too.
    fn files(&self) -> Vec<Value> {
        let of_configuration =
            self.configurations.iter().map(|(file, problems, _)| json!({"file": file, "problems": problems}));
        let mut by_file: BTreeMap<&str, Vec<&ManifestProblem>> =
            self.manifests.file_names().map(|name| (name, Vec::new())).collect();
        for (file, ..) in &self.configurations {
            by_file.remove(file.as_str());
        }
        for problem in &self.roles {
            by_file.entry(&problem.file).or_default().push(problem);
        }
        let of_roles = by_file.into_iter().map(|(file, problems)| json!({"file": file, "problems": problems}));
        of_configuration.chain(of_roles).collect()
    }

    fn notes(&self) -> Vec<String> {
        let skipped = self.manifests.skipped();
        if skipped.is_empty() {
            return Vec::new();
        }
        let kinds: Vec<String> = skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        vec![format!("note: skipped, being neither roles nor bindings: {}", shown(&kinds.join(", ")))]
    }
}

fn written(file: &str, about: &str, problem: &Problem, excerpt: &str, style: Style) -> String {
    let severity = match problem.severity {
        Severity::Error => style.bad("error"),
        Severity::Warning => style.warn("warning"),
    };
    let place = problem.place;
    let message = shown(&format!("{about}{problem}"));
    format!("{file}:{}:{}: {severity} [{}] {message}\n{excerpt}", place.line, place.column, problem.code)
}

fn written_of_manifest(told: &ManifestProblem, style: Style) -> String {
    let ManifestProblem { file, document, object, problem, line, .. } = told;
    let object = if object.is_empty() { String::new() } else { format!("{object}: ") };
    let about = if *document == 0 { object } else { format!("document {document}: {object}") };
    let excerpt = if line.is_empty() { String::new() } else { excerpt_of_line(line, problem.place) };
    written(&shown(file), &about, problem, &excerpt, style)
}

//! `lint`: files, each problem with its line.

use crate::args::Lint;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, REFUSED, Style, excerpt, shown};
use claimant_k8s::lint::{Options, Problem, Severity, lint};
use serde_json::json;

pub(crate) fn run(options: &Lint, style: Style) -> Result<Answer, CliError> {
    let rules = Options::default().with_disallowed_issuers(options.service_account_issuer.clone());
    let mut files = Vec::new();
    for path in &options.files {
        let bytes = input::bytes(path, input::FILE)?;
        files.push((input::name(path), lint(&bytes, &rules), bytes));
    }
    let all = || files.iter().flat_map(|(_, problems, _)| problems);
    let errors = all().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = all().count() - errors;
    let code = if errors > 0 || (options.deny_warnings && warnings > 0) { REFUSED } else { GOOD };
    if style.json {
        let files: Vec<_> =
            files.iter().map(|(file, problems, _)| json!({"file": file, "problems": problems})).collect();
        return Ok(Answer::json(code, &json!({"errors": errors, "warnings": warnings, "files": files})));
    }
    let mut text = String::new();
    for (file, problems, bytes) in &files {
        problems.iter().for_each(|problem| text.push_str(&written(file, problem, bytes, style)));
    }
    let verdict = match (errors, warnings) {
        (0, 0) => style.good("good"),
        (0, _) => style.warn("good, with warnings"),
        _ => style.bad("refused"),
    };
    text.push_str(&format!("{verdict}: {errors} errors, {warnings} warnings\n"));
    Ok(Answer::text(code, text))
}

fn written(file: &str, problem: &Problem, bytes: &[u8], style: Style) -> String {
    let severity = match problem.severity {
        Severity::Error => style.bad("error"),
        Severity::Warning => style.warn("warning"),
    };
    let place = problem.place;
    format!(
        "{file}:{}:{}: {severity} [{}] {}\n{}",
        place.line,
        place.column,
        problem.code,
        shown(&problem.to_string()),
        excerpt(bytes, place),
    )
}

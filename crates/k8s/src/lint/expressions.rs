//! Places inside of expressions.

use super::hints;
use super::{Options, Problem};
use crate::FieldError;
use crate::config::AuthenticationConfiguration;
use crate::config::yaml::member_path;
use crate::yaml::{Document, Place};
use claimant_cel::{Effect, Env, Minor, Program};

/// Everything that does not compile in the expression at this path, in the file's lines and columns; empty where it
/// compiles, or is none.
pub(super) fn findings(document: &Document, path: &str) -> Vec<(Place, String)> {
    let Some(source) = source(document, path) else { return Vec::new() };
    let Err(error) = Program::compile(&environment(path), source) else { return Vec::new() };
    let one = |finding: &claimant_cel::Finding| {
        let message = match hints::of_expression(path, source, &finding.message) {
            Some(hint) => format!("{}; {hint}", finding.message),
            None => finding.message.clone(),
        };
        (place(document, path, source, finding.line, finding.column), message)
    };
    error.findings().iter().map(one).collect()
}

/// How the rule begins that ties a username from `claims.email` to `claims.email_verified`.
pub(super) const EMAIL_VERIFIED: &str = "claims.email_verified must be used in ";

/// Whether an error is there only because another expression does not compile: one that asks for `email_verified`,
/// which so nobody sees.
pub(super) fn is_moot(path: &str, why: &str, errors: &[FieldError], document: &Document) -> bool {
    let issuer = path.split(".claimMappings").next().unwrap_or(path);
    let asks = |other: &FieldError| {
        let text = source(document, &other.path).unwrap_or_default();
        other.path != path && other.path.starts_with(issuer) && text.contains("email_verified")
    };
    why.starts_with(EMAIL_VERIFIED) && errors.iter().any(asks)
}

/// What an older minor makes of the expressions otherwise.
pub(super) fn of_minor(
    config: &AuthenticationConfiguration,
    document: &Document,
    base: &str,
    options: &Options,
    problems: &mut Vec<Problem>,
) {
    for path in paths(config, base) {
        let Some(source) = source(document, &path) else { continue };
        let Ok(program) = Program::compile(&environment(&path), source) else { continue };
        for note in program.minor_notes(options.kubernetes) {
            let place = place(document, &path, source, note.line, note.column);
            let minor = name(options.kubernetes);
            let said = note.difference;
            let problem = match said.effect() {
                Effect::RefusedAtLoad => {
                    let message = format!("Kubernetes {minor} does not load this file: {said}");
                    Problem::error("minor_refuses", place, path.clone(), message)
                }
                Effect::Value => {
                    let message = format!("Kubernetes {minor} can decide otherwise: {said}");
                    Problem::warning("minor_value", place, path.clone(), message)
                }
                _ => {
                    let message = format!("Kubernetes {minor} counts otherwise, with the same limit: {said}");
                    Problem::warning("minor_cost", place, path.clone(), message)
                }
            };
            problems.push(problem);
        }
    }
}

/// The fields of a configuration that may hold expressions.
fn paths(config: &AuthenticationConfiguration, base: &str) -> Vec<String> {
    let list = member_path(base, "jwt");
    let mut paths = Vec::new();
    for (i, jwt) in config.jwt.iter().enumerate() {
        let jwt_path = format!("{list}[{i}]");
        let rules = (0..jwt.claim_validation_rules.len()).map(|at| format!("claimValidationRules[{at}].expression"));
        let mapped = ["username", "groups", "uid"].iter().map(|name| format!("claimMappings.{name}.expression"));
        let extra = (0..jwt.claim_mappings.extra.len()).map(|at| format!("claimMappings.extra[{at}].valueExpression"));
        let user = (0..jwt.user_validation_rules.len()).map(|at| format!("userValidationRules[{at}].expression"));
        paths.extend(rules.chain(mapped).chain(extra).chain(user).map(|path| format!("{jwt_path}.{path}")));
    }
    paths
}

/// How people call a minor.
fn name(minor: Minor) -> &'static str {
    match minor {
        Minor::V1_34 => "1.34",
        Minor::V1_35 => "1.35",
        Minor::V1_36 => "1.36",
        _ => "1.37",
    }
}

/// The text of the expression at this path; none where there is no expression.
fn source<'d>(document: &'d Document, path: &str) -> Option<&'d str> {
    document.text(path).filter(|source| !source.is_empty() && is_expression(path))
}

fn place(document: &Document, path: &str, source: &str, line: usize, column: usize) -> Place {
    document.place_within(path, offset(source, line, column)).unwrap_or_else(|| document.place(path))
}

/// Whether a field holds an expression.
pub(super) fn is_expression(path: &str) -> bool {
    path.ends_with(".expression") || path.ends_with(".valueExpression")
}

fn environment(path: &str) -> Env {
    if path.contains("userValidationRules") { Env::user() } else { Env::claims() }
}

/// The byte at a line and a column, which count from 1, the column in characters.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

//! `claimant`: who does this Kubernetes token belong to, is this configuration good, and may that user do it.
//!
//! Every answer comes from the libraries; here are only arguments, files and what is printed.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod error;
mod input;
mod output;
mod redact;
mod roles;
mod trust;
mod verdict;

use args::{Arguments, Command};
use claimant_k8s::lint::Problem;
use clap::Parser;
use clap::error::ErrorKind;
use output::{Answer, Style};
use serde_json::{Value, json};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let style = Style::new(arguments.json);
    let outcome = match arguments.command {
        Command::Verify(options) => commands::verify::run(&options, style),
        Command::Explain(options) => commands::explain::run(&options, style),
        Command::Inspect(options) => commands::inspect::run(&options, style),
        Command::Lint(options) => commands::lint::run(&options, style),
        Command::Migrate(options) => commands::migrate::run(&options, style),
        Command::Can(options) => commands::can::run(&options, style),
        Command::WhoCan(options) => commands::who_can::run(&options, style),
        Command::Rules(options) => commands::rules::run(&options, style),
        Command::Bind(options) => commands::bind::run(&options, style),
        Command::Completions(options) => commands::completions::run(&options, style),
    };
    match outcome {
        Ok(answer) => answer.print(),
        Err(error) => {
            let line = redact::tokens(&output::shown(&error.to_string()));
            let excerpt = redact::tokens(error.excerpt());
            no_answer(json!({"error": line, "reason": error.reason()}), error.problems(), &excerpt, style.json)
        }
    }
}

/// One line on standard error, the line of a file that it is about, and with `--json` the same as an object.
fn no_answer(mut said: Value, problems: Option<&[Problem]>, excerpt: &str, json: bool) -> ExitCode {
    eprint!("claimant: {}\n{excerpt}", said.get("error").and_then(Value::as_str).unwrap_or_default());
    if let (Some(problems), Some(object)) = (problems, said.as_object_mut()) {
        object.insert("problems".to_owned(), redact::value(json!(problems)));
    }
    match json {
        true => Answer::json(output::NO_ANSWER, &said).print(),
        false => ExitCode::from(output::NO_ANSWER),
    }
}

/// What the arguments' reader says, which may repeat an argument: no token goes on.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help or the version: asked for, and nothing of the arguments is in it.
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(output::NO_ANSWER),
        };
    }
    // One line: what is wrong, and the tip if there is one; the usage is in the help.
    let text = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".to_owned(),
        _ => error.to_string(),
    };
    let said = text.split("\n\n").filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more"));
    let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    let line = format!("{} (see --help)", redact::tokens(line));
    no_answer(json!({"error": line, "reason": usage_reason(error.kind())}), None, "", asks_for_json())
}

/// The stable code.
fn usage_reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownArgument => "unknown_argument",
        ErrorKind::InvalidSubcommand => "unknown_command",
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "missing_command",
        ErrorKind::MissingRequiredArgument => "missing_argument",
        ErrorKind::ArgumentConflict => "conflicting_arguments",
        ErrorKind::InvalidUtf8 => "not_utf8",
        ErrorKind::InvalidValue
        | ErrorKind::ValueValidation
        | ErrorKind::NoEquals
        | ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues => "invalid_value",
        _ => "usage",
    }
}

/// Whether `--json` stands among arguments that could not be read.
fn asks_for_json() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

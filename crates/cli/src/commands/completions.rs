//! `completions`.

use crate::args::{Arguments, Completions};
use crate::error::CliError;
use crate::output::{Answer, GOOD, Style};
use clap::CommandFactory;
use serde_json::json;

pub(crate) fn run(options: &Completions, style: Style) -> Result<Answer, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "claimant", &mut script);
    let script = String::from_utf8_lossy(&script);
    if style.json {
        return Ok(Answer::json(GOOD, &json!({"shell": options.shell.to_string(), "script": script})));
    }
    Ok(Answer::text(GOOD, script))
}

//! `completions`.

use crate::args::{Arguments, Completions};
use crate::error::CliError;
use crate::output::{Answer, GOOD};
use clap::CommandFactory;

pub(crate) fn run(options: &Completions) -> Result<Answer, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "claimant", &mut script);
    Ok(Answer::text(GOOD, String::from_utf8_lossy(&script)))
}

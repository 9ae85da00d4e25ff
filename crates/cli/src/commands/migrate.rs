//! `migrate`: flags in, file out.

use crate::args::Migrate;
use crate::error::CliError;
use crate::output::{Answer, GOOD, Style};
use claimant_k8s::config::Migration;
use serde_json::json;

pub(crate) fn run(options: &Migrate, style: Style) -> Result<Answer, CliError> {
    let own_issuers = &options.service_account_issuer;
    let flags = options.flags.flags(own_issuers)?;
    let migration = Migration::of(flags, None, own_issuers).map_err(|why| CliError::usage(why.to_string()))?;
    let file = migration.configuration.to_yaml();
    if style.json {
        let value = json!({"file": file, "configuration": migration.configuration, "changes": migration.changes});
        return Ok(Answer::json(GOOD, &value));
    }
    let notes: Vec<String> = migration
        .changes
        .iter()
        .map(|change| {
            let kind = if change.verdicts_change { "CHANGES VERDICTS" } else { "note" };
            format!("{kind} [{}]: {}", change.code, change.message)
        })
        .collect();
    Ok(Answer::text(GOOD, file).with_notes(&notes))
}

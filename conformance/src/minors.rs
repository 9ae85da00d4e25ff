//! What older minors of Kubernetes decide otherwise, against what `Program::minor_notes` says of it. The expressions
//! are those of the recording that the file names, beside it.

use crate::score::Tally;
use claimant_cel::{Effect, Env, Minor, Program};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Whether the file is of this format: recordings by name, and in them versions with differences.
pub(crate) fn is_of_minors(file: &Value) -> bool {
    recordings(file).next().is_some()
}

/// Scores every expression under every minor. A recorded difference that no note tells is looser where the minor
/// refuses the file, and another outcome else; a note of a refusal that is none is stricter.
///
/// # Errors
/// Where the recording that is named cannot be read.
pub(crate) fn replay(file: &Value, path: &Path, tally: &mut Tally) -> Result<(), String> {
    for (name, versions) in recordings(file) {
        let beside = path.with_file_name(name);
        let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", beside.display());
        let text = std::fs::read_to_string(&beside).map_err(|error| complain(&error))?;
        let recording: Value = serde_json::from_str(&text).map_err(|error| complain(&error))?;
        for (version, differences) in versions {
            match minor(version) {
                Some(minor) => of_version(&recording, differences, (version, minor), tally),
                None => tally.unsupported(&format!("{name}: the minor of {version}")),
            }
        }
    }
    Ok(())
}

fn of_version(recording: &Value, recorded: &Value, (version, minor): (&str, Minor), tally: &mut Tally) {
    let differences: HashMap<&str, &Value> =
        list(&recorded["differences"]).filter_map(|one| Some((one["id"].as_str()?, one))).collect();
    let mut seen = 0;
    for case in list(&recording["cases"]) {
        let id = case["id"].as_str().unwrap_or_default();
        let expression = case["expression"].as_str().unwrap_or_default();
        let difference = differences.get(id).copied();
        seen += usize::from(difference.is_some());
        let env = if case["kind"] == "user-validation" { Env::user() } else { Env::claims() };
        // What the newest minor refuses is no expression of any file; its own recording scores that.
        let Ok(program) = Program::compile(&env, expression) else {
            if difference.is_some() {
                tally.other_value(&format!("{version}: {id}: {expression}: it differs there, and does not load here"));
            }
            continue;
        };
        let noted = program.minor_notes(minor).map(|note| note.difference.effect()).max();
        score(&format!("{version}: {id}: {expression}"), difference, noted, tally);
    }
    for id in differences.keys().skip(seen) {
        tally.other_value(&format!("{version}: {id}: no such expression is recorded"));
    }
}

fn score(case: &str, recorded: Option<&Value>, noted: Option<Effect>, tally: &mut Tally) {
    let refused = recorded.is_some_and(|one| one["here"].is_string());
    let value = recorded.is_some_and(|one| one.get("value").is_some() || one.get("error").is_some());
    let effect = match (refused, value) {
        (true, _) => Some(Effect::RefusedAtLoad),
        (false, true) => Some(Effect::Value),
        (false, false) => recorded.map(|_| Effect::Cost),
    };
    let note = |word: &str| format!("{word}: {case}: recorded {recorded:?}, we note {noted:?}");
    match (effect, noted) {
        (Some(Effect::RefusedAtLoad), noted) if noted < effect => {
            tally.looser += 1;
            tally.notes.push(note("looser"));
        }
        (effect, noted) if noted < effect => tally.other_value(&note("not told")),
        // It may, and with these claims it does not, or by another way.
        (None, Some(Effect::RefusedAtLoad)) => {
            tally.stricter_unnamed += 1;
            tally.notes.push(note("stricter without a name"));
        }
        _ => tally.same += 1,
    }
}

/// Name of a recording, and its versions.
fn recordings(file: &Value) -> impl Iterator<Item = (&str, BTreeMap<&str, &Value>)> {
    file.as_object().into_iter().flatten().filter_map(|(name, versions)| {
        let versions = versions.as_object()?;
        let of_minors = |one: &Value| one["differences"].is_array();
        (!versions.is_empty() && versions.values().all(of_minors))
            .then(|| (name.as_str(), versions.iter().map(|(version, value)| (version.as_str(), value)).collect()))
    })
}

fn minor(version: &str) -> Option<Minor> {
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some("1"), Some("34")) => Some(Minor::V1_34),
        (Some("1"), Some("35")) => Some(Minor::V1_35),
        (Some("1"), Some("36")) => Some(Minor::V1_36),
        (Some("1"), Some("37")) => Some(Minor::V1_37),
        _ => None,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

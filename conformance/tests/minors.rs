//! What older minors decide otherwise, and what `Program::minor_notes` says of it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;

use claimant_cel::{Effect, Env, Minor, Program};
use serde_json::Value;

/// Effect of the worst note on each expression that loads, by id.
fn noted(recordings: &str, minor: Minor) -> HashMap<String, Option<Effect>> {
    let file: Value = serde_json::from_str(recordings).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut noted = HashMap::new();
    for case in file["cases"].as_array().unwrap() {
        let env = if case["kind"] == "user-validation" { Env::user() } else { Env::claims() };
        if let Ok(program) = Program::compile(&env, case["expression"].as_str().unwrap()) {
            let worst = program.minor_notes(minor).map(|note| note.difference.effect()).max();
            noted.insert(text(&case["id"]), worst);
        }
    }
    noted
}

/// Every recorded difference has a note of this effect at least, and every note of a refusal is recorded.
fn agrees(recordings: &str, minors: &Value, version: &str, minor: Minor) {
    let recorded = &minors[version];
    let noted = noted(recordings, minor);
    let mut refused = 0;
    for difference in recorded["differences"].as_array().unwrap() {
        let id = difference["id"].as_str().unwrap();
        let effect = if difference["here"].is_string() {
            refused += 1;
            Effect::RefusedAtLoad
        } else if difference.get("value").is_some() {
            Effect::Value
        } else {
            Effect::Cost
        };
        assert!(noted[id] >= Some(effect), "{version}: {id} {difference}: {:?}", noted[id]);
    }
    assert!(refused > 0);
    let differs: HashMap<&str, &Value> =
        recorded["differences"].as_array().unwrap().iter().map(|d| (d["id"].as_str().unwrap(), d)).collect();
    for (id, effect) in &noted {
        if *effect == Some(Effect::RefusedAtLoad) {
            let difference = differs.get(id.as_str()).unwrap_or_else(|| panic!("{version}: {id} is not refused"));
            // A macro's variable in the place of a global one may do, too.
            assert!(difference["here"].is_string() || difference.get("value").is_some(), "{version}: {id}");
        }
    }
    // A note is the exception.
    let quiet = noted.values().filter(|effect| effect.is_none()).count();
    assert!(quiet * 4 > noted.len() * 3, "{quiet} of {}", noted.len());
}

const MINORS: [(&str, Minor); 3] = [("1.36.6", Minor::V1_36), ("1.35.10", Minor::V1_35), ("1.34.13", Minor::V1_34)];

#[test]
fn notes_agree_with_older_minors() {
    let minors: Value = serde_json::from_str(include_str!("../corpus/minors.json")).unwrap();
    for (version, minor) in MINORS {
        agrees(include_str!("../corpus/cel.json"), &minors["cel.json"], version, minor);
    }
}

#[test]
fn notes_agree_with_older_minors_on_generated_expressions() {
    let minors: Value = serde_json::from_str(include_str!("../corpus/cel-generated-minors.json")).unwrap();
    for (version, minor) in MINORS {
        agrees(include_str!("../corpus/cel-generated.json"), &minors["cel-generated.json"], version, minor);
    }
}

#[test]
fn the_newest_minor_needs_no_notes() {
    let noted = noted(include_str!("../corpus/cel.json"), Minor::V1_37);
    assert!(noted.len() > 500 && noted.values().all(Option::is_none));
}

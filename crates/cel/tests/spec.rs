//! The simple conformance tests of google/cel-spec (Apache-2.0), those that the environment of the API server can be
//! asked about. What is expected was recorded from the API server's code: it refuses some expressions that the
//! specification allows. `conformance/oracle/cel/spec` says how to record `spec.json` again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_cel::{Activation, ClaimsIndex, Env, Program};
use serde_json::Value;

/// The part of an expectation that is compared.
#[derive(Debug, PartialEq)]
enum Outcome {
    RefusedAtLoad,
    Failed { static_type: String, cost: u64 },
    Value { static_type: String, type_name: String, value: String, cost: u64 },
}

fn expected(expect: &Value) -> Outcome {
    let text = |name: &str| expect[name].as_str().unwrap().to_owned();
    if expect["compileError"].is_string() {
        return Outcome::RefusedAtLoad;
    }
    let (static_type, cost) = (text("staticType"), expect["cost"].as_u64().unwrap());
    if expect["error"].is_string() {
        return Outcome::Failed { static_type, cost };
    }
    Outcome::Value { static_type, type_name: text("type"), value: text("value"), cost }
}

fn found(expression: &str, claims: &ClaimsIndex<'_>) -> Outcome {
    let Ok(program) = Program::compile(&Env::claims(), expression) else { return Outcome::RefusedAtLoad };
    let static_type = program.result_type().name().to_owned();
    match program.eval(&Activation::claims(claims)) {
        Ok(output) => Outcome::Value {
            static_type,
            type_name: output.value.type_name().to_owned(),
            value: output.value.notation(),
            cost: output.cost,
        },
        Err(failure) => Outcome::Failed { static_type, cost: failure.cost },
    }
}

/// All cases of a category, and that there are so many.
fn category(name: &str, count: usize) {
    let file: Value = serde_json::from_str(include_str!("spec.json")).unwrap();
    let claims = file["claims"].to_string();
    let claims = ClaimsIndex::from_json(&claims).unwrap();
    let prefix = format!("{name}/");
    let mut cases = 0;
    for case in file["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if id.starts_with(&prefix) {
            let expression = case["expression"].as_str().unwrap();
            assert_eq!(found(expression, &claims), expected(&case["expect"]), "{id}: {expression}");
            cases += 1;
        }
    }
    assert_eq!(cases, count, "{name}");
}

macro_rules! categories {
    ($($name:ident: $count:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            category(stringify!($name), $count);
        })*

        #[test]
        fn no_case_is_left_out() {
            let file: Value = serde_json::from_str(include_str!("spec.json")).unwrap();
            assert_eq!(file["cases"].as_array().unwrap().len(), [$($count),*].into_iter().sum::<usize>());
        }
    };
}

categories! {
    basic: 43,
    comparisons: 355,
    conversions: 109,
    fields: 55,
    fp_math: 30,
    integer_math: 63,
    lists: 39,
    logic: 30,
    macros: 42,
    macros2: 43,
    optionals: 59,
    parse: 193,
    plumbing: 5,
    string: 51,
    string_ext: 206,
    timestamps: 75,
    type_deduction: 17,
}

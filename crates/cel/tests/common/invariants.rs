//! What must hold for any bytes, beyond not panicking. One function per fuzz target; the same ones run over
//! the seeds as ordinary tests. Included as a plain module by both.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, missing_docs)]

use claimant_cel::{Activation, COST_LIMIT, Claims, ClaimsIndex, Env, Minor, Program, User};
use serde_json::{Map, Value};

const CLAIMS: &str = r#"{"sub": "248289761001", "email": "jane@example.com", "email_verified": true, "exp": 1893456000,
    "groups": ["dev", "ops", "admins"], "nested": {"a": {"b": [1, null, {"c": "d"}]}}, "empty": "", "x__y": "z"}"#;

/// Panics where an invariant does not hold for the bytes.
pub type Check = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Check); 2] = [("cel_expression", cel_expression), ("cel_claims", cel_claims)];

/// An expression: refused with a place in it, or evaluated within the limit, each time alike.
pub fn cel_expression(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let claims = ClaimsIndex::from_json(CLAIMS).unwrap();
    let user = User { username: "jane", uid: "1", groups: &["dev", "ops"], extra: &[("scopes", &["read"])] };
    for (env, activation) in [(Env::claims(), Activation::claims(&claims)), (Env::user(), Activation::user(&user))] {
        match Program::compile(&env, &text) {
            Err(error) => {
                assert!(!error.findings().is_empty());
                for finding in error.findings() {
                    stands_in(finding.line, finding.column, &text);
                }
                assert!(error.to_string().len() < 100 * (text.len() + 1_000));
            }
            Ok(program) => {
                for note in program.minor_notes(Minor::V1_34) {
                    stands_in(note.line, note.column, &text);
                }
                let answer = || match program.eval(&activation) {
                    Ok(output) => {
                        assert!(output.cost <= COST_LIMIT);
                        (output.cost, Ok(output.value.notation()))
                    }
                    Err(failure) => (failure.cost, Err(failure.error)),
                };
                assert_eq!(answer(), answer());
                assert_eq!(program.source(), text);
            }
        }
    }
}

fn stands_in(line: usize, column: usize, text: &str) {
    let found = text.split('\n').nth(line - 1).unwrap();
    assert!((1..=found.chars().count() + 1).contains(&column), "{line}:{column}");
}

/// A payload: its members are those of another reader, and rules over it end well.
pub fn cel_claims(data: &[u8]) {
    let ours = ClaimsIndex::from_slice(data);
    if let Ok(theirs) = serde_json::from_slice::<Map<String, Value>>(data) {
        let claims = ours.as_ref().unwrap();
        assert_eq!(claims.len(), theirs.len());
        for (name, value) in &theirs {
            assert_eq!(&serde_json::from_str::<Value>(claims.get(name).unwrap()).unwrap(), value, "{name}");
        }
    }
    let Ok(claims) = ours else { return };
    for rule in [
        "claims.a",
        "dyn(claims).map(x, x)",
        "claims.a.b == claims.c",
        "dyn(claims.a).all(x, x == claims.b) || size(dyn(claims.a)) > 1",
        "dyn(claims).includes(claims.a)",
        "'%s'.format(dyn([claims.a])) + string(claims.b)",
        "claims.a[0] in [claims.b] ? claims.?c.?d : optional.of({claims.e: claims.f})",
    ] {
        let Ok(program) = Program::compile(&Env::claims(), rule) else { continue };
        if let Ok(output) = program.eval(&Activation::claims(&claims)) {
            let _ = (output.value.notation(), output.value.to_strings());
        }
    }
}

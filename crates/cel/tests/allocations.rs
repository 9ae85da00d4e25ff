//! What must not cost memory: rules over claims that stand in JSON text.

#![allow(clippy::unwrap_used, missing_docs)]

use allocation_counter::measure;
use claimant_cel::{Activation, ClaimsIndex, Env, Program, User};

fn claims() -> String {
    let groups: Vec<String> = (0..200).map(|i| format!("\"group-{i}\"")).collect();
    format!(
        r#"{{"iss": "https://issuer.example.com", "sub": "248289761001", "aud": "kubernetes",
        "exp": 1893456000, "iat": 1893452400, "nbf": 1893452400, "email": "jane@example.com",
        "email_verified": true, "hd": "example.com", "nested": {{"a": {{"b": "c"}}}}, "groups": [{}]}}"#,
        groups.join(", ")
    )
}

/// Allocations of an evaluation that gives `true`.
fn allocations(rule: &str, activation: &Activation<'_>, env: &Env) -> u64 {
    let program = Program::compile(env, rule).unwrap();
    // The first run may build what a pattern needs.
    assert_eq!(program.eval(activation).unwrap().value.as_bool(), Some(true), "{rule}");
    measure(|| drop(program.eval(activation))).count_total
}

#[test]
fn rules_over_claims_allocate_nothing() {
    let text = claims();
    let claims = ClaimsIndex::from_json(&text).unwrap();
    for rule in [
        r#"claims.email_verified == true && claims.hd == "example.com""#,
        r#"claims.email.endsWith("@example.com") || claims.sub in ["a", "b"]"#,
        "claims.email.matches('^[a-z.]+@example[.]com$')",
        "claims.exp - claims.iat <= 3600",
        "has(claims.nested.a.b) && !has(claims.nested.x)",
        "claims.nested.a.b == 'c' ? claims.aud == 'kubernetes' : false",
        "size(claims.email) > 3 && type(claims.exp) == double",
    ] {
        assert_eq!(allocations(rule, &Activation::claims(&claims), &Env::claims()), 0, "{rule}");
    }
}

#[test]
fn rules_over_the_user_allocate_nothing() {
    let user = User { username: "jane", uid: "1", groups: &["dev", "ops"], extra: &[("scopes", &["read"])] };
    for rule in ["!user.username.startsWith('system:')", "user.uid == '1' && size(user.groups) == 2"] {
        assert_eq!(allocations(rule, &Activation::user(&user), &Env::user()), 0, "{rule}");
    }
}

#[test]
fn a_macro_over_200_elements_does_not_allocate_for_each() {
    let text = claims();
    let claims = ClaimsIndex::from_json(&text).unwrap();
    for rule in [
        "dyn(claims.groups).all(g, g.startsWith('group-'))",
        "dyn(claims.groups).exists(g, g == 'group-199')",
        "dyn(claims.groups).filter(g, g.startsWith('group-1')).size() == 111",
    ] {
        let count = allocations(rule, &Activation::claims(&claims), &Env::claims());
        assert!(count < 30, "{rule}: {count}");
    }
}

#![allow(clippy::unwrap_used, missing_docs)]
//! What evaluating a rule takes, beside the `cel` crate: `cargo bench -p claimant-cel --bench rules`.
//! `conformance/oracle/celbench` measures the API server's evaluation of the same rules over the same claims.

use std::hint::black_box;
use std::time::Instant;

use claimant_cel::{Activation, ClaimsIndex, Env, Program};

const ROUNDS: usize = 61;
/// How long one round lasts at least, in microseconds.
const ROUND: u128 = 2_000;

/// A rule, ours and theirs, and its value. Over a top-level claim no macro ranges here without `dyn`.
const RULES: [(&str, &str, &str); 6] = [
    (
        "two comparisons",
        r#"claims.email_verified == true && claims.hd == "example.com""#,
        r#"claims.email_verified == true && claims.hd == "example.com""#,
    ),
    (
        "matches, constant pattern",
        "claims.email.matches('^[a-z.]+@example[.]com$')",
        "claims.email.matches('^[a-z.]+@example[.]com$')",
    ),
    (
        "filter of 200 groups",
        "dyn(claims.groups).filter(g, g.startsWith('group-1')).size() == 111",
        "claims.groups.filter(g, g.startsWith('group-1')).size() == 111",
    ),
    ("in, 200 groups", "'group-199' in claims.groups", "'group-199' in claims.groups"),
    ("lifetime", "claims.exp - claims.iat <= 3600", "claims.exp - claims.iat <= 3600"),
    ("concatenation", "'oidc:' + claims.sub != ''", "'oidc:' + claims.sub != ''"),
];

fn main() {
    let text = claims();
    let claims = ClaimsIndex::from_json(&text).unwrap();
    let activation = Activation::claims(&claims);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut context = cel::Context::default();
    context.add_variable("claims", &value).unwrap();
    println!("11 claims; nanoseconds an evaluation, median and fastest of {ROUNDS}, and allocations");
    println!("{:<26} {:>29} {:>29} {:>29}", "", "claimant-cel", "cel", "cel, claims put into it");
    let wanted = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')).unwrap_or_default();
    for (name, rule, peer) in RULES.into_iter().filter(|(name, ..)| name.contains(&wanted)) {
        let program = Program::compile(&Env::claims(), rule).unwrap();
        assert_eq!(program.eval(&activation).unwrap().value.as_bool(), Some(true), "{rule}");
        let ours = measure(|| {
            let _ = black_box(program.eval(black_box(&activation)));
        });
        let program = cel::Program::compile(peer).unwrap();
        assert_eq!(program.execute(&context).unwrap(), true.into(), "{peer}");
        let theirs = measure(|| {
            let _ = black_box(program.execute(black_box(&context)));
        });
        // A context holds the claims of one token.
        let with_claims = measure(|| {
            let mut context = cel::Context::default();
            context.add_variable("claims", black_box(&value)).unwrap();
            let _ = black_box(program.execute(black_box(&context)));
        });
        println!("{name:<26} {ours} {theirs} {with_claims}");
    }
    let rule = RULES.first().unwrap().1;
    println!("{:<26} {}", "to read the claims", measure(|| drop(black_box(ClaimsIndex::from_json(black_box(&text))))));
    println!("{:<26} {}", "to compile the first", measure(|| drop(black_box(Program::compile(&Env::claims(), rule)))));
}

/// Eleven claims, one of them a list of 200 groups.
fn claims() -> String {
    let groups: Vec<String> = (0..200).map(|i| format!("\"group-{i}\"")).collect();
    format!(
        r#"{{"iss": "https://issuer.example.com", "sub": "248289761001", "aud": "kubernetes",
        "exp": 1893456000, "iat": 1893452400, "nbf": 1893452400, "email": "jane@example.com",
        "email_verified": true, "hd": "example.com", "azp": "cli", "groups": [{}]}}"#,
        groups.join(", ")
    )
}

/// Median and fastest time of an evaluation in nanoseconds, and its allocations.
fn measure(mut run: impl FnMut()) -> String {
    let allocations = allocation_counter::measure(&mut run).count_total;
    let mut turns = 1u32;
    let mut round = |turns: u32| {
        let start = Instant::now();
        (0..turns).for_each(|_| run());
        start.elapsed()
    };
    while round(turns).as_micros() < ROUND {
        turns *= 2;
    }
    let mut samples: Vec<f64> = (0..ROUNDS).map(|_| round(turns).as_secs_f64() * 1e9 / f64::from(turns)).collect();
    samples.sort_by(f64::total_cmp);
    let (median, fastest) = (samples.get(ROUNDS / 2).unwrap(), samples.first().unwrap());
    format!("{median:>10.1} {fastest:>10.1} {allocations:>7}")
}

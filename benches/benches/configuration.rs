//! `cargo bench -p claimant-benches --bench configuration [-- NAME]`: a token under a configuration with two claim rules
//! and CEL for user name and groups, beside the bare signature of the same key in the same run. Its allocations are
//! counted by a test of `claimant-k8s`, since counting slows what is timed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_benches::measure::{Plan, measure};
use claimant_benches::ours::Unsigned;
use claimant_benches::{Contender, Kind};
use claimant_core::provider::AwsLc;
use claimant_core::{Algorithm, Bearer, Buffer, KeySet, Limits, Provider};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::{Authenticated, Authenticator};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use std::hint::black_box;

const NOW: i64 = 1_790_000_000;
const ISSUER: &str = "https://login.example.com/realms/company";

fn main() {
    // `cargo test` runs benches that have no tests in them.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    for (kind, algorithm) in [(KeyKind::Rs256, Algorithm::Rs256), (KeyKind::Es256, Algorithm::Es256)] {
        run(kind, algorithm);
    }
}

fn run(kind: KeyKind, algorithm: Algorithm) {
    let key = SigningKey::generate("2026-11-key-of-the-realm", kind).unwrap();
    let token = key.sign(&claims()).unwrap();
    println!("\n{algorithm}, a token of {} bytes with {} claims.\n", token.len(), claims().as_object().unwrap().len());
    let jwks = json!({"keys": [key.jwk()]}).to_string();
    let keys = |provider: &dyn Provider| KeySet::from_jwks(jwks.as_bytes(), provider, &Limits::default()).unwrap();
    let with = |mappings: Value, rules: Value, provider: &dyn Provider| {
        let jwt = json!({"issuer": {"url": ISSUER, "audiences": ["kubernetes"]}, "claimMappings": mappings,
            "claimValidationRules": rules});
        OidcAuthenticator::from_config(serde_json::from_value(jwt).unwrap(), keys(provider)).unwrap()
    };
    let by_claim =
        json!({"username": {"claim": "sub", "prefix": "oidc:"}, "groups": {"claim": "groups", "prefix": "oidc:"}});
    let by_cel = json!({"username": {"expression": "'oidc:' + claims.sub"},
        "groups": {"expression": "dyn(claims.groups).map(g, 'oidc:' + g)"}});
    let listed = json!({"username": {"expression": "claims.sub"}, "groups": {"expression": "claims.groups"}});
    let rules = json!([
        {"expression": "claims.email_verified == true && claims.hd == 'example.com'"},
        {"expression": "claims.exp - claims.iat <= 3600"}]);
    let cases = [
        ("claims alone", by_claim.clone(), json!([])),
        ("claims, two rules", by_claim, rules.clone()),
        ("CEL for both, two rules", listed, rules.clone()),
        ("CEL with a prefix for each group, two rules", by_cel, rules),
    ];
    let verifier = AwsLc.verifier(algorithm, &key.public_key()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (input, signature) = (input.to_owned(), decode(signature));
    let mut all = vec![Contender::new("bare signature", Kind::Bare, None, move || {
        verifier.verify(black_box(input.as_bytes()), black_box(&signature)).unwrap();
    })];
    for (name, mappings, rules) in cases {
        for (signed, provider) in [("", &AwsLc as &dyn Provider), (", without the signature", &Unsigned)] {
            let one = with(mappings.clone(), rules.clone(), provider);
            let mut buffer = Buffer::new();
            let text = token.clone();
            let mut judge = move || -> Authenticated {
                let bearer = Bearer::read(black_box(&text), &mut buffer, &Limits::default()).unwrap();
                one.judge(&bearer, NOW).unwrap()
            };
            let name = format!("{name}{signed}");
            all.push(Contender::new(name, Kind::Ours, None, move || drop(black_box(judge()))));
        }
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    all.retain(|one| one.kind == Kind::Bare || words.iter().all(|word| one.name.contains(word)));
    let outcomes = measure(&mut all, Plan::default());
    let bare = outcomes[0].minimum;
    println!("| | minimum, µs | median, µs | over the bare signature, µs | ratio to it |\n|---|---:|---:|---:|---:|");
    for outcome in &outcomes {
        let base = if outcome.name.ends_with("signature") { 0.0 } else { bare };
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.3} |",
            outcome.name,
            outcome.minimum / 1e3,
            outcome.median / 1e3,
            (outcome.minimum - base) / 1e3,
            outcome.minimum / bare
        );
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "248289761001", "aud": "kubernetes", "azp": "kubernetes",
        "exp": NOW + 3000, "iat": NOW - 600, "auth_time": NOW - 700, "jti": "2f1c8fbd-63c5-4f5f-8f52-9cb5d8a7d6f1",
        "email": "jane.doe@example.com", "email_verified": true, "hd": "example.com", "preferred_username": "jane.doe",
        "name": "Jane Doe", "sid": "c1b1c2f4-5a30-4f0e-9d7b-8a5d1f0f8b11", "acr": "1",
        "groups": ["developers", "on-call", "cluster-readers", "team-payments", "team-checkout"],
        "realm_access": {"roles": ["offline_access", "default-roles-company", "uma_authorization"]},
    })
}

fn decode(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

//! Every check of a policy by itself, and all of them in an explanation.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use claimant_core::{
    Algorithm, Audience, Buffer, Explanation, Leeway, Limits, Policy, Refusal, TimeRules, UnverifiedToken, provider,
};
use common::{NOW, fixture};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// A token with these claims and this `typ`, and the set with its key.
fn signed(claims: &Value, typ: Option<&str>) -> (String, claimant_core::KeySet) {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let random = SystemRandom::new();
    let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap();
    let (x, y) = pair.public_key().as_ref().get(1..).unwrap().split_at(32);
    let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y), "kid": "k"}]}).to_string();
    let header = json!({"alg": "ES256", "kid": "k", "typ": typ});
    let input = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
    let signature = pair.sign(&random, input.as_bytes()).unwrap();
    let keys = claimant_core::KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    (format!("{input}.{}", text(signature.as_ref())), keys)
}

fn claims(changes: &Value) -> Value {
    let mut all =
        json!({"iss": "https://i.example", "sub": "jane", "aud": "a", "exp": NOW + 60, "iat": NOW, "nbf": NOW});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
            value => drop(all.as_object_mut().unwrap().insert(name.clone(), value.clone())),
        }
    }
    all
}

fn policy() -> Policy {
    Policy::new("https://i.example", Audience::any_of(["a"]).unwrap())
}

fn outcome(policy: &Policy, changes: &Value, typ: Option<&str>) -> Result<(), Refusal> {
    let (token, keys) = signed(&claims(changes), typ);
    let mut buffer = Buffer::new();
    let token = UnverifiedToken::parse(&token, &mut buffer, &Limits::default()).unwrap();
    token.verify(&keys, &[Algorithm::Es256])?.check(policy, NOW).map(|_| ())
}

#[test]
fn times_with_their_leeways() {
    let accounts = policy().with_times(TimeRules::ServiceAccount);
    let strict = policy().with_leeway(Leeway { exp: 0, nbf: 0, iat: Some(0) }, "clocks are in step here");
    let table: [(&Policy, Value, Result<(), &str>); 14] = [
        (&policy(), json!({}), Ok(())),
        (&policy(), json!({"exp": NOW}), Ok(())),
        (&policy(), json!({"exp": NOW - 1}), Err("expired")),
        (&policy(), json!({"exp": null}), Err("claim_missing")),
        (&policy(), json!({"nbf": NOW + 60}), Ok(())),
        (&policy(), json!({"nbf": NOW + 61}), Err("not_yet_valid")),
        (&policy(), json!({"iat": NOW + 9999}), Ok(())),
        (&accounts, json!({"exp": NOW - 60}), Ok(())),
        (&accounts, json!({"exp": NOW - 61}), Err("expired")),
        (&accounts, json!({"exp": null}), Ok(())),
        (&accounts, json!({"iat": NOW + 60}), Ok(())),
        (&accounts, json!({"iat": NOW + 61}), Err("issued_in_future")),
        (&strict, json!({"nbf": NOW + 1}), Err("not_yet_valid")),
        (&strict, json!({"iat": NOW + 1}), Err("issued_in_future")),
    ];
    for (policy, changes, wanted) in table {
        assert_eq!(outcome(policy, &changes, None).map_err(|why| why.reason()), wanted, "{changes}");
    }
}

#[test]
fn a45_a_token_that_lives_too_long_is_refused() {
    let short = policy().with_max_lifetime(3600);
    assert_eq!(outcome(&short, &json!({"exp": NOW + 3600}), None), Ok(()));
    assert_eq!(outcome(&short, &json!({"exp": NOW + 3601}), None), Err(Refusal::LivesTooLong { most: 3600 }));
    assert_eq!(
        outcome(&short, &json!({"iat": null, "nbf": NOW - 3600}), None),
        Err(Refusal::LivesTooLong { most: 3600 })
    );
    assert_eq!(outcome(&short, &json!({"iat": null, "nbf": null}), None), Err(Refusal::ClaimMissing("iat")));
    assert_eq!(
        outcome(&short, &json!({"exp": i64::MAX - 70_000_000_000, "iat": i64::MIN + 1}), None),
        Err(Refusal::LivesTooLong { most: 3600 })
    );
}

#[test]
fn a_required_claim_may_be_of_any_type() {
    for (wanted, same, other) in [
        (json!("x"), json!("x"), json!("y")),
        (json!(5), json!(5), json!("5")),
        (json!(true), json!(true), json!(false)),
        (json!(["a", {"b": 1}]), json!(["a", {"b": 1}]), json!(["a"])),
    ] {
        let policy = policy().requiring("tenant", wanted);
        assert_eq!(outcome(&policy, &json!({"tenant": same}), None), Ok(()));
        for bad in [json!({"tenant": other}), json!({})] {
            assert_eq!(outcome(&policy, &bad, None), Err(Refusal::RequiredClaim("tenant".into())), "{bad}");
        }
    }
}

#[test]
fn a23_a_token_of_another_type_is_refused_where_the_policy_asks() {
    let access = policy().with_types(["at+jwt"]);
    for good in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(outcome(&access, &json!({}), Some(good)), Ok(()), "{good}");
    }
    for bad in [Some("JWT"), Some("xat+jwt"), Some(""), None] {
        assert_eq!(outcome(&access, &json!({}), bad), Err(Refusal::TokenType), "{bad:?}");
    }
}

#[test]
fn an_explanation_shows_every_failure_and_no_value_unless_asked() {
    let changes = json!({"exp": NOW - 1, "aud": "secret-audience", "sub": "secret-subject"});
    let (token, keys) = signed(&claims(&changes), Some("JWT"));
    let policy = policy().with_max_lifetime(1).requiring("tenant", "x").with_types(["at+jwt"]);
    let explain = |text: &str| Explanation::of(text, &keys, &[Algorithm::Es256], &policy, NOW, &Limits::default());
    let told = explain(&token);
    let failed: Vec<_> = told.findings.iter().filter(|f| f.outcome.is_err()).map(|f| f.check).collect();
    assert_eq!(failed, ["aud", "exp", "required claims", "typ"]);
    let text = told.to_string();
    assert!(!text.contains("secret") && text.contains("got (hidden): audience"), "{text}");
    assert!(told.clone().revealed().to_string().contains("secret-audience"));
    let debug = format!("{told:?} {:?} {:#?}", told.findings, told.clone().revealed());
    assert!(!debug.contains("secret") && debug.contains("(hidden)"), "{debug}");
    let forged = explain(&format!("{token}AAAA"));
    assert!(!forged.is_good() && forged.to_string().contains("FAIL signature"));
    assert_eq!(explain("x").findings.len(), 1);
    let (good, keys) = signed(&claims(&json!({})), None);
    let good = Explanation::of(&good, &keys, &[Algorithm::Es256], &super_policy(), NOW, &Limits::default());
    assert!(good.is_good(), "{good}");
}

fn super_policy() -> Policy {
    policy().with_max_lifetime(60).requiring("sub", "jane")
}

#[test]
fn an_explanation_agrees_with_the_verdict_for_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let fixture = fixture(algorithm);
        let keys = fixture.keys(&provider::Default).unwrap();
        let policy = Policy::new("https://issuer.example", Audience::any_of(["my-api"]).unwrap());
        let told = Explanation::of(&fixture.token, &keys, &[algorithm], &policy, NOW, &Limits::default());
        assert!(told.is_good(), "{told}");
    }
}

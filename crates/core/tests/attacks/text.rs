#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! Attack classes on the text of a token: its parts, their encoding, and the types of claims.

use super::*;

fn one_key() -> (Ed25519KeyPair, KeySet) {
    let pair = ed(1);
    let keys = set_of(&claimant_core::provider::Default, &[ed_jwk(&pair, "a")]);
    (pair, keys)
}

/// The good payload with `name` set to the raw JSON `value`.
fn payload(name: &str, value: &str) -> String {
    let defaults = [("iss", "\"https://issuer.example\""), ("aud", "\"api\""), ("exp", "1790000600")];
    let mut members: Vec<String> =
        defaults.iter().filter(|(n, _)| *n != name).map(|(n, v)| format!("\"{n}\":{v}")).collect();
    members.push(format!("\"{name}\":{value}"));
    format!("{{{}}}", members.join(","))
}

#[test]
fn a17_wrong_types_are_not_absence() {
    let (pair, keys) = one_key();
    let oidc = |name, value| judge(&ed_token(&pair, EDDSA, &payload(name, value)), &keys);
    let accounts = policy(ISSUER).with_times(TimeRules::ServiceAccount);
    let account = |name, value| {
        judge_with(&ed_token(&pair, EDDSA, &payload(name, value)), &keys, &Algorithm::ALL, &accounts, NOW)
    };
    for name in ["sub", "nonce", "at_hash", "jti"] {
        assert_eq!(oidc(name, "\"x\""), Ok(()), "{name}");
        assert_eq!(account(name, "\"x\""), Ok(()), "{name}");
    }
    for name in ["exp", "nbf", "iat"] {
        assert_eq!(oidc(name, "1790000000"), Ok(()), "{name}");
        assert_eq!(account(name, "1790000000"), Ok(()), "{name}");
    }
    for value in ["1", "true", "false", "[]", "{}", "-1", "1.5", "[\"x\"]"] {
        for name in ["iss", "sub", "nonce", "at_hash"] {
            assert_eq!(oidc(name, value), Err(Refusal::ClaimType(name)), "{name} {value}");
        }
        for name in ["iss", "sub", "jti"] {
            assert_eq!(account(name, value), Err(Refusal::ClaimType(name)), "{name} {value}");
        }
    }
    for value in ["true", "false", "[]", "{}", "\"\"", "\"x\"", "[1790000600]", "1e400"] {
        for name in ["exp", "nbf", "iat"] {
            assert_eq!(oidc(name, value), Err(Refusal::ClaimType(name)), "{name} {value}");
            assert_eq!(account(name, value), Err(Refusal::ClaimType(name)), "{name} {value}");
        }
    }
    for value in ["1", "true", "{}", "[1]", "[\"api\",1]", "[[\"api\"]]"] {
        assert_eq!(oidc("aud", value), Err(Refusal::ClaimType("aud")), "{value}");
        assert_eq!(account("aud", value), Err(Refusal::ClaimType("aud")), "{value}");
    }
    for value in ["[]", "null", "[null]", "\"\""] {
        assert_eq!(oidc("aud", value), Err(Refusal::Audience), "{value}");
    }
    assert_eq!(oidc("iss", "null"), Err(Refusal::Issuer));
    assert_eq!(oidc("exp", "null"), Err(Refusal::ClaimType("exp")));
    assert_eq!(oidc("iat", "null"), Err(Refusal::ClaimType("iat")));
    assert_eq!(account("exp", "\"1790000600\""), Err(Refusal::ClaimType("exp")));
}

#[test]
fn a18_numeric_dates_at_the_edges() {
    let (pair, keys) = one_key();
    let accounts = policy(ISSUER).with_times(TimeRules::ServiceAccount);
    let at = |name, value: &str, policy: &Policy, now| {
        judge_with(&ed_token(&pair, EDDSA, &payload(name, value)), &keys, &Algorithm::ALL, policy, now)
    };
    let oidc = policy(ISSUER);
    let expired = |exp, now| Err(Refusal::Expired { exp, now });
    for (value, exp) in [
        ("-1", -1),
        ("-0", 0),
        ("1789999999.9", NOW - 1),
        ("9223372036854775807", i64::MAX),
        ("9223372036854775808", i64::MIN),
        ("18446744073709551616", i64::MIN),
        ("1e300", i64::MIN),
        ("-1e300", i64::MIN),
    ] {
        assert_eq!(at("exp", value, &oidc, NOW), expired(exp, NOW), "{value}");
    }
    assert_eq!(at("exp", "1790000000", &oidc, NOW), Ok(()));
    assert_eq!(at("exp", "1790000000.9", &oidc, NOW), Ok(()));
    assert_eq!(at("exp", "1790000000", &oidc, NOW + 1), expired(NOW, NOW + 1));
    assert_eq!(at("exp", "1790000000", &accounts, NOW + 60), Ok(()));
    assert_eq!(at("exp", "1790000000", &accounts, NOW + 61), expired(NOW, NOW + 61));
    for policy in [&oidc, &accounts] {
        assert_eq!(at("nbf", "1790000060", policy, NOW), Ok(()));
        let early = Refusal::NotYetValid { nbf: NOW + 61, now: NOW };
        assert_eq!(at("nbf", "1790000061", policy, NOW), Err(early));
        assert_eq!(at("exp", "1790000600", policy, i64::MAX), expired(1_790_000_600, i64::MAX));
        assert_eq!(at("exp", "1790000600", policy, i64::MIN), Ok(()));
    }
    let ahead = Refusal::IssuedInFuture { iat: NOW + 61, now: NOW };
    assert_eq!(at("iat", "1790000061", &accounts, NOW), Err(ahead));
    assert_eq!(at("iat", "1790000061", &oidc, NOW), Ok(()));
}

#[test]
fn a25_not_the_compact_serialisation() {
    let (pair, keys) = one_key();
    let good = ed_token(&pair, EDDSA, GOOD);
    assert_eq!(judge(&good, &keys), Ok(()));
    let parts: Vec<&str> = good.split('.').collect();
    let json = format!(r#"{{"protected":"{}","payload":"{}","signature":"{}"}}"#, parts[0], parts[1], parts[2]);
    assert_eq!(judge(&json, &keys), Err(Refusal::NotCompact));
    for before in [" ", "\t", "\n", "Bearer ", "Bearer Bearer "] {
        assert_eq!(judge(&format!("{before}{good}"), &keys), Err(Refusal::Base64NotCanonical("header")), "{before:?}");
    }
    for before in ["{", "\u{feff}", "\0", "\"", "Bearer:"] {
        assert_eq!(judge(&format!("{before}{good}"), &keys), Err(Refusal::Base64("header")), "{before:?}");
    }
    for after in [" ", "\n", "\r\n"] {
        let refused = judge(&format!("{good}{after}"), &keys);
        assert_eq!(refused, Err(Refusal::Base64NotCanonical("signature")), "{after:?}");
    }
}

#[test]
fn a26_dots_without_end_and_none() {
    let (pair, keys) = one_key();
    assert_eq!(judge(&ed_token(&pair, EDDSA, GOOD), &keys), Ok(()));
    let size = 8 << 20;
    let limit = Limits::TOKEN_BYTES;
    for text in [".".repeat(size), "a".repeat(size)] {
        assert_eq!(judge(&text, &keys), Err(Refusal::TooLong { part: "token", got: size, limit }));
        let mut buffer = Buffer::new();
        let limits = Limits { token_bytes: usize::MAX, ..Limits::default() };
        assert_eq!(UnverifiedToken::parse(&text, &mut buffer, &limits).err(), Some(Refusal::NotCompact));
        assert_eq!(buffer.capacity(), 0);
    }
}

#[test]
fn a27_empty_missing_and_surplus_parts() {
    let (pair, keys) = one_key();
    let good = ed_token(&pair, EDDSA, GOOD);
    assert_eq!(judge(&good, &keys), Ok(()));
    let parts: Vec<&str> = good.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    let dotted = [format!("{good}."), format!(".{good}"), format!("{header}..{body}.{signature}")];
    let short = [String::new(), ".".into(), header.into(), format!("{header}.{body}"), "...".into(), "....".into()];
    for text in dotted.iter().chain(&short) {
        assert_eq!(judge(text, &keys), Err(Refusal::NotCompact), "{text}");
    }
    assert_eq!(judge("..", &keys), Err(Refusal::Algorithm));
    assert_eq!(judge(&format!(".{body}.{signature}"), &keys), Err(Refusal::Algorithm));
    assert_eq!(judge(&format!("{header}.{body}."), &keys), Err(Refusal::Signature));
    assert_eq!(judge(&format!("{header}..{signature}"), &keys), Err(Refusal::Signature));
}

#[test]
fn a28_only_canonical_base64url() {
    let (pair, keys) = one_key();
    let good = ed_token(&pair, EDDSA, GOOD);
    assert_eq!(judge(&good, &keys), Ok(()));
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (index, part) in ["header", "payload", "signature"].into_iter().enumerate() {
        let with = |change: &dyn Fn(&str) -> String| {
            let mut parts: Vec<String> = good.split('.').map(Into::into).collect();
            parts[index] = change(&parts[index]);
            judge(&parts.join("."), &keys)
        };
        for tail in ["=", "==", "+", "/", "%", "é"] {
            assert_eq!(with(&|text| format!("{text}{tail}")), Err(Refusal::Base64(part)), "{part} {tail}");
        }
        for space in [" ", "\n", "\r", "\t"] {
            let refused = with(&|text| format!("{}{space}{}", &text[..5], &text[5..]));
            assert_eq!(refused, Err(Refusal::Base64NotCanonical(part)), "{part} {space:?}");
        }
        let length = good.split('.').nth(index).unwrap().len();
        if length % 4 != 0 {
            let refused = with(&|text| {
                let last = alphabet.find(text.chars().last().unwrap()).unwrap();
                format!("{}{}", &text[..length - 1], &alphabet[last + 1..last + 2])
            });
            assert_eq!(refused, Err(Refusal::Base64NotCanonical(part)), "{part}");
        }
    }
}

#[test]
fn a29_oversize_deep_and_huge() {
    let (pair, keys) = one_key();
    let header = |more: &str| format!(r#"{{"alg":"EdDSA","kid":"a","x":{more}}}"#);
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(judge(&ed_token(&pair, &header(&nested(63)), GOOD), &keys), Ok(()));
    for levels in [64, 200, 3000] {
        let refused = judge(&ed_token(&pair, &header(&nested(levels)), GOOD), &keys);
        assert_eq!(refused, Err(Refusal::TooDeep("header")), "{levels}");
    }
    assert_eq!(judge(&ed_token(&pair, &header("1e400"), GOOD), &keys), Err(Refusal::Json("header")));
    assert_eq!(judge(&ed_token(&pair, &header("1e300"), GOOD), &keys), Ok(()));
    let long = header(&format!("\"{}\"", "\\u0041".repeat(2000)));
    let (got, limit) = (long.len(), Limits::HEADER_BYTES);
    let refused = judge(&ed_token(&pair, &long, GOOD), &keys);
    assert_eq!(refused, Err(Refusal::TooLong { part: "header", got, limit }));
    let groups = payload("groups", &format!("[{}]", vec!["\"g\""; 10_000].join(",")));
    assert_eq!(judge(&ed_token(&pair, EDDSA, &groups), &keys), Ok(()));
    let token = ed_token(&pair, EDDSA, &payload("groups", &format!("\"{}\"", "g".repeat(70_000))));
    let (got, limit) = (token.len(), Limits::TOKEN_BYTES);
    assert_eq!(judge(&token, &keys), Err(Refusal::TooLong { part: "token", got, limit }));
}

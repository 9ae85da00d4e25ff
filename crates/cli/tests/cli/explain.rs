//! `explain`: every step, and nothing that says who somebody is.

use crate::support::{NOW, Setup};
use claimant_testkit::TokenOptions;

const MAPPINGS: &str = "  claimMappings:\n    username: {expression: \"'oidc:' + claims.sub\"}\n    \
    groups: {claim: groups, prefix: 'g:'}\n  claimValidationRules:\n  - expression: \"claims.exp - claims.iat <= 86400\"\n  \
    - expression: \"claims.sub != 'root'\"\n    message: no root\n  userValidationRules:\n  \
    - expression: \"!user.username.startsWith('system:')\"\n";

#[test]
fn explain_shows_each_step_with_value_and_cost_and_the_user() {
    let setup = Setup::new("explain_good", MAPPINGS);
    let token = setup.id_token(&["devs", "ops"]);
    let hidden = setup.judge("explain", &token, &[]);
    assert_eq!(hidden.code, 0, "{}{}", hidden.out, hidden.err);
    for line in [
        "ok   signature: expected by one of ",
        "ok   aud: expected ",
        "ok   claimMappings.username: expected 'oidc:' + claims.sub, got (hidden: 9 characters), cost 3",
        "ok   claimMappings.groups: expected claim \"groups\" behind \"g:\", got (hidden: 2 texts)",
        "ok   claimValidationRules: expected claims.exp - claims.iat <= 86400, got true, cost ",
        "ok   userValidationRules: expected !user.username.startsWith('system:'), got true, cost ",
        "verdict: good",
        "group: g:(hidden: 4 characters)",
    ] {
        assert!(hidden.out.contains(line), "{line}:\n{}", hidden.out);
    }
    assert!(!hidden.out.contains("jane") && !hidden.out.contains("devs"), "{}", hidden.out);
    let json = setup.judge("explain", &token, &["--json"]);
    assert!(!json.out.contains("jane") && !json.out.contains("devs"), "{}", json.out);
    let value = json.json();
    assert_eq!((value["verdict"].as_str(), value["redacted"].as_bool()), (Some("good"), Some(true)));
    let steps = value["authenticators"][0]["steps"].as_array().unwrap().clone();
    let username = steps.iter().find(|step| step["name"] == "claimMappings.username").unwrap();
    assert_eq!((username["ok"].as_bool(), username["cost"].as_u64()), (Some(true), Some(3)), "{username}");

    let shown = setup.judge("explain", &token, &["--reveal"]);
    assert!(shown.out.contains("got \"oidc:jane\", cost 3"), "{}", shown.out);
    assert!(shown.out.ends_with("verdict: good\nusername: oidc:jane\ngroup: g:devs\ngroup: g:ops\n"), "{}", shown.out);
}

#[test]
fn explain_says_who_looked_and_what_failed_as_verify_does() {
    let setup = Setup::new("explain_refused", MAPPINGS);
    let id_token =
        |name: &str, audience: &str, now| setup.issuer.id_token(name, &[], &TokenOptions::new(audience, now)).unwrap();
    let cut = |token: &str| format!("{}.AAAA", token.rsplit_once('.').unwrap().0);
    for (token, step) in [
        (id_token("jane", "my-api", NOW - 100_000), Some("FAIL exp: ")),
        (id_token("jane", "other", NOW), Some("FAIL aud: ")),
        (cut(&id_token("jane", "my-api", NOW)), Some("FAIL signature: ")),
        (
            id_token("root", "my-api", NOW),
            Some("FAIL claimValidationRules: expected claims.sub != 'root', got false, cost "),
        ),
        ("a.b.c".to_owned(), None),
    ] {
        let explained = setup.judge("explain", &token, &[]);
        let verified = setup.judge("verify", &token, &["--json"]).json();
        assert_eq!(explained.code, 1, "{}", explained.out);
        let reason = verified["reason"].as_str().unwrap();
        let verdict = if step.is_some() { "refused" } else { "unrecognized" };
        assert!(explained.out.contains(&format!("verdict: {verdict}: {reason}: ")), "{reason}: {}", explained.out);
        match step {
            Some(step) => assert!(explained.out.contains(step), "{step}: {}", explained.out),
            None => assert!(explained.out.contains("does not look"), "{}", explained.out),
        }
        // What nobody has signed is not mapped.
        let mapped = explained.out.contains("claimMappings");
        assert_eq!(mapped, step.is_some_and(|step| step.contains("Rules")), "{}", explained.out);
    }
}

#[test]
fn explain_goes_through_service_accounts_too() {
    let setup = Setup::new("explain_accounts", MAPPINGS);
    let keys = setup.jwks.split_once('=').unwrap().1.to_owned();
    let issuer = "https://kubernetes.default.svc";
    let more = ["--service-account-issuer", issuer, "--service-account-key-file", &keys, "--audience", "my-api"];
    let explained = setup.judge("explain", &setup.id_token(&[]), &more);
    let lines: Vec<&str> = explained.out.lines().collect();
    assert_eq!(explained.code, 0, "{}", explained.out);
    assert!(lines[0].starts_with(&format!("service accounts of {issuer}: does not look")), "{}", explained.out);
    assert_eq!(lines[1], format!("OIDC issuer {}", setup.issuer.url()));
}

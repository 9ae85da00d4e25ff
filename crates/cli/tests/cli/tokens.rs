//! `verify`, `inspect` and `migrate`.

use crate::support::{CLAIMS, Folder, NOW, Setup, run, run_with};
use claimant_testkit::TokenOptions;
use serde_json::json;

#[test]
fn verify_says_whose_a_token_is() {
    let setup = Setup::new("verify_good", CLAIMS);
    let token = setup.id_token(&["dev"]);
    let ran = setup.judge("verify", &format!("Bearer {token}\n"), &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "good\nusername: oidc:jane\ngroup: oidc:dev\n"), "{}", ran.err);
    let ran = setup.judge("verify", &token, &["--json"]);
    let expected =
        json!({"verdict": "good", "user": {"username": "oidc:jane", "groups": ["oidc:dev"]}, "audiences": []});
    assert_eq!((ran.code, ran.json()), (0, expected));
    let file = setup.folder.file("token", &token);
    assert_eq!(setup.judge("verify", "", &[&file]).code, 0);
}

#[test]
fn verify_says_why_a_token_is_refused() {
    let setup = Setup::new("verify_refused", CLAIMS);
    let good = setup.id_token(&[]);
    let at = |audience: &str, now| setup.issuer.id_token("jane", &[], &TokenOptions::new(audience, now)).unwrap();
    for (token, reason) in [
        (at("my-api", NOW - 100_000), "expired"),
        (at("other", NOW), "audience"),
        (good.split_once('.').unwrap().0.to_owned(), "unrecognized"),
        (format!("{}AAAA", good.rsplit_once('.').unwrap().0.to_owned() + "."), "signature"),
        (String::new(), "unrecognized"),
    ] {
        let ran = setup.judge("verify", &token, &["--json"]);
        assert_eq!((ran.code, ran.json()["reason"].as_str()), (1, Some(reason)), "{}{}", ran.out, ran.err);
        let ran = setup.judge("verify", &token, &[]);
        assert!(ran.code == 1 && ran.out.starts_with(&format!("refused: {reason}: ")), "{}", ran.out);
    }
}

#[test]
fn verify_takes_service_accounts_and_flags() {
    let setup = Setup::new("verify_accounts", CLAIMS);
    let keys = setup.jwks.split_once('=').unwrap().1;
    let now = NOW.to_string();
    let token = setup.issuer.service_account_token("ns", "app", "pod", &TokenOptions::new("my-api", NOW)).unwrap();
    let accounts = ["--service-account-issuer", setup.issuer.url(), "--service-account-key-file", keys, "--now", &now];
    let ran = run_with(token.as_bytes(), ["verify", "--audience", "my-api"].iter().chain(&accounts));
    assert!(ran.code == 0 && ran.out.contains("username: system:serviceaccount:ns:app\n"), "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with("audience: my-api\n"), "{}", ran.out);
    let ran = run_with(token.as_bytes(), ["verify", "--audience", "other", "--json"].iter().chain(&accounts));
    assert_eq!((ran.code, ran.json()["reason"].as_str()), (1, Some("audience")));

    // The audience of the API server itself is its issuer.
    let own =
        setup.issuer.service_account_token("ns", "app", "pod", &TokenOptions::new(setup.issuer.url(), NOW)).unwrap();
    let ran = run_with(own.as_bytes(), ["verify"].iter().chain(&accounts));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(run_with(token.as_bytes(), ["verify"].iter().chain(&accounts)).code, 1);

    let flags =
        ["verify", "--oidc-issuer-url", setup.issuer.url(), "--oidc-client-id", "my-api", "--jwks", &setup.jwks];
    let more = ["--now", &now, "--oidc-signing-algs", "ES256,RS256", "--oidc-username-prefix", "-"];
    let ran = run_with(setup.id_token(&[]).as_bytes(), flags.iter().chain(&more));
    assert_eq!((ran.code, ran.out.as_str()), (0, "good\nusername: jane\n"), "{}", ran.err);
}

#[test]
fn inspect_is_loud_about_what_it_is_not() {
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290G1tIn0.";
    let token = token.replace("G1tIn0", "In0");
    let ran = run_with(token.as_bytes(), ["inspect"]);
    assert!(ran.code == 0 && ran.out.starts_with("NOT VERIFIED"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("claims (not verified):\n  {\n    \"sub\": \"root\"\n"), "{}", ran.out);
    let found = run_with(token.as_bytes(), ["inspect", "--json"]).json();
    assert_eq!((&found["verified"], &found["unverifiedClaims"]["sub"]), (&json!(false), &json!("root")));
    let ran = run_with(b"a.b", ["inspect"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "no token: not_compact: not a compact JWS\n"));
}

#[test]
fn inspect_alters_nothing_that_stands_there() {
    // {"sub":"a", "n":123456789012345678901234567890,"sub":"b:,{\"}","e":{ },"l":[1.0,1e999],"a":[]}
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwgIm4iOjEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MCw\
                 ic3ViIjoiYjose1wifSIsImUiOnsgfSwibCI6WzEuMCwxZTk5OV0sImEiOltdfQ.";
    let ran = run_with(token.as_bytes(), ["inspect"]);
    let wanted = "claims (not verified):\n  {\n    \"sub\": \"a\",\n    \"n\": 123456789012345678901234567890,\n    \
                  \"sub\": \"b:,{\\\"}\",\n    \"e\": {},\n    \"l\": [\n      1.0,\n      1e999\n    ],\n    \"a\": []\n  }\n";
    assert!(ran.code == 0 && ran.out.contains(wanted), "{}{}", ran.out, ran.err);
    let ran = run_with(token.as_bytes(), ["inspect", "--json"]);
    let wanted = wanted.split_once('\n').unwrap().1.trim();
    assert!(ran.out.contains(&format!("  \"unverifiedClaims\": {wanted},\n")), "{}{}", ran.out, ran.err);
}

#[test]
fn migrate_writes_a_file_that_judges_the_same() {
    let folder = Folder::new("migrate");
    let given = ["--oidc-issuer-url", "https://issuer.example", "--oidc-client-id", "kube"];
    for (more, wanted) in [
        (&["--oidc-groups-claim", "groups"][..], &["prefix: \"https://issuer.example#\"", "claim: groups"][..]),
        (
            &["--oidc-username-prefix", "-", "--oidc-required-claim", "hd=no"],
            &["prefix: \"\"", "requiredValue: \"no\""],
        ),
        (&["--oidc-username-claim", "email"], &["claim: email", "prefix: \"\""]),
    ] {
        let ran = run(["migrate"].iter().chain(&given).chain(more));
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(wanted.iter().all(|text| ran.out.contains(text)), "{}", ran.out);
        assert!(ran.err.starts_with("CHANGES VERDICTS [algorithms]: the flags accept RS256 only"), "{}", ran.err);
        let file = folder.file("authn.yaml", &ran.out);
        let linted = run(["lint", &file]);
        assert_eq!(linted.code, 0, "{}", linted.out);
    }
    let all = "RS256,RS384,RS512,ES256,ES384,ES512,PS256,PS384,PS512";
    let ran = run(["migrate", "--json", "--oidc-signing-algs", all].iter().chain(&given));
    let found = ran.json();
    assert!(found["changes"].as_array().unwrap().iter().all(|change| change["verdicts_change"] == json!(false)));
    let ran = run(["migrate", "--oidc-issuer-url", "http://issuer.example", "--oidc-client-id", "kube"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.err, "claimant: --oidc-issuer-url: URL scheme must be https\n");
}

#[test]
fn flags_tell_all_their_faults_at_once() {
    let folder = Folder::new("flags");
    let empty = folder.file("ca.pem", "none");
    for command in ["migrate", "verify", "explain"] {
        let given = ["--oidc-issuer-url", "http://issuer.example?a", "--oidc-signing-algs", "RS256,HS256"];
        let more = ["--oidc-required-claim", "hd", "--oidc-ca-file", &empty];
        let ran = run([command].iter().chain(&given).chain(&more));
        assert_eq!(ran.code, 2, "{}", ran.out);
        for said in [
            "--oidc-required-claim hd: expected CLAIM=VALUE",
            "--oidc-client-id: is required",
            "--oidc-signing-algs: unsupported algorithm \"HS256\"",
            "--oidc-ca-file: holds no certificate",
            "--oidc-issuer-url: URL scheme must be https",
            "--oidc-issuer-url: URL must not contain a query",
        ] {
            assert_eq!(ran.err.matches(said).count(), 1, "{command} {said}: {}", ran.err);
        }
        assert_eq!(ran.err.matches("; ").count(), 5, "{}", ran.err);
    }
}

#[test]
fn a_refusal_says_what_was_expected_and_found() {
    let setup = Setup::new("refusals", CLAIMS);
    let at = |audience: &str, now| setup.issuer.id_token("jane", &[], &TokenOptions::new(audience, now)).unwrap();
    let ran = setup.judge("verify", &at("other", NOW), &[]);
    assert!(
        ran.out.contains("aud: expected") && ran.out.contains("my-api") && ran.out.contains("other"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("claimant explain") && !ran.out.contains("jane"), "{}", ran.err);
    let found = setup.judge("verify", &at("other", NOW), &["--json"]).json();
    assert_eq!((&found["check"], &found["verdict"]), (&json!("aud"), &json!("refused")), "{found}");
    assert!(found["got"].as_str().unwrap().contains("other"), "{found}");

    let elsewhere = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUifQ.AAAA";
    let ran = setup.judge("verify", elsewhere, &[]);
    assert!(ran.code == 1 && ran.out.contains("got https://other.example"), "{}", ran.out);
    assert!(ran.out.contains(setup.issuer.url()), "{}", ran.out);
    for (token, said) in [("", "the token is empty"), ("abc", "this is no JWT: not a compact JWS")] {
        let ran = setup.judge("verify", token, &[]);
        assert_eq!((ran.code, ran.out), (1, format!("refused: unrecognized: {said}\n")));
    }
}

#[test]
fn a_token_without_any_keys_has_no_answer() {
    let setup = Setup::new("no_keys", CLAIMS);
    let token = setup.id_token(&[]);
    let now = NOW.to_string();
    for command in ["verify", "explain"] {
        let ran = run_with(token.as_bytes(), [command, "--config", &setup.config, "--now", &now]);
        assert!(ran.code == 2 && ran.out.is_empty(), "{}", ran.out);
        assert!(ran.err.contains(&format!("no keys were given for {}", setup.issuer.url())), "{}", ran.err);
        let ran = run_with(token.as_bytes(), [command, "--json", "--config", &setup.config, "--now", &now]);
        assert_eq!((ran.code, &ran.json()["reason"]), (2, &json!("no_keys")));
    }
}

#[test]
fn a_configuration_that_does_not_load_is_shown_with_its_line() {
    let setup = Setup::new("bad_config", CLAIMS);
    let text = std::fs::read_to_string(&setup.config).unwrap();
    let bad = setup.folder.file("bad.yaml", text.replace("audiences:", "audience:"));
    let ran = run(["verify", "--config", &bad]);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!((ran.code, lines.len()), (2, 3), "{}", ran.err);
    let said =
        format!("claimant: {bad}:6:5: jwt[0].issuer.audience: there is no such member; perhaps audiences is meant");
    assert!(lines[0] == said && lines[1].contains("audience: [my-api]") && lines[2].ends_with('^'), "{}", ran.err);
    let bad = setup.folder.file("bad.yaml", text.replace("audiences:", "audience:").replace("sub", "''"));
    let ran = run(["explain", "--config", &bad]);
    assert!(ran.err.contains("(and 1 more; claimant lint "), "{}", ran.err);
    let found = run(["verify", "--json", "--config", &bad]).json();
    assert_eq!(
        (&found["reason"], found["problems"].as_array().unwrap().len()),
        (&json!("configuration"), 2),
        "{found}"
    );
}

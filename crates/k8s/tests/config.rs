#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! What the loader of an AuthenticationConfiguration refuses, and the field it names.

use claimant_k8s::ConfigError;
use claimant_k8s::config::{AuthenticationConfiguration, Gives};

const ISSUER: &str = r#""issuer":{"url":"https://a.example","audiences":["x"]}"#;
const MAPPINGS: &str = r#""claimMappings":{"username":{"claim":"sub","prefix":""}}"#;

fn file(body: &str) -> String {
    format!(r#"{{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration",{body}}}"#)
}

fn load(body: &str) -> Result<AuthenticationConfiguration, ConfigError> {
    AuthenticationConfiguration::from_json(&file(body), &["https://cluster.example".to_owned()])
}

fn jwt(members: &[&str]) -> String {
    format!(r#""jwt":[{{{}}}]"#, members.join(","))
}

/// The paths of a refusal, in order.
fn paths(outcome: Result<AuthenticationConfiguration, ConfigError>) -> Vec<String> {
    match outcome {
        Err(ConfigError::Invalid(fields)) => fields.into_iter().map(|field| field.path).collect(),
        other => vec![format!("not Invalid: {other:?}")],
    }
}

fn refused(members: &[&str], expected: &[&str]) {
    let body = jwt(members);
    assert_eq!(paths(load(&body)), expected, "{body}");
}

#[test]
fn good_files_load() {
    for body in [
        jwt(&[ISSUER, MAPPINGS]),
        jwt(&[ISSUER, MAPPINGS, r#""claimValidationRules":[{"claim":"a","requiredValue":"b"}]"#]),
        jwt(&[ISSUER, MAPPINGS, r#""claimValidationRules":null,"userValidationRules":null"#]),
        jwt(&[
            r#""issuer":{"url":"https://a.example","audiences":["x","y"],"audienceMatchPolicy":"MatchAny",
                "discoveryURL":"https://b.example/d","egressSelectorType":"cluster"}"#,
            MAPPINGS,
        ]),
        r#""jwt":[],"anonymous":{"enabled":true,"conditions":[{"path":"/livez"}]}"#.to_owned(),
        r#""anonymous":{"enabled":false}"#.to_owned(),
        r#""jwt":null,"anonymous":null"#.to_owned(),
    ] {
        assert!(load(&body).is_ok(), "{body} {:?}", load(&body));
    }
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let text = file(&jwt(&[ISSUER, MAPPINGS])).replace("k8s.io/v1", &format!("k8s.io/{version}"));
        let config = AuthenticationConfiguration::from_json(&text, &[]).unwrap();
        assert_eq!(config.jwt[0].issuer.audiences, ["x"]);
        assert_eq!(config.jwt[0].claim_mappings.username.claim, "sub");
    }
}

#[test]
fn issuer_fields() {
    for (issuer, expected) in [
        (r#""audiences":["x"]"#, "url"),
        (r#""url":"https://cluster.example","audiences":["x"]"#, "url"),
        (r#""url":"http://a.example","audiences":["x"]"#, "url"),
        (r#""url":"a.example","audiences":["x"]"#, "url"),
        (r#""url":"https://u:p@a.example","audiences":["x"]"#, "url"),
        (r#""url":"https://a.example?q=1","audiences":["x"]"#, "url"),
        (r#""url":"https://a.example#f","audiences":["x"]"#, "url"),
        (r#""url":"https://a.example:x","audiences":["x"]"#, "url"),
        (r#""url":"https://a.example/%zz","audiences":["x"]"#, "url"),
        (r#""url":"https://a.exam\u0001ple","audiences":["x"]"#, "url"),
        (r#""url":"https://a.example","discoveryURL":"https://a.example","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example","discoveryURL":"https://a.example/","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example","discoveryURL":"http://b.example","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example","discoveryURL":"https://u@b.example","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example","discoveryURL":"https://b.example?q=1","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example","discoveryURL":"https://b.example#f","audiences":["x"]"#, "discoveryURL"),
        (r#""url":"https://a.example""#, "audiences"),
        (r#""url":"https://a.example","audiences":[]"#, "audiences"),
        (r#""url":"https://a.example","audiences":[""]"#, "audiences[0]"),
        (r#""url":"https://a.example","audiences":[null]"#, "audiences[0]"),
        (r#""url":"https://a.example","audiences":["x","y","x"],"audienceMatchPolicy":"MatchAny""#, "audiences[2]"),
        (r#""url":"https://a.example","audiences":["x","y"]"#, "audienceMatchPolicy"),
        (r#""url":"https://a.example","audiences":["x"],"audienceMatchPolicy":"MatchAll""#, "audienceMatchPolicy"),
        (r#""url":"https://a.example","audiences":["x"],"certificateAuthority":"x""#, "certificateAuthority"),
        (r#""url":"https://a.example","audiences":["x"],"egressSelectorType":"etcd""#, "egressSelectorType"),
    ] {
        let issuer = format!(r#""issuer":{{{issuer}}}"#);
        refused(&[&issuer, MAPPINGS], &[&format!("jwt[0].issuer.{expected}")]);
    }
}

#[test]
fn claim_validation_rules() {
    for (rules, expected) in [
        (r#"{"claim":"a","expression":"b"}"#, "[0]"),
        ("{}", "[0]"),
        ("null", "[0]"),
        (r#"{"claim":"a","message":"m"}"#, "[0].message"),
        (r#"{"claim":"a"},{"claim":"a"}"#, "[1].claim"),
        (r#"{"expression":"claims.e == true","requiredValue":"v"}"#, "[0].requiredValue"),
        (r#"{"expression":"claims.e == true"},{"expression":"claims.e == true"}"#, "[1].expression"),
    ] {
        let rules = format!(r#""claimValidationRules":[{rules}]"#);
        refused(&[ISSUER, MAPPINGS, &rules], &[&format!("jwt[0].claimValidationRules{expected}")]);
    }
}

#[test]
fn claim_mappings() {
    let username = r#""username":{"claim":"sub","prefix":""}"#;
    for (mappings, expected) in [
        (r#""uid":{"claim":"sub"}"#.to_owned(), "username"),
        (r#""username":{"claim":"sub","expression":"claims.e"}"#.to_owned(), "username"),
        (r#""username":{"claim":"sub"}"#.to_owned(), "username.prefix"),
        (r#""username":{"claim":"sub","prefix":null}"#.to_owned(), "username.prefix"),
        (r#""username":{"expression":"claims.e","prefix":""}"#.to_owned(), "username.prefix"),
        (format!(r#"{username},"groups":{{"claim":"g"}}"#), "groups.prefix"),
        (format!(r#"{username},"groups":{{"claim":"g","expression":"claims.e"}}"#), "groups"),
        (format!(r#"{username},"groups":{{"expression":"claims.e","prefix":"p"}}"#), "groups.prefix"),
        (format!(r#"{username},"uid":{{"claim":"u","expression":"claims.e"}}"#), "uid"),
    ] {
        let mappings = format!(r#""claimMappings":{{{mappings}}}"#);
        refused(&[ISSUER, &mappings], &[&format!("jwt[0].claimMappings.{expected}")]);
    }
    refused(&[ISSUER], &["jwt[0].claimMappings.username"]);
}

#[test]
fn extra_mappings() {
    for (extra, expected) in [
        (r#"{"key":"acme.io/a"}"#, "[0].valueExpression"),
        (r#"{"key":"","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme.io/","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"ac_me.io/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"-acme.io/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme.io/a b","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme.io/a?b","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme.io/A","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"k8s.io/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"kubernetes.io/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"x.kubernetes.io/a","valueExpression":"claims.e"}"#, "[0].key"),
        (r#"{"key":"acme.io/a","valueExpression":"claims.e"},{"key":"acme.io/a","valueExpression":"f"}"#, "[1].key"),
    ] {
        let mappings = format!(r#""claimMappings":{{"username":{{"claim":"sub","prefix":""}},"extra":[{extra}]}}"#);
        refused(&[ISSUER, &mappings], &[&format!("jwt[0].claimMappings.extra{expected}")]);
    }
    // The API server's pattern for the path lets a percent sign stand alone.
    let extra = r#"[{"key":"acme.io/%z1","valueExpression":"claims.e"}]"#;
    let mappings = format!(r#""claimMappings":{{"username":{{"claim":"sub","prefix":""}},"extra":{extra}}}"#);
    assert!(load(&jwt(&[ISSUER, &mappings])).is_ok());
}

#[test]
fn user_validation_rules() {
    for (rules, expected) in [
        ("{}", "[0]"),
        (r#"{"message":"m"}"#, "[0]"),
        (
            r#"{"expression":"user.uid == 'e'"},{"expression":"user.uid == 'f'"},{"expression":"user.uid == 'e'"}"#,
            "[2]",
        ),
    ] {
        let rules = format!(r#""userValidationRules":[{rules}]"#);
        refused(&[ISSUER, MAPPINGS, &rules], &[&format!("jwt[0].userValidationRules{expected}.expression")]);
    }
}

#[test]
fn the_file_as_a_whole() {
    let one = |url: &str, more: &str| format!(r#"{{"issuer":{{"url":"{url}","audiences":["x"]{more}}},{MAPPINGS}}}"#);
    let list = |items: &[String]| format!(r#""jwt":[{}]"#, items.join(","));
    let twins = list(&[one("https://a.example", ""), one("https://a.example", "")]);
    assert_eq!(paths(load(&twins)), ["jwt[1].issuer.url"]);
    let discovery = r#","discoveryURL":"https://d.example""#;
    let twins = list(&[one("https://a.example", discovery), one("https://b.example", discovery)]);
    assert_eq!(paths(load(&twins)), ["jwt[1].issuer.discoveryURL"]);
    let many = |count: usize| list(&(0..count).map(|i| one(&format!("https://a{i}.example"), "")).collect::<Vec<_>>());
    assert_eq!(load(&many(64)).unwrap().jwt.len(), 64);
    assert_eq!(paths(load(&many(65))), ["jwt"]);
    let anonymous = r#""anonymous":{"enabled":false,"conditions":[{"path":"/x"}]}"#;
    assert_eq!(paths(load(anonymous)), ["anonymous.conditions"]);
    // All errors at once, in the order of the file.
    refused(
        &[r#""issuer":{"url":"http://a.example"},"claimValidationRules":[{}]"#],
        &[
            "jwt[0].issuer.url",
            "jwt[0].issuer.audiences",
            "jwt[0].claimValidationRules[0]",
            "jwt[0].claimMappings.username",
        ],
    );
}

#[test]
fn expressions_are_refused_with_their_path() {
    let username = r#""username":{"claim":"sub","prefix":""}"#;
    let mappings = |more: &str| format!(r#""claimMappings":{{{more}}}"#);
    for (members, expected) in [
        (mappings(r#""username":{"expression":"e"}"#), "claimMappings.username.expression"),
        (mappings(&format!(r#"{username},"groups":{{"expression":"e"}}"#)), "claimMappings.groups.expression"),
        (mappings(&format!(r#"{username},"uid":{{"expression":"e"}}"#)), "claimMappings.uid.expression"),
        (
            mappings(&format!(r#"{username},"extra":[{{"key":"acme.io/a","valueExpression":"e"}}]"#)),
            "claimMappings.extra[0].valueExpression",
        ),
        (
            format!(r#"{MAPPINGS},"claimValidationRules":[{{"claim":"a"}},{{"expression":"e","message":"m"}}]"#),
            "claimValidationRules[1].expression",
        ),
        (format!(r#"{MAPPINGS},"userValidationRules":[{{"expression":"e"}}]"#), "userValidationRules[0].expression"),
    ] {
        let expected = format!("jwt[0].{expected}");
        refused(&[ISSUER, &members], &[&expected]);
        // The same with an expression that compiles, and is a boolean.
        let fine = if expected.contains("user") { "'a' == 'a'" } else { "claims.a == true" };
        let fine = if members.contains("claimMappings\":{\"username\":{\"exp") { "claims.sub" } else { fine };
        let members = members.replace(r#"":"e""#, &format!(r#"":"{fine}""#));
        assert_eq!(load(&jwt(&[ISSUER, &members])).err(), None, "{members}");
    }
}

#[test]
fn rules_must_be_boolean_and_an_email_wants_to_be_verified() {
    let rule = |expression: &str| format!(r#"{MAPPINGS},"claimValidationRules":[{{"expression":"{expression}"}}]"#);
    refused(&[ISSUER, &rule("claims.a")], &["jwt[0].claimValidationRules[0].expression"]);
    let user = format!(r#"{MAPPINGS},"userValidationRules":[{{"expression":"user.username"}}]"#);
    refused(&[ISSUER, &user], &["jwt[0].userValidationRules[0].expression"]);
    let email = r#""claimMappings":{"username":{"expression":"claims.email"}}"#;
    refused(&[ISSUER, email], &["jwt[0].claimMappings.username.expression"]);
    let verified =
        format!(r#"{email},"claimValidationRules":[{{"expression":"claims.?email_verified.orValue(true) == true"}}]"#);
    assert_eq!(load(&jwt(&[ISSUER, &verified])).err(), None);
}

#[test]
fn unknown_and_duplicate_fields_name_the_place() {
    for (body, expected) in [
        (r#""jwtx":[]"#.to_owned(), "unknown field `jwtx`"),
        (r#""JWT":[]"#.to_owned(), "unknown field `JWT`"),
        (jwt(&[ISSUER, MAPPINGS, r#""extra":1"#]), "unknown field `extra`"),
        (jwt(&[r#""issuer":{"URL":"https://a.example"}"#]), "unknown field `URL`"),
        (jwt(&[r#""issuer":{"discoveryUrl":""}"#]), "unknown field `discoveryUrl`"),
        (jwt(&[r#""claimMappings":{"user":{}}"#]), "unknown field `user`"),
        (r#""anonymous":{"on":true}"#.to_owned(), "unknown field `on`"),
        (r#""jwt":[],"jwt":[]"#.to_owned(), "duplicate field `jwt`"),
        (jwt(&[ISSUER, ISSUER]), "duplicate field `issuer`"),
        (jwt(&[r#""issuer":{"url":"a","url":"a"}"#]), "duplicate field `url`"),
        (r#""kind":"AuthenticationConfiguration""#.to_owned(), "duplicate field `kind`"),
        (r#""jwt":{}"#.to_owned(), "invalid type: map"),
        (jwt(&[r#""issuer":{"url":1}"#]), "invalid type: integer"),
    ] {
        let error = load(&body).unwrap_err();
        assert!(matches!(error, ConfigError::Decode(_)), "{body} {error:?}");
        let text = error.to_string();
        assert!(text.contains(expected) && text.contains("line 1 column "), "{body}: {text}");
    }
    // The place is that of the field, not of the file's start.
    let text = file("\n  \"jwt\": [{\n    \"isuer\": {}\n  }]");
    let error = AuthenticationConfiguration::from_json(&text, &[]).unwrap_err().to_string();
    assert!(error.contains("`isuer`") && error.contains("line 3 column 11"), "{error}");
    for (from, to) in
        [("/v1\"", "/v2\""), ("AuthenticationConfiguration", "Other"), ("apiVersion\":\"", "apiVersion\":\"x")]
    {
        let text = file(&jwt(&[ISSUER, MAPPINGS])).replacen(from, to, 1);
        let error = AuthenticationConfiguration::from_json(&text, &[]).unwrap_err();
        assert!(matches!(&error, ConfigError::Decode(why) if why.starts_with("no kind ")), "{error:?}");
    }
}

#[test]
fn a_list_is_no_structure() {
    for text in [
        r#"["apiserver.config.k8s.io/v1", "AuthenticationConfiguration", [], null]"#,
        r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": [[]]}"#,
        r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
            "jwt": [{"issuer": ["https://x.example", "", "", ["a"], "", ""]}]}"#,
        r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "anonymous": [true]}"#,
    ] {
        let error = AuthenticationConfiguration::from_json(text, &[]).unwrap_err().to_string();
        assert!(error.contains("invalid type: sequence, expected an object"), "{error}");
    }
}

#[test]
fn which_names_an_issuer_can_give() {
    let load = |mappings: &str, rules: &str| {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {{url: 'https://a', \
             audiences: [a]}}\n  claimMappings: {{{mappings}}}\n  userValidationRules: [{rules}]\n"
        );
        let config = AuthenticationConfiguration::from_yaml(text.as_bytes(), &[]).unwrap();
        config.jwt.into_iter().next().unwrap()
    };
    let claims = "username: {claim: sub, prefix: 'oidc:'}, groups: {claim: groups, prefix: ''}";
    let expressions = r#"username: {expression: "'oidc:' + claims.sub"},
        groups: {expression: "has(claims.g) ? claims.g.split(',').map(g, 'g:' + g) : ['all']"}"#;
    let open = r#"username: {expression: "claims.sub"}"#;
    let no_system =
        r#"{expression: "!user.username.startsWith('system:')"}, {expression: "user.groups.all(g, g != 'x')"}"#;
    for (mappings, rules, name, user, group) in [
        (claims, "", "oidc:jane", Gives::Always, Gives::Always),
        (claims, "", "jane", Gives::Never, Gives::Always),
        (claims, no_system, "x", Gives::Never, Gives::Never),
        (expressions, "", "oidc:jane", Gives::Perhaps, Gives::Never),
        (expressions, "", "g:devs", Gives::Never, Gives::Perhaps),
        (expressions, "", "all", Gives::Never, Gives::Perhaps),
        (open, "", "system:admin", Gives::Perhaps, Gives::Never),
        (open, no_system, "system:admin", Gives::Never, Gives::Never),
        // Somebody in x may be in a group that is wanted, too.
        (claims, r#"{expression: "'wanted' in user.groups"}"#, "x", Gives::Never, Gives::Always),
        // A rule about more than the name says nothing about the name alone.
        (open, r#"{expression: "user.username == 'a' || 'b' in user.groups"}"#, "x", Gives::Perhaps, Gives::Never),
    ] {
        let jwt = load(mappings, rules);
        assert_eq!((jwt.gives_user(name), jwt.gives_group(name)), (user, group), "{mappings} {rules} {name}");
    }
    assert_eq!(load(claims, "").username_prefix(), Some("oidc:"));
    assert_eq!(load(expressions, "").groups_prefix(), Some("g:"));
    assert_eq!((load(open, "").username_prefix(), load(open, "").groups_prefix()), (None, None));
}

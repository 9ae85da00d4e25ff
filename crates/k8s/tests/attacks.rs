//! Attack classes whose defence is the authenticators': each test bears the id of its class. What the API server
//! decides in these classes is among the recordings that `conformance` replays.

#![allow(clippy::unwrap_used, clippy::as_conversions, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_k8s::config::{Assembly, AuthenticationConfiguration, Issuer};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{Authenticator, ConfigError, Error, Keys, Refusal, Union};
use claimant_testkit::SigningKey;
use common::{AUDIENCE, NOW, claims, jwt, key, named, oidc, set};
use serde_json::{Value, json};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// The user's name under this authenticator of `A`, or why there is none.
fn judge(key: &SigningKey, changes: Value, token: Value) -> Result<String, &'static str> {
    named(oidc(A, set(&[key]), changes).authenticate(&key.sign(&claims(A, token)).unwrap(), NOW))
}

/// The paths of the fields that are refused.
fn refused(changes: Value) -> Vec<String> {
    let config = AuthenticationConfiguration { jwt: vec![jwt(A, changes)], ..Default::default() };
    match config.validate(&[]) {
        Err(ConfigError::Invalid(fields)) => fields.into_iter().map(|field| field.path).collect(),
        other => vec![format!("{other:?}")],
    }
}

fn mapping(username: Value) -> Value {
    json!({"claimMappings": {"username": username}})
}

#[test]
fn a19_an_issuer_is_its_bytes_to_the_union_and_to_each_authenticator() {
    let key = key("k");
    let accounts = ServiceAccounts::new(["https://cluster.example"], set(&[&key]), [AUDIENCE]);
    let union = Union::new().with(accounts).with(oidc("https://a.example/realm", set(&[&key]), json!({})));
    let outcome = |issuer: &str| named(union.authenticate(&key.sign(&claims(issuer, json!({}))).unwrap(), NOW));
    assert_eq!(outcome("https://a.example/realm"), Ok("jane".to_owned()));
    for other in [
        "https://a.example/realm/",
        "https://a.example/real",
        "https://a.example/realm2",
        "https://a.example/REALM",
        "HTTPS://a.example/realm",
        "http://a.example/realm",
        "a.example/realm",
        "https://a.example/realm?",
        "https://a.example:443/realm",
        "https://a.example/x/../realm",
        "https://a.example/%72ealm",
        " https://a.example/realm",
        "https://a.example/realm\u{0}",
        "https://cluster.example/",
        "",
        "accounts.google.com",
    ] {
        assert_eq!(outcome(other), Err("unrecognized"), "{other:?}");
    }
    // Read otherwise by the one reader than by the other: for the API server's first look this is ours.
    for twisted in [json!({"iss": B, "ISS": A}), json!({"iss": B, "i\u{17f}s": A})] {
        let token = key.sign(&claims(A, twisted)).unwrap();
        assert!(named(oidc(A, set(&[&key]), json!({})).authenticate(&token, NOW)).is_err());
    }
}

#[test]
fn a20_an_audience_is_its_bytes_and_none_is_not_any() {
    let key = key("k");
    let two = json!({"issuer": {"audiences": ["a", "b"], "audienceMatchPolicy": "MatchAny"}});
    for (audience, expected) in [
        (json!("a"), Ok("jane".to_owned())),
        (json!(["x", "b"]), Ok("jane".to_owned())),
        (json!([]), Err("audience")),
        (json!(""), Err("audience")),
        (json!("a b"), Err("audience")),
        (json!("a,b"), Err("audience")),
        (json!("A"), Err("audience")),
        (json!("ab"), Err("audience")),
        (json!(["[\"a\"]"]), Err("audience")),
        (Value::Null, Err("audience")),
        (json!({"a": true}), Err("claim_type")),
        (json!(5), Err("claim_type")),
    ] {
        assert_eq!(judge(&key, two.clone(), json!({"aud": audience})), expected, "{audience}");
    }
    assert_eq!(refused(json!({"issuer": {"audiences": []}})), ["jwt[0].issuer.audiences"]);
    assert_eq!(refused(json!({"issuer": {"audiences": [""]}})), ["jwt[0].issuer.audiences[0]"]);
    // A service account's token is good for what was asked and for nothing else.
    let accounts = ServiceAccounts::new(["https://c"], set(&[&key]), ["api"]);
    let own = json!({"aud": ["x", "vault"],
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let token = key.sign(&claims("https://c", own)).unwrap();
    let asked = |audiences: &[&str]| {
        let audiences: Vec<String> = audiences.iter().map(|one| (*one).to_owned()).collect();
        accounts.authenticate_for(&token, &audiences, NOW).map(|who| who.audiences).map_err(|why| why.reason())
    };
    assert_eq!(asked(&["vault", "other"]), Ok(vec!["vault".to_owned()]));
    for audiences in [&["api"][..], &["Vault"], &["vault "], &["https://vault"], &["vaul"], &[]] {
        assert_eq!(asked(audiences), Err("audience"), "{audiences:?}");
    }
}

#[test]
fn a21_of_two_clusters_with_one_issuer_the_key_decides_and_never_both() {
    let (ours, theirs) = (key("ours"), key("theirs"));
    let own = "https://kubernetes.default.svc.cluster.local";
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let tokens = [&ours, &theirs].map(|key| key.sign(&claims(own, account.clone())).unwrap());
    for (cluster, other) in [(0, 1), (1, 0)] {
        let keys = set(&[[&ours, &theirs][cluster]]);
        for one in [
            Box::new(ServiceAccounts::new([own], keys.clone(), [AUDIENCE])) as Box<dyn Authenticator>,
            Box::new(Union::new().with(ServiceAccounts::new([own], keys, [AUDIENCE]))),
        ] {
            assert_eq!(named(one.authenticate(&tokens[cluster], NOW)), Ok("system:serviceaccount:n:s".to_owned()));
            assert_eq!(named(one.authenticate(&tokens[other], NOW)), Err("unknown_key"));
        }
    }
    // The other cluster's key under our key's id does no better.
    let forged = theirs.sign_as("ours", &claims(own, account)).unwrap();
    let accounts = ServiceAccounts::new([own], set(&[&ours]), [AUDIENCE]);
    assert_eq!(named(accounts.authenticate(&forged, NOW)), Err("signature"));
}

#[test]
fn a22_a_key_signs_for_its_own_issuer_alone_even_where_ids_are_shared() {
    let (a, b) = (key("shared"), key("shared"));
    let own = "https://cluster.example";
    let cluster = key("shared");
    let union = Union::new()
        .with(ServiceAccounts::new([own], set(&[&cluster]), [AUDIENCE]))
        .with(oidc(A, set(&[&a]), mapping(json!({"prefix": "a:"}))))
        .with(oidc(B, set(&[&b]), mapping(json!({"prefix": "b:"}))));
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    for (issuer, signer, expected) in [
        (A, &a, Ok("a:jane".to_owned())),
        (B, &b, Ok("b:jane".to_owned())),
        (own, &cluster, Ok("system:serviceaccount:n:s".to_owned())),
        (A, &b, Err("signature")),
        (B, &a, Err("signature")),
        (A, &cluster, Err("signature")),
        (own, &a, Err("signature")),
    ] {
        let token = signer.sign(&claims(issuer, account.clone())).unwrap();
        assert_eq!(named(union.authenticate(&token, NOW)), expected, "{issuer}");
    }
}

#[test]
fn a23_an_access_token_is_kept_out_by_its_audience_or_by_a_rule() {
    let key = key("k");
    // The API server looks at neither `typ`, `at_hash` nor `azp`: the audience keeps other tokens out.
    let access = json!({"aud": "https://api.example", "azp": AUDIENCE, "typ": "Bearer", "client_id": AUDIENCE});
    assert_eq!(judge(&key, json!({}), access), Err("audience"));
    let rules = json!({"claimValidationRules": [
        {"expression": "has(claims.typ) && claims.typ == 'ID'"},
        {"expression": "!has(claims.azp) || claims.azp == 'cluster'"}]});
    for (token, expected) in [
        (json!({"typ": "ID"}), Ok("jane".to_owned())),
        (json!({"typ": "ID", "azp": AUDIENCE}), Ok("jane".to_owned())),
        (json!({"typ": "ID", "azp": "other"}), Err("rule")),
        (json!({"typ": "Bearer"}), Err("rule")),
        (json!({}), Err("rule")),
        (json!({"typ": 5}), Err("rule")),
    ] {
        assert_eq!(judge(&key, rules.clone(), token.clone()), expected, "{token}");
    }
}

#[test]
fn a47_names_of_the_system_are_kept_out_by_a_prefix_by_rules_or_by_order() {
    let key = key("k");
    let groups = |prefix: &str| json!({"claimMappings": {"groups": {"claim": "groups", "prefix": prefix}}});
    let rules = json!({"claimMappings": {"groups": {"claim": "groups", "prefix": ""}}, "userValidationRules": [
        {"expression": "!user.username.startsWith('system:')", "message": "reserved"},
        {"expression": "user.groups.all(group, !group.startsWith('system:'))"}]});
    let attacks = [
        json!({"sub": "system:admin"}),
        json!({"sub": "system:serviceaccount:kube-system:default"}),
        json!({"sub": "system:node:n"}),
        json!({"groups": ["dev", "system:masters"]}),
        json!({"groups": "system:masters"}),
        json!({"sub": "system:", "groups": []}),
    ];
    for attack in attacks {
        let token = key.sign(&claims(A, attack.clone())).unwrap();
        assert_eq!(judge(&key, rules.clone(), attack.clone()), Err("rule"), "{attack}");
        let builder = OidcAuthenticator::builder(jwt(A, groups("")), set(&[&key])).without_system_names();
        assert_eq!(named(builder.build().unwrap().authenticate(&token, NOW)), Err("system_name"), "{attack}");
        let keys = set(&[&key]);
        let assembly = Assembly::new(move |_: &Issuer| Ok(Keys::from(keys.clone()))).without_system_names();
        let config = AuthenticationConfiguration { jwt: vec![jwt(A, groups(""))], ..Default::default() };
        let assembled = assembly.assemble(config, None).unwrap();
        assert_eq!(named(assembled.authenticator().authenticate(&token, NOW)), Err("system_name"), "{attack}");
        // With prefixes nothing of it is the system's.
        let mut prefixed = groups("p:");
        prefixed["claimMappings"]["username"] = json!({"prefix": "p:"});
        let who = oidc(A, set(&[&key]), prefixed).authenticate(&token, NOW).unwrap().user;
        assert!(who.username.starts_with("p:") && who.groups.iter().all(|group| group.starts_with("p:")), "{who:?}");
        // Without any of that they are what the file says, as in the API server.
        let who = oidc(A, set(&[&key]), groups("")).authenticate(&token, NOW).unwrap().user;
        let all = [vec![who.username], who.groups].concat();
        assert!(all.iter().any(|name| name.starts_with("system:")), "{all:?}");
    }
    // What only looks like it is nobody's concern.
    for harmless in [json!({"sub": "System:admin"}), json!({"sub": "xsystem:a"}), json!({"groups": ["systemd"]})] {
        let token = key.sign(&claims(A, harmless)).unwrap();
        let builder = OidcAuthenticator::builder(jwt(A, groups("")), set(&[&key])).without_system_names();
        assert!(builder.build().unwrap().authenticate(&token, NOW).is_ok());
    }
    // The cluster's own issuer cannot be taken for one of people, and a token of its kind from another is no account.
    let own = "https://cluster.example";
    let config = AuthenticationConfiguration { jwt: vec![jwt(own, json!({}))], ..Default::default() };
    assert!(matches!(config.validate(&[own.to_owned()]), Err(ConfigError::Invalid(_))));
    let account = json!({"sub": "system:serviceaccount:n:s",
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let accounts = ServiceAccounts::new([own], set(&[&key]), [AUDIENCE]);
    assert_eq!(named(accounts.authenticate(&key.sign(&claims(A, account)).unwrap(), NOW)), Err("unrecognized"));
}

#[test]
fn a48_an_email_is_a_name_only_where_its_verification_is_looked_at() {
    let key = key("k");
    // By claim: marked as unverified, it is refused; with a strange mark too.
    let by_claim = mapping(json!({"claim": "email", "prefix": ""}));
    for (verified, expected) in [
        (json!(true), Ok("j@x".to_owned())),
        (Value::Null, Ok("j@x".to_owned())),
        (json!(false), Err("email_not_verified")),
        (json!("true"), Err("claim_type")),
        (json!("false"), Err("claim_type")),
        (json!(1), Err("claim_type")),
    ] {
        let token = json!({"email": "j@x", "email_verified": verified});
        assert_eq!(judge(&key, by_claim.clone(), token), expected, "{verified}");
    }
    // By expression: it must be looked at somewhere, however the field is written.
    let unset = |expression: &str| mapping(json!({"claim": "", "prefix": null, "expression": expression}));
    for expression in ["claims.email", "'x:' + claims.email", "claims.?email.orValue('')"] {
        assert_eq!(refused(unset(expression)), ["jwt[0].claimMappings.username.expression"], "{expression}");
    }
    let checked = json!({"claimMappings": {"username": {"claim": "", "prefix": null, "expression": "claims.email"}},
        "claimValidationRules": [{"expression": "claims.email_verified == true"}]});
    for (verified, expected) in [
        (json!(true), Ok("j@x".to_owned())),
        (json!(false), Err("rule")),
        (json!("true"), Err("rule")),
        (Value::Null, Err("expression")),
    ] {
        let token = json!({"email": "j@x", "email_verified": verified});
        assert_eq!(judge(&key, checked.clone(), token), expected, "{verified}");
    }
}

#[test]
fn a49_prefixes_are_letters_and_nothing_is_added_or_lost() {
    let key = key("k");
    for (username, groups) in [("", ""), ("-", "-"), ("a:", "b:"), ("-", ""), ("", "system:"), ("\u{e9}", "%s")] {
        let changes = json!({"claimMappings": {"username": {"prefix": username},
            "groups": {"claim": "groups", "prefix": groups}}});
        let token = key.sign(&claims(A, json!({"groups": ["g", "", "-"]}))).unwrap();
        let who = oidc(A, set(&[&key]), changes).authenticate(&token, NOW).unwrap().user;
        assert_eq!(who.username, format!("{username}jane"));
        assert_eq!(who.groups, ["g", "", "-"].map(|group| format!("{groups}{group}")));
    }
    // In a file every claim says its prefix, and an expression has none.
    assert_eq!(refused(mapping(json!({"prefix": null}))), ["jwt[0].claimMappings.username.prefix"]);
    let groups = |prefix: Value| json!({"claimMappings": {"groups": {"claim": "groups", "prefix": prefix}}});
    assert_eq!(refused(groups(Value::Null)), ["jwt[0].claimMappings.groups.prefix"]);
    let both = mapping(json!({"claim": "", "expression": "claims.sub", "prefix": "x"}));
    assert_eq!(refused(both), ["jwt[0].claimMappings.username.prefix"]);
    // The flags: `-` is none, and nothing is the issuer's URL.
    for (prefix, claim, expected) in [
        ("-", None, "jane"),
        ("", None, "https://a.example#jane"),
        ("-x", None, "-xjane"),
        ("", Some("email"), "j@x"),
        ("p:", Some("email"), "p:j@x"),
    ] {
        let flags = claimant_k8s::config::OidcFlags {
            issuer_url: A.to_owned(),
            client_id: AUDIENCE.to_owned(),
            username_prefix: prefix.to_owned(),
            username_claim: claim.map(ToOwned::to_owned),
            signing_algs: Some(vec!["ES256".to_owned()]),
            ..Default::default()
        };
        let one = OidcAuthenticator::from_flags(flags, set(&[&key]), &[]).unwrap();
        let token = key.sign(&claims(A, json!({"email": "j@x", "email_verified": true}))).unwrap();
        assert_eq!(named(one.authenticate(&token, NOW)), Ok(expected.to_owned()), "{prefix:?} {claim:?}");
    }
}

#[test]
fn a50_an_expression_that_fails_costs_too_much_or_gives_another_type_refuses() {
    let key = key("k");
    let rule = |expression: &str| json!({"claimValidationRules": [{"expression": expression}]});
    let long: Vec<u32> = (0..2000).collect();
    let token = json!({"list": long, "text": "x", "number": 1, "map": {"a": "b"}, "empty": ""});
    for (expression, expected) in [
        ("claims.number == 1", Ok("jane".to_owned())),
        ("claims.number == 2", Err("rule")),
        // A failure is no consent, neither alone nor beside what would not help it.
        ("claims.missing == 1", Err("expression")),
        ("claims.missing == 1 || claims.number == 2", Err("expression")),
        ("!(claims.missing == 1)", Err("expression")),
        ("claims.number / 0 == 1", Err("expression")),
        ("claims.text < 1", Err("expression")),
        ("claims.map.missing == ''", Err("expression")),
        ("claims.text.matches(claims.text + '(')", Err("expression")),
        // Not a truth value.
        ("dyn(claims.number)", Err("refused at load")),
        // Work that grows with the square of the list.
        ("dyn(claims.list).all(a, dyn(claims.list).all(b, a + b >= 0))", Err("expression")),
    ] {
        let changes = rule(expression);
        let outcome = match OidcAuthenticator::from_config(jwt(A, changes.clone()), set(&[&key])) {
            Err(_) => Err("refused at load"),
            Ok(_) => judge(&key, changes, token.clone()),
        };
        assert_eq!(outcome, expected, "{expression}");
    }
    let quadratic = "dyn(claims.list).all(a, dyn(claims.list).all(b, a + b >= 0))";
    let one = oidc(A, set(&[&key]), rule(quadratic));
    let outcome = one.authenticate(&key.sign(&claims(A, token.clone())).unwrap(), NOW);
    assert!(
        matches!(&outcome, Err(Error::Refused(Refusal::Expression { code, .. })) if code.contains("cost")),
        "{outcome:?}"
    );
    // The other mappings: a name must be text and not empty, lists hold text.
    let by = |name: &str, expression: &str| {
        let mut changes = json!({"claimMappings": {}});
        changes["claimMappings"][name] = match name {
            // In the place of the claim that is there.
            "username" => json!({"claim": "", "prefix": null, "expression": expression}),
            _ => json!({"expression": expression}),
        };
        changes
    };
    for (changes, expected) in [
        (by("username", "claims.number"), Err("expression_result")),
        (by("username", "claims.empty"), Err("expression_result")),
        (by("username", "claims.list"), Err("expression_result")),
        (by("username", "claims.text"), Ok("x".to_owned())),
        (by("groups", "claims.list"), Err("expression_result")),
        (by("groups", "claims.map"), Err("expression_result")),
        (by("groups", "claims.missing"), Err("expression")),
        (by("uid", "claims.number"), Err("expression_result")),
    ] {
        assert_eq!(judge(&key, changes.clone(), token.clone()), expected, "{changes}");
    }
    let rule = |expression: &str| json!({"userValidationRules": [{"expression": expression}]});
    assert_eq!(judge(&key, rule("user.username == 'jane'"), json!({})), Ok("jane".to_owned()));
    assert_eq!(judge(&key, rule("user.groups[0] == 'x'"), json!({})), Err("expression"));
    assert_eq!(judge(&key, rule("user.extra['x'][0] == ''"), json!({})), Err("expression"));
}

#[test]
fn a51_extra_keys_are_lower_case_with_a_domain_that_is_not_kubernetes() {
    let extra = |keys: &[&str]| {
        let all: Vec<_> = keys.iter().map(|key| json!({"key": key, "valueExpression": "'x'"})).collect();
        json!({"claimMappings": {"extra": all}})
    };
    let path = "jwt[0].claimMappings.extra[0].key";
    for good in ["a.io/b", "a.io/b/c", "notkubernetes.io/x", "xk8s.io/x", "kubernetes.io.evil/x", "a.io/%41"] {
        assert!(refused(extra(&[good]))[0].starts_with("Ok"), "{good}");
    }
    for bad in [
        "kubernetes.io/x",
        "k8s.io/x",
        "authentication.kubernetes.io/credential-id",
        "a.b.k8s.io/x",
        "a.io/B",
        "A.io/b",
        "plain",
        "a.io/",
        "/b",
        "a..io/b",
        "a.io/b c",
        "a_b.io/c",
        "",
    ] {
        assert!(refused(extra(&[bad])).iter().any(|found| found == path), "{bad:?}: {:?}", refused(extra(&[bad])));
    }
    assert_eq!(refused(extra(&["a.io/b", "a.io/b"])), ["jwt[0].claimMappings.extra[1].key"]);
    // No claim can become a key: the keys are the file's.
    let key = key("k");
    let changes = json!({"claimMappings": {"extra": [{"key": "a.io/b", "valueExpression": "claims.x"}]}});
    let token = json!({"x": ["authentication.kubernetes.io/pod-name"], "jti": "1"});
    let one = oidc(A, set(&[&key]), changes);
    let who = one.authenticate(&key.sign(&claims(A, token)).unwrap(), NOW).unwrap().user;
    let keys: Vec<_> = who.extra.keys().map(String::as_str).collect();
    assert_eq!(keys, ["a.io/b", "authentication.kubernetes.io/credential-id"]);
}

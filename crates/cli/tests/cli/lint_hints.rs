//! `lint`: what was likely meant, each warning that the API server does not give, and older minors.

use crate::lint::GOOD;
use crate::support::{Folder, run};
use serde_json::Value;

/// The problems of the good file with one thing changed.
fn problems(folder: &Folder, good: &str, bad: &str, more: &[&str]) -> Vec<Value> {
    assert!(GOOD.contains(good), "{good}");
    let file = folder.file("authn.yaml", GOOD.replacen(good, bad, 1));
    let arguments = [&["lint", "--json", file.as_str()], more].concat();
    run(arguments).json()["files"][0]["problems"].as_array().unwrap().clone()
}

#[test]
fn each_message_says_what_to_write_instead() {
    let folder = Folder::new("lint_hints");
    let groups = "\"has(claims.roles) ? claims.roles.split(',').map(r, 'oidc:' + r) : []\"";
    let rule = "      claims.hd == 'example.com' &&\n";
    for (good, bad, place, mend) in [
        // Values that YAML does not take for text.
        (", prefix: \"oidc:\"}", "}", "13:5", "required when claim is set; an empty string disables prefixing"),
        (
            "    message: another domain",
            "    message: another: domain",
            "11:21",
            "put the value in quotes: \"another: domain\"",
        ),
        ("    message: another domain", "    message: @domain", "11:14", "put the value in quotes: \"@domain\""),
        ("    message: another domain", "    message: 'another' domain", "11:24", "\"'another' domain\""),
        (
            "    message: another domain",
            "   message: another domain",
            "11:4",
            "members of one object begin in one column",
        ),
        ("    audiences: [kube]", "     audiences: [kube]", "6:15", "indented by 5 and the one above"),
        ("[kube]", "[kube", "7:23", "bracket that was opened above is not closed"),
        (
            "    message: another domain",
            "    message: \"another domain",
            "13:37",
            "quote that opens in line 11 is not closed",
        ),
        ("    username: {claim: sub, prefix: \"oidc:\"}", "    username:\n      claim:sub", "14:7", "claim: sub"),
        (
            "    - key: example.com/domain\n      valueExp",
            "      key: example.com/domain\n      valueExp",
            "16:5",
            "put a dash in front",
        ),
        ("- issuer:\n    url", "- issuer:\n  - url", "4:3", "take the dash in front away"),
        // Fields.
        (
            "https://issuer.example",
            "issuer.example",
            "5:10",
            "write the whole URL, as in the iss of its tokens: https://issuer.example",
        ),
        (
            "    audiences: [kube]",
            "    audiences: [kube]\n    certificateAuthority: /etc/ca.pem",
            "7:27",
            "this is a path",
        ),
        (
            "    audiences: [kube]",
            "    audiences: [kube]\n    certificateAuthority: LS0tLS1CRUdJTiBDRVJ",
            "7:27",
            "this is base64",
        ),
        ("    audiences: [kube]", "    audiences: []", "6:5", "name what stands in the aud"),
        ("[kube]", "[kube, other]", "4:3", "write audienceMatchPolicy: MatchAny"),
        ("example.com/domain", "example.com/Domain", "17:12", "write \"example.com/domain\""),
        ("example.com/domain", "domain", "17:12", "example.com/domain"),
        (
            "{claim: sub, prefix: \"oidc:\"}",
            "{claim: sub, prefix: \"oidc:\", expression: claims.sub}",
            "13:5",
            "keep one",
        ),
        // Expressions.
        (rule, "      claim.hd == 'example.com' &&\n", "9:7", "perhaps claims is meant"),
        (rule, "      user.username == 'x' &&\n", "9:7", "rules about the user are userValidationRules"),
        (rule, "      claims.hd == 'example.com' and\n", "9:34", "write &&"),
        (rule, "      claims.hd = 'example.com' &&\n", "9:17", "write == to compare"),
        (rule, "      claims.groups.exists(g, g == 'x') &&\n", "9:13", "dyn(claims.groups)"),
        (rule, "      claims.hd.startswith('x') &&\n", "9:27", "perhaps startsWith is meant"),
        (rule, "      claims.hd == example &&\n", "9:20", "a text stands in quotes: 'example'"),
        (rule, "      has(hd) &&\n", "9:11", "has(claims.NAME)"),
        (
            "!user.username.startsWith('system:')",
            "claims.hd == 'x'",
            "20:18",
            "rules about claims are claimValidationRules",
        ),
        ("!user.username.startsWith('system:')", "user.name == 'x'", "20:22", "perhaps user.username is meant"),
        ("!user.username.startsWith('system:')", "user.groups.contains('x')", "20:38", "'x' in user.groups"),
        (
            groups,
            "claims.roles.split(',').map(r, 'oidc:' + r)[0] == 'x' ? true : 'x'",
            "15:80",
            "put the value in quotes",
        ),
    ] {
        let found = problems(&folder, good, bad, &[]);
        let says = |one: &&Value| one["message"].as_str().unwrap().contains(mend);
        let one = found.iter().find(says).unwrap_or_else(|| panic!("{bad}: {mend}: {found:?}"));
        assert_eq!(one["severity"], "error", "{bad}");
        assert_eq!(format!("{}:{}", one["line"], one["column"]), place, "{bad}: {one}");
    }
}

#[test]
fn habits_from_elsewhere_are_known() {
    let folder = Folder::new("lint_habits");
    let rule = "      claims.hd == 'example.com' &&\n";
    let no_system = "\"!user.username.startsWith('system:')\"";
    for (good, bad, place, mend) in [
        ("username: {claim: sub, prefix: \"oidc:\"}", "username: sub", "13:15", "perhaps {claim: \"sub\"} is meant"),
        ("  - expression: \"!user", "  - \"!user", "20:5", "perhaps {expression: \"!user"),
        ("jwt:\n", "anonymous: false\njwt:\n", "3:12", "perhaps {enabled: false} is meant"),
        ("jwt:\n", "anonymous: {enabled: 'true'}\njwt:\n", "3:22", "take the quotes away: true"),
        ("[kube]", "['']", "6:17", "name what stands in the aud"),
        ("https://issuer.example", "https://${HOST}/a", "5:10", "variables are not replaced here"),
        ("https://issuer.example", "{{ .Values.issuer }}", "5:5", "render it first"),
        ("example.com/domain", "Example.com/domain", "17:12", "write \"example.com/domain\""),
        (rule, "      claims.hd == 'a' AND\n", "9:24", "write &&"),
        (rule, "      claims.exp - claims.nbf <= 2h &&\n", "9:35", "write the number, 3600 for an hour"),
        (rule, "      $claims.hd == 'a' &&\n", "9:7", "names stand without $"),
        (rule, "      claims.hd == “a” &&\n", "9:20", "typographic quotes"),
        (rule, "      claims.exp – claims.iat > 0 &&\n", "9:18", "this is a dash and no minus"),
        (rule, "      claims.hd =~ '^a' &&\n", "9:17", "claims.NAME.matches("),
        (rule, "      claims.hd.toLower() == 'a' &&\n", "9:24", "write lowerAscii()"),
        (no_system, "\"user.username.matches('[a-')\"", "20:40", "no regular expression of RE2"),
        (no_system, "\"user.groups in ['a']\"", "20:30", "user.groups.exists(g, g in"),
    ] {
        let found = problems(&folder, good, bad, &[]);
        let says = |one: &&Value| one["message"].as_str().unwrap().contains(mend);
        let one = found.iter().find(says).unwrap_or_else(|| panic!("{bad}: {mend}: {found:?}"));
        assert_eq!(one["severity"], "error", "{bad}");
        assert_eq!(format!("{}:{}", one["line"], one["column"]), place, "{bad}: {one}");
    }
    let found = problems(&folder, "prefix: \"oidc:\"", "prefix: “oidc:”", &[]);
    assert_eq!(found[0]["code"], "typographic_quotes");
    let twice = GOOD.split_once("jwt:\n").unwrap().1.replace("[kube]", "[other]");
    let file = folder.file("twice.yaml", format!("{GOOD}{twice}"));
    assert!(run(["lint", &file]).out.contains("an issuer has one entry"));
}

#[test]
fn each_thing_that_people_regret_has_a_warning() {
    let folder = Folder::new("lint_warnings");
    let groups = "\"has(claims.roles) ? claims.roles.split(',').map(r, 'oidc:' + r) : []\"";
    let username = "{claim: sub, prefix: \"oidc:\"}";
    let no_system = "!user.username.startsWith('system:')";
    for (good, bad, code) in [
        (groups, "\"claims.?roles.orValue('').split(',').map(r, r)\"", "system_groups"),
        (
            groups,
            "\"has(claims.roles) ? claims.roles.split(',').map(r, r) : claims.other.split(',').map(r, 'a:' + r)\"",
            "system_groups",
        ),
        (groups, "\"['a', 'system:masters']\"", "system_groups"),
        (groups, "\"dyn(claims.groups)\"", "claim_not_required"),
        (groups, "\"claims['my-groups']\"", "claim_not_required"),
        (groups, "\"'a:' + claims.other\"", "claim_not_required"),
        (groups, "\"claims.hd.split(',')\"", "bare_split"),
        (groups, "\"(claims.hd.split(','))\"", "bare_split"),
        (groups, "\"has(claims.roles) ? claims.roles.split(',') : ['a:']\"", "bare_split"),
        (groups, "\"claims.hd.findAll('[a-z]+')\"", "bare_split"),
        (username, "{claim: sub, prefix: \"\"}", "missing_prefix"),
        (username, "{expression: claims.sub}", "missing_prefix"),
        (no_system, "user.username != 'x'", ""),
        ("claims.exp - claims.iat <= 86400", "claims.exp <= 4102444800", "token_life"),
        ("https://issuer.example", "https://issuer.example/.well-known/openid-configuration", "discovery_in_url"),
        (&format!("- expression: \"{no_system}\""), &format!("- expression: {no_system}"), "tag"),
        (&format!("{no_system}\"\n"), &format!("{no_system}\"\n--- # more\njwt: []\n"), "ignored_document"),
    ] {
        let found = problems(&folder, good, bad, &[]);
        let codes: Vec<_> = found.iter().filter(|one| one["severity"] == "warning").collect();
        assert_eq!(codes.iter().any(|one| one["code"] == code), !code.is_empty(), "{bad}: {found:?}");
    }
    // What is asked for, has its own text in front, or is a constant, is fine.
    for (good, bad) in [
        (groups, "\"'my-groups' in claims ? ['a:' + string(claims['my-groups'])] : []\""),
        (groups, "\"claims.hd.split(',').map(x, 'a:' + x)\""),
        (groups, "\"claims.hd == 'x' ? ['devs'] : ['ops']\""),
        (username, "{expression: '\"oidc:\" + claims.sub'}"),
    ] {
        let found = problems(&folder, good, bad, &[]);
        assert!(found.is_empty(), "{bad}: {found:?}");
    }
}

#[test]
fn older_minors_are_asked_about_what_they_do_not_know() {
    let folder = Folder::new("lint_minors");
    let rule = "claims.hd == 'example.com' &&";
    for (bad, minor, code, severity) in [
        ("claims.`a-b` == 'example.com' &&", "1.36", "minor_refuses", "error"),
        ("claims.`a-b` == 'example.com' &&", "1.34", "minor_refuses", "error"),
        ("['a'].includes(claims.hd) &&", "1.35", "minor_refuses", "error"),
        ("lists.range(int(claims.hd)).size() == 0 &&", "1.36", "minor_value", "warning"),
        ("claims.hd.startsWith('example') &&", "1.36", "minor_cost", "warning"),
        ("matches(claims.hd, 'example') &&", "1.34", "minor_cost", "warning"),
    ] {
        let at = ["--kubernetes", minor];
        let found = problems(&folder, rule, bad, &at);
        let one = found.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("{bad}: {found:?}"));
        assert_eq!((one["severity"].as_str(), one["line"].as_u64()), (Some(severity), Some(9)), "{bad}: {one}");
        assert!(one["message"].as_str().unwrap().contains(&format!("Kubernetes {minor} ")), "{one}");
        for newest in [&["--kubernetes", "1.37"][..], &[]] {
            let found = problems(&folder, rule, bad, newest);
            assert!(!found.iter().any(|one| one["code"].as_str().unwrap().starts_with("minor")), "{bad}: {found:?}");
        }
    }
    let file = folder.file("good.yaml", GOOD.replace("claims.hd ==", "claims.`hd` =="));
    assert_eq!((run(["lint", &file]).code, run(["lint", "--kubernetes", "1.36", &file]).code), (0, 1));
    assert_eq!(run(["lint", "--kubernetes", "1.33", &file]).code, 2);
}

//! `lint`: each message alone is enough to mend the file.

use crate::support::{Folder, run};
use serde_json::Value;

/// Nothing to say about it.
pub const GOOD: &str = r#"apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://issuer.example
    audiences: [kube]
  claimValidationRules:
  - expression: |
      claims.hd == 'example.com' &&
        claims.exp - claims.iat <= 86400
    message: another domain
  claimMappings:
    username: {claim: sub, prefix: "oidc:"}
    groups:
      expression: "has(claims.roles) ? claims.roles.split(',').map(r, 'oidc:' + r) : []"
    extra:
    - key: example.com/domain
      valueExpression: claims.hd
  userValidationRules:
  - expression: "!user.username.startsWith('system:')"
"#;

struct Fault {
    /// The good text, and what stands there instead.
    good: &'static str,
    bad: &'static str,
    severity: &'static str,
    code: &'static str,
    /// What the line below the message shows, from the caret on.
    at: &'static str,
    /// What the message says that is to be written.
    mend: &'static str,
}

const fn fault(
    [good, bad]: [&'static str; 2],
    severity: &'static str,
    code: &'static str,
    at: &'static str,
    mend: &'static str,
) -> Fault {
    Fault { good, bad, severity, code, at, mend }
}

const FAULTS: [Fault; 20] = [
    fault(["    audiences: [kube]", "    audience: kube"], "error", "unknown_member", "audience: kube", "audiences"),
    fault(["    url: https", "    issuerURL: https"], "error", "unknown_member", "issuerURL", "perhaps url"),
    fault(["valueExpression", "expression"], "error", "unknown_member", "expression: claims.hd", "valueExpression"),
    fault(["[kube]", "kube"], "error", "wrong_type", "kube", "[\"kube\"]"),
    fault(["message: another domain", "message: no"], "error", "wrong_type", "no", "quotes: \"no\""),
    fault(["https://", "http://"], "error", "field", "http://issuer", "scheme must be https"),
    fault([", prefix: \"oidc:\"", ""], "error", "field", "username:", "required when claim is set; an empty string"),
    fault(["[kube]", "[kube, other]"], "error", "field", "issuer:", "must be MatchAny"),
    fault(
        ["        claims.exp - claims.iat", "        claims.exp - claim.iat"],
        "error",
        "expression",
        "claim.iat",
        "claim'",
    ),
    fault(
        ["message: another", "message: x\n    message: another"],
        "error",
        "duplicate_member",
        "message: another",
        "keep one",
    ),
    fault(["io/v1\n", "io/v2\n"], "error", "version", "apiserver.config", "must be apiserver.config.k8s.io/v1"),
    fault(["message: another", "\tmessage: another"], "error", "syntax", "\tmessage", "tab"),
    fault(
        ["\"!user.username.startsWith('system:')\"", "!user.username.startsWith('system:')"],
        "warning",
        "tag",
        "!user",
        "quotes: \"!user.username.startsWith('system:')\"",
    ),
    fault([".map(r, 'oidc:' + r)", ""], "warning", "bare_split", ".split", ".map(x, x)"),
    fault(["has(claims.roles) ? ", "true ? "], "warning", "claim_not_required", "claims.roles", "has(claims.roles)"),
    fault(["'oidc:' + r", "r"], "warning", "system_groups", "\"has(", "'oidc:' + "),
    fault(
        [" &&\n        claims.exp - claims.iat <= 86400", ""],
        "warning",
        "token_life",
        "https:",
        "claims.exp - claims.iat <= 86400",
    ),
    fault(
        ["startsWith('system:')\"\n", "startsWith('system:')\"\n---\nkind: Other\n"],
        "warning",
        "ignored_document",
        "---",
        "first document only",
    ),
    fault(
        ["kind: AuthenticationConfiguration", "kind: AuthenticationConfig"],
        "error",
        "version",
        "Authentication",
        "must be AuthenticationConfiguration",
    ),
    fault(["claims.hd == 'example.com'", "claims.hd = 'example.com'"], "error", "expression", "= 'example", "'='"),
];

#[test]
fn a_good_file_has_no_problems() {
    let folder = Folder::new("lint_good");
    let ran = run(["lint", "--deny-warnings", &folder.file("a.yaml", GOOD)]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "good: 0 errors, 0 warnings\n"));
    let json =
        folder.file("a.json", r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration"}"#);
    assert_eq!(run(["lint", "--deny-warnings", &json]).code, 0);
}

#[test]
fn one_fault_one_message_that_mends_it() {
    let folder = Folder::new("lint_faults");
    for Fault { good, bad, severity, code, at, mend } in FAULTS {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        let file = folder.file("authn.yaml", &text);
        let ran = run(["lint", &file]);
        // What is left of a value behind a tag may be refused, too.
        assert_eq!(ran.code, i32::from(severity == "error" || code == "tag"), "{bad}: {}", ran.out);
        let lines: Vec<&str> = ran.out.lines().collect();
        let said = lines.iter().position(|line| line.contains(&format!(": {severity} [{code}] ")));
        let said = said.unwrap_or_else(|| panic!("{bad}: {}", ran.out));
        assert!(lines[said].contains(mend), "{bad}: {}", lines[said]);
        let caret = lines[said + 2].find('^').unwrap();
        let shown = at.replace('\t', " ");
        assert!(lines[said + 1][caret..].starts_with(&shown), "{bad}:\n{}", ran.out);
        let found = run(["lint", "--json", &file]).json();
        let problems = found["files"][0]["problems"].as_array().unwrap().clone();
        let one = problems.iter().find(|problem| problem["code"] == code).unwrap();
        let line = usize::try_from(one["line"].as_u64().unwrap()).unwrap();
        let column = usize::try_from(one["column"].as_u64().unwrap()).unwrap();
        let there: String = text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
        assert!(there.starts_with(at), "{bad}: {there}");
    }
}

#[test]
fn system_names_and_shared_audiences_are_told() {
    let folder = Folder::new("lint_names");
    let codes = |text: &str| -> Vec<String> {
        let found = run(["lint", "--json", &folder.file("authn.yaml", text)]).json();
        let problems = found["files"][0]["problems"].as_array().unwrap().clone();
        problems.iter().filter_map(|problem| problem["code"].as_str().map(ToOwned::to_owned)).collect()
    };
    let open = GOOD.replace("prefix: \"oidc:\"", "prefix: \"\"");
    // The rule about user.username keeps them out.
    assert_eq!(codes(&open), ["missing_prefix"]);
    // So does one that says what names may look like.
    let other = open.replace("!user.username.startsWith('system:')", "user.username.matches('^[a-z]+$')");
    assert_eq!(codes(&other), ["missing_prefix"]);
    let open = open.replace("user.username.startsWith('system:')", "user.username.startsWith('x')");
    assert_eq!(codes(&open), ["system_username", "missing_prefix"]);
    let twice = GOOD.split_once("jwt:\n").unwrap().1.replace("issuer.example", "other.example");
    assert_eq!(codes(&format!("{GOOD}{twice}")), ["shared_audience"]);
}

#[test]
fn what_is_around_a_configuration_is_named_and_looked_into() {
    let folder = Folder::new("lint_wrapped");
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let around = |inner: &str| format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  authn.yaml: |\n{}", indented(inner));
    let bad = GOOD.replace("audiences", "audience");
    let ran = run(["lint", &folder.file("map.yaml", around(&bad))]);
    assert!(ran.code == 1 && ran.out.contains("a ConfigMap of v1"), "{}", ran.out);
    assert!(ran.out.contains(":10:9: error [unknown_member] jwt[0].issuer.audience"), "{}", ran.out);
    assert_eq!(run(["lint", &folder.file("map.yaml", around(GOOD))]).code, 0);
    let shoot = "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nspec: {}\n";
    let ran = run(["lint", "--json", &folder.file("shoot.yaml", shoot)]);
    let found: Value = ran.json();
    assert_eq!((ran.code, found["files"][0]["problems"][0]["code"].as_str()), (1, Some("wrapped")), "{found}");
}

#[test]
fn a_file_that_cannot_be_read_takes_nothing_away_from_others() {
    let folder = Folder::new("lint_unread");
    let bad = folder.file("bad.yaml", GOOD.replace("audiences", "audience"));
    let good = folder.file("good.yaml", GOOD);
    let huge = folder.file("huge.yaml", vec![b'a'; (16 << 20) + 1]);
    let none = format!("{}/none.yaml", folder.path());
    let ran = run(["lint", &none, &bad, &huge]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    for said in [
        format!("{none}: error [unreadable] no such file or directory\n"),
        format!("{huge}: error [unreadable] more than 16777216 bytes\n"),
        format!("{bad}:6:5: error [unknown_member] "),
        "refused: 3 errors".to_owned(),
    ] {
        assert!(ran.out.contains(&said), "{said}\n{}", ran.out);
    }
    let ran = run(["lint", &good, &none]);
    assert!(ran.code == 2 && ran.out.ends_with("not all could be read: 1 errors, 0 warnings\n"), "{}", ran.out);
    let found = run(["lint", "--json", &good, &none]).json();
    let problem = |file: &Value| file["problems"][0]["code"].as_str().map(ToOwned::to_owned);
    let files = found["files"].as_array().unwrap();
    let codes: Vec<_> = files.iter().map(problem).collect();
    assert_eq!(codes, [None, Some("unreadable".to_owned())], "{found}");
}

#[test]
fn what_is_neither_is_skipped_and_alone_is_nothing_to_lint() {
    let folder = Folder::new("lint_other");
    let pod = folder.file("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
    let sibling = folder
        .file("enc.yaml", "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n");
    let good = folder.file("good.yaml", GOOD);
    let ran = run(["lint", &pod, &sibling]);
    assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains("nothing to lint"), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("1 v1 Pod") && ran.err.contains("EncryptionConfiguration"), "{}", ran.err);
    assert_eq!(run(["lint", "--json", &pod]).json()["reason"], "nothing_to_lint");
    // A configuration that is linted is not among what is skipped.
    for arguments in [&["lint", &pod, &sibling, &good][..], &["lint", &folder.path()]] {
        let ran = run(arguments);
        assert!(ran.code == 0 && ran.out == "good: 0 errors, 0 warnings\n", "{}", ran.out);
        assert!(ran.err.contains("1 v1 Pod") && !ran.err.contains("AuthenticationConfiguration"), "{}", ran.err);
    }
    // Another kind by mistake is none.
    let named = folder.file("named.yaml", GOOD.replace("kind: AuthenticationConfiguration", "kind: Pod"));
    let ran = run(["lint", &named]);
    assert!(ran.code == 1 && ran.out.contains("it must be AuthenticationConfiguration"), "{}", ran.out);
    let empty = folder.file("empty.yaml", "# nothing\n");
    let ran = run(["lint", &empty]);
    assert!(ran.code == 1 && ran.out.contains("the file is empty") && !ran.out.contains("---"), "{}", ran.out);
    let late = folder.file("late.yaml", format!("---\n---\n{GOOD}"));
    let ran = run(["lint", &late]);
    assert!(ran.code == 1 && ran.out.contains("take away the `---`"), "{}", ran.out);
}

#[test]
fn several_faults_are_told_at_once_and_nothing_that_follows_from_them() {
    let folder = Folder::new("lint_several");
    let errors = |text: &str| -> Vec<String> {
        let ran = run(["lint", "--json", &folder.file("authn.yaml", text)]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        let found = ran.json();
        let problems = found["files"][0]["problems"].as_array().unwrap().clone();
        problems
            .iter()
            .map(|problem| format!("{} {}", problem["code"].as_str().unwrap(), problem["path"].as_str().unwrap()))
            .collect()
    };
    let bad = GOOD.replace("    url: https", "    url: http").replace("valueExpression", "expression");
    assert_eq!(errors(&bad), ["field jwt[0].issuer.url", "unknown_member jwt[0].claimMappings.extra[0].expression"]);
    let bad = GOOD.replace("audiences", "audience").replace("claims.hd == ", "claims.hd = ");
    assert_eq!(
        errors(&bad),
        ["unknown_member jwt[0].issuer.audience", "expression jwt[0].claimValidationRules[0].expression"]
    );
    let bad = GOOD.replace("io/v1\n", "io/v2\n").replace("issuer:", "issuers:");
    assert_eq!(errors(&bad), ["version apiVersion", "unknown_member jwt[0].issuers"]);
    let bad = GOOD.replace("username: {claim: sub, prefix: \"oidc:\"}", "username: {claims: sub, prefix: \"oidc:\"}");
    assert_eq!(errors(&bad), ["unknown_member jwt[0].claimMappings.username.claims"]);
}

#[test]
fn the_rule_about_email_says_what_to_write_and_a_broken_rule_is_not_two_faults() {
    let folder = Folder::new("lint_email");
    let email = GOOD.replace("{claim: sub, prefix: \"oidc:\"}", "{expression: \"'oidc:' + claims.email\"}");
    let ran = run(["lint", &folder.file("a.yaml", &email)]);
    let rule = "claimValidationRules: [{expression: \"claims.email_verified == true\"}]";
    assert!(ran.code == 1 && ran.out.contains(rule), "{}", ran.out);
    let mended =
        email.replace("  - expression: |", "  - expression: \"claims.email_verified == true\"\n  - expression: |");
    assert_eq!(run(["lint", &folder.file("a.yaml", &mended)]).code, 0);
    let broken = mended.replace("email_verified == true", "email_verified = true");
    let ran = run(["lint", &folder.file("a.yaml", &broken)]);
    assert!(ran.code == 1 && ran.out.matches(": error [").count() == 1, "{}", ran.out);
    assert!(ran.out.contains("write == to compare"), "{}", ran.out);
    // The rule that limits the life of tokens is there, though it does not compile.
    let broken = GOOD.replace("claims.iat <= 86400", "claims.iat <== 86400");
    let ran = run(["lint", &folder.file("a.yaml", &broken)]);
    assert!(ran.out.contains("1 errors, 0 warnings"), "{}", ran.out);
    let broken = GOOD.replace("\"oidc:\"", "\"\"").replace("startsWith('system:')\"", "startsWith('system:'\"");
    let ran = run(["lint", &folder.file("a.yaml", &broken)]);
    assert!(!ran.out.contains("[system_username]"), "{}", ran.out);
}

#[test]
fn roles_and_bindings_are_linted_by_file_and_by_folder() {
    let folder = Folder::new("lint_roles");
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: all}\n\
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects:\n\
                   - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated'}\n";
    let path = folder.file("all/binding.yaml", format!("# ours\n---\n{binding}"));
    let ran = run(["lint", &path]);
    let said = format!(
        "{path}:8:60: warning [bound_to_everybody] document 1: ClusterRoleBinding all: subjects[0].name: \
         system:authenticated is everybody"
    );
    assert!(ran.code == 0 && ran.out.starts_with(&said), "{}", ran.out);
    let caret = ran.out.lines().nth(2).unwrap().find('^').unwrap();
    assert!(ran.out.lines().nth(1).unwrap()[caret..].starts_with("'system:authenticated'"), "{}", ran.out);
    let ran = run(["lint", "--deny-warnings", &path]);
    assert!(
        ran.code == 1 && ran.out.ends_with("refused, as --deny-warnings says: 0 errors, 1 warnings\n"),
        "{}",
        ran.out
    );

    folder.file("all/authn.yaml", GOOD.replace("audiences", "audience"));
    folder.file("all/more/role.yaml", binding.replace("ClusterRoleBinding", "RoleBinding").replace("all", "one"));
    folder.file("all/service.yaml", "apiVersion: v1\nkind: Service\n");
    let all = format!("{}/all", folder.path());
    let ran = run(["lint", &all]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("authn.yaml:6:5: error [unknown_member] jwt[0].issuer.audience"), "{}", ran.out);
    assert!(ran.out.contains("role.yaml:3:1: error [field] document 1: RoleBinding one: metadata.namespace: required"));
    assert!(ran.err.contains("1 v1 Service"), "{}", ran.err);
    assert_eq!(run(["lint", "--default-namespace", "web", &format!("{all}/more")]).code, 0);
    let found = run(["lint", "--json", &all]).json();
    let files: Vec<_> = found["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    let names: Vec<_> = files.iter().map(|file| file.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["authn.yaml", "binding.yaml", "role.yaml", "service.yaml"]);
    assert_eq!(found["files"][1]["problems"][0]["object"], "ClusterRoleBinding all");
}

#[test]
fn no_token_and_no_escape_of_a_file_is_printed() {
    let folder = Folder::new("lint_hostile");
    let token = format!("eyJhbGciOiJub25lIn0.{}.", "eyJzdWIiOiJyb290In0".repeat(20));
    let bad = GOOD.replace("message: another domain", &format!("messages: {token}")).replace("claim: sub", &token);
    for text in [token.clone(), format!("{token}: 1\n"), bad] {
        let file = folder.file("token.yaml", &text);
        for arguments in [&["lint", &file][..], &["lint", "--json", &file], &["verify", "--json", "--config", &file]] {
            let ran = run(arguments);
            assert_ne!(ran.code, 0, "{}", ran.out);
            assert!(!ran.out.contains("eyJ") && !ran.err.contains("eyJ"), "{}{}", ran.out, ran.err);
        }
    }
    let folder = Folder::new("lint_escapes");
    folder.file("\u{1b}[31mx.yaml", GOOD.replace("audiences", "a\u{202e}\u{200b}b"));
    let ran = run(["lint", &folder.path()]);
    assert!(ran.out.contains("\\u{1b}[31mx.yaml:6:5: error [unknown_member]"), "{}", ran.out);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[1].ends_with("a\\u{202e}\\u{200b}b: [kube]"), "{}", ran.out);
    assert_eq!(lines[2].find('^'), lines[1].find("a\\u"), "{}", ran.out);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{}", ran.out);
}

/// The codes of the problems of a configuration.
fn codes(folder: &Folder, text: &str) -> Vec<String> {
    let found = run(["lint", "--json", &folder.file("authn.yaml", text)]).json();
    let problems = found["files"][0]["problems"].as_array().unwrap().clone();
    problems.iter().filter_map(|problem| problem["code"].as_str().map(ToOwned::to_owned)).collect()
}

#[test]
fn a_rule_keeps_out_what_it_refuses_and_not_what_it_mentions() {
    let folder = Folder::new("lint_rules");
    let open = GOOD.replace("prefix: \"oidc:\"", "prefix: \"\"");
    for (rule, keeps) in [
        ("!user.username.startsWith('system:')", true),
        ("!user.username.startsWith('system:') && user.groups.all(g, !g.startsWith('system:'))", true),
        ("user.username.startsWith('a-')", true),
        ("user.username != '' || user.username.startsWith('system:')", false),
        ("!user.username.startsWith('system:node')", false),
        ("!user.username.startsWith('system:') || user.username == 'system:masters'", false),
        ("user.username.endsWith('@example.com')", false),
        ("user.groups.size() > 0 && !user.username.startsWith('system:node')", false),
    ] {
        let found = codes(&folder, &open.replace("!user.username.startsWith('system:')", rule));
        assert_eq!(!found.contains(&"system_username".to_owned()), keeps, "{rule}: {found:?}");
    }
    // The same of the claim that is the name.
    let open = open.split("  userValidationRules").next().unwrap();
    for (rule, keeps) in [
        ("!claims.sub.startsWith('system:')", true),
        ("claims.hd == 'example.com' && !claims.sub.startsWith('system:')", true),
        ("claims.sub != '' || claims.sub.startsWith('system:')", false),
        ("claims.hd == 'example.com' && !claims.sub.startsWith('system:node')", false),
    ] {
        let found = codes(&folder, &open.replace("claims.hd == 'example.com'", &format!("({rule})")));
        assert_eq!(!found.contains(&"system_username".to_owned()), keeps, "{rule}: {found:?}");
    }
}

#[test]
fn a_rule_limits_lives_only_if_it_refuses_long_ones() {
    let folder = Folder::new("lint_life");
    for (rule, limits) in [
        ("claims.exp - claims.iat <= 86400", true),
        ("claims.exp - claims.iat < 5", true),
        ("claims.exp - claims.nbf >= 60 && claims.exp - claims.iat <= 7200", true),
        ("claims.exp > claims.iat", false),
        ("claims.exp - claims.iat <= 5000000000", false),
        ("claims.exp - claims.iat <= 86400 || claims.hd == 'example.com'", false),
    ] {
        let found = codes(&folder, &GOOD.replace("claims.exp - claims.iat <= 86400", &format!("({rule})")));
        assert_eq!(!found.contains(&"token_life".to_owned()), limits, "{rule}: {found:?}");
    }
}

#[test]
fn an_email_is_any_text_until_a_rule_says_otherwise() {
    let folder = Folder::new("lint_addresses");
    let email = GOOD.replace("claim: sub, prefix: \"oidc:\"", "claim: email, prefix: \"\"");
    let no_rule = email.split("  userValidationRules").next().unwrap();
    assert_eq!(codes(&folder, no_rule), ["system_username", "missing_prefix"]);
    assert_eq!(codes(&folder, &email), ["missing_prefix"]);
    let checked = email.replace("!user.username.startsWith('system:')", "user.username.matches('^[a-z]+@[a-z]+$')");
    assert!(codes(&folder, &checked).is_empty());
}

#[test]
fn of_very_many_problems_the_first_are_written_out() {
    let folder = Folder::new("lint_many");
    let many: String = (0..5000).map(|i| format!("unknown{i}: {i}\n")).collect();
    let file = folder.file("authn.yaml", format!("{GOOD}{many}"));
    let ran = run(["lint", &file]);
    assert_eq!((ran.code, ran.out.matches(": error [unknown_member]").count()), (1, 100));
    let end =
        format!("{file}: and 4900 errors and 0 warnings more; --json shows all\nrefused: 5000 errors, 0 warnings\n");
    assert!(ran.out.ends_with(&end), "{}", ran.out.lines().last().unwrap());
    assert_eq!(run(["lint", "--json", &file]).json()["files"][0]["problems"].as_array().unwrap().len(), 5000);
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: all}\n\
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects:\n";
    let subject = "- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated'}\n";
    let file = folder.file("binding.yaml", format!("{binding}{}", subject.repeat(150)));
    let ran = run(["lint", &file]);
    assert!(ran.out.contains(&format!("{file}: and 0 errors and ")), "{}", ran.out);
}

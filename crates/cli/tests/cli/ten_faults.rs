//! Ten files as people write them, each with one fault: the message alone, without the documentation, is enough to
//! mend it. It says where (file, line, column, field), what is wrong, and what was likely meant; and what it says to
//! write makes the file good.

use crate::support::{Folder, run};

const FILE: &str = r#"apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://login.example.com
    audiences:
    - kubernetes
    - dashboard
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - expression: "has(claims.hd) && claims.hd == 'example.com'"
    message: only people of example.com
  - expression: "claims.exp - claims.iat <= 3600"
  claimMappings:
    username:
      claim: sub
      prefix: "login:"
    groups:
      expression: "has(claims.roles) ? claims.roles.split(',').map(r, 'login:' + r) : []"
    extra:
    - key: example.com/tenant
      valueExpression: claims.hd
  userValidationRules:
  - expression: "!user.username.startsWith('system:')"
"#;

struct Fault {
    name: &'static str,
    good: &'static str,
    bad: &'static str,
    /// Line and column, and the field.
    place: &'static str,
    wrong: &'static str,
    meant: &'static str,
}

const FAULTS: [Fault; 10] = [
    Fault {
        name: "expression-for-valueExpression",
        good: "      valueExpression: claims.hd",
        bad: "      expression: claims.hd",
        place: "22:7: error [unknown_member] jwt[0].claimMappings.extra[0].expression: ",
        wrong: "there is no such member",
        meant: "perhaps valueExpression is meant",
    },
    Fault {
        name: "issuer-url-by-another-name",
        good: "    url: https://login.example.com",
        bad: "    issuerURL: https://login.example.com",
        place: "5:5: error [unknown_member] jwt[0].issuer.issuerURL: ",
        wrong: "there is no such member",
        meant: "perhaps url is meant",
    },
    Fault {
        name: "one-audience",
        good: "    audiences:\n    - kubernetes\n    - dashboard",
        bad: "    audiences: kubernetes",
        place: "6:16: error [wrong_type] jwt[0].issuer.audiences: ",
        wrong: "must be a list, and is text",
        meant: "write it as an element: [\"kubernetes\"]",
    },
    Fault {
        name: "no-prefix",
        good: "      claim: sub\n      prefix: \"login:\"",
        bad: "      claim: sub",
        place: "15:5: error [field] jwt[0].claimMappings.username.prefix: ",
        wrong: "required when claim is set",
        meant: "an empty string disables prefixing",
    },
    Fault {
        name: "unquoted-prefix",
        good: "      prefix: \"login:\"",
        bad: "      prefix: login:",
        place: "17:20: error [syntax] ",
        wrong: "a colon before a blank or at the end begins another member",
        meant: "put the value in quotes: \"login:\"",
    },
    Fault {
        name: "unquoted-negation",
        good: "  - expression: \"!user.username.startsWith('system:')\"",
        bad: "  - expression: !user.username.startsWith('system:')",
        place: "24:17: warning [tag] jwt[0].userValidationRules[0].expression: ",
        wrong: "for a tag and drops it, so that \"\" is left",
        meant: "put the whole value in quotes: \"!user.username.startsWith('system:')\"",
    },
    Fault {
        name: "assignment-for-comparison",
        good: "claims.hd == 'example.com'\"",
        bad: "claims.hd = 'example.com'\"",
        place: "11:46: error [expression] jwt[0].claimValidationRules[0].expression: ",
        wrong: "token recognition error at: '='",
        meant: "write == to compare",
    },
    Fault {
        name: "claims-in-a-user-rule",
        good: "\"!user.username.startsWith('system:')\"",
        bad: "\"claims.hd != 'other.example'\"",
        place: "24:18: error [expression] jwt[0].userValidationRules[0].expression: ",
        wrong: "undeclared reference to 'claims'",
        meant: "rules about claims are claimValidationRules",
    },
    Fault {
        name: "two-audiences-without-policy",
        good: "    audienceMatchPolicy: MatchAny\n",
        bad: "",
        place: "4:3: error [field] jwt[0].issuer.audienceMatchPolicy: ",
        wrong: "must be MatchAny (or empty for one audience)",
        meant: "with several audiences, write audienceMatchPolicy: MatchAny",
    },
    Fault {
        name: "plain-http",
        good: "https://login.example.com",
        bad: "http://login.example.com",
        place: "5:10: error [field] jwt[0].issuer.url: ",
        wrong: "URL scheme must be https",
        meant: "write https://login.example.com",
    },
];

#[test]
fn the_message_alone_is_enough_to_mend_each_of_ten_files() {
    let folder = Folder::new("ten_faults");
    let ran = run(["lint", "--deny-warnings", &folder.file("good.yaml", FILE)]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "good: 0 errors, 0 warnings\n"));
    for Fault { name, good, bad, place, wrong, meant } in FAULTS {
        assert_eq!(FILE.matches(good).count(), 1, "{name}");
        let file = folder.file(&format!("{name}.yaml"), FILE.replacen(good, bad, 1));
        let ran = run(["lint", &file]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.out);
        let first = ran.out.lines().next().unwrap();
        assert!(first.starts_with(&format!("{file}:{place}")), "{name}: {first}");
        assert!(first.contains(wrong) && first.contains(meant), "{name}: {first}");
        // One fault: nothing else is called an error, but what is left of a value that fell away.
        let errors = ran.out.lines().filter(|line| line.contains(": error [")).count();
        assert_eq!(errors, 1, "{name}: {}", ran.out);
    }
}

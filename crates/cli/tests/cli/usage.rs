//! Arguments and files that cannot be used: one line, exit code 2, and never a token.

use crate::support::{Folder, run};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.";

#[test]
fn what_cannot_be_used_is_one_line_and_two() {
    let folder = Folder::new("usage");
    let binary = folder.file("binary", b"\xff\xfe\xfd");
    let none = format!("{}/none", folder.path());
    let flags = ["--oidc-issuer-url", "https://issuer.example", "--oidc-client-id", "x"];
    let with_flags = |more: &[&'static str]| -> Vec<&str> { [&["verify"], &flags[..], more].concat() };
    let dashed = format!("--{TOKEN}");
    for (arguments, wanted) in [
        (vec!["verify", "--foo", TOKEN], "unexpected argument '--foo'"),
        (vec!["verify", "a", TOKEN], "unexpected argument '(hidden"),
        (vec!["verify", &dashed], "unexpected argument '(hidden"),
        (vec!["lint", TOKEN], "looks like a token"),
        (vec!["bind", "--cluster-role", "view", "--user", TOKEN], "looks like a token"),
        (vec!["bind", "--cluster-role", "view", "--group", &dashed[2..]], "looks like a token"),
        (with_flags(&[TOKEN]), "looks like a token"),
        (with_flags(&["--now", TOKEN]), "invalid value '(hidden"),
        (with_flags(&["--jwks", TOKEN]), "expected ISSUER=FILE"),
        (with_flags(&["/dev/zero"]), "/dev/zero: more than"),
        (with_flags(&["/"]), "/: is a directory"),
        (vec!["verify", &binary, flags[0], flags[1], flags[2], flags[3]], "is not UTF-8"),
        (vec!["verify"], "nobody to believe"),
        (vec!["verify", "--audience", "x"], "--audience is that of service accounts"),
        (vec!["verify", "--oidc-client-id", "x"], "--oidc-issuer-url: is required"),
        (vec!["verify", "--config", &none], "no such file or directory"),
        (vec!["can", "GET", "pods", "--user", "x", "-f", "/"], "a path, which begins with /: GET /pods"),
        (vec![], "a command is missing"),
        (vec!["lint"], "required arguments were not provided"),
        (vec!["lnt"], "a similar subcommand exists: 'lint'"),
        (vec!["completions", "none"], "possible values: bash"),
    ] {
        let ran = run(&arguments);
        assert_eq!(ran.code, 2, "{arguments:?} {}", ran.out);
        assert!(ran.err.contains(wanted) && ran.err.lines().count() <= 2, "{arguments:?} {}", ran.err);
        let last = ran.err.lines().last().unwrap_or_default();
        assert!(last.starts_with("claimant: ") && last.len() < 400, "{arguments:?} {}", ran.err);
        assert!(!ran.err.contains("eyJ") && ran.out.is_empty(), "{arguments:?} {}", ran.err);
    }
}

#[test]
fn what_cannot_be_used_is_json_where_that_is_asked_for() {
    let none = format!("{}/none", Folder::new("usage_json").path());
    for (arguments, reason) in [
        (&["verify", "--json", "--config", &none][..], "unreadable"),
        (&["verify", "--json"], "usage"),
        (&["verify", "--foo", "--json"], "unknown_argument"),
        (&["--json", "verify", "--foo", TOKEN], "unknown_argument"),
        (&["can", "--json", "get"], "missing_argument"),
        (&["--json"], "missing_command"),
        (&["--json", "lnt"], "unknown_command"),
        (&["lint", "--json", TOKEN], "token_as_argument"),
        (&["lint", "--json", "--kubernetes", "2.0", "x"], "invalid_value"),
        (&["completions", "none", "--json"], "invalid_value"),
        (&["can", "get", "pods", "-f", "x", "--json", "--token", "-", "--user", "x"], "conflicting_arguments"),
    ] {
        let ran = run(arguments);
        let said = ran.json();
        assert_eq!((ran.code, said["reason"].as_str()), (2, Some(reason)), "{arguments:?} {said}");
        let line = said["error"].as_str().unwrap();
        assert!(ran.err == format!("claimant: {line}\n") && !line.contains("eyJ"), "{arguments:?} {}", ran.err);
    }
    // Behind `--` it is a file, and nobody asked for JSON.
    let ran = run(["verify", "--foo", "--", "--json"]);
    assert!(ran.code == 2 && ran.out.is_empty(), "{}", ran.out);
}

#[test]
fn arguments_that_are_no_unicode_are_refused_or_name_files() {
    let odd = OsString::from_vec(b"\xff\xfe".to_vec());
    let ran = run(["verify".into(), "--audience".into(), odd.clone()]);
    assert!(ran.code == 2 && ran.err.lines().count() == 1, "{}", ran.err);
    let ran = run(["lint".into(), odd.clone(), odd]);
    assert!(ran.code == 2 && ran.out.matches(": error [unreadable] ").count() == 2, "{}{}", ran.out, ran.err);
}

#[test]
fn every_command_has_help_with_an_example() {
    let help = run(["--help"]);
    assert_eq!(help.code, 0);
    let commands: Vec<&str> = help
        .out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 4, "{}", help.out);
    for command in commands.iter().filter(|command| **command != "help") {
        let ran = run([command, "--help"]);
        assert!(ran.code == 0 && ran.out.contains(&format!("Example:\n  claimant {command}")), "{}", ran.out);
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = run(["completions", shell]).out;
        assert!(script.contains("claimant"), "{shell}");
        let wrapped = run(["completions", shell, "--json"]).json();
        assert_eq!((wrapped["shell"].as_str(), wrapped["script"].as_str()), (Some(shell), Some(script.as_str())));
    }
}

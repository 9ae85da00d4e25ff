//! The recordings in `conformance/corpus`, through the program itself.

#![allow(clippy::unwrap_used)]

use std::process::Command;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_claimant-conformance"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn no_verdict_is_looser_or_of_another_user_or_stricter_without_a_name() {
    let (code, text) = run(&["--verbose", "corpus"]);
    let bad: Vec<_> = text
        .lines()
        .filter(|l| l.contains("looser:") || l.contains("other user:") || l.contains("without a name:"))
        .collect();
    assert_eq!((code, bad), (Some(0), vec![]));
}

#[test]
fn every_name_of_a_difference_is_explained() {
    let differences = include_str!("../../docs/differences.md");
    let (_, text) = run(&["corpus"]);
    let names: Vec<_> = text.lines().filter_map(|line| line.split_once("stricter by name: ")).collect();
    assert!(names.len() > 10);
    for (_, name) in names {
        assert!(differences.contains(&format!("## {name}\n")), "{name}");
    }
}

#[test]
fn a_verdict_that_is_turned_round_is_noticed() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/oidc/mapping.json")).unwrap();
    let folder = std::env::temp_dir().join(format!("claimant-conformance-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, from, to) in [
        ("looser", r#""verdict": "accept""#, r#""verdict": "reject""#),
        ("unnamed", r#""verdict": "reject""#, r#""verdict": "accept""#),
        ("other", r#""username": ""#, r#""username": "not-"#),
    ] {
        let compact = from.replace(": ", ":");
        let turned = text.replace(from, to).replace(&compact, &to.replace(": ", ":"));
        assert_ne!(turned, text, "{name}");
        let file = folder.join(name);
        std::fs::write(&file, turned).unwrap();
        assert_eq!(run(&[file.to_str().unwrap()]).0, Some(1), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn wrong_arguments_exit_with_2() {
    for arguments in [&[][..], &["--json"], &["--wrong"], &["no-such-file"]] {
        assert_eq!(run(arguments).0, Some(2), "{arguments:?}");
    }
}

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
    // The verdict of each explanation is the judge's, and its first failing step the reason.
    let explained = text.lines().find_map(|line| line.trim().split_once(" tokens explained")).unwrap().0;
    assert!(explained.parse::<usize>().unwrap() > 4_000, "{explained}");
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
fn a_status_of_a_real_api_server_that_is_turned_round_is_noticed() {
    let folder = std::env::temp_dir().join(format!("claimant-conformance-real-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("real.json");
    for recording in ["alive", "terminating", "ended", "deleted", "anew"] {
        let path = format!("{}/corpus/real/{recording}.json", env!("CARGO_MANIFEST_DIR"));
        let whole: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut turned = whole.clone();
        for case in turned["cases"].as_array_mut().unwrap() {
            case["status"] = match case["status"]["authenticated"] == true {
                true => serde_json::json!({"error": "no"}),
                false => serde_json::json!({"authenticated": true, "user": {"username": "somebody"}}),
            };
        }
        for (content, same) in [(&whole, true), (&turned, false)] {
            std::fs::write(&file, content.to_string()).unwrap();
            let (code, text) = run(&[file.to_str().unwrap()]);
            let total = text.lines().find(|line| line.ends_with(" total")).unwrap();
            let expected = if same { whole["cases"].as_array().unwrap().len() } else { 0 };
            assert_eq!(total.split_whitespace().next(), Some(expected.to_string().as_str()), "{recording}: {text}");
            assert_eq!(code, Some(i32::from(!same)), "{recording}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_configuration_file_that_is_read_otherwise_is_noticed() {
    let text = include_str!("../corpus/config-files.json");
    let folder = std::env::temp_dir().join(format!("claimant-conformance-files-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, from, to) in [
        ("looser", r#""stage": "ok""#, r#""stage": "decode""#),
        ("unnamed", r#""stage": "decode""#, r#""stage": "ok""#),
        ("other", r#""claim": "sub""#, r#""claim": "not-sub""#),
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
fn an_answer_about_roles_that_is_changed_is_noticed() {
    let text = include_str!("../corpus/rbac.json");
    let folder = std::env::temp_dir().join(format!("claimant-conformance-rbac-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let whole: serde_json::Value = serde_json::from_str(text).unwrap();
    let suite = |part: &str| {
        let has = |suite: &&serde_json::Value| match suite.pointer(part) {
            Some(serde_json::Value::Array(list)) => !list.is_empty(),
            Some(serde_json::Value::String(verdict)) => verdict == "allow",
            other => other.is_some_and(serde_json::Value::is_object),
        };
        whole["suites"].as_array().unwrap().iter().find(has).unwrap().clone()
    };
    let role = serde_json::json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]);
    for (needs, part, value) in [
        ("/cases/0/expect/verdict", "/cases/0/expect/verdict", "no opinion".into()),
        ("/rules", "/rules/0/resourceRules", role.clone()),
        ("/rules", "/rules/0/incomplete", true.into()),
        ("/whoCan", "/whoCan/0/subjects", serde_json::json!([])),
        ("/refused", "/refused", serde_json::json!([])),
        ("/refused/0/causes", "/refused/0/causes/0/field", "rules[9].verbs".into()),
        ("/aggregated", "/aggregated", serde_json::json!({"no such role": role})),
    ] {
        let mut changed = suite(needs);
        let file = folder.join("suite.json");
        let write = |suite: &serde_json::Value| {
            std::fs::write(&file, serde_json::json!({"suites": [suite]}).to_string()).unwrap();
            run(&[file.to_str().unwrap()]).0
        };
        assert_eq!(write(&changed), Some(0), "{part}");
        *changed.pointer_mut(part).unwrap() = value;
        assert_eq!(write(&changed), Some(1), "{part}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_request_that_means_something_else_is_noticed() {
    let text = include_str!("../corpus/request-info.json");
    let folder = std::env::temp_dir().join(format!("claimant-conformance-requests-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (from, to) in [
        (r#""verb":"list""#, r#""verb":"get""#),
        (r#""namespace":"web""#, r#""namespace":"wed""#),
        (r#""subresource":"log""#, r#""subresource":"""#),
        (r#""name":"p""#, r#""name":"q""#),
        (r#""isResourceRequest":false"#, r#""isResourceRequest":true"#),
        ("is forbidden: User", "is forbidden: user"),
        (r#""expect":{"info":{"#, r#""expect":{"was":{"#),
        (r#""expect":{"stage":"#, r#""expect":{"info":{},"stage":"#),
    ] {
        let file = folder.join("requests.json");
        assert!(text.contains(from), "{from}");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        assert_eq!(run(&[file.to_str().unwrap()]).0, Some(1), "{from}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn wrong_arguments_exit_with_2() {
    for arguments in [&[][..], &["--json"], &["--wrong"], &["no-such-file"]] {
        assert_eq!(run(arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_difference_between_minors_that_is_not_told_is_noticed() {
    let folder = std::env::temp_dir().join(format!("claimant-conformance-minors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cel.json"), include_str!("../corpus/cel.json")).unwrap();
    let whole: serde_json::Value = serde_json::from_str(include_str!("../corpus/minors.json")).unwrap();
    let file = folder.join("minors.json");
    let run = |changed: &serde_json::Value| {
        std::fs::write(&file, changed.to_string()).unwrap();
        run(&[file.to_str().unwrap()])
    };
    let (code, text) = run(&whole);
    assert!(code == Some(0) && text.contains("100.0 %"), "{text}");
    // The expression has nothing that older minors do not know.
    let plain = serde_json::json!({"id": "k8s-docs/001", "expression": "", "here": "refused at load"});
    let other = serde_json::json!({"id": "no/such", "expression": "", "cost": 1, "baseCost": 2});
    for (change, one) in [("push", plain), ("push", other), ("clear", serde_json::Value::Null)] {
        let mut changed = whole.clone();
        let list = changed.pointer_mut("/cel.json/1.36.6/differences").and_then(|list| list.as_array_mut()).unwrap();
        match change {
            "push" => list.push(one.clone()),
            _ => list.clear(),
        }
        assert_eq!(run(&changed).0, Some(1), "{change} {one}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

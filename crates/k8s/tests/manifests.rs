#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
//! Roles and bindings from files and folders: what is broken is told with its place, and nothing else is lost.

use claimant_k8s::lint::Severity;
use claimant_k8s::rbac::{Manifests, Object};
use std::path::PathBuf;

const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: web
rules:
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list]
";

fn read(text: &str) -> Manifests {
    let mut manifests = Manifests::new();
    manifests.read("roles.yaml", text.as_bytes());
    manifests
}

/// `LINE:COLUMN CODE PATH` of everything that is told.
fn told(manifests: &Manifests) -> Vec<String> {
    let one = |problem: &claimant_k8s::rbac::ManifestProblem| {
        let claimant_k8s::lint::Problem { place, code, path, .. } = &problem.problem;
        format!("{}:{} {code} {path}", place.line, place.column)
    };
    manifests.problems().iter().map(one).collect()
}

/// `KIND NAMESPACE/NAME` of everything that was read.
fn names(manifests: &Manifests) -> Vec<String> {
    let one = |object: &Object| {
        let meta = object.metadata();
        format!("{} {}/{}", object.kind(), meta.namespace, meta.name)
    };
    manifests.written().map(|written| one(written.object())).collect()
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("manifests").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn each_fault_has_its_place_and_field() {
    assert_eq!(told(&read(ROLE)), Vec::<String>::new());
    for (good, bad, expected) in [
        ("  verbs: [get, list]\n", "", "7:3 field rules[0].verbs"),
        ("verbs: [get, list]", "verbs: get", "9:10 wrong_type rules[0].verbs"),
        ("verbs: [get, list]", "verbs: [get, yes]", "9:16 wrong_type rules[0].verbs[1]"),
        ("resources: [pods]", "resources: [pods]\n  resources: [nodes]", "9:3 duplicate_member rules[0].resources"),
        ("  resources: [pods]\n", "  nonResourceURLs: [/x]\n", "8:3 field rules[0].nonResourceURLs"),
        ("name: reader", "name: a/b", "4:9 field metadata.name"),
        ("name: reader", "name: ''", "4:9 field metadata.name"),
        ("namespace: web", "namespace: Web", "5:14 field metadata.namespace"),
        ("  namespace: web\n", "", "3:1 field metadata.namespace"),
        ("namespace: web", "labels: {a b: c}\n  namespace: web", "5:3 field metadata.labels"),
        ("namespace: web", "generation: x\n  namespace: web", "5:15 wrong_type metadata.generation"),
        ("kind: Role", "kind: role", "2:7 version kind"),
        ("io/v1", "io/v1beta1", "1:13 version apiVersion"),
        ("rbac.authorization.k8s.io/v1", "v1", "1:13 version apiVersion"),
        ("kind: Role\n", "", "1:1 version kind"),
        ("rules:", "rules: all\nother:", "6:8 wrong_type rules"),
    ] {
        assert!(ROLE.contains(good), "{good}");
        let text = format!("# first\n---\n{}---\n{ROLE}", ROLE.replacen(good, bad, 1));
        let manifests = read(&text);
        let expected_line = |told: &str| {
            let (line, rest) = told.split_once(':').unwrap();
            format!("{}:{rest}", line.parse::<usize>().unwrap() - 2)
        };
        let found: Vec<String> = told(&manifests).iter().map(|one| expected_line(one)).collect();
        assert_eq!(found[0], expected, "{bad}: {:?}", manifests.problems());
        let first = &manifests.problems()[0];
        assert_eq!((first.file.as_str(), first.document), ("roles.yaml", 1), "{bad}");
        assert_eq!(text.lines().nth(first.problem.place.line - 1), Some(first.line.as_str()), "{bad}");
        // The other document is not lost.
        assert_eq!(names(&manifests), ["Role web/reader"], "{bad}");
    }
}

#[test]
fn members_that_are_not_known_are_told_and_dropped() {
    for (good, bad, meant) in [
        ("verbs:", "verb:", "verbs"),
        ("resources:", "resource:", "resources"),
        ("apiGroups:", "apiGroup:", "apiGroups"),
        ("- apiGroups", "- resourceName: [x]\n  apiGroups", "resourceNames"),
        ("rules:", "rule:", "rules"),
    ] {
        let manifests = read(&ROLE.replacen(good, bad, 1));
        let unknown = manifests.problems().iter().find(|one| one.problem.code == "unknown_member").unwrap();
        assert_eq!(unknown.problem.severity, Severity::Warning, "{bad}");
        assert!(unknown.problem.message.contains(&format!("perhaps {meant} is meant")), "{}", unknown.problem);
    }
    // As the API server does: a name that was meant is lost, and all are allowed.
    let manifests = read(&ROLE.replacen("- apiGroups", "- resourceName: [x]\n  apiGroups", 1));
    let Some(Object::Role(role)) = manifests.written().next().map(|written| written.object().clone()) else {
        panic!("no role");
    };
    assert!(role.rules[0].resource_names.is_empty());
}

#[test]
fn lists_are_taken_apart_and_other_kinds_counted() {
    let item = |kind: &str, name: &str| {
        format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{kind}","metadata":{{"name":"{name}"}},"rules":[]}}"#
        )
    };
    let nested = format!(
        r#"{{"apiVersion":"v1","kind":"List","items":[{},{{"apiVersion":"v1","kind":"List","items":[{},null,{}]}},
            {{"apiVersion":"v1","kind":"Pod"}}, 7]}}"#,
        item("ClusterRole", "a"),
        item("ClusterRole", "b\\/"),
        item("ClusterRole", "c"),
    );
    let manifests = read(&nested);
    assert_eq!(names(&manifests), ["ClusterRole /a", "ClusterRole /c"]);
    // An escape that YAML does not know: there are no places, but all else is the same.
    assert_eq!(told(&manifests), ["1:1 field metadata.name", "1:1 no_object "]);
    let manifests = read(&nested.replace("b\\/", "b%"));
    assert_eq!(names(&manifests), ["ClusterRole /a", "ClusterRole /c"]);
    assert_eq!(told(&manifests), ["1:272 field metadata.name", "2:47 no_object items[3]"]);
    assert!(manifests.problems()[0].line[271..].starts_with("\"b%\""), "{:?}", manifests.problems()[0]);
    assert_eq!(manifests.skipped().iter().collect::<Vec<_>>(), [(&"v1 Pod".to_owned(), &1)]);
    // As the API server lists them: items do not say what they are.
    let listed = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleList","metadata":{"resourceVersion":"1"},
        "items":[{"metadata":{"name":"a"},"rules":null},{"metadata":{"name":"."},"rules":[]}]}"#;
    let manifests = read(listed);
    assert_eq!((names(&manifests), told(&manifests).len()), (vec!["ClusterRole /a".to_owned()], 1));
    // One value behind the other.
    let manifests = read(&format!("{}\n{} {}", item("ClusterRole", "a"), item("ClusterRole", "."), "{\"kind\": \n"));
    assert_eq!(names(&manifests), ["ClusterRole /a"]);
    assert_eq!(manifests.problems().iter().map(|one| one.document).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_twin_inside_of_a_list_takes_no_other_item_down() {
    let item = |name: &str, more: &str| format!("- {{<<: *a, metadata: {{name: {name}}}{more}}}\n");
    let text = format!(
        "x: &a {{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, rules: []}}\napiVersion: v1\nkind: List\nitems:\n{}{}{}",
        item("one", ""),
        item("two", ", rules: []"),
        item("three", ""),
    );
    let manifests = read(&text);
    assert_eq!(names(&manifests), ["ClusterRole /one", "ClusterRole /three"]);
    assert_eq!(told(&manifests), ["6:35 decode rules"], "{:?}", manifests.problems());
}

#[test]
fn twins_are_told_where_the_first_one_is() {
    let mut manifests = read(ROLE);
    manifests.read("same.yaml", ROLE.as_bytes());
    assert_eq!((names(&manifests).len(), told(&manifests).len()), (1, 0));
    manifests.read("other.yaml", ROLE.replace("[pods]", "[nodes]").as_bytes());
    assert_eq!(told(&manifests), ["4:9 twin metadata.name"]);
    let message = manifests.problems()[0].to_string();
    assert!(message.starts_with("other.yaml:4:9: document 1: Role web/reader: metadata.name: "), "{message}");
    assert!(message.contains("at roles.yaml:1:1"), "{message}");
}

#[test]
fn what_is_no_yaml_and_what_nobody_reads_is_told() {
    let manifests = read(&format!("{ROLE}---\na: {{{{ .Values.x }}\n---\n{ROLE}--- {{kind: Role}}\n...\n"));
    assert_eq!(names(&manifests), ["Role web/reader"]);
    assert_eq!(told(&manifests), ["12:1 syntax ", "22:1 hidden_document "], "{:?}", manifests.problems());
    assert!(manifests.problems()[0].problem.message.contains("template"));
    let manifests = read("- a\n- b\n---\njust text\n---\n# nothing\n---\n~\n");
    assert_eq!(told(&manifests), ["1:1 no_object ", "4:1 no_object "]);
}

#[test]
fn the_default_namespace_is_that_of_kubectl() {
    let bare = ROLE.replace("  namespace: web\n", "");
    let mut manifests = Manifests::new().with_default_namespace("shop");
    manifests.read("a.yaml", bare.as_bytes());
    manifests.read("b.yaml", ROLE.as_bytes());
    manifests.read("c.yaml", bare.replace("kind: Role", "kind: ClusterRole").as_bytes());
    assert_eq!(names(&manifests), ["Role shop/reader", "Role web/reader", "ClusterRole /reader"]);
}

#[test]
fn an_object_has_the_size_of_the_apis_limit() {
    let role = |size: usize| {
        let names = vec![format!("'{}'", "x".repeat(size)); 3].join(", ");
        ROLE.replacen("verbs:", &format!("resourceNames: [{names}]\n  verbs:"), 1)
    };
    assert_eq!(told(&read(&role(1_000_000))), Vec::<String>::new());
    let manifests = read(&format!("{}---\n{}", role(1 << 20), ROLE.replace("name: reader", "name: small")));
    assert_eq!(
        (told(&manifests), names(&manifests)),
        (vec!["1:1 field ".to_owned()], vec!["Role web/small".to_owned()])
    );
    assert!(manifests.problems()[0].problem.message.contains("at most 3145728"), "{:?}", manifests.problems());
}

#[test]
fn a_folder_is_read_whole_by_name_and_nothing_in_it_is_lost() {
    let folder = folder("whole");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    };
    write("b/role.yml", &ROLE.replace("reader", "b"));
    write("a.yaml", &ROLE.replace("reader", "a"));
    write("c.json", "{\"kind\": ");
    write("d.yaml", "\u{0}");
    write("e.txt", "not: read");
    write(".hidden/f.yaml", "not: read");
    write("g.yaml", "kind: Service\napiVersion: v1\n");
    std::os::unix::fs::symlink(&folder, folder.join("loop")).unwrap();
    std::os::unix::fs::symlink(folder.join("nothing"), folder.join("gone.yaml")).unwrap();
    let mut manifests = Manifests::new();
    manifests.read_path(&folder).unwrap();
    assert_eq!(names(&manifests), ["Role web/a", "Role web/b"]);
    let files: Vec<_> = manifests.problems().iter().map(|one| one.file.rsplit('/').next().unwrap()).collect();
    assert_eq!(files, ["c.json", "d.yaml", "gone.yaml"]);
    assert_eq!((manifests.files(), manifests.skipped()["v1 Service"]), (5, 1));
    assert!(manifests.read_path(&folder.join("none")).is_err());
    manifests.read_path(&folder.join("a.yaml")).unwrap();
    assert_eq!(names(&manifests).len(), 2);
}

#[test]
fn any_bytes_end_in_an_answer() {
    let good = format!("{ROLE}---\n{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{{\"kind\": null}}]}}\n");
    for at in 0..good.len() {
        for byte in [b'\0', b'{', b'-', b'"', b'&', b'*', b'\n', 0xff] {
            let mut text = good.clone().into_bytes();
            text[at] = byte;
            let mut manifests = Manifests::new();
            manifests.read("x", &text);
            manifests.problems().iter().for_each(|one| assert!(one.to_string().starts_with("x:")));
        }
    }
}

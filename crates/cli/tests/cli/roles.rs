//! `can`, `who-can`, `rules` and `bind`.

use crate::support::{CLAIMS, Folder, NOW, Ran, Setup, run, run_with};
use claimant_testkit::TokenOptions;
use serde_json::json;

const ROLES: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: web}
rules:
- {apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}
- {apiGroups: [apps], resources: [deployments], verbs: ['*'], resourceNames: [shop]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: probe}
rules:
- {nonResourceURLs: [/healthz, /livez/*], verbs: [get]}
";

const BINDINGS: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "readers", "namespace": "web"},
   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
   "subjects": [{"kind": "Group", "name": "oidc:devs"}, {"kind": "ServiceAccount", "name": "shop"}]},
  {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "probes"},
   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "probe"},
   "subjects": [{"kind": "Group", "name": "system:authenticated"}]},
  {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "gone"},
   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "gone"},
   "subjects": [{"kind": "User", "name": "oidc:jane"}]}
]}
"#;

fn manifests(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.file("manifests/roles.yaml", ROLES);
    folder.file("manifests/more/bindings.json", BINDINGS);
    folder.file("manifests/service.yaml", "apiVersion: v1\nkind: Service\n");
    folder
}

fn ask(folder: &Folder, arguments: &str) -> Ran {
    let path = format!("{}/manifests", folder.path());
    run(arguments.split_whitespace().chain(["-f", &path]))
}

#[test]
fn can_says_yes_by_which_binding_or_no() {
    let folder = manifests("can");
    for (arguments, code) in [
        ("can get pods nginx -n web --user x --group oidc:devs", 0),
        ("can get pods/log nginx -n web --user x --group oidc:devs", 0),
        ("can get pods -n web --user x", 1),
        ("can get pods -n shop --user x --group oidc:devs", 1),
        ("can get pods --user x --group oidc:devs", 1),
        ("can delete pods -n web --user x --group oidc:devs", 1),
        // The group of a resource that every cluster has is known.
        ("can patch deployments shop -n web --user x --group oidc:devs", 0),
        ("can patch deployments.apps shop -n web --group oidc:devs", 0),
        ("can patch deployments.apps/scale shop -n web --group oidc:devs", 1),
        ("can patch deployments. shop -n web --group oidc:devs", 1),
        ("can patch deployments -n web --group oidc:devs", 1),
        // A service account has its groups, and everybody is authenticated but one.
        ("can list pods -n web --user system:serviceaccount:web:shop", 0),
        ("can get /livez/ping --user x", 0),
        ("can get /livez --user x", 1),
        ("can get /healthz --user system:anonymous", 1),
        ("can GET /healthz --user x", 0),
        ("can POST /healthz --user x", 1),
        ("can GET /api/v1/namespaces/web/pods/nginx/log --user x --group oidc:devs", 0),
        ("can GET /api/v1/namespaces/web/pods?watch=1 --user x --group oidc:devs", 1),
        ("can delete nodes --user x --group system:masters", 0),
    ] {
        let ran = ask(&folder, arguments);
        assert_eq!(ran.code, code, "{arguments}: {}{}", ran.out, ran.err);
        assert!(ran.out.starts_with(if code == 0 { "yes: " } else { "no: " }), "{}", ran.out);
        let ran = ask(&folder, &format!("{arguments} --json"));
        let verdict = if code == 0 { "yes" } else { "no" };
        assert_eq!((ran.code, ran.json()["verdict"].as_str()), (code, Some(verdict)), "{arguments}");
    }
    let ran = ask(&folder, "can get pods/log nginx -n web --user x --group oidc:devs");
    let path = folder.path();
    let expected = format!(
        "yes: get pods/log \"nginx\" in namespace web\n\
         RBAC: allowed by RoleBinding \"readers/web\" of Role \"reader\" to Group \"oidc:devs\"\n\
         rule: get, list on pods, pods/log\n\
         binding: {path}/manifests/more/bindings.json:2:3\nrole: {path}/manifests/roles.yaml:1:1\n"
    );
    assert_eq!((ran.out, ran.err.as_str()), (expected, ""));
    let found = ask(&folder, "can get pods -n web --group oidc:devs --uid 7 --extra a=b --json").json();
    assert_eq!((&found["user"]["uid"], &found["user"]["extra"]), (&json!("7"), &json!({"a": ["b"]})));
    assert_eq!(found["binding"]["role"]["name"], "reader");
    assert_eq!(found["rule"]["resources"], json!(["pods", "pods/log"]));
    assert_eq!(found["manifests"]["skipped"], json!({"v1 Service": 1}));
}

#[test]
fn can_says_what_was_perhaps_meant() {
    let folder = manifests("can_hints");
    for (arguments, hint) in [
        ("can get pods --group oidc:devs", "but in some namespaces, by -n: web"),
        ("can get pods --user oidc:jane", "clusterrole.rbac.authorization.k8s.io \"gone\" not found"),
        ("can get pod -n web --group oidc:devs", "perhaps pods is meant"),
        ("can get po -n web --group oidc:devs", "perhaps pods is meant"),
        ("can get pods/nginx -n web --group oidc:devs", "the name of an object stands by itself: pods nginx"),
        ("can patch deployments.extensions shop -n web --group oidc:devs", "there are rules about deployments.apps"),
        ("can get nodes -n web --group oidc:devs", "nodes are in no namespace"),
        ("can create deployments shop -n web --group oidc:devs", "carries no name"),
        ("can gett pods -n web --group oidc:devs", "gett is no verb of Kubernetes"),
        ("can Get pods -n web --group oidc:devs", "perhaps get is meant"),
        ("can gets /healthz --group oidc:devs", "perhaps get is meant"),
        ("who-can delet pods", "perhaps delete is meant"),
    ] {
        let ran = ask(&folder, arguments);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(hint), "{arguments}: {said}");
    }
    // Verbs that somebody made up may be theirs.
    assert!(!ask(&folder, "can deploy pods -n web --group oidc:devs").err.contains("is no verb"));
    // A namespace's own path has its name twice.
    let role = ROLES.replace("pods, pods/log", "namespaces");
    folder.file("manifests/roles.yaml", role);
    assert_eq!(ask(&folder, "can get namespaces web --group oidc:devs").code, 0);
}

#[test]
fn can_asks_for_the_user_of_a_token() {
    let setup = Setup::new("can_token", CLAIMS);
    let folder = manifests("can_token_manifests");
    let path = format!("{}/manifests", folder.path());
    let more = ["--token", "-", "-f", &path, "get", "pods", "-n", "web"];
    let ran = setup.judge("can", &setup.id_token(&["devs"]), &more);
    assert!(ran.code == 0 && ran.out.starts_with("yes: "), "{}{}", ran.out, ran.err);
    // Standard input can hold the token or the manifests, not both.
    let both = ["--token", "-", "-f", "-", "get", "pods", "-n", "web"];
    let ran = setup.judge("can", &setup.id_token(&["devs"]), &both);
    assert!(ran.code == 2 && ran.err.contains("has been read already"), "{}{}", ran.out, ran.err);
    let ran = setup.judge("can", &setup.id_token(&["ops"]), &more);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let old = setup.issuer.id_token("jane", &["devs"], &TokenOptions::new("my-api", NOW - 100_000)).unwrap();
    let ran = setup.judge("can", &old, &more);
    assert!(ran.code == 1 && ran.out.starts_with("refused: expired: "), "{}{}", ran.out, ran.err);
    let ran = setup.judge("rules", &setup.id_token(&["devs"]), &["--token", "-", "-f", &path, "-n", "web", "--json"]);
    assert_eq!((ran.code, ran.json()["user"]["groups"][0].as_str()), (0, Some("oidc:devs")));
}

#[test]
fn who_can_and_rules_say_all() {
    let folder = manifests("who_can");
    let ran = ask(&folder, "who-can get pods -n web");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((ran.code, lines.len(), lines[0]), (0, 3, "may: get pods in namespace web"), "{}", ran.out);
    assert!(
        lines[1].starts_with(
            "Group \"oidc:devs\": get, list on pods, pods/log, by RoleBinding web/readers of Role reader ("
        )
    );
    assert!(lines[2].starts_with("ServiceAccount web/shop: "), "{}", ran.out);
    let found = ask(&folder, "who-can get pods -n web --json").json();
    let names: Vec<_> = found["holders"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["oidc:devs", "shop"]);
    assert!(ran.err.contains("system:masters"), "{}", ran.err);
    let ran = ask(&folder, "who-can delete pods -n web");
    assert_eq!((ran.code, ran.out.as_str()), (1, "nobody: delete pods in namespace web\n"));

    let ran = ask(&folder, "rules -n web --user x --group oidc:devs");
    let expected = "may: in namespace web\nget, list on pods, pods/log\n* on deployments of \"apps\" named \"shop\"\n\
                    get on /healthz, /livez/*\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected));
    let ran = ask(&folder, "rules --user oidc:jane --json");
    let status = &ran.json()["status"];
    assert_eq!((&status["resourceRules"], &status["incomplete"]), (&json!([]), &json!(false)));
    assert!(status["evaluationError"].as_str().unwrap().contains("\"gone\" not found"), "{status}");
    assert_eq!(ask(&folder, "rules --user system:anonymous").code, 1);
}

#[test]
fn a_broken_manifest_is_told_and_the_rest_counts() {
    let folder = manifests("can_broken");
    folder.file("manifests/broken.yaml", ROLES.replace("name: reader", "name: a/b"));
    folder.file("manifests/worse.yaml", "{{ .Values }}: [");
    let ran = ask(&folder, "can get pods -n web --group oidc:devs");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let path = folder.path();
    assert!(
        ran.err
            .contains(&format!("note: {path}/manifests/broken.yaml:3:18: document 1: Role web/a/b: metadata.name: "))
    );
    assert!(ran.err.contains(&format!("note: {path}/manifests/worse.yaml:")), "{}", ran.err);
    let found = ask(&folder, "can get pods -n web --group oidc:devs --json").json();
    assert_eq!(found["manifests"]["problems"][0]["line"], 3);
    let ran = run(["can", "get", "pods", "--user", "x", "-f", &folder.file("empty.yaml", "")]);
    assert!(ran.code == 1 && ran.err.contains("no roles and no bindings"), "{}", ran.err);
    let ran = run_with(ROLES.as_bytes(), ["who-can", "get", "pods", "-f", "-"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn questions_that_cannot_be_asked_are_two() {
    let folder = manifests("can_usage");
    for (arguments, wanted) in [
        ("can get pods", "who asks?"),
        ("can get --user x", "required arguments were not provided"),
        ("can get /healthz x --user x", "a path has none"),
        ("can get /healthz -n web --user x", "in no namespace"),
        ("can GET /api/%zz --user x", "percent escape"),
        (
            "can GET nopath --user x",
            "a path, which begins with /: GET /nopath; of a resource ask by the verb: get nopath",
        ),
        ("can DELETE pods --user x", "delete pods"),
        ("can get pods --user x --token t", "cannot be used with"),
        ("can get pods --user x --extra a", "expected KEY=VALUE"),
        ("can get pods --user x --config a", "give --token FILE"),
        ("can get pods --user x -f none", "no such file"),
        ("bind --group x", "--cluster-role"),
        ("bind --role r --group x", "a Role is in a namespace"),
        ("bind --role r --cluster-role s --group x", "cannot be used with"),
        ("bind --cluster-role r", "to whom?"),
        ("bind --cluster-role r --service-account x", "expected NAMESPACE:NAME"),
        ("bind --cluster-role a/b --user x", "roleRef.name: "),
        ("bind --cluster-role r --user x -n Web", "metadata.namespace: must be a DNS label"),
    ] {
        let ran = ask(&folder, arguments);
        assert!(ran.code == 2 && ran.err.contains(wanted), "{arguments}: {} {}", ran.code, ran.err);
        assert!(ran.err.lines().count() == 1 && ran.out.is_empty(), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn bind_writes_what_can_then_reads() {
    let folder = manifests("bind");
    let ran = run([
        "bind",
        "--role",
        "reader",
        "-n",
        "web",
        "--user",
        "oidc:kim",
        "--group",
        "oidc:ops",
        "--service-account",
        "a:b",
    ]);
    let expected = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: reader:oidc:kim\n  \
                    namespace: web\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: reader\nsubjects:\n\
                    - kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: oidc:kim\n\
                    - kind: Group\n  apiGroup: rbac.authorization.k8s.io\n  name: oidc:ops\n\
                    - kind: ServiceAccount\n  name: b\n  namespace: a\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected));
    // Without a configuration nobody can say who else has such a name.
    assert!(ran.err.starts_with("note: ") && ran.err.contains("is not checked: give --config FILE"), "{}", ran.err);
    let ran = run(["bind", "--cluster-role", "view", "--service-account", "a:b"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let ran = run(["bind", "--role", "reader", "-n", "web", "--user", "oidc:kim", "--json"]);
    assert_eq!(ran.json()["issuersChecked"], json!(false));
    let ran = run(["bind", "--role", "reader", "-n", "web", "--user", "oidc:kim"]);
    assert_eq!(ask(&folder, "can get pods -n web --user oidc:kim").code, 1);
    folder.file("manifests/new.yaml", &ran.out);
    assert_eq!(ask(&folder, "can get pods -n web --user oidc:kim").code, 0);
    let setup = Setup::new("bind_token", CLAIMS);
    let ran = setup.judge("bind", &setup.id_token(&[]), &["--cluster-role", "probe", "--token", "-"]);
    assert!(ran.code == 0 && ran.out.contains("kind: ClusterRoleBinding\n"), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("- kind: User\n  apiGroup: rbac.authorization.k8s.io\n  name: oidc:jane\n"),
        "{}",
        ran.out
    );
    let ran = setup.judge("bind", "a.b.c", &["--cluster-role", "probe", "--token", "-"]);
    assert!(ran.code == 1 && ran.out.starts_with("refused: unrecognized: this is no JWT: "), "{}", ran.out);
}

#[test]
fn bind_warns_about_who_else_that_is() {
    let folder = manifests("bind_warns");
    let issuer = |url: &str, username: &str, groups: &str| {
        format!(
            "- issuer: {{url: '{url}', audiences: ['{url}']}}\n  claimMappings:\n    username: {username}\n    groups: {groups}\n"
        )
    };
    let config = folder.file(
        "authn.yaml",
        [
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n".to_owned(),
            issuer("https://a", "{claim: sub, prefix: 'a:'}", "{claim: groups, prefix: 'a:'}"),
            issuer("https://b", "{expression: '\"b:\" + claims.sub'}", "{claim: groups, prefix: ''}"),
            issuer("https://c", "{expression: 'claims.name'}", "{claim: groups, prefix: 'a:x'}"),
        ]
        .concat(),
    );
    for (arguments, codes, text) in [
        ("--user jane", &[][..], ""),
        ("--user a:jane", &["several_issuers"], "https://a and https://c (an expression decides)"),
        ("--user b:jane", &["several_issuers"], "https://b (an expression decides)"),
        ("--group b:devs", &[], ""),
        ("--group a:devs", &["several_issuers"], "https://a and https://b;"),
        ("--group a:xyz", &["several_issuers"], "https://a and https://b and https://c;"),
        ("--group system:nodes", &["system_subject"], "begins with system:"),
        ("--group system:authenticated", &["everybody"], "every service account"),
        ("--user system:anonymous", &["everybody"], "without any credential"),
        ("--service-account web:shop", &["several_issuers"], "system:serviceaccount:web:shop is not the cluster's"),
    ] {
        let options = ["bind", "--cluster-role", "probe", "--json", "--config", &config];
        let ran = run(options.into_iter().chain(arguments.split(' ')));
        let found = ran.json();
        let warnings = found["warnings"].as_array().unwrap();
        let found: Vec<_> = warnings.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!((ran.code, found.as_slice()), (0, codes), "{arguments}: {}", ran.out);
        assert!(warnings.iter().all(|one| one["message"].as_str().unwrap().contains(text)), "{arguments}: {}", ran.out);
    }
    // With closed mappings, a name that nobody gives has its prefix forgotten.
    let text = std::fs::read_to_string(&config).unwrap();
    let closed = folder.file("closed.yaml", text.split_once("- issuer: {url: 'https://b'").unwrap().0);
    let ran = run(["bind", "--cluster-role", "probe", "--group", "devs", "--config", &closed]);
    assert!(
        ran.err.contains("warning [no_issuer]: ") && ran.err.contains("perhaps \"a:devs\" is meant"),
        "{}",
        ran.err
    );

    for (arguments, code) in [
        ("bind --cluster-role nothing --user x", "missing_role"),
        ("bind --role reader -n shop --user x", "missing_role"),
        ("bind --cluster-role cluster-admin --user x", "everything"),
        ("bind --role reader -n web --user x --name readers", "twin"),
    ] {
        let ran = ask(&folder, arguments);
        assert!(ran.code == 0 && ran.err.contains(&format!("warning [{code}]: ")), "{arguments}: {}", ran.err);
        let ran = ask(&folder, &format!("{arguments} --deny-warnings"));
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{arguments}: {}", ran.err);
    }
    assert_eq!(ask(&folder, "bind --role reader -n web --user x --deny-warnings").code, 0);
}

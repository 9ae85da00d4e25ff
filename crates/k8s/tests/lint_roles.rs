#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
//! Warnings about roles and bindings, each with the rule or the subject that it is about.

use claimant_k8s::lint::{FileKind, Severity, lint_roles};
use claimant_k8s::rbac::Manifests;

const GOOD: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: ['']
  resources: [pods, pods/log]
  verbs: [get, list]
- apiGroups: ['']
  resources: [users]
  resourceNames: [jane]
  verbs: [list]
- nonResourceURLs: [/healthz]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'oidc:devs'}
";

/// `CODE LINE: what stands at the place`.
fn told(text: &str) -> Vec<String> {
    let mut manifests = Manifests::new();
    manifests.read("x.yaml", text.as_bytes());
    let one = |told: claimant_k8s::rbac::ManifestProblem| {
        assert_eq!(told.problem.severity, Severity::Warning, "{told}");
        let at: String = told.line.chars().skip(told.problem.place.column - 1).take(12).collect();
        format!("{} {}: {at}", told.problem.code, told.problem.place.line)
    };
    lint_roles(&manifests).into_iter().map(one).collect()
}

#[test]
fn what_a_role_or_a_binding_gives_too_much_is_told_at_its_place() {
    assert_eq!(told(GOOD), Vec::<String>::new());
    for (good, bad, expected) in [
        ("'oidc:devs'", "'system:authenticated'", "bound_to_everybody 20: 'system:auth"),
        ("'oidc:devs'", "'system:unauthenticated'", "bound_to_everybody 20: 'system:unau"),
        ("Group, name: 'oidc:devs'", "User, name: 'system:anonymous'", "bound_to_everybody 20: 'system:anon"),
        ("'oidc:devs'", "'system:serviceaccounts'", "bound_to_everybody 20: 'system:serv"),
        ("Group, name: 'oidc:devs'", "User, name: 'system:authenticated'", "nobody 20: 'system:auth"),
        ("'oidc:devs'", "'*'", "nobody 20: '*'}"),
        ("verbs: [get, list]", "verbs: [get, '*']", "wildcard_verbs 7: '*']"),
        ("[pods, pods/log]", "['*']", "wildcard_resources 6: '*']"),
        ("apiGroups: ['']\n  resources: [pods", "apiGroups: ['*']\n  resources: [pods", "wildcard_groups 5: '*']"),
        ("[/healthz]", "['*']", "wildcard_urls 12: '*']"),
        ("[/healthz]", "['/*']", "wildcard_urls 12: '/*']"),
        ("verbs: [list]", "verbs: [impersonate]", "escalation 11: impersonate]"),
        ("verbs: [get, list]", "verbs: [get, bind]", "escalation 7: bind]"),
        ("verbs: [get, list]", "verbs: [escalate]", "escalation 7: escalate]"),
        ("name: reader}\nsubjects", "name: raeder}\nsubjects", "missing_role 18: raeder}"),
        ("kind: ClusterRole, name: reader", "kind: Role, name: reader", "missing_role 18: reader}"),
        ("ClusterRole, name: reader", "ClusterRole, name: cluster-admin", "cluster_admin 18: cluster-admi"),
        ("verbs: [get, list]", "verbs: [get, 'li*']", "no_effect 7: 'li*']"),
        ("verbs: [get, list]", "verbs: [get, List]", "no_effect 7: List]"),
        ("verbs: [get, list]", "verbs: [get, ' list']", "no_effect 7: ' list']"),
        ("pods/log]", "pods/*]", "no_effect 6: pods/*]"),
        ("pods/log]", "Deployment]", "no_effect 6: Deployment]"),
        ("apiGroups: ['']", "apiGroups: [core]", "no_effect 5: core]"),
        ("apiGroups: ['']", "apiGroups: [apps/v1]", "no_effect 5: apps/v1]"),
        ("[/healthz]", "['/a/*/b']", "no_effect 12: '/a/*/b']"),
        ("[/healthz]", "[healthz]", "no_effect 12: healthz]"),
        ("verbs: [list]", "verbs: [create]", "no_effect 11: create]"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        assert_eq!(told(&GOOD.replacen(good, bad, 1)), [expected], "{bad}");
    }
    // Roles that every cluster has are nowhere written.
    for role in ["view", "system:node"] {
        assert_eq!(
            told(&GOOD.replace("ClusterRole, name: reader", &format!("ClusterRole, name: '{role}'"))),
            Vec::<String>::new()
        );
    }
    assert_eq!(told(&GOOD.replace("pods/log]", "'*/log']")), Vec::<String>::new());
}

#[test]
fn the_message_says_what_is_meant_and_where_the_role_is() {
    let said = |text: &str| {
        let mut manifests = Manifests::new();
        manifests.read("x.yaml", text.as_bytes());
        lint_roles(&manifests).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let missing = said(&GOOD.replace("kind: ClusterRole, name: reader", "kind: Role, name: reader"));
    assert!(missing.contains("there is no Role \"reader\" in namespace web"), "{missing}");
    assert!(missing.contains("there is a ClusterRole of this name"), "{missing}");
    let broken = said(&GOOD.replacen("verbs: [get, list]", "verbs: get", 1));
    let lines: Vec<&str> = broken.lines().collect();
    assert!(
        lines[0].starts_with("x.yaml:7:10: document 1: ClusterRole reader: rules[0].verbs: must be a list"),
        "{broken}"
    );
    // A role that is refused is not there.
    assert!(lines[1].starts_with("x.yaml:18:"), "{broken}");
}

#[test]
fn a_file_is_known_by_what_it_holds() {
    let config = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";
    for (text, kind) in [
        (GOOD.to_owned(), FileKind::Manifests),
        (format!("kind: Service\n---\n{GOOD}"), FileKind::Manifests),
        ("apiVersion: v1\nkind: RoleBinding\n".to_owned(), FileKind::Manifests),
        (config.to_owned(), FileKind::Configuration),
        (format!("{config}---\n{GOOD}"), FileKind::Configuration),
        (format!("kind: ConfigMap\ndata:\n  a: |\n    {}", config.replace('\n', "\n    ")), FileKind::Configuration),
        ("kind: Service\n".to_owned(), FileKind::Other),
        ("{".to_owned(), FileKind::Other),
    ] {
        assert_eq!(FileKind::of(text.as_bytes()), kind, "{text}");
    }
}

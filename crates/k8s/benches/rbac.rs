#![allow(clippy::unwrap_used, missing_docs)]
//! How long a decision takes: `cargo bench -p claimant-k8s --bench rbac`. `conformance/oracle/rbacbench` measures
//! the API server's authorizer over the same objects.

use claimant_k8s::UserInfo;
use claimant_k8s::rbac::{Attributes, Authorizer, Object, Objects, Target};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const ROLES: usize = 1_000;
const RULES_OF_A_ROLE: usize = 10;
const NAMESPACES: usize = 100;
const GROUPS_OF_THE_USER: usize = 20;
const SAMPLES: usize = 51;

fn main() {
    println!(
        "{} rules, a user in {GROUPS_OF_THE_USER} groups; nanoseconds, median of {SAMPLES}",
        ROLES * RULES_OF_A_ROLE
    );
    println!("bindings  bound to the user  allow  no opinion  build (ms)");
    for (bindings, concerning) in [(1_000, 1), (1_000, 20), (10_000, 1), (10_000, 20), (100_000, 20), (10_000, 200)] {
        let objects = objects(bindings, concerning);
        let start = Instant::now();
        let authorizer = Authorizer::new(&objects);
        let build = start.elapsed().as_millis();
        let user = user();
        let last = format!("r{}", concerning - 1);
        let allow = time(&authorizer, &user, &attributes(&last));
        let none = time(&authorizer, &user, &attributes("nothing"));
        assert!(authorizer.can(&user, &attributes(&last)).is_allowed());
        assert!(!authorizer.can(&user, &attributes("nothing")).is_allowed());
        println!("{bindings:>8}  {concerning:>17}  {allow:>5}  {none:>10}  {build:>10}");
    }
}

/// The resource `r…` is only allowed by the last rule of one role, which the last binding of the user gives.
fn attributes(resource: &str) -> Attributes<'_> {
    let target = Target::Resource { api_group: "apps", resource, subresource: "", name: "x" };
    Attributes { verb: "get", namespace: "n0", target }
}

fn time(authorizer: &Authorizer, user: &UserInfo, attributes: &Attributes<'_>) -> u128 {
    const TURNS: u32 = 1_000;
    let mut samples: Vec<u128> = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..TURNS {
                black_box(black_box(authorizer).can(black_box(user), black_box(attributes)).is_allowed());
            }
            start.elapsed().as_nanos() / u128::from(TURNS)
        })
        .collect();
    samples.sort_unstable();
    samples.get(SAMPLES / 2).copied().unwrap()
}

fn user() -> UserInfo {
    UserInfo {
        username: "system:serviceaccount:n0:me".to_owned(),
        groups: (0..GROUPS_OF_THE_USER).map(|i| format!("oidc:team-{i}")).collect(),
        ..UserInfo::default()
    }
}

/// Role `i` allows the resource `ri`, in its last rule. The first `concerning` bindings mean the user's groups by
/// turns, every second one in the namespace `n0`; all the others mean others, everywhere.
fn objects(bindings: usize, concerning: usize) -> Objects {
    let mut objects = Objects::new();
    let mut insert = |kind: &str, mut object: Value| {
        let map = object.as_object_mut().unwrap();
        map.insert("apiVersion".to_owned(), "rbac.authorization.k8s.io/v1".into());
        map.insert("kind".to_owned(), kind.into());
        objects.insert(Object::from_value(object).unwrap()).unwrap();
    };
    for i in 0..ROLES {
        let mut rules: Vec<Value> = (1..RULES_OF_A_ROLE)
            .map(|j| json!({"apiGroups": ["apps"], "resources": [format!("r{i}-{j}")], "verbs": ["get", "list"]}))
            .collect();
        rules.push(json!({"apiGroups": ["apps"], "resources": [format!("r{i}")], "verbs": ["list", "get"]}));
        insert("ClusterRole", json!({"metadata": {"name": format!("role-{i}")}, "rules": rules}));
    }
    for i in 0..bindings {
        let group = if i < concerning { i % GROUPS_OF_THE_USER } else { GROUPS_OF_THE_USER + i };
        let reference = json!({"kind": "ClusterRole", "name": format!("role-{}", i % ROLES)});
        let subjects = json!([{"kind": "Group", "name": format!("oidc:team-{group}")},
            {"kind": "User", "name": format!("user-{i}")}]);
        let name = format!("binding-{i:06}");
        if i % 2 == 0 {
            insert(
                "ClusterRoleBinding",
                json!({"metadata": {"name": name}, "roleRef": reference, "subjects": subjects}),
            );
        } else {
            let namespace = if i < concerning { 0 } else { i % NAMESPACES };
            insert(
                "RoleBinding",
                json!({"metadata": {"name": name, "namespace": format!("n{namespace}")}, "roleRef": reference,
                    "subjects": subjects}),
            );
        }
    }
    objects
}

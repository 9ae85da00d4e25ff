#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! What must not cost memory.

use allocation_counter::measure;
use claimant_k8s::UserInfo;
use claimant_k8s::rbac::{Attributes, Authorizer, Object, Objects, Target};
use serde_json::json;

/// A binding of each kind for each of `count` groups, and one for the user of each.
fn authorizer(count: usize) -> Authorizer {
    let mut objects = Objects::new();
    let mut insert = |kind: &str, mut object: serde_json::Value| {
        object["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
        object["kind"] = kind.into();
        objects.insert(Object::from_value(object).unwrap()).unwrap();
    };
    insert(
        "ClusterRole",
        json!({"metadata": {"name": "reader"}, "rules": [
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["update"]},
            {"apiGroups": [""], "resources": ["pods/log"], "resourceNames": ["x"], "verbs": ["get"]},
            {"nonResourceURLs": ["/logs/*"], "verbs": ["get"]}]}),
    );
    let reference = json!({"kind": "ClusterRole", "name": "reader"});
    for i in 0..count {
        let subjects = json!([{"kind": "Group", "name": format!("g{i}")}, {"kind": "User", "name": format!("u{i}")}]);
        insert(
            "ClusterRoleBinding",
            json!({"metadata": {"name": format!("b{i}")}, "roleRef": reference, "subjects": subjects}),
        );
        insert(
            "RoleBinding",
            json!({"metadata": {"name": format!("b{i}"), "namespace": "web"}, "roleRef": reference,
                "subjects": [{"kind": "ServiceAccount", "name": format!("s{i}")}]}),
        );
    }
    Authorizer::new(&objects)
}

fn user(name: &str, groups: usize) -> UserInfo {
    UserInfo {
        username: name.to_owned(),
        groups: (0..groups).rev().map(|i| format!("g{i}")).collect(),
        ..UserInfo::default()
    }
}

#[test]
fn to_allow_allocates_nothing() {
    let authorizer = authorizer(50);
    let log = |name| Target::Resource { api_group: "", resource: "pods", subresource: "log", name };
    for (user, target) in [
        (user("nobody", 20), log("x")),
        (user("u7", 0), log("x")),
        (user("system:serviceaccount:web:s9", 0), log("x")),
        (user("u7", 3), Target::Path("/logs/a")),
    ] {
        let attributes = Attributes { verb: "get", namespace: "web", target };
        let mut allowed = false;
        let count = measure(|| allowed = authorizer.can(&user, &attributes).is_allowed()).count_total;
        assert_eq!((allowed, count), (true, 0), "{user:?} {target:?}");
    }
    let attributes = Attributes { verb: "get", namespace: "web", target: log("y") };
    let user = user("u7", 20);
    let mut allowed = true;
    let count = measure(|| allowed = authorizer.can(&user, &attributes).is_allowed()).count_total;
    assert_eq!((allowed, count), (false, 0), "no opinion, where no role is missing");
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![0u8; 8]))).count_total, 1);
}

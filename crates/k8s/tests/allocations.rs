#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! What must not cost memory.

mod common;

use allocation_counter::measure;
use claimant_core::{Bearer, Buffer, Limits};
use claimant_k8s::rbac::{Attributes, Authorizer, Object, Objects, Target};
use claimant_k8s::{Authenticator as _, UserInfo};
use common::{NOW, claims, key, oidc, set};
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

/// Two rules in CEL, and user name and groups by claim or by CEL: what is allocated is the user, and nothing else.
#[test]
fn a_token_is_judged_with_the_allocations_of_its_user_alone() {
    let key = key("k");
    let rules = json!([{"expression": "claims.email_verified == true && claims.hd == 'example.com'"},
        {"expression": "claims.exp - claims.iat <= 3600"}]);
    let of_claims = json!({"username": {"prefix": "oidc:"}, "groups": {"claim": "groups", "prefix": "oidc:"},
        "uid": {"claim": "jti"}});
    let of_cel = json!({"username": {"claim": "", "prefix": null, "expression": "claims.sub"},
        "groups": {"expression": "claims.groups"}, "uid": {"expression": "claims.jti"}});
    for mappings in [of_claims, of_cel] {
        let one = oidc("https://a", set(&[&key]), json!({"claimMappings": mappings, "claimValidationRules": rules}));
        for count in [0, 1, 5, 200] {
            let groups: Vec<_> = (0..count).map(|i| format!("group-{i}")).collect();
            let own = json!({"groups": groups, "email_verified": true, "hd": "example.com", "jti": "4711"});
            let token = key.sign(&claims("https://a", own)).unwrap();
            let mut buffer = Buffer::new();
            let mut judge = || {
                let bearer = Bearer::read(&token, &mut buffer, &Limits::default()).unwrap();
                one.judge(&bearer, NOW).unwrap()
            };
            let who = judge();
            assert_eq!(who.user.groups.len(), count);
            let whole = measure(|| drop(judge())).count_total;
            let user = measure(|| drop(std::hint::black_box(who.user.clone()))).count_total;
            assert_eq!(whole, user, "{count} groups");
        }
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![0u8; 8]))).count_total, 1);
}

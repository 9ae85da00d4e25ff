//! What holds for all sets of roles and bindings.

use claimant_k8s::UserInfo;
use claimant_k8s::rbac::{Attributes, Authorizer, Grant, Holder, Object, Objects, Target};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const NAMESPACES: [&str; 3] = ["", "a", "b"];
const USERS: [&str; 4] = ["u", "v", "system:serviceaccount:a:s", "system:serviceaccount:b:s"];
const GROUPS: [&str; 3] = ["g", "h", "u"];
const VERBS: [&str; 5] = ["get", "get", "list", "*", ""];
const RESOURCES: [&str; 5] = ["pods", "pods/log", "*", "*/log", "pods/*"];

fn some(words: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(words, 1..=words.len().min(2))
}

fn rule(paths: bool) -> BoxedStrategy<Value> {
    let resources = (some(&["get", "list", "*", ""]), some(&["", "*", "apps"]), some(&RESOURCES), subsequence(&["x", ""][..], 0..2))
        .prop_map(|(verbs, groups, resources, names)| {
            json!({"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names})
        });
    let urls = (some(&["get", "*", "list"]), some(&["/", "/a", "/a*", "*", "/a/*"]))
        .prop_map(|(verbs, urls)| json!({"verbs": verbs, "nonResourceURLs": urls}));
    if paths { prop_oneof![3 => resources, 1 => urls].boxed() } else { resources.boxed() }
}

/// Kind, name and body of an object; the namespace is `a` or `b` where there is one.
fn role() -> impl Strategy<Value = Value> {
    let name = select(&["r", "s"][..]);
    let labels = select(&["x", "y", "z"][..]);
    let own = (name.clone(), select(&NAMESPACES[1..]), prop::collection::vec(rule(false), 0..5))
        .prop_map(|(name, namespace, rules)| json!({"kind": "Role", "metadata": {"name": name, "namespace": namespace}, "rules": rules}));
    let cluster = (name, labels.clone(), prop::option::weighted(0.3, labels), prop::collection::vec(rule(true), 0..5))
        .prop_map(|(name, label, takes, rules)| {
            let aggregation = takes.map(|label| json!({"clusterRoleSelectors": [{"matchLabels": {"l": label}}]}));
            json!({"kind": "ClusterRole", "metadata": {"name": name, "labels": {"l": label}}, "rules": rules,
                "aggregationRule": aggregation})
        });
    prop_oneof![own, cluster]
}

fn binding() -> impl Strategy<Value = Value> {
    let subject = prop_oneof![
        select(&USERS[..]).prop_map(|name| json!({"kind": "User", "name": name})),
        select(&GROUPS[..]).prop_map(|name| json!({"kind": "Group", "name": name})),
        select(&NAMESPACES[1..])
            .prop_map(|namespace| json!({"kind": "ServiceAccount", "name": "s", "namespace": namespace})),
    ];
    let subjects = prop::collection::vec(subject, 0..5);
    let names = (0..6usize).prop_map(|i| format!("b{i}"));
    (
        names,
        select(&NAMESPACES[..]),
        select(&["Role", "ClusterRole"][..]),
        select(&["r", "r", "s", "s", "gone"][..]),
        subjects,
    )
        .prop_map(|(name, namespace, kind, role, subjects)| match namespace {
            "" => json!({"kind": "ClusterRoleBinding", "metadata": {"name": name},
                "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects}),
            _ => json!({"kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace},
                "roleRef": {"kind": kind, "name": role}, "subjects": subjects}),
        })
}

/// Objects, of which no two have the same kind and name.
fn set() -> impl Strategy<Value = Vec<Object>> {
    let parts = (prop::collection::vec(role(), 0..10), prop::collection::vec(binding(), 0..16));
    parts.prop_map(|(mut values, bindings)| {
        values.extend(bindings);
        let key = |v: &Value| {
            (v["kind"].to_string(), v["metadata"]["namespace"].to_string(), v["metadata"]["name"].to_string())
        };
        values.sort_by_key(key);
        values.dedup_by_key(|v| key(v));
        values.into_iter().map(read).collect()
    })
}

fn read(mut value: Value) -> Object {
    value["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
    Object::from_value(value).unwrap()
}

fn user() -> impl Strategy<Value = UserInfo> {
    (select(&USERS[..]), subsequence(&GROUPS[..], 0..=3)).prop_map(|(name, groups)| super::user(name, &groups))
}

fn request() -> impl Strategy<Value = Attributes<'static>> {
    let resource = (
        select(&["", "", "apps"][..]),
        select(&["pods", "pods", "pods", "nodes", "*"][..]),
        select(&["", "log", "", "*"][..]),
        select(&["", "x", "x", "*"][..]),
    )
        .prop_map(|(api_group, resource, subresource, name)| Target::Resource {
            api_group,
            resource,
            subresource,
            name,
        });
    let path = select(&["/", "/a", "/ab", "/a/", "*"][..]).prop_map(Target::Path);
    (select(&VERBS[..]), select(&NAMESPACES[..]), prop_oneof![3 => resource, 1 => path])
        .prop_map(|(verb, namespace, target)| Attributes { verb, namespace, target })
}

fn authorizer<'a>(list: impl IntoIterator<Item = &'a Object>) -> Authorizer {
    let mut objects = Objects::new();
    list.into_iter().for_each(|object| objects.insert(object.clone()).unwrap());
    Authorizer::new(&objects.aggregated())
}

fn means(grant: &Grant<'_>, user: &UserInfo) -> bool {
    match grant.holder() {
        Some(Holder::User(name)) => user.username == name,
        Some(Holder::Group(name)) => user.groups.iter().any(|group| group == name),
        Some(Holder::ServiceAccount { namespace, name }) => {
            user.username == format!("system:serviceaccount:{namespace}:{name}")
        }
        None => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_objects_never_counts(
        (list, shuffled) in set().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        user in user(),
        request in request(),
    ) {
        let (one, other) = (authorizer(&list), authorizer(&shuffled));
        prop_assert_eq!(one.can(&user, &request), other.can(&user, &request));
        prop_assert_eq!(one.rules_for(&user, request.namespace), other.rules_for(&user, request.namespace));
        prop_assert_eq!(one.who_can(&request), other.who_can(&request));
    }

    #[test]
    fn one_more_binding_never_takes_a_right_away(
        list in set(),
        more in binding(),
        user in user(),
        request in request(),
    ) {
        let more = read(more);
        let same = |o: &&Object| {
            let (a, b) = (o.metadata(), more.metadata());
            (o.kind(), &a.namespace, &a.name) == (more.kind(), &b.namespace, &b.name)
        };
        prop_assume!(!list.iter().any(|o| same(&o)));
        if authorizer(&list).can(&user, &request).is_allowed() {
            prop_assert!(authorizer(list.iter().chain([&more])).can(&user, &request).is_allowed());
        }
    }

    #[test]
    fn who_can_and_can_agree(list in set(), user in user(), request in request()) {
        let authorizer = authorizer(&list);
        let who = authorizer.who_can(&request);
        prop_assert_eq!(
            authorizer.can(&user, &request).is_allowed(),
            who.iter().any(|grant| means(grant, &user))
        );
        for grant in &who {
            prop_assert!(grant.rule().unwrap().allows(&request));
        }
    }

    #[test]
    fn a_user_may_do_what_one_of_the_rules_for_the_user_allows(list in set(), user in user(), request in request()) {
        let authorizer = authorizer(&list);
        let rules = authorizer.rules_for(&user, request.namespace);
        let mut all = rules.resource_rules.iter().chain(&rules.non_resource_rules);
        prop_assert_eq!(authorizer.can(&user, &request).is_allowed(), all.any(|rule| rule.allows(&request)));
    }
}

#[test]
fn the_sets_are_not_too_dull() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut allowed = 0;
    for _ in 0..1000 {
        let (list, user, request) = (set(), user(), request()).new_tree(&mut runner).unwrap().current();
        allowed += usize::from(authorizer(&list).can(&user, &request).is_allowed());
    }
    assert!((80..900).contains(&allowed), "{allowed}");
}

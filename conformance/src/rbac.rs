//! Roles and bindings, against the verdicts of the API server's RBAC authorizer.

use crate::score::Tally;
use claimant_k8s::rbac::{Attributes, Authorizer, Decision, Object, Objects, PolicyRule, Subject, Target};
use claimant_k8s::{ConfigError, UserInfo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn replay(suite: &Value, tally: &mut Tally) {
    let objects = load(suite, tally);
    aggregated(suite, &objects, tally);
    let authorizer = Authorizer::new(&objects);
    for case in list(&suite["cases"]) {
        let ours = authorizer.can(&user(&case["user"]), &attributes(&case["request"]));
        tally.verdict(&label(suite, &text(&case["name"])), &case["expect"], &ours);
    }
    for (i, question) in list(&suite["rules"]).enumerate() {
        let ours = authorizer.rules_for(&user(&question["user"]), str(&question["namespace"]));
        let sets = [
            (&question["resourceRules"], ours.resource_rules),
            (&question["nonResourceRules"], ours.non_resource_rules),
        ];
        let differ = compare(sets.map(|(theirs, ours)| (list(theirs).map(rule).collect::<Vec<_>>(), ours)));
        tally.sets(&label(suite, &format!("rules {i}")), differ);
        if question["incomplete"] != ours.incomplete
            || question["error"].is_string() == ours.evaluation_error.is_empty()
        {
            tally.sets(&label(suite, &format!("rules {i}: incomplete or error")), Differ { more: true, less: true });
        }
    }
    for (i, question) in list(&suite["whoCan"]).enumerate() {
        let super_user = question["superUser"].as_str();
        let ours = authorizer.allowed_subjects(&attributes(&question["request"]), super_user);
        let theirs = list(&question["subjects"]).map(subject).collect::<Vec<_>>();
        tally.sets(&label(suite, &format!("whoCan {i}")), compare([(theirs, ours)]));
    }
}

/// What one side has and the other has not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Differ {
    /// We have what they have not.
    pub(crate) more: bool,
    /// They have what we have not.
    pub(crate) less: bool,
}

/// The objects that we do not refuse. Each object that either side refuses is scored.
fn load(suite: &Value, tally: &mut Tally) -> Objects {
    let checked = suite["load"] == "checked";
    let mut objects = Objects::new();
    let kinds = [
        ("roles", "Role"),
        ("clusterRoles", "ClusterRole"),
        ("roleBindings", "RoleBinding"),
        ("clusterRoleBindings", "ClusterRoleBinding"),
    ];
    for (member, kind) in kinds {
        for (index, object) in list(&suite["objects"][member]).enumerate() {
            let refused = list(&suite["refused"]).find(|r| r["kind"] == kind && r["index"] == index);
            let ours = Object::from_value(object.clone()).and_then(|object| match checked {
                true => objects.insert(object),
                false => objects.insert_stored(object),
            });
            if refused.is_some() || ours.is_err() {
                let name = label(suite, &format!("{kind} {index}"));
                tally.object(&name, refused.is_some(), ours.as_ref().err().map(ToString::to_string));
                if let (Some(theirs), Err(ConfigError::Invalid(fields))) = (refused, &ours) {
                    let ours: BTreeSet<_> = fields.iter().map(|field| field.path.as_str()).collect();
                    let theirs: BTreeSet<_> = list(&theirs["causes"]).map(|cause| str(&cause["field"])).collect();
                    tally.fields(&name, &theirs, &ours);
                }
            }
        }
    }
    if checked { objects.aggregated() } else { objects }
}

fn aggregated(suite: &Value, objects: &Objects, tally: &mut Tally) {
    for (name, theirs) in suite["aggregated"].as_object().into_iter().flatten() {
        let ours: BTreeSet<_> = objects.cluster_role(name).into_iter().flat_map(|role| role.rules.clone()).collect();
        let theirs: BTreeSet<_> = list(theirs).map(rule).collect();
        let differ = compare([(theirs.into_iter().collect(), ours.into_iter().collect())]);
        // Who is first is open there; the cases have both verdicts.
        if suite["orderDependent"] == true && (differ.more || differ.less) {
            continue;
        }
        tally.sets(&label(suite, &format!("the rules of {name}")), differ);
    }
}

/// Multisets.
fn compare<T: Ord, const N: usize>(pairs: [(Vec<T>, Vec<T>); N]) -> Differ {
    let mut differ = Differ::default();
    for (theirs, ours) in pairs {
        let mut counts: BTreeMap<T, i64> = BTreeMap::new();
        theirs.into_iter().for_each(|one| *counts.entry(one).or_default() -= 1);
        ours.into_iter().for_each(|one| *counts.entry(one).or_default() += 1);
        differ.more |= counts.values().any(|count| *count > 0);
        differ.less |= counts.values().any(|count| *count < 0);
    }
    differ
}

impl Tally {
    fn verdict(&mut self, case: &str, expect: &Value, ours: &Decision<'_>) {
        let allowed = |verdict: &str| verdict == "allow";
        let theirs = allowed(str(&expect["verdict"]));
        let other = expect["otherOrder"].as_str().map(allowed);
        let note = match ours {
            Decision::Allow(grant) => format!("they: {}, we: {grant}", expect["verdict"]),
            Decision::NoOpinion(why) => format!("they: {}, we have no opinion {why}", expect["reason"]),
        };
        let differ = match (ours.is_allowed(), theirs) {
            (ours, theirs) if ours == theirs || Some(ours) == other => Differ::default(),
            (ours, _) => Differ { more: ours, less: !ours },
        };
        self.sets(&format!("{case}: {note}"), differ);
    }

    fn object(&mut self, object: &str, theirs: bool, ours: Option<String>) {
        let note = format!("{object}: {}", ours.as_deref().unwrap_or("they refuse it, we load it"));
        self.sets(&note, Differ { more: theirs && ours.is_none(), less: !theirs && ours.is_some() });
    }

    /// Both refuse; the fields must be the same, or somebody is told something else.
    fn fields(&mut self, object: &str, theirs: &BTreeSet<&str>, ours: &BTreeSet<&str>) {
        if theirs != ours {
            let note = format!("{object}: fields: they {theirs:?}, we {ours:?}");
            self.sets(&note, Differ { more: true, less: true });
        }
    }

    pub(crate) fn sets(&mut self, what: &str, differ: Differ) {
        let (count, word) = match (differ.more, differ.less) {
            (false, false) => return self.same += 1,
            (true, false) => (&mut self.looser, "looser"),
            (false, true) => (&mut self.stricter_unnamed, "stricter without a name"),
            (true, true) => (&mut self.other_user, "other user"),
        };
        *count += 1;
        self.notes.push(format!("{word}: {what}"));
    }
}

fn label(suite: &Value, what: &str) -> String {
    format!("{}: {what}", str(&suite["name"]))
}

fn user(value: &Value) -> UserInfo {
    UserInfo {
        username: text(&value["username"]),
        uid: text(&value["uid"]),
        groups: texts(&value["groups"]),
        ..UserInfo::default()
    }
}

fn attributes(request: &Value) -> Attributes<'_> {
    let target = match request["resourceRequest"] == true {
        true => Target::Resource {
            api_group: str(&request["apiGroup"]),
            resource: str(&request["resource"]),
            subresource: str(&request["subresource"]),
            name: str(&request["name"]),
        },
        false => Target::Path(str(&request["path"])),
    };
    Attributes { verb: str(&request["verb"]), namespace: str(&request["namespace"]), target }
}

fn rule(value: &Value) -> PolicyRule {
    PolicyRule {
        verbs: texts(&value["verbs"]),
        api_groups: texts(&value["apiGroups"]),
        resources: texts(&value["resources"]),
        resource_names: texts(&value["resourceNames"]),
        non_resource_urls: texts(&value["nonResourceURLs"]),
    }
}

fn subject(value: &Value) -> Subject {
    Subject {
        kind: text(&value["kind"]),
        api_group: text(&value["apiGroup"]),
        name: text(&value["name"]),
        namespace: text(&value["namespace"]),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn str(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn text(value: &Value) -> String {
    str(value).to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).map(text).collect()
}

//! The members of roles and bindings, of their metadata and of lists.

use crate::lint::shape::{Member, Shape, Words};

pub(super) const KINDS: [&str; 4] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];

/// What an object of this kind holds.
pub(super) fn of(kind: &str) -> Option<&'static [Member]> {
    match kind {
        "Role" => Some(ROLE),
        "ClusterRole" => Some(CLUSTER_ROLE),
        "RoleBinding" | "ClusterRoleBinding" => Some(BINDING),
        _ => None,
    }
}

pub(super) const WORDS: Words = Words { meant: MEANT, objects: OBJECTS };

const ROLE: &[Member] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("metadata", Shape::Object(METADATA)),
    ("rules", Shape::Objects(RULE)),
];
const CLUSTER_ROLE: &[Member] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("metadata", Shape::Object(METADATA)),
    ("rules", Shape::Objects(RULE)),
    ("aggregationRule", Shape::Object(AGGREGATION)),
];
const BINDING: &[Member] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("metadata", Shape::Object(METADATA)),
    ("subjects", Shape::Objects(SUBJECT)),
    ("roleRef", Shape::Object(ROLE_REF)),
];
const RULE: &[Member] = &[
    ("verbs", Shape::Texts),
    ("apiGroups", Shape::Texts),
    ("resources", Shape::Texts),
    ("resourceNames", Shape::Texts),
    ("nonResourceURLs", Shape::Texts),
];
const SUBJECT: &[Member] =
    &[("kind", Shape::Text), ("apiGroup", Shape::Text), ("name", Shape::Text), ("namespace", Shape::Text)];
const ROLE_REF: &[Member] = &[("apiGroup", Shape::Text), ("kind", Shape::Text), ("name", Shape::Text)];
const AGGREGATION: &[Member] = &[("clusterRoleSelectors", Shape::Objects(SELECTOR))];
const SELECTOR: &[Member] = &[("matchLabels", Shape::TextMap), ("matchExpressions", Shape::Objects(REQUIREMENT))];
const REQUIREMENT: &[Member] = &[("key", Shape::Text), ("operator", Shape::Text), ("values", Shape::Texts)];
const METADATA: &[Member] = &[
    ("name", Shape::Text),
    ("generateName", Shape::Text),
    ("namespace", Shape::Text),
    ("labels", Shape::TextMap),
    ("annotations", Shape::TextMap),
    ("finalizers", Shape::Texts),
    ("ownerReferences", Shape::Objects(OWNER)),
    ("generation", Shape::Number),
    ("uid", Shape::Text),
    ("resourceVersion", Shape::Text),
    ("selfLink", Shape::Text),
    // A time without quotes is text to YAML as the API server reads it.
    ("creationTimestamp", Shape::Text),
    ("deletionTimestamp", Shape::Text),
    ("deletionGracePeriodSeconds", Shape::Number),
    ("managedFields", Shape::Any),
];
const OWNER: &[Member] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("uid", Shape::Text),
    ("controller", Shape::Bool),
    ("blockOwnerDeletion", Shape::Bool),
];

/// Every object, by the name that it goes by.
const OBJECTS: &[(&str, &[Member])] = &[
    ("the object itself", CLUSTER_ROLE),
    ("a binding", BINDING),
    ("metadata", METADATA),
    ("rules[]", RULE),
    ("subjects[] and roleRef", SUBJECT),
    ("aggregationRule", AGGREGATION),
    ("aggregationRule.clusterRoleSelectors[]", SELECTOR),
    ("aggregationRule.clusterRoleSelectors[].matchExpressions[]", REQUIREMENT),
];

/// Names that people write for another.
const MEANT: &[(&str, &str)] = &[
    ("subject", "subjects"),
    ("users", "subjects"),
    ("groups", "subjects"),
    ("role", "roleRef"),
    ("ref", "roleRef"),
    ("rolerefs", "roleRef"),
    ("rule", "rules"),
    ("policyrules", "rules"),
    ("verb", "verbs"),
    ("actions", "verbs"),
    ("group", "apiGroups"),
    ("groups", "apiGroups"),
    ("apigroup", "apiGroups"),
    ("apigroups", "apiGroup"),
    ("apiversion", "apiGroup"),
    ("apiversion", "apiGroups"),
    ("group", "apiGroup"),
    ("resource", "resources"),
    ("resourcename", "resourceNames"),
    ("names", "resourceNames"),
    ("name", "resourceNames"),
    ("urls", "nonResourceURLs"),
    ("nonresourceurl", "nonResourceURLs"),
    ("paths", "nonResourceURLs"),
    ("type", "kind"),
    ("user", "name"),
    ("username", "name"),
    ("ns", "namespace"),
    ("selectors", "clusterRoleSelectors"),
    ("clusterroleselector", "clusterRoleSelectors"),
];

//! What the API server refuses (pkg/apis/rbac/validation), with the same paths of fields.

use super::metadata::{labels, metadata, object_name};
use super::types::{
    API_GROUP, AggregationRule, ClusterRole, ClusterRoleBinding, LabelSelector, LabelSelectorRequirement, PolicyRule,
    Role, RoleBinding, RoleRef, Subject,
};
use crate::FieldError;
use crate::names::{is_label_value, is_qualified, is_subdomain};

type Errors = Vec<FieldError>;

pub(super) fn role(role: &Role, errors: &mut Errors) {
    metadata(&role.metadata, true, errors);
    rules(&role.rules, true, errors);
}

pub(super) fn cluster_role(role: &ClusterRole, errors: &mut Errors) {
    metadata(&role.metadata, false, errors);
    rules(&role.rules, false, errors);
    if let Some(rule) = &role.aggregation_rule {
        aggregation(rule, errors);
    }
}

pub(super) fn role_binding(binding: &RoleBinding, errors: &mut Errors) {
    metadata(&binding.metadata, true, errors);
    role_ref(&binding.role_ref, true, errors);
    subjects(&binding.subjects, true, errors);
}

pub(super) fn cluster_role_binding(binding: &ClusterRoleBinding, errors: &mut Errors) {
    metadata(&binding.metadata, false, errors);
    role_ref(&binding.role_ref, false, errors);
    subjects(&binding.subjects, false, errors);
}

/// Whether the selector can be understood at all.
pub(super) fn is_selector(selector: &LabelSelector) -> bool {
    let mut errors = Vec::new();
    check_selector(selector, "", &mut errors);
    errors.is_empty()
}

fn rules(rules: &[PolicyRule], namespaced: bool, errors: &mut Errors) {
    for (i, rule) in rules.iter().enumerate() {
        let mut need = |list: &[String], field: &str| {
            if list.is_empty() {
                push(errors, &format!("rules[{i}].{field}"), "at least one is required");
            }
        };
        need(&rule.verbs, "verbs");
        if rule.non_resource_urls.is_empty() {
            need(&rule.api_groups, "apiGroups");
            need(&rule.resources, "resources");
            continue;
        }
        let path = format!("rules[{i}].nonResourceURLs");
        if namespaced {
            push(errors, &path, "a Role cannot allow paths, which are in no namespace");
        }
        if [&rule.api_groups, &rule.resources, &rule.resource_names].iter().any(|list| !list.is_empty()) {
            push(errors, &path, "a rule is for resources or for paths, not for both");
        }
    }
}

fn aggregation(rule: &AggregationRule, errors: &mut Errors) {
    if rule.cluster_role_selectors.is_empty() {
        push(errors, "aggregationRule.clusterRoleSelectors", "at least one is required");
    }
    for (i, selector) in rule.cluster_role_selectors.iter().enumerate() {
        let path = format!("aggregationRule.clusterRoleSelectors[{i}]");
        let before = errors.len();
        check_selector(selector, &path, errors);
        if errors.len() > before {
            push(errors, &path, "invalid label selector");
        }
    }
}

fn check_selector(selector: &LabelSelector, path: &str, errors: &mut Errors) {
    labels(&selector.match_labels, &format!("{path}.matchLabels"), errors);
    for (i, requirement) in selector.match_expressions.iter().enumerate() {
        check_requirement(requirement, &format!("{path}.matchExpressions[{i}]"), errors);
    }
}

fn check_requirement(requirement: &LabelSelectorRequirement, path: &str, errors: &mut Errors) {
    match (requirement.operator.as_str(), requirement.values.is_empty()) {
        ("In" | "NotIn", true) => push(errors, &format!("{path}.values"), "required for In and NotIn"),
        ("Exists" | "DoesNotExist", false) => {
            push(errors, &format!("{path}.values"), "not allowed for Exists and DoesNotExist");
        }
        ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {}
        _ => push(errors, &format!("{path}.operator"), "must be In, NotIn, Exists or DoesNotExist"),
    }
    if !is_qualified(&requirement.key) {
        push(errors, &format!("{path}.key"), "must be a qualified name");
    }
    for (i, value) in requirement.values.iter().enumerate().filter(|(_, value)| !is_label_value(value)) {
        push(errors, &format!("{path}.values[{i}]"), &format!("{value:?} cannot be the value of a label"));
    }
}

fn role_ref(reference: &RoleRef, namespaced: bool, errors: &mut Errors) {
    if reference.api_group != API_GROUP {
        push(errors, "roleRef.apiGroup", &format!("must be {API_GROUP}"));
    }
    match reference.kind.as_str() {
        "ClusterRole" => {}
        "Role" if namespaced => {}
        _ if namespaced => push(errors, "roleRef.kind", "must be Role or ClusterRole"),
        _ => push(errors, "roleRef.kind", "must be ClusterRole"),
    }
    object_name(&reference.name, "roleRef.name", errors);
}

fn subjects(subjects: &[Subject], namespaced: bool, errors: &mut Errors) {
    for (i, subject) in subjects.iter().enumerate() {
        let mut refuse = |field: &str, why: &str| push(errors, &format!("subjects[{i}].{field}"), why);
        if subject.name.is_empty() {
            refuse("name", "required");
        }
        match subject.kind.as_str() {
            "ServiceAccount" => {
                if !subject.name.is_empty() && !is_subdomain(&subject.name) {
                    refuse("name", "must be a DNS subdomain");
                }
                if !subject.api_group.is_empty() {
                    refuse("apiGroup", "must be empty for a service account");
                }
                if !namespaced && subject.namespace.is_empty() {
                    refuse("namespace", "required");
                }
            }
            "User" | "Group" if subject.api_group == API_GROUP => {}
            "User" | "Group" => refuse("apiGroup", &format!("must be {API_GROUP}")),
            _ => refuse("kind", "must be ServiceAccount, User or Group"),
        }
    }
}

pub(super) fn push(errors: &mut Errors, path: &str, why: &str) {
    errors.push(FieldError { path: path.to_owned(), why: why.to_owned() });
}

//! What the API server refuses in the metadata of any object (k8s.io/apimachinery, pkg/api/validation).

use super::types::{ObjectMeta, OwnerReference};
use super::validate::push;
use crate::FieldError;
use crate::names::{is_label, is_label_value, is_path_segment, is_qualified};
use std::collections::BTreeMap;

type Errors = Vec<FieldError>;

pub(super) fn metadata(meta: &ObjectMeta, namespaced: bool, errors: &mut Errors) {
    object_name(&meta.name, "metadata.name", errors);
    match (namespaced, meta.namespace.as_str()) {
        (true, "") => push(errors, "metadata.namespace", "required"),
        (true, name) if !is_label(name) => push(errors, "metadata.namespace", "must be a DNS label"),
        (false, name) if !name.is_empty() => push(errors, "metadata.namespace", "not allowed on this kind"),
        _ => {}
    }
    labels(&meta.labels, "metadata.labels", errors);
    // Case does not count in the keys of annotations.
    if meta.annotations.keys().any(|key| !is_qualified(&key.to_lowercase())) {
        push(errors, "metadata.annotations", "the key must be a qualified name");
    }
    let size: usize = meta.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > MAX_ANNOTATIONS {
        push(errors, "metadata.annotations", &format!("{size} bytes, must have at most {MAX_ANNOTATIONS}"));
    }
    if !is_path_segment(&meta.generate_name) {
        push(errors, "metadata.generateName", "may not be '.' or '..' nor contain '/' or '%'");
    }
    if meta.generation < 0 {
        push(errors, "metadata.generation", "must not be negative");
    }
    finalizers(&meta.finalizers, errors);
    owners(&meta.owner_references, errors);
}

/// Bytes of all annotations of an object together.
const MAX_ANNOTATIONS: usize = 256 * 1024;

pub(super) fn object_name(name: &str, path: &str, errors: &mut Errors) {
    if name.is_empty() {
        push(errors, path, "required");
    } else if !is_path_segment(name) {
        push(errors, path, "may not be '.' or '..' nor contain '/' or '%'");
    }
}

pub(super) fn labels(labels: &BTreeMap<String, String>, path: &str, errors: &mut Errors) {
    for (key, value) in labels {
        if !is_qualified(key) {
            push(errors, path, &format!("the key {key:?} must be a qualified name"));
        }
        if !is_label_value(value) {
            push(errors, path, &format!("{value:?} cannot be the value of a label"));
        }
    }
}

fn finalizers(finalizers: &[String], errors: &mut Errors) {
    for (i, name) in finalizers.iter().enumerate() {
        if !is_qualified(name) {
            push(errors, "metadata.finalizers", "must be qualified names");
        }
        if !name.contains('/') && !matches!(name.as_str(), "kubernetes" | ORPHAN | FOREGROUND) {
            push(errors, &format!("metadata.finalizers[{i}]"), "needs a domain, or must be a standard one");
        }
    }
    if [ORPHAN, FOREGROUND].iter().all(|one| finalizers.iter().any(|name| name == one)) {
        push(errors, "metadata.finalizers", "orphan and foregroundDeletion cannot both be set");
    }
}

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

fn owners(owners: &[OwnerReference], errors: &mut Errors) {
    for (i, owner) in owners.iter().enumerate() {
        let path = format!("metadata.ownerReferences[{i}]");
        for (value, field) in
            [(&owner.api_version, "apiVersion"), (&owner.kind, "kind"), (&owner.name, "name"), (&owner.uid, "uid")]
        {
            if value.is_empty() {
                push(errors, &format!("{path}.{field}"), "required");
            }
        }
        let (group, version) = owner.api_version.split_once('/').unwrap_or(("", &owner.api_version));
        if !owner.api_version.is_empty() && (version.is_empty() || version.contains('/')) {
            push(errors, &format!("{path}.apiVersion"), "must be <group>/<version> or <version>");
        }
        if (group, version, owner.kind.as_str()) == ("", "v1", "Event") {
            push(errors, &path, "an Event cannot own anything");
        }
    }
    let controllers = owners.iter().filter(|owner| owner.controller == Some(true)).count();
    (1..controllers).for_each(|_| push(errors, "metadata.ownerReferences", "only one can be the controller"));
}

//! HTTP requests, against what the API server's RequestInfo resolver makes of them.

use crate::rbac::Differ;
use crate::score::Tally;
use claimant_k8s::RequestError;
use claimant_k8s::rbac::{RequestInfo, ResourceInfo, Target};
use serde_json::Value;

pub(crate) fn replay(cases: &[Value], tally: &mut Tally) {
    for case in cases {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (method, target) = (text(&case["method"]), text(&case["target"]));
        let ours = RequestInfo::from_http(&method, &target);
        let theirs = &case["expect"]["info"];
        let note = format!("{method} {target}: they {}, we {ours:?}", case["expect"]);
        match (theirs.is_object(), &ours) {
            (false, Err(_)) => tally.sets(&note, Differ::default()),
            (false, Ok(_)) => tally.sets(&note, Differ { more: true, less: false }),
            (true, Ok(info)) if same(theirs, info) && case["expect"]["forbidden"] == forbidden(info) => {
                tally.sets(&note, Differ::default())
            }
            (true, Ok(_)) => tally.sets(&note, Differ { more: true, less: true }),
            (true, Err(RequestError::NotUnicode)) => tally.named(&note, "unicode-only"),
            (true, Err(_)) => tally.sets(&note, Differ { more: false, less: true }),
        }
    }
}

fn forbidden(info: &RequestInfo) -> String {
    info.attributes().forbidden("<b>\"é\u{301}\\\t\0\u{a0}\u{200b}&\u{7f}", "")
}

fn same(theirs: &Value, ours: &RequestInfo) -> bool {
    let text = |member: &str| theirs[member].as_str().unwrap_or_default();
    let none = ResourceInfo::default();
    let resource = ours.resource.as_ref().unwrap_or(&none);
    let attributes = ours.attributes();
    let asked = match attributes.target {
        Target::Path(path) => path == text("path"),
        Target::Resource { api_group, resource, subresource, name } => {
            [api_group, resource, subresource, name] == ["apiGroup", "resource", "subresource", "name"].map(text)
        }
    };
    // For a path like /apis/apps/v1 theirs leaves the prefix there, though it is of no resource.
    let prefix = if ours.resource.is_some() { text("apiPrefix") } else { "" };
    asked
        && [attributes.verb, attributes.namespace] == ["verb", "namespace"].map(text)
        && theirs["isResourceRequest"] == ours.resource.is_some()
        && resource.api_prefix == prefix
        && [&ours.path, &resource.api_version, &resource.field_selector, &resource.label_selector]
            == ["path", "apiVersion", "fieldSelector", "labelSelector"].map(text)
}

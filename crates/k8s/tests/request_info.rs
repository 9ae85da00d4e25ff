#![allow(clippy::unwrap_used, missing_docs)]
//! Requests that the table in `conformance/corpus/request-info.json` cannot hold, and any others.

use claimant_k8s::RequestError;
use claimant_k8s::rbac::{RequestInfo, Target};
use proptest::prelude::*;

fn verb(target: &str) -> String {
    RequestInfo::from_http("GET", target).unwrap().verb
}

#[test]
fn what_is_not_unicode_is_refused_only_where_it_counts() {
    let resolve = |target| RequestInfo::from_http("GET", target).map(|info| info.verb);
    assert_eq!(resolve("/api/v1/pods/%ff"), Err(RequestError::NotUnicode));
    assert_eq!(resolve("/api/v1/pods?fieldSelector=metadata.name=%ff"), Err(RequestError::NotUnicode));
    assert_eq!(resolve("/api/v1/pods?continue=%ff"), Ok("list".to_owned()));
    assert_eq!(resolve("/api/v1/pods/x?fieldSelector=%ff"), Ok("get".to_owned()));
}

#[test]
fn each_refusal_has_its_code() {
    let why = |target| RequestInfo::from_http("GET", target).unwrap_err();
    assert_eq!(why("pods"), RequestError::Target);
    assert_eq!(why("/a\n"), RequestError::Target);
    assert_eq!(why("/%4"), RequestError::Escape);
    assert_eq!(why("/api/v1/watch"), RequestError::NoResource);
    let codes = ["pods", "/%4", "/%ff", "/api/v1/proxy"].map(|target| why(target).reason());
    assert_eq!(codes, ["request_target", "request_escape", "request_not_unicode", "request_no_resource"]);
}

#[test]
fn too_many_parameters_are_none() {
    let with = |parameters: usize| format!("/api/v1/pods?watch=1{}", "&".repeat(parameters - 1));
    assert_eq!(verb(&with(10_000)), "watch");
    assert_eq!(verb(&with(10_001)), "list");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_resolved_or_refused(
        method in "\\PC{0,5}",
        target in "(/|/api/v1/|/apis/a/v1/)?(\\PC|[/%?&=;,!a-z]|namespaces|watch|labelSelector=|fieldSelector=){0,12}",
    ) {
        if let Ok(info) = RequestInfo::from_http(&method, &target) {
            prop_assert_eq!(matches!(info.attributes().target, Target::Path(_)), info.resource.is_none());
        }
    }
}

//! From an HTTP request to what is asked for (k8s.io/apiserver, pkg/endpoints/request).

use super::query::{Query, unescape};
use super::rules::{Attributes, Target};
use super::selectors::{exact_name, is_label_selector};
use crate::RequestError;
use crate::names::is_path_segment;

/// What a request to an API server is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestInfo {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `proxy` or nothing for
    /// resources; for other paths the method in lower case.
    pub verb: String,
    /// The path, percent escapes decoded.
    pub path: String,
    /// None where the path is not of a resource.
    pub resource: Option<ResourceInfo>,
}

/// The resource of a request. What is not there is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceInfo {
    /// `api` or `apis`.
    pub api_prefix: String,
    /// Empty for the core group.
    pub api_group: String,
    /// `v1`.
    pub api_version: String,
    /// Of the object; for a namespace its own name.
    pub namespace: String,
    /// In plural, as in the path.
    pub resource: String,
    /// `log`.
    pub subresource: String,
    /// Of the object, or the one that a field selector narrows a list to.
    pub name: String,
    /// As in the query, where the verb has one.
    pub field_selector: String,
    /// As in the query, where the verb has one.
    pub label_selector: String,
}

impl RequestInfo {
    /// Reads a method and a request target (`/api/v1/pods?watch=1`) as they are on the wire, not decoded.
    ///
    /// ```
    /// use claimant_k8s::rbac::RequestInfo;
    ///
    /// let info = RequestInfo::from_http("GET", "/api/v1/namespaces/web/pods?fieldSelector=metadata.name%3Dnginx")?;
    /// assert_eq!(info.verb, "list");
    /// assert_eq!(info.attributes().namespace, "web");
    /// assert_eq!(info.resource.unwrap().name, "nginx");
    /// # Ok::<(), claimant_k8s::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// Where an API server answers with an error before it asks who may do what; and where the text is not
    /// Unicode, which it would let pass.
    pub fn from_http(method: &str, target: &str) -> Result<Self, RequestError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if target.bytes().any(|b| b <= b' ' || b == 0x7f) || (target != "*" && !path.starts_with('/')) {
            return Err(RequestError::Target);
        }
        let path = String::from_utf8(unescape(path, false).ok_or(RequestError::Escape)?)
            .map_err(|_| RequestError::NotUnicode)?;
        let Some((mut resource, parts)) = resource(&path) else {
            return Ok(Self { verb: method.to_lowercase(), path, resource: None });
        };
        let (mut verb, parts) = verb(method, parts)?;
        let verb_in_path = matches!(verb, "watch" | "proxy");
        place(&mut resource, parts, verb == "proxy");
        if resource.name.is_empty() && verb == "get" {
            verb = collection(&mut resource, &Query::new(query)?);
        }
        if resource.name.is_empty() && verb == "delete" {
            verb = "deletecollection";
        }
        if !verb_in_path && matches!(verb, "list" | "watch" | "deletecollection") {
            let query = Query::new(query)?;
            query.field_selector.unwrap_or_default().clone_into(&mut resource.field_selector);
            query.label_selector.unwrap_or_default().clone_into(&mut resource.label_selector);
        }
        Ok(Self { verb: verb.to_owned(), path, resource: Some(resource) })
    }

    /// What the authorizer is asked.
    pub fn attributes(&self) -> Attributes<'_> {
        let verb = &self.verb;
        match &self.resource {
            None => Attributes { verb, namespace: "", target: Target::Path(&self.path) },
            Some(ResourceInfo { api_group, namespace, resource, subresource, name, .. }) => {
                Attributes { verb, namespace, target: Target::Resource { api_group, resource, subresource, name } }
            }
        }
    }
}

/// Prefix, group and version, and the parts of the path behind them; none if it is the path of no resource.
fn resource(path: &str) -> Option<(ResourceInfo, Vec<&str>)> {
    let mut parts = path.trim_matches('/').split('/');
    let prefix = parts.next()?;
    let group = match prefix {
        "api" => "",
        "apis" => parts.next()?,
        _ => return None,
    };
    let version = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let info = ResourceInfo {
        api_prefix: prefix.to_owned(),
        api_group: group.to_owned(),
        api_version: version.to_owned(),
        ..ResourceInfo::default()
    };
    (!rest.is_empty()).then_some((info, rest))
}

/// The verb of the path or else of the method, and the parts behind it.
fn verb<'a>(method: &str, mut parts: Vec<&'a str>) -> Result<(&'a str, Vec<&'a str>), RequestError> {
    if let Some(verb @ ("watch" | "proxy")) = parts.first().copied() {
        parts.remove(0);
        return if parts.is_empty() { Err(RequestError::NoResource) } else { Ok((verb, parts)) };
    }
    let verb = match method {
        "GET" | "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    };
    Ok((verb, parts))
}

/// Namespace, resource, name and subresource. A proxied path has no subresource.
fn place(info: &mut ResourceInfo, parts: Vec<&str>, proxied: bool) {
    let mut parts = parts.as_slice();
    if let ["namespaces", namespace, rest @ ..] = parts {
        (*namespace).clone_into(&mut info.namespace);
        if rest.first().is_some_and(|part| !matches!(*part, "status" | "finalize")) {
            parts = rest;
        }
    }
    let part = |i: usize| parts.get(i).copied().unwrap_or_default().to_owned();
    info.resource = part(0);
    info.name = part(1);
    if !proxied {
        info.subresource = part(2);
    }
}

/// The verb for reading a collection; sets the name that the query narrows it to. Where one of the parameters
/// cannot be read, there is no name.
fn collection(info: &mut ResourceInfo, query: &Query) -> &'static str {
    let name = query.field_selector.as_deref().map_or(Ok(None), exact_name);
    let readable = query.label_selector.as_deref().is_none_or(is_label_selector) && query.numbers_are_good;
    let (watch, name) = match name {
        Ok(name) if readable => (query.watch(), name),
        _ => (query.watch_if_unreadable(), None),
    };
    info.name = name.filter(|name| is_path_segment(name)).unwrap_or_default();
    if watch { "watch" } else { "list" }
}

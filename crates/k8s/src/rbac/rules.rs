//! One rule against one request (pkg/apis/rbac/v1/evaluation_helpers.go). All comparison is of bytes.

use super::types::PolicyRule;

/// What is asked for: the attributes of a request that the authorizer looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `get`, `list`, `create`, …; for paths the method in lower case.
    pub verb: &'a str,
    /// Empty for what is in no namespace, and for all namespaces together.
    pub namespace: &'a str,
    /// On what.
    pub target: Target<'a>,
}

/// A resource or a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// An object or a collection of the API.
    Resource {
        /// Empty for the core group.
        api_group: &'a str,
        /// In plural, as in the path: `pods`.
        resource: &'a str,
        /// `log`; empty for the resource itself.
        subresource: &'a str,
        /// Empty for a collection.
        name: &'a str,
    },
    /// Any other path of the API server, `/healthz`.
    Path(&'a str),
}

impl PolicyRule {
    /// Whether this rule alone allows it, in a namespace where it is bound.
    pub fn allows(&self, attributes: &Attributes<'_>) -> bool {
        has(&self.verbs, attributes.verb)
            && match attributes.target {
                Target::Resource { api_group, resource, subresource, name } => {
                    has(&self.api_groups, api_group)
                        && self.resources.iter().any(|rule| resource_matches(rule, resource, subresource))
                        && (self.resource_names.is_empty() || self.resource_names.iter().any(|rule| rule == name))
                }
                Target::Path(path) => self.non_resource_urls.iter().any(|rule| path_matches(rule, path)),
            }
    }
}

fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|rule| rule == "*" || rule == word)
}

fn resource_matches(rule: &str, resource: &str, subresource: &str) -> bool {
    if rule == "*" {
        return true;
    }
    if subresource.is_empty() {
        return rule == resource;
    }
    let equal = rule.strip_prefix(resource).and_then(|rest| rest.strip_prefix('/')) == Some(subresource);
    equal || rule.strip_prefix("*/") == Some(subresource)
}

fn path_matches(rule: &str, path: &str) -> bool {
    rule == path || (rule.ends_with('*') && path.starts_with(rule.trim_end_matches('*')))
}

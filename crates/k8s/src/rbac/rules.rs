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

/// Sets of words, each word one of 64 bits. A rule whose filter does not meet that of a request cannot allow it;
/// most rules are left out in this way without a look at their text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Filter {
    verbs: u64,
    api_groups: u64,
    resources: u64,
    paths: u64,
}

impl Filter {
    pub(super) fn of_rule(rule: &PolicyRule) -> Self {
        let all = |list: &[String]| list.iter().fold(0, |bits, word| bits | if word == "*" { !0 } else { bit([word]) });
        let path = |path: &String| if path.ends_with('*') { !0 } else { bit([path]) };
        Self {
            verbs: all(&rule.verbs),
            api_groups: all(&rule.api_groups),
            resources: all(&rule.resources),
            paths: rule.non_resource_urls.iter().fold(0, |bits, one| bits | path(one)),
        }
    }

    pub(super) fn of_request(attributes: &Attributes<'_>) -> Self {
        let mut this = Self { verbs: bit([attributes.verb]), ..Self::default() };
        match attributes.target {
            Target::Resource { api_group, resource, subresource, .. } => {
                this.api_groups = bit([api_group]);
                this.resources = match subresource {
                    "" => bit([resource]),
                    _ => bit([resource, "/", subresource]) | bit(["*/", subresource]),
                };
            }
            Target::Path(path) => this.paths = bit([path]),
        }
        this
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            verbs: self.verbs | other.verbs,
            api_groups: self.api_groups | other.api_groups,
            resources: self.resources | other.resources,
            paths: self.paths | other.paths,
        }
    }

    pub(super) fn may_allow(&self, request: &Self) -> bool {
        let resource = self.api_groups & request.api_groups != 0 && self.resources & request.resources != 0;
        self.verbs & request.verbs != 0 && (resource || self.paths & request.paths != 0)
    }
}

/// The bit of a word that is given in parts, from its FNV-1a hash.
fn bit<const N: usize>(parts: [&str; N]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    1 << ((hash ^ (hash >> 32)) & 63)
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

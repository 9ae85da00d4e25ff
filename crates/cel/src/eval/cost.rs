//! What a call costs, as kube-apiserver counts it at run time.
//!
//! The formulas are those of `CostTracker` of cel-go, of the trackers that its extension
//! libraries bring, and of `CostEstimator` of k8s.io/apiserver/pkg/cel/library.

use super::machine::Cell;
use super::number::{int_to_double, to_cost, uint_to_double};
use super::size::{library_size, size, traversal};
use super::value::Value;
use crate::error::EvalError;

/// How the cost of one call is found. Sizes are counted in code points, bytes or elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CostRule {
    Fixed(u64),
    /// One walk over the argument at the index.
    Walk(usize),
    /// As [`Walk`](Self::Walk), an optional value counting 1.
    LibraryWalk(usize),
    /// Two walks over the first argument.
    WalkTwice,
    /// Two walks over the result.
    WalkResultTwice,
    /// One step for each element of the second argument.
    Elements,
    /// One walk over the smaller of two values.
    Smaller,
    /// As [`Smaller`](Self::Smaller), but 1 for the types of Kubernetes.
    Equality,
    /// One walk over both.
    Both,
    /// Walk of the first argument times walk of the second.
    Contains,
    /// Walk of the first argument times a guess of the pattern's states.
    Regex,
    /// As [`Regex`](Self::Regex), an optional value counting 1.
    LibraryRegex,
    /// The parts of the first argument.
    Parts,
    /// Bytes of an address; `parse` adds a walk over the second argument.
    ContainsIp {
        parse: bool,
    },
    ContainsCidr {
        parse: bool,
    },
    Validate,
    /// A new list as long as the result.
    NewList,
    /// A new list as long as the first argument, times the depth.
    Flatten,
    /// Each element of the argument at the index against each.
    SelfCompare(usize),
    /// Each element of one list against each of another, so often.
    Sets(f64),
}

/// Creating a list.
pub(crate) const NEW_LIST: u64 = 10;
/// Creating a map.
pub(crate) const NEW_MAP: u64 = 30;
/// Creating a message.
pub(crate) const NEW_MESSAGE: u64 = 40;

const WALK: f64 = 0.1;
const STATES: f64 = 0.25;

fn ceil(value: f64) -> u64 {
    to_cost(value.ceil())
}

fn walk(size: u64) -> u64 {
    ceil(uint_to_double(size) * WALK)
}

impl CostRule {
    /// The rule for a function; `overload` is given where only one fits.
    pub(crate) fn of(function: &str, overload: Option<&str>) -> Self {
        if let Some(rule) = overload.and_then(Self::of_extension) {
            return rule;
        }
        match function {
            "check" => Self::Fixed(350_000),
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes" => Self::Parts,
            "url" | "lowerAscii" | "upperAscii" | "substring" | "trim" | "cidr" | "isIP" | "isCIDR" | "quantity"
            | "isQuantity" | "semver" | "isSemver" => Self::LibraryWalk(0),
            "ip" if overload == Some("cidr_ip") => Self::Fixed(1),
            "ip" => Self::LibraryWalk(0),
            "ip.isCanonical" | "replace" | "split" => Self::WalkTwice,
            "join" => Self::WalkResultTwice,
            "find" | "findAll" => Self::LibraryRegex,
            "containsIP" => Self::ContainsIp { parse: overload == Some("cidr_contains_ip_string") },
            "containsCIDR" => Self::ContainsCidr { parse: overload == Some("cidr_contains_cidr_string") },
            "validate" => Self::Validate,
            "_==_" => Self::Equality,
            _ => Self::of_overload(overload.unwrap_or("")),
        }
    }

    /// Overloads whose library brings its own rule.
    fn of_extension(overload: &str) -> Option<Self> {
        Some(match overload {
            "list_slice" | "lists_range" | "list_reverse" => Self::NewList,
            "list_flatten" | "list_flatten_int" => Self::Flatten,
            "list_distinct" => Self::SelfCompare(0),
            "list_sets_contains_list" | "list_sets_intersects_list" => Self::Sets(1.0),
            "list_sets_equivalent_list" => Self::Sets(2.0),
            _ if overload.ends_with("_sortByAssociatedKeys") => Self::SelfCompare(1),
            _ if overload.starts_with("list_") && overload.ends_with("_sort") => Self::SelfCompare(0),
            _ => return None,
        })
    }

    fn of_overload(overload: &str) -> Self {
        match overload {
            "starts_with_string" | "ends_with_string" => Self::Walk(1),
            "string_to_bytes" | "bytes_to_string" | "strings_quote" | "string_format" => Self::Walk(0),
            "in_list" => Self::Elements,
            "less_string"
            | "greater_string"
            | "less_equals_string"
            | "greater_equals_string"
            | "less_bytes"
            | "greater_bytes"
            | "less_equals_bytes"
            | "greater_equals_bytes"
            | "equals"
            | "not_equals" => Self::Smaller,
            "add_string" | "add_bytes" => Self::Both,
            "matches" | "matches_string" => Self::Regex,
            "contains_string" => Self::Contains,
            _ => Self::Fixed(1),
        }
    }

    /// Whether the cost is known only with the result.
    pub(crate) fn needs_result(self) -> bool {
        matches!(self, Self::WalkResultTwice | Self::NewList)
    }

    /// The cost of a call with these arguments; `result` is given if it is needed.
    ///
    /// # Errors
    ///
    /// Where cel-go cannot count the cost and ends the evaluation.
    pub(crate) fn cost(self, arguments: &[Cell<'_>], result: Option<&Cell<'_>>) -> Result<u64, EvalError> {
        let of = |i: usize| arguments.get(i).map_or(1, size);
        let library = |i: usize| arguments.get(i).map_or(1, library_size);
        let regex = |text: u64, pattern: u64| {
            let text = ceil((1.0 + uint_to_double(text)) * WALK);
            text.saturating_mul(ceil(uint_to_double(pattern) * STATES))
        };
        Ok(match self {
            Self::Fixed(cost) => cost,
            Self::Walk(i) => walk(of(i)),
            Self::LibraryWalk(i) => walk(library(i)),
            Self::WalkTwice => ceil(uint_to_double(library(0)) * 2.0 * WALK),
            Self::WalkResultTwice => ceil(uint_to_double(result.map_or(1, library_size)) * 2.0 * WALK),
            Self::Elements => of(1),
            Self::Smaller => walk(of(0).min(of(1))),
            Self::Equality => match arguments.first() {
                Some(Ok(
                    Value::Quantity(_)
                    | Value::Ip(_)
                    | Value::Cidr(_)
                    | Value::Format(_)
                    | Value::Url(_)
                    | Value::Semver(_),
                )) => 1,
                _ => walk(of(0).min(of(1))),
            },
            Self::Both => walk(of(0).saturating_add(of(1))),
            Self::Contains => walk(of(0)).saturating_mul(walk(of(1))),
            Self::Regex => regex(of(0), of(1)),
            Self::LibraryRegex => regex(library(0), library(1)),
            Self::Parts => match arguments.first() {
                Some(Ok(value)) => traversal(value),
                _ => 1,
            },
            Self::ContainsIp { parse } => walk(library(0).saturating_mul(2)) + if parse { walk(library(1)) } else { 0 },
            Self::ContainsCidr { parse } => {
                let compare = walk(library(0).saturating_mul(2));
                let mask = walk(library(0)) + 1;
                compare + mask + if parse { walk(library(1)) } else { 0 }
            }
            Self::Validate => match arguments.first() {
                Some(Ok(Value::Format(format))) => {
                    let states = ceil(uint_to_double(format.pattern_size()) * STATES);
                    ceil((1.0 + uint_to_double(library(1))) * WALK).saturating_mul(states)
                }
                _ => 1,
            },
            Self::NewList => new_list(1.0, result.map_or(1, library_size)),
            Self::Flatten => {
                let depth = match arguments.get(1) {
                    None => 1.0,
                    Some(Ok(Value::Int(depth))) => int_to_double(*depth),
                    Some(_) => return Err(EvalError::no_overload()),
                };
                new_list(depth, library(0))
            }
            Self::SelfCompare(i) => {
                let Some(Ok(Value::List(list))) = arguments.get(i) else {
                    return Err(EvalError::no_overload());
                };
                let text = matches!(list.get(0), Some(Ok(Value::String(_) | Value::Bytes(_))));
                let factor = if text { 2.0 + WALK } else { 2.0 };
                let size = library(i);
                new_list(factor, size.saturating_mul(size))
            }
            Self::Sets(factor) => {
                let pairs = library(0).saturating_mul(library(1));
                to_cost(uint_to_double(pairs) * factor).saturating_add(1)
            }
        })
    }
}

fn new_list(factor: f64, size: u64) -> u64 {
    let factor = if factor < 0.0 { 1.0 } else { factor };
    to_cost(uint_to_double(size) * factor).saturating_add(1 + NEW_LIST)
}

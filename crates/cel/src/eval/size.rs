//! How large a value is when its cost is counted.

use std::net::IpAddr;

use super::fold::{Fold, Step};
use super::machine::Cell;
use super::number::{to_cost, usize_to_double};
use super::value::Value;

/// The size that the interpreter of cel-go sees: an error and anything without a size count 1.
pub(crate) fn size(cell: &Cell<'_>) -> u64 {
    match cell {
        Ok(Value::Optional(Some(inner))) => {
            // Optionals in optionals are no deeper than the expression.
            let mut inner = inner;
            while let Value::Optional(Some(next)) = &**inner {
                inner = next;
            }
            own_size(inner)
        }
        Ok(value) => own_size(value),
        Err(_) => 1,
    }
}

/// The size that the libraries see: as [`size`], but an optional counts 1.
pub(crate) fn library_size(cell: &Cell<'_>) -> u64 {
    match cell {
        Ok(value) => own_size(value),
        Err(_) => 1,
    }
}

fn own_size(value: &Value<'_>) -> u64 {
    let count = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Claims(claims) => claims.len(),
        Value::User(_) => 4,
        Value::Ip(IpAddr::V4(_)) => 4,
        Value::Ip(IpAddr::V6(_)) => 16,
        Value::Cidr(cidr) => usize::from(cidr.prefix()).div_ceil(8),
        _ => 1,
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A value with more parts than this is beyond any limit, whatever its parts cost.
const MAX_STEPS: usize = 2_000_000;

/// What walking over a value with all that is in it costs.
pub(crate) fn traversal(value: &Value<'_>) -> u64 {
    let of_bytes = |length: usize| to_cost(usize_to_double(length) * 0.1);
    let mut total = 0u64;
    let mut todo = vec![value.clone()];
    let mut steps = 0;
    while let Some(next) = todo.pop() {
        steps += 1;
        if steps > MAX_STEPS {
            return u64::MAX;
        }
        let cost = match &next {
            Value::String(text) => of_bytes(text.len()),
            Value::Bytes(bytes) => of_bytes(bytes.len()),
            Value::List(list) => {
                todo.extend(list.iter().take(super::meter::COST_LIMIT_USIZE).flatten());
                0
            }
            Value::Map(map) => {
                todo.extend(map.iter().flatten().flat_map(|(k, v)| [k, v]));
                0
            }
            Value::Claims(_) | Value::User(_) => {
                let mut missing = 0u64;
                let Ok(mut members) = Fold::new(&next, true) else { continue };
                while let Step::Two(key, value) = members.next() {
                    todo.extend(key);
                    match value {
                        Ok(value) => todo.push(value),
                        Err(_) => missing += 1,
                    }
                }
                missing
            }
            _ => 1,
        };
        total = total.saturating_add(cost);
    }
    total
}

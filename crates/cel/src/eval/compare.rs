//! The order of values.

use std::cmp::Ordering;

use super::number::{int_to_double, uint_to_double};
use super::value::Value;
use crate::error::EvalError;

/// Which of two values is the smaller one. Numbers of different types are compared.
///
/// # Errors
///
/// If the types have no order between them, or one value is not a number.
pub(crate) fn compare(a: &Value<'_>, b: &Value<'_>) -> Result<Ordering, EvalError> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Uint(a), Value::Uint(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b).ok_or_else(not_ordered)?,
        (Value::Double(d), Value::Int(_) | Value::Uint(_)) | (Value::Int(_) | Value::Uint(_), Value::Double(d))
            if d.is_nan() =>
        {
            return Err(not_ordered());
        }
        (Value::Double(d), Value::Int(i)) => double_int(*d, *i),
        (Value::Int(i), Value::Double(d)) => double_int(*d, *i).reverse(),
        (Value::Double(d), Value::Uint(u)) => double_uint(*d, *u),
        (Value::Uint(u), Value::Double(d)) => double_uint(*d, *u).reverse(),
        (Value::Int(i), Value::Uint(u)) => int_uint(*i, *u),
        (Value::Uint(u), Value::Int(i)) => int_uint(*i, *u).reverse(),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.instant().cmp(&b.instant()),
        _ => return Err(EvalError::no_overload()),
    })
}

/// Whether values of this type have an order at all.
pub(crate) fn is_comparable(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
    )
}

/// A double, which is a number, against an integer.
pub(super) fn double_int(d: f64, i: i64) -> Ordering {
    if d < int_to_double(i64::MIN) {
        Ordering::Less
    } else if d > int_to_double(i64::MAX) {
        Ordering::Greater
    } else {
        d.partial_cmp(&int_to_double(i)).unwrap_or(Ordering::Equal)
    }
}

/// A double, which is a number, against an unsigned integer.
pub(super) fn double_uint(d: f64, u: u64) -> Ordering {
    if d < 0.0 {
        Ordering::Less
    } else if d > uint_to_double(u64::MAX) {
        Ordering::Greater
    } else {
        d.partial_cmp(&uint_to_double(u)).unwrap_or(Ordering::Equal)
    }
}

fn int_uint(i: i64, u: u64) -> Ordering {
    u64::try_from(i).map_or(Ordering::Less, |i| i.cmp(&u))
}

fn not_ordered() -> EvalError {
    EvalError::InvalidArgument("NaN values cannot be ordered".to_owned())
}

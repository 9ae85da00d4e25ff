//! `+`, `-`, `*`, `/`, `%` and the sign.

use std::sync::Arc;

use super::meter::Meter;
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;

/// An operator on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

const INT: &str = "integer";
const UINT: &str = "unsigned integer";

/// Applies an operator. Both operands are of one type, or a point in time and a duration.
pub(crate) fn arithmetic<'a>(
    operator: Arithmetic,
    a: &Value<'a>,
    b: &Value<'a>,
    meter: &mut Meter,
) -> Result<Value<'a>, EvalError> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(operator, *a, *b).map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => uint(operator, *a, *b).map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => double(operator, *a, *b).map(Value::Double),
        _ => match operator {
            Arithmetic::Add => add(a, b, meter),
            Arithmetic::Subtract => subtract(a, b),
            _ => Err(EvalError::no_overload()),
        },
    }
}

/// Changes the sign.
pub(crate) fn negate<'a>(value: &Value<'a>) -> Result<Value<'a>, EvalError> {
    match value {
        Value::Int(i) => i.checked_neg().map(Value::Int).ok_or(EvalError::Overflow(INT)),
        Value::Double(d) => Ok(Value::Double(-d)),
        Value::Duration(d) => d.checked_neg().map(Value::Duration).ok_or(EvalError::Overflow("duration")),
        _ => Err(EvalError::no_overload()),
    }
}

fn int(operator: Arithmetic, a: i64, b: i64) -> Result<i64, EvalError> {
    match operator {
        Arithmetic::Divide if b == 0 => return Err(EvalError::DivisionByZero),
        Arithmetic::Remainder if b == 0 => return Err(EvalError::ModulusByZero),
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    }
    .ok_or(EvalError::Overflow(INT))
}

fn uint(operator: Arithmetic, a: u64, b: u64) -> Result<u64, EvalError> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => return a.checked_div(b).ok_or(EvalError::DivisionByZero),
        Arithmetic::Remainder => return a.checked_rem(b).ok_or(EvalError::ModulusByZero),
    }
    .ok_or(EvalError::Overflow(UINT))
}

fn double(operator: Arithmetic, a: f64, b: f64) -> Result<f64, EvalError> {
    Ok(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => return Err(EvalError::NoSuchOverload(Some("_%_".to_owned()))),
    })
}

fn add<'a>(a: &Value<'a>, b: &Value<'a>, meter: &mut Meter) -> Result<Value<'a>, EvalError> {
    const TIME: EvalError = EvalError::Overflow("timestamp");
    Ok(match (a, b) {
        (Value::String(a), Value::String(b)) => {
            meter.allocate(a.len() + b.len())?;
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(a);
            text.push_str(b);
            Value::String(Text::Shared(Arc::from(text)))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.allocate(a.len() + b.len())?;
            Value::Bytes([&**a, &**b].concat().into())
        }
        (Value::List(a), Value::List(b)) => {
            meter.allocate_values(a.len().saturating_add(b.len()).min(256))?;
            Value::List(a.clone().join(b.clone()))
        }
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_add(*b).ok_or(EvalError::Overflow("duration"))?)
        }
        (Value::Timestamp(t), Value::Duration(d)) | (Value::Duration(d), Value::Timestamp(t)) => {
            Value::Timestamp(t.add(*d).ok_or(TIME)?)
        }
        (
            Value::String(_)
            | Value::Bytes(_)
            | Value::List(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_),
            _,
        ) => return Err(EvalError::no_overload()),
        _ => return Err(EvalError::NoSuchOverload(Some("_+_".to_owned()))),
    })
}

fn subtract<'a>(a: &Value<'a>, b: &Value<'a>) -> Result<Value<'a>, EvalError> {
    Ok(match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_sub(*b).ok_or(EvalError::Overflow("duration"))?)
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => {
            Value::Duration(a.since(*b).ok_or(EvalError::Overflow("duration"))?)
        }
        (Value::Timestamp(t), Value::Duration(d)) => {
            let earlier = d.checked_neg().and_then(|d| t.add(d));
            Value::Timestamp(earlier.ok_or(EvalError::Overflow("timestamp"))?)
        }
        _ => return Err(EvalError::no_overload()),
    })
}

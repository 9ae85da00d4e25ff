//! Operators, and the functions that have no library of their own.

use std::cmp::Ordering;

use super::function::Operator;
use super::{Arguments, Outcome};
use crate::error::EvalError;
use crate::eval::{Equality, Meter, Value, arithmetic, compare, equal, negate};

pub(super) fn call<'a>(operator: Operator, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let first = arguments.value(0)?;
    let order = || compare(first, arguments.value(1)?);
    Ok(match operator {
        Operator::Arithmetic(a) => return arithmetic(a, first, arguments.value(1)?, meter),
        Operator::Negate => return negate(first),
        Operator::Not => match first {
            Value::Bool(b) => Value::Bool(!b),
            _ => return Err(EvalError::no_overload()),
        },
        Operator::Less => Value::Bool(order()? == Ordering::Less),
        Operator::LessEqual => Value::Bool(order()? != Ordering::Greater),
        Operator::Greater => Value::Bool(order()? == Ordering::Greater),
        Operator::GreaterEqual => Value::Bool(order()? != Ordering::Less),
        Operator::In => return contains(first, arguments.value(1)?, meter),
        Operator::Size => return size(first),
        Operator::Type => Value::Type(first.type_name()),
        Operator::Dyn => first.clone(),
    })
}

fn contains<'a>(element: &Value<'a>, range: &Value<'a>, meter: &mut Meter) -> Outcome<'a> {
    match range {
        Value::List(list) => {
            for other in list.iter() {
                meter.work(1)?;
                if same(element, &other?, meter)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        Value::Map(map) => map.contains(element).map(Value::Bool),
        _ => Err(EvalError::no_overload()),
    }
}

/// Whether two values are equal; a refusal to compare counts as no.
pub(super) fn same(a: &Value<'_>, b: &Value<'_>, meter: &mut Meter) -> Result<bool, EvalError> {
    Ok(equal(a, b, meter)? == Equality::Equal)
}

fn size<'a>(value: &Value<'a>) -> Outcome<'a> {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(EvalError::no_overload()),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| EvalError::Overflow("integer"))
}

//! Values that may be absent.

use super::function::OptionalFunction;
use super::{Arguments, Outcome, invalid};
use crate::error::EvalError;
use crate::eval::{List, Map, Meter, Timestamp, Value};

pub(super) fn call<'a>(function: OptionalFunction, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let optional = || match arguments.get(0) {
        Some(Value::Optional(inner)) => Ok(inner),
        _ => Err(EvalError::no_overload()),
    };
    meter.allocate_values(1)?;
    match function {
        OptionalFunction::None => Ok(Value::Optional(None)),
        OptionalFunction::Of => Ok(arguments.value(0)?.clone().some()),
        OptionalFunction::OfNonZeroValue => {
            let value = arguments.value(0)?;
            if is_zero(value) { Ok(Value::Optional(None)) } else { Ok(value.clone().some()) }
        }
        OptionalFunction::Value => match optional()? {
            Some(inner) => Ok((**inner).clone()),
            None => Err(invalid("optional.none() dereference")),
        },
        OptionalFunction::HasValue => Ok(Value::Bool(optional()?.is_some())),
        OptionalFunction::Unwrap => {
            let list = arguments.list(0)?;
            meter.allocate_values(list.len())?;
            let mut values = Vec::new();
            for value in list.iter() {
                match value? {
                    Value::Optional(inner) => values.extend(inner.as_deref().cloned()),
                    other => {
                        let message = format!("value {} is not optional", other.notation());
                        return Err(invalid(message));
                    }
                }
            }
            Ok(Value::list(values))
        }
    }
}

/// Whether the value is the zero of its type. Lists and objects of the claims never are: the API
/// server wraps them in a type that does not say.
fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Int(i) => *i == 0,
        Value::Uint(u) => *u == 0,
        Value::Double(d) => *d == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Duration(d) => *d == 0,
        Value::Timestamp(t) => t.instant() == (Timestamp::MIN, 0),
        Value::List(List::Json(array)) => !array.unescapes && List::Json(*array).is_empty(),
        Value::List(List::Borrowed(_)) => false,
        Value::List(list) => list.is_empty(),
        Value::Map(Map::Json(object)) => !object.unescapes && Map::Json(*object).is_empty(),
        Value::Map(Map::Extra(_)) => false,
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

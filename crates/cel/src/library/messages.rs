//! Building protobuf's well-known messages: `google.protobuf.Duration{seconds: 1}`.

use std::sync::Arc;

use super::{Arguments, invalid};
use crate::check::Message;
use crate::error::EvalError;
use crate::eval::{Map, Timestamp, Value, ValueMap};

/// The value of a message with these fields.
pub(crate) fn build<'a>(
    message: Message,
    fields: &[(Box<str>, bool)],
    arguments: Arguments<'_, 'a>,
) -> Result<Value<'a>, EvalError> {
    if let Some(error) = arguments.0.iter().find_map(|cell| cell.as_ref().err()) {
        return Err((**error).clone());
    }
    let mut given: Vec<(&str, Value<'a>)> = Vec::new();
    for (i, (name, optional)) in fields.iter().enumerate() {
        let value = arguments.get(i).ok_or(EvalError::Internal("a field is missing"))?;
        given.retain(|(known, _)| *known != &**name);
        match value {
            Value::Optional(None) if *optional => {}
            Value::Optional(Some(inner)) if *optional => given.push((name, (**inner).clone())),
            value => given.push((name, value.clone())),
        }
    }
    let field = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
    let int = |name: &str| match field(name) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Int(i)) => Ok(i),
        Some(_) => Err(unsupported()),
    };
    // A wrapper around nothing holds the zero of its type.
    let wrapped = |zero: Value<'a>| match field("value") {
        None | Some(Value::Null) => Ok(zero),
        Some(value) if value.type_name() == zero.type_name() => Ok(value),
        Some(_) => Err(unsupported()),
    };
    match message {
        Message::Bool => wrapped(Value::Bool(false)),
        Message::Bytes => wrapped(Value::Bytes(Arc::from([]))),
        Message::Double | Message::Float => wrapped(Value::Double(0.0)),
        Message::String => wrapped(Value::from("")),
        Message::Int64 => wrapped(Value::Int(0)),
        Message::Uint64 => wrapped(Value::Uint(0)),
        Message::Int32 => match wrapped(Value::Int(0))? {
            Value::Int(i) if i32::try_from(i).is_err() => Err(EvalError::Overflow("integer")),
            value => Ok(value),
        },
        Message::Uint32 => match wrapped(Value::Uint(0))? {
            Value::Uint(u) if u32::try_from(u).is_err() => Err(EvalError::Overflow("unsigned integer")),
            value => Ok(value),
        },
        Message::Duration => int("seconds")?
            .checked_mul(1_000_000_000)
            .and_then(|nanos| nanos.checked_add(int("nanos").ok()?))
            .map(Value::Duration)
            .ok_or_else(unsupported),
        Message::Timestamp => {
            let (seconds, nanos) = (int("seconds")?, int("nanos")?);
            let start = Timestamp::new(seconds, 0, 0).ok_or(EvalError::Overflow("timestamp"))?;
            start.add(nanos).map(Value::Timestamp).ok_or(EvalError::Overflow("timestamp"))
        }
        Message::Empty => Ok(Value::Empty),
        Message::List => Ok(match field("values") {
            None | Some(Value::Null) => Value::list(Vec::new()),
            Some(Value::List(list)) => Value::list(list.iter().map(json).collect::<Result<_, _>>()?),
            Some(_) => return Err(unsupported()),
        }),
        Message::Struct => structure(field("fields")),
        Message::Value => match given.last() {
            None => Ok(Value::Null),
            Some(("null_value", _)) => Ok(Value::Null),
            Some(("struct_value", value)) => structure(Some(value.clone())),
            Some((_, value)) => json(Ok(value.clone())),
        },
        Message::Any => Err(invalid("unsupported conversion to ref.Val")),
    }
}

fn unsupported() -> EvalError {
    invalid("unsupported field value")
}

/// A value as JSON knows it: numbers are doubles.
fn json(value: Result<Value<'_>, EvalError>) -> Result<Value<'_>, EvalError> {
    match value? {
        Value::Int(i) => Ok(Value::Double(crate::eval::int_to_double(i))),
        Value::Uint(u) => Ok(Value::Double(crate::eval::uint_to_double(u))),
        Value::List(list) => Ok(Value::list(list.iter().map(json).collect::<Result<_, _>>()?)),
        value @ Value::Map(_) => structure(Some(value)),
        value @ (Value::Null | Value::Bool(_) | Value::Double(_) | Value::String(_)) => Ok(value),
        _ => Err(unsupported()),
    }
}

fn structure(fields: Option<Value<'_>>) -> Result<Value<'_>, EvalError> {
    let mut map = ValueMap::default();
    match fields {
        None | Some(Value::Null) => {}
        Some(Value::Map(fields)) => {
            for entry in fields.iter() {
                let (key, value) = entry?;
                if !matches!(key, Value::String(_)) {
                    return Err(unsupported());
                }
                map.insert(key, json(Ok(value))?).map_err(|_| unsupported())?;
            }
        }
        Some(_) => return Err(unsupported()),
    }
    Ok(Value::Map(Map::Values(Arc::new(map))))
}

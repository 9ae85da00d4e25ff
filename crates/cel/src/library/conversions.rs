//! Conversions between types.

use super::function::Conversion;
use super::time::{parse_duration, parse_timestamp};
use super::{Arguments, Outcome, go_float, invalid};
use crate::error::EvalError;
use crate::eval::{Timestamp, Value, double_to_int, double_to_uint, format_double, int_to_double, uint_to_double};

const INT: EvalError = EvalError::Overflow("integer");
const UINT: EvalError = EvalError::Overflow("unsigned integer");

pub(super) fn convert<'a>(to: Conversion, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let value = arguments.value(0)?;
    let outcome = match to {
        Conversion::Bool => to_bool(value),
        Conversion::Bytes => to_bytes(value),
        Conversion::Double => to_double(value),
        Conversion::Duration => to_duration(value),
        Conversion::Int => to_int(value),
        Conversion::String => to_string(value),
        Conversion::Timestamp => to_timestamp(value),
        Conversion::Uint => to_uint(value),
    };
    outcome.unwrap_or_else(|| Err(arguments.no_overload(name(to))))
}

fn name(to: Conversion) -> &'static str {
    match to {
        Conversion::Bool => "bool",
        Conversion::Bytes => "bytes",
        Conversion::Double => "double",
        Conversion::Duration => "duration",
        Conversion::Int => "int",
        Conversion::String => "string",
        Conversion::Timestamp => "timestamp",
        Conversion::Uint => "uint",
    }
}

fn unreadable(to: &'static str) -> EvalError {
    EvalError::Conversion { from: "string", to }
}

/// `None` where the type is not one that converts.
type Converted<'a> = Option<Outcome<'a>>;

fn to_bool<'a>(value: &Value<'a>) -> Converted<'a> {
    Some(match value {
        Value::Bool(b) => Ok(Value::Bool(*b)),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(unreadable("bool")),
        },
        _ => return None,
    })
}

fn to_bytes<'a>(value: &Value<'a>) -> Converted<'a> {
    match value {
        Value::Bytes(_) => Some(Ok(value.clone())),
        Value::String(text) => Some(Ok(Value::Bytes(text.as_bytes().into()))),
        _ => None,
    }
}

fn to_double<'a>(value: &Value<'a>) -> Converted<'a> {
    Some(match value {
        Value::Double(d) => Ok(Value::Double(*d)),
        Value::Int(i) => Ok(Value::Double(int_to_double(*i))),
        Value::Uint(u) => Ok(Value::Double(uint_to_double(*u))),
        Value::String(text) => go_float::parse(text).map(Value::Double).ok_or_else(|| unreadable("double")),
        _ => return None,
    })
}

fn to_duration<'a>(value: &Value<'a>) -> Converted<'a> {
    Some(match value {
        Value::Duration(d) => Ok(Value::Duration(*d)),
        Value::String(text) => {
            parse_duration(text).map(Value::Duration).ok_or_else(|| unreadable("google.protobuf.Duration"))
        }
        _ => return None,
    })
}

fn to_int<'a>(value: &Value<'a>) -> Converted<'a> {
    Some(match value {
        Value::Int(i) => Ok(Value::Int(*i)),
        Value::Uint(u) => i64::try_from(*u).map(Value::Int).map_err(|_| INT),
        Value::Double(d) => double_to_int(*d).map(Value::Int).ok_or(INT),
        Value::Duration(d) => Ok(Value::Int(*d)),
        Value::Timestamp(t) => Ok(Value::Int(t.seconds)),
        Value::String(text) => text.parse().map(Value::Int).map_err(|_| unreadable("int")),
        _ => return None,
    })
}

fn to_uint<'a>(value: &Value<'a>) -> Converted<'a> {
    Some(match value {
        Value::Uint(u) => Ok(Value::Uint(*u)),
        Value::Int(i) => u64::try_from(*i).map(Value::Uint).map_err(|_| UINT),
        Value::Double(d) => double_to_uint(*d).map(Value::Uint).ok_or(UINT),
        // Go takes no sign here.
        Value::String(text) if !text.starts_with('+') => text.parse().map(Value::Uint).map_err(|_| unreadable("uint")),
        Value::String(_) => Err(unreadable("uint")),
        _ => return None,
    })
}

fn to_string<'a>(value: &Value<'a>) -> Converted<'a> {
    let text = match value {
        Value::String(_) => return Some(Ok(value.clone())),
        Value::Bytes(bytes) => {
            return Some(match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::from(text.to_owned())),
                Err(_) => Err(invalid("invalid UTF-8 in bytes, cannot convert to string")),
            });
        }
        Value::Ip(ip) => ip.to_string(),
        Value::Cidr(cidr) => cidr.to_string(),
        _ => plain_text(value)?,
    };
    Some(Ok(Value::from(text)))
}

/// The text of a value that has one and is no string.
pub(super) fn plain_text(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Uint(u) => u.to_string(),
        Value::Double(d) => format_double(*d),
        Value::Duration(nanos) => format!("{}s", seconds(*nanos)),
        Value::Timestamp(time) => time.format(time.offset),
        _ => return None,
    })
}

/// Nanoseconds as seconds, the way a double in Go shows them.
fn seconds(nanos: i64) -> String {
    let whole = int_to_double(nanos / 1_000_000_000);
    let rest = int_to_double(nanos % 1_000_000_000);
    (whole + rest / 1e9).to_string()
}

fn to_timestamp<'a>(value: &Value<'a>) -> Converted<'a> {
    const OVERFLOW: EvalError = EvalError::Overflow("timestamp");
    Some(match value {
        Value::Timestamp(t) => Ok(Value::Timestamp(*t)),
        Value::Int(seconds) => Timestamp::new(*seconds, 0, 0).map(Value::Timestamp).ok_or(OVERFLOW),
        Value::String(text) => match parse_timestamp(text) {
            Some(time) => Ok(Value::Timestamp(time)),
            None => Err(unreadable("google.protobuf.Timestamp")),
        },
        _ => return None,
    })
}

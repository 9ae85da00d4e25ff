//! When two values are equal.

use super::compare::{double_int, double_uint};
use super::list::ListIter;
use super::map::{Map, MapIter};
use super::meter::Meter;
use super::value::Value;
use crate::error::EvalError;
use std::cmp::Ordering;

/// The answer of a comparison: some types refuse to be compared with others, and what that means
/// depends on who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    Equal,
    Different,
    /// No overload.
    Refused,
}

impl From<bool> for Equality {
    fn from(equal: bool) -> Self {
        if equal { Self::Equal } else { Self::Different }
    }
}

/// Compares as the operator `==` does. An error ends the evaluation.
///
/// What is in lists and maps is compared without recursion. An element that refuses does not make
/// its list differ.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, meter: &mut Meter) -> Result<Equality, EvalError> {
    let mut open = Vec::new();
    let answer = one(a, b, &mut open, meter)?;
    if answer != Equality::Equal {
        return Ok(answer);
    }
    while let Some(inner) = open.last_mut() {
        let Some((a, b)) = inner.next()? else {
            open.pop();
            continue;
        };
        let Some(b) = b else { return Ok(Equality::Different) };
        if one(&a, &b, &mut open, meter)? == Equality::Different {
            return Ok(Equality::Different);
        }
    }
    Ok(Equality::Equal)
}

/// Lists or maps of the same size whose parts are still to be compared.
enum Inner<'a, 'b> {
    Lists(ListIter<'a>, ListIter<'b>),
    Maps(MapIter<'a>, Map<'b>),
}

/// A part, and what it is compared with, if there is such a thing.
type Pair<'a, 'b> = (Value<'a>, Option<Value<'b>>);

impl<'a, 'b> Inner<'a, 'b> {
    fn next(&mut self) -> Result<Option<Pair<'a, 'b>>, EvalError> {
        Ok(match self {
            Self::Lists(a, b) => match a.next().transpose()? {
                Some(a) => Some((a, b.next().transpose()?)),
                None => None,
            },
            Self::Maps(a, b) => match a.next().transpose()? {
                Some((key, a)) => Some((a, b.find(&key).transpose()?)),
                None => None,
            },
        })
    }
}

/// Compares two values but for what is in them, which is noted as open.
fn one<'a, 'b>(
    a: &Value<'a>,
    b: &Value<'b>,
    open: &mut Vec<Inner<'a, 'b>>,
    meter: &mut Meter,
) -> Result<Equality, EvalError> {
    Ok(match (a, b) {
        (Value::Null, Value::Null) => Equality::Equal,
        (Value::Null, _) | (_, Value::Null) => Equality::Different,
        (Value::Bool(a), Value::Bool(b)) => (a == b).into(),
        (Value::Int(a), Value::Int(b)) => (a == b).into(),
        (Value::Uint(a), Value::Uint(b)) => (a == b).into(),
        (Value::Double(a), Value::Double(b)) => (a == b).into(),
        (Value::Int(i), Value::Uint(u)) | (Value::Uint(u), Value::Int(i)) => (u64::try_from(*i) == Ok(*u)).into(),
        (Value::Double(d), Value::Int(i)) | (Value::Int(i), Value::Double(d)) => {
            (!d.is_nan() && double_int(*d, *i) == Ordering::Equal).into()
        }
        (Value::Double(d), Value::Uint(u)) | (Value::Uint(u), Value::Double(d)) => {
            (!d.is_nan() && double_uint(*d, *u) == Ordering::Equal).into()
        }
        (Value::String(a), Value::String(b)) => (**a == **b).into(),
        (Value::Bytes(a), Value::Bytes(b)) => (a == b).into(),
        (Value::Duration(a), Value::Duration(b)) => (a == b).into(),
        (Value::Timestamp(a), Value::Timestamp(b)) => (a.instant() == b.instant()).into(),
        (Value::Type(a), Value::Type(b)) => (a == b).into(),
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (None, None) => Equality::Equal,
            // Optionals in optionals are no deeper than the expression.
            (Some(a), Some(b)) => one(a, b, open, meter)?,
            _ => Equality::Different,
        },
        (Value::List(a), Value::List(b)) => {
            let length = a.len();
            if length != b.len() {
                return Ok(Equality::Different);
            }
            meter.work(length)?;
            open.push(Inner::Lists(a.iter(), b.iter()));
            Equality::Equal
        }
        (Value::Map(a), Value::Map(b)) => {
            let length = a.len();
            if length != b.len() {
                return Ok(Equality::Different);
            }
            meter.work(length)?;
            open.push(Inner::Maps(a.iter(), b.clone()));
            Equality::Equal
        }
        (Value::Claims(a), Value::Claims(b)) => std::ptr::addr_eq(*a, *b).into(),
        (Value::User(a), Value::User(b)) => std::ptr::eq(*a, *b).into(),
        (Value::Ip(a), Value::Ip(b)) => (a == b).into(),
        (Value::Cidr(a), Value::Cidr(b)) => (a == b).into(),
        (Value::Url(a), Value::Url(b)) => (a == b).into(),
        (Value::Quantity(a), Value::Quantity(b)) => match a.equal(b) {
            Some(equal) => equal.into(),
            None => Equality::Refused,
        },
        (Value::Semver(a), Value::Semver(b)) => (a.compare(b) == Ordering::Equal).into(),
        (Value::Format(a), Value::Format(b)) => (a == b).into(),
        (Value::Empty, Value::Empty) => Equality::Equal,
        (
            Value::Claims(_)
            | Value::User(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Url(_)
            | Value::Quantity(_)
            | Value::Semver(_)
            | Value::Format(_),
            _,
        ) => Equality::Refused,
        _ => Equality::Different,
    })
}

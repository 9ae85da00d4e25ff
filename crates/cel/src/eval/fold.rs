//! What macros range over.

use super::json;
use super::list::{List, ListIter};
use super::machine::Cell;
use super::map::{Map, MapIter};
use super::qualify::lazy_member;
use super::value::Value;
use crate::error::EvalError;

/// A range on its way.
pub(super) struct Fold<'a> {
    source: Source<'a>,
    /// Whether keys and values are asked for, or elements alone.
    pairs: bool,
    index: i64,
}

enum Source<'a> {
    List(ListIter<'a>),
    Map(MapIter<'a>),
    /// The claims or the user, by member.
    Lazy(Value<'a>),
}

/// One turn.
pub(super) enum Step<'a> {
    One(Cell<'a>),
    Two(Cell<'a>, Cell<'a>),
    End,
}

impl<'a> Fold<'a> {
    pub(super) fn new(range: &Value<'a>, pairs: bool) -> Result<Self, EvalError> {
        let source = match range {
            Value::List(list) => Source::List(list.iter()),
            Value::Map(map) => Source::Map(map.iter()),
            Value::Claims(_) | Value::User(_) => Source::Lazy(range.clone()),
            other => {
                let message = format!("got '{}', expected iterable type", other.type_name());
                return Err(EvalError::InvalidArgument(message));
            }
        };
        Ok(Self { source, pairs, index: 0 })
    }

    pub(super) fn next(&mut self) -> Step<'a> {
        let index = self.index;
        self.index += 1;
        match &mut self.source {
            Source::List(list) => match list.next() {
                None => Step::End,
                Some(element) => {
                    let element = element.map_err(Box::new);
                    if self.pairs { Step::Two(Ok(Value::Int(index)), element) } else { Step::One(element) }
                }
            },
            Source::Map(map) => match map.next() {
                None => Step::End,
                Some(Ok((key, _))) if !self.pairs => Step::One(Ok(key)),
                Some(Ok((key, value))) => Step::Two(Ok(key), Ok(value)),
                Some(Err(error)) if self.pairs => Step::Two(Err(error.clone().into()), Err(error.into())),
                Some(Err(error)) => Step::One(Err(error.into())),
            },
            Source::Lazy(object) => {
                let Some(member) = lazy_at(object, index) else { return Step::End };
                if !self.pairs {
                    return Step::One(member.map_err(Box::new));
                }
                // The API server takes the values for keys, and asks for their values.
                let value = match &member {
                    Ok(Value::String(name)) => {
                        lazy_member(object, name).unwrap_or_else(|| Err(EvalError::NoSuchKey(name.to_string())))
                    }
                    Ok(_) => Err(EvalError::no_overload()),
                    Err(error) => Err(error.clone()),
                };
                Step::Two(member.map_err(Box::new), value.map_err(Box::new))
            }
        }
    }
}

/// The value of the member at an index.
fn lazy_at<'a>(object: &Value<'a>, index: i64) -> Option<Result<Value<'a>, EvalError>> {
    let index = usize::try_from(index).ok()?;
    match object {
        Value::Claims(claims) => claims.member(index).map(|(_, raw)| json::value(raw, true)),
        Value::User(user) => Some(Ok(match index {
            0 => Value::from(user.username),
            1 => Value::from(user.uid),
            2 => Value::List(List::Borrowed(user.groups)),
            3 => Value::Map(Map::Extra(user.extra)),
            _ => return None,
        })),
        _ => None,
    }
}

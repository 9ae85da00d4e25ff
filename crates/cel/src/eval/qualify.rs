//! Selection of fields, keys and indexes: `a.b`, `a["b"]`, `a[0]`.

use super::json;
use super::list::List;
use super::number::lossless_int;
use super::value::Value;
use crate::error::EvalError;
use crate::names;

/// A key that is known when the expression is compiled.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// With the name that it stands for where members unescape it, or none if it is malformed.
    String {
        written: Box<str>,
        claim: Option<Box<str>>,
    },
    Other(Value<'static>),
}

impl Key {
    pub(crate) fn string(written: &str) -> Self {
        let claim = names::unescape_strict(written).map(|name| (*name).into());
        Self::String { written: written.into(), claim }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::String { written, .. } => Value::from(&**written),
            Self::Other(value) => value.clone(),
        }
    }
}

/// What a key is looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// The value; it is an error if there is none.
    Value,
    /// The value, or `None`.
    ValueIfPresent,
}

/// Looks up a key that is known beforehand.
pub(crate) fn qualify<'a>(object: &Value<'a>, key: &Key, want: Want) -> Result<Option<Value<'a>>, EvalError> {
    if let (Value::Claims(claims), Key::String { written, claim }) = (object, key) {
        let raw = claim.as_deref().and_then(|name| claims.get(name));
        return match (raw, want) {
            (Some(raw), _) => json::value(raw, true).map(Some),
            (None, Want::ValueIfPresent) => Ok(None),
            (None, Want::Value) => Err(EvalError::NoSuchKey(written.to_string())),
        };
    }
    qualify_by(object, &key.value(), want)
}

/// Looks up a key.
pub(crate) fn qualify_by<'a>(object: &Value<'a>, key: &Value<'_>, want: Want) -> Result<Option<Value<'a>>, EvalError> {
    let found = match object {
        Value::Claims(_) | Value::User(_) => {
            let Value::String(name) = key else { return Err(EvalError::no_overload()) };
            lazy_member(object, name)
        }
        Value::Map(map) => map.find(key),
        Value::List(list) => {
            let index = list_index(key)?;
            let Some(found) = usize::try_from(index).ok().and_then(|i| list.get(i)) else {
                return match want {
                    Want::ValueIfPresent => Ok(None),
                    Want::Value => Err(EvalError::IndexOutOfBounds(show(key))),
                };
            };
            Some(found)
        }
        _ => None,
    };
    match (found, want) {
        (Some(value), _) => value.map(Some),
        (None, Want::ValueIfPresent) => Ok(None),
        (None, Want::Value) => Err(EvalError::NoSuchKey(show(key))),
    }
}

/// A member of the claims or of the user, by its escaped name.
pub(crate) fn lazy_member<'a>(object: &Value<'a>, name: &str) -> Option<Result<Value<'a>, EvalError>> {
    let name = names::unescape_strict(name)?;
    match object {
        Value::Claims(claims) => claims.get(&name).map(|raw| json::value(raw, true)),
        Value::User(user) => {
            let value = match &*name {
                "username" => Value::from(user.username),
                "uid" => Value::from(user.uid),
                "groups" => Value::List(List::Borrowed(user.groups)),
                "extra" => Value::Map(super::map::Map::Extra(user.extra)),
                _ => return None,
            };
            Some(Ok(value))
        }
        _ => None,
    }
}

/// The index that a value is in a list; a whole double is one, too.
pub(crate) fn list_index(key: &Value<'_>) -> Result<i64, EvalError> {
    let unsupported = || EvalError::InvalidArgument(format!("unsupported index value {} in list", show(key)));
    match key {
        Value::Int(index) => Ok(*index),
        Value::Uint(index) => i64::try_from(*index).map_err(|_| unsupported()),
        Value::Double(index) => lossless_int(*index).ok_or_else(unsupported),
        _ => Err(EvalError::InvalidArgument(format!("unsupported index type '{}' in list", key.type_name()))),
    }
}

/// A key as error messages show it.
pub(crate) fn show(key: &Value<'_>) -> String {
    match key {
        Value::String(text) => text.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Uint(u) => u.to_string(),
        Value::Double(d) => super::number::format_double(*d),
        Value::Bool(b) => b.to_string(),
        other => other.notation(),
    }
}

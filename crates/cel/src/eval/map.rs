//! Maps: of the claims, of the user, or made by the expression.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::json;
use super::list::List;
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;
use crate::library::Cidr;
use crate::names;

/// A map.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Map<'a> {
    /// An object of the claims.
    Json(JsonObject<'a>),
    /// The user's `extra`.
    Extra(&'a [(&'a str, &'a [&'a str])]),
    /// Made by the expression.
    Values(Arc<ValueMap<'a>>),
}

/// An object as it stands in the claims.
#[derive(Clone, Copy, Debug)]
pub struct JsonObject<'a> {
    pub(crate) raw: &'a str,
    /// Whether it unescapes the names by which it is asked: `a__dot__b` for `a.b`.
    pub(crate) unescapes: bool,
}

impl<'a> Map<'a> {
    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(_) => self.iter().count(),
            Self::Extra(entries) => entries.len(),
            Self::Values(map) => map.len(),
        }
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries; those of the claims are in the order in which they stand there.
    pub fn iter(&self) -> MapIter<'a> {
        match self {
            Self::Json(object) => MapIter::Json(last_members(object.raw).into_iter()),
            Self::Extra(entries) => MapIter::Extra(entries.iter()),
            Self::Values(map) => MapIter::Values(map.clone(), 0),
        }
    }

    /// The value of a key as field selection and indexing find it.
    pub(crate) fn find(&self, key: &Value<'_>) -> Option<Result<Value<'a>, EvalError>> {
        match (self, key) {
            (Self::Json(object), Value::String(name)) => {
                let unescaped = object.unescapes.then(|| names::unescape(name)).flatten();
                let name = unescaped.as_deref().unwrap_or(name);
                find_member(object.raw, name).map(|raw| raw.and_then(|raw| json::value(raw, object.unescapes)))
            }
            (Self::Extra(entries), Value::String(name)) => {
                let unescaped = names::unescape(name);
                let name = unescaped.as_deref().unwrap_or(name);
                let entry = entries.iter().find(|(n, _)| *n == name)?;
                Some(Ok(Value::List(List::Borrowed(entry.1))))
            }
            (Self::Values(map), _) => map.find(key).cloned().map(Ok),
            _ => None,
        }
    }

    /// Whether the key is there, as the operator `in` sees it.
    ///
    /// # Errors
    ///
    /// If the key cannot be one: only a map without entries does not mind.
    pub(crate) fn contains(&self, key: &Value<'_>) -> Result<bool, EvalError> {
        if let Self::Values(map) = self
            && map.len() > 0
        {
            require_key(key)?;
        }
        Ok(self.clone().plain().find(key).is_some())
    }

    /// The map as it is when an operation looks at it from within: it unescapes no names.
    pub(crate) fn plain(self) -> Self {
        match self {
            Self::Json(object) => Self::Json(JsonObject { unescapes: false, ..object }),
            other => other,
        }
    }
}

/// The members of an object; of a repeated name the last one counts, as in Go.
fn last_members(raw: &str) -> Vec<Result<(Text<'_>, &str), EvalError>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<Result<(Text<'_>, &str), EvalError>> = Vec::new();
    for member in json::members(raw) {
        let member = member.and_then(|(name, value)| Ok((json::string(name)?, value)));
        match &member {
            Ok((name, _)) => match seen.get(&**name).copied() {
                Some(at) => {
                    if let Some(slot) = found.get_mut(at) {
                        *slot = member;
                    }
                }
                None => {
                    seen.insert(name.to_string(), found.len());
                    found.push(member);
                }
            },
            Err(_) => found.push(member),
        }
    }
    found
}

/// The last member with the name.
pub(crate) fn find_member<'a>(raw: &'a str, name: &str) -> Option<Result<&'a str, EvalError>> {
    let mut found = None;
    for member in json::members(raw) {
        match member {
            Ok((quoted, value)) => match json::string(quoted) {
                Ok(text) if *text == *name => found = Some(Ok(value)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            },
            Err(error) => return Some(Err(error)),
        }
    }
    found
}

/// The entries of a map.
#[derive(Debug)]
pub enum MapIter<'a> {
    #[doc(hidden)]
    Json(std::vec::IntoIter<Result<(Text<'a>, &'a str), EvalError>>),
    #[doc(hidden)]
    Extra(std::slice::Iter<'a, (&'a str, &'a [&'a str])>),
    #[doc(hidden)]
    Values(Arc<ValueMap<'a>>, usize),
}

impl<'a> Iterator for MapIter<'a> {
    type Item = Result<(Value<'a>, Value<'a>), EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Json(members) => members.next().map(|member| {
                let (name, raw) = member?;
                Ok((Value::String(name), json::value(raw, false)?))
            }),
            Self::Extra(entries) => {
                entries.next().map(|(name, values)| Ok((Value::from(*name), Value::List(List::Borrowed(values)))))
            }
            Self::Values(map, at) => {
                *at += 1;
                map.entries.get(*at - 1).cloned().map(Ok)
            }
        }
    }
}

/// A map that the expression made. Its entries keep the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct ValueMap<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    index: HashMap<HashKey, usize>,
}

/// What identifies a key. Values that Go compares by their address have none: they equal nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum HashKey {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(u64),
    String(Box<str>),
    Duration(i64),
    Timestamp(i64, i32, i32),
    Type(&'static str),
    Ip(IpAddr),
    Cidr(Cidr),
}

impl<'a> ValueMap<'a> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Sets the value of a key, in place of the one that it had.
    pub(crate) fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Result<(), EvalError> {
        let Some(hash) = hash_key(&key)? else {
            self.entries.push((key, value));
            return Ok(());
        };
        match self.index.get(&hash) {
            Some(at) => {
                if let Some(entry) = self.entries.get_mut(*at) {
                    entry.1 = value;
                }
            }
            None => {
                self.index.insert(hash, self.entries.len());
                self.entries.push((key, value));
            }
        }
        Ok(())
    }

    /// Removes a key; what an optional entry without a value does.
    pub(crate) fn remove(&mut self, key: &Value<'a>) -> Result<(), EvalError> {
        let Some(hash) = hash_key(key)? else { return Ok(()) };
        let Some(at) = self.index.remove(&hash) else { return Ok(()) };
        self.entries.remove(at);
        for position in self.index.values_mut() {
            *position -= usize::from(*position > at);
        }
        Ok(())
    }

    /// Whether the key itself is there.
    pub(crate) fn contains_exactly(&self, key: &Value<'_>) -> Result<bool, EvalError> {
        Ok(hash_key(key)?.is_some_and(|hash| self.index.contains_key(&hash)))
    }

    /// The value of a key; numbers of different types find each other as in cel-go.
    pub(crate) fn find(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let get = |hash: HashKey| self.index.get(&hash).and_then(|at| self.entries.get(*at)).map(|(_, value)| value);
        let hash = hash_key(key).ok()??;
        get(hash).or_else(|| match key {
            Value::Double(number) => {
                let int = super::number::lossless_int(*number).map(HashKey::Int);
                int.and_then(get).or_else(|| get(HashKey::Uint(super::number::lossless_uint(*number)?)))
            }
            Value::Int(number) => get(HashKey::Uint(u64::try_from(*number).ok()?)),
            Value::Uint(number) => get(HashKey::Int(i64::try_from(*number).ok()?)),
            _ => None,
        })
    }
}

/// Refuses what cannot be a key.
pub(crate) fn require_key(key: &Value<'_>) -> Result<(), EvalError> {
    hash_key(key).map(|_| ())
}

fn hash_key(key: &Value<'_>) -> Result<Option<HashKey>, EvalError> {
    Ok(Some(match key {
        Value::Null => HashKey::Null,
        Value::Bool(b) => HashKey::Bool(*b),
        Value::Int(i) => HashKey::Int(*i),
        Value::Uint(u) => HashKey::Uint(*u),
        Value::Double(d) if d.is_nan() => return Ok(None),
        // Both zeros are one key.
        Value::Double(d) => HashKey::Double((d + 0.0).to_bits()),
        Value::String(text) => HashKey::String((&**text).into()),
        Value::Duration(nanos) => HashKey::Duration(*nanos),
        Value::Timestamp(t) => HashKey::Timestamp(t.seconds, t.nanos, t.offset),
        Value::Type(name) => HashKey::Type(name),
        Value::Ip(ip) => HashKey::Ip(*ip),
        Value::Cidr(cidr) => HashKey::Cidr(*cidr),
        Value::Bytes(_) | Value::Semver(_) | Value::Format(_) => {
            return Err(EvalError::UnhashableKey(key.type_name()));
        }
        _ => return Ok(None),
    }))
}

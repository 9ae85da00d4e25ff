//! The values of an evaluation.

use std::net::IpAddr;
use std::sync::Arc;

use super::activation::{Claims, User};
use super::list::{List, ListOrigin};
use super::map::Map;
use super::text::Text;
use super::timestamp::Timestamp;
use crate::library::{Cidr, NamedFormat, Quantity, Semver, Url};

/// A value, borrowed from the claims and the program as far as possible.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating-point number; every JSON number is one.
    Double(f64),
    /// A string.
    String(Text<'a>),
    /// A sequence of bytes.
    Bytes(Arc<[u8]>),
    /// A duration in nanoseconds.
    Duration(i64),
    /// A point in time.
    Timestamp(Timestamp),
    /// A type, by its name.
    Type(&'static str),
    /// A value that may be absent.
    Optional(Option<Arc<Value<'a>>>),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// All claims: the variable `claims`.
    Claims(&'a dyn Claims),
    /// The user: the variable `user`.
    User(&'a User<'a>),
    /// An IP address.
    Ip(IpAddr),
    /// A range of IP addresses.
    Cidr(Cidr),
    /// A URL.
    Url(Arc<Url>),
    /// A Kubernetes quantity.
    Quantity(Arc<Quantity>),
    /// A semantic version.
    Semver(Arc<Semver>),
    /// A format that strings can be validated against.
    Format(NamedFormat),
    /// The message `google.protobuf.Empty`.
    Empty,
}

/// The value is not one that Kubernetes takes for a list of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expression must return a string or a list of strings")]
pub struct NotStrings;

impl<'a> Value<'a> {
    /// The name of the type, as `type(..)` gives it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Claims(_) => "kubernetes.claims",
            Self::User(_) => "kubernetes.UserInfo",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Empty => "google.protobuf.Empty",
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The strings that Kubernetes reads from the value for groups and extra: of a string that
    /// string, of a list its strings, of null none; an empty string is left out.
    ///
    /// # Errors
    ///
    /// For any other value; and for a list that comes straight from `split`, `findAll` and the
    /// like, since the API server does not convert such a list (`.map(x, x)` makes one that it
    /// converts). See `convertCELValueToStringList` in
    /// k8s.io/apiserver/plugin/pkg/authenticator/token/oidc.
    pub fn to_strings(&self) -> Result<Vec<Text<'a>>, NotStrings> {
        let mut strings = Vec::with_capacity(self.strings_at_most());
        self.each_string(|text| strings.push(text))?;
        Ok(strings)
    }

    /// As [`to_strings`](Self::to_strings), each string given to `see` in order, without a list of them. What was
    /// seen before an error is of no use.
    ///
    /// # Errors
    /// As [`to_strings`](Self::to_strings).
    pub fn each_string(&self, mut see: impl FnMut(Text<'a>)) -> Result<(), NotStrings> {
        let mut one = |value: Value<'a>| match value {
            Self::String(text) => {
                if !text.is_empty() {
                    see(text);
                }
                Ok(())
            }
            _ => Err(NotStrings),
        };
        match self {
            Self::Null => Ok(()),
            Self::String(_) => one(self.clone()),
            Self::List(list) if list.origin() == ListOrigin::Values => {
                list.each(|element| one(element.map_err(|_| NotStrings)?))
            }
            _ => Err(NotStrings),
        }
    }

    /// How many [`each_string`](Self::each_string) sees, or more: to make room for. Cheap to know.
    #[must_use]
    pub fn strings_at_most(&self) -> usize {
        match self {
            Self::String(_) => 1,
            // Each has two quotes.
            Self::List(List::Json(array)) => array.raw.bytes().filter(|byte| *byte == b'"').count() / 2,
            Self::List(list) => list.len(),
            _ => 0,
        }
    }

    pub(crate) fn some(self) -> Self {
        Self::Optional(Some(Arc::new(self)))
    }

    pub(crate) fn list(elements: Vec<Value<'a>>) -> Self {
        Self::List(List::Values(Arc::new(elements)))
    }

    /// A list that the API server does not convert to strings.
    pub(crate) fn string_list(strings: impl IntoIterator<Item = Text<'a>>) -> Self {
        Self::List(List::Strings(strings.into_iter().collect()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(value.into())
    }
}

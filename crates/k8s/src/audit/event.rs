//! What is said of one verdict.

use super::Fingerprint;
use crate::Error;
use claimant_core::Reason;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// One verdict. Serialized, it is an object whose names are those of the fields, in camel case; what is not known is
/// left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// As of when the token was judged, in seconds since 1970.
    pub time: i64,
    /// How it ended.
    pub decision: Decision,
    /// Why, where nobody was let in: the stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Which token, to whoever has the key.
    pub fingerprint: Fingerprint,
    /// The issuer: of a token that was let in, and of one that was refused, or that nobody can tell about, where it is
    /// an issuer whose tokens are judged here as of now. `None` where the token names none, where it is nobody's here,
    /// and where the authenticator cannot tell whose tokens it judges
    /// ([`Authenticator::judges_tokens_of`](crate::Authenticator::judges_tokens_of)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The id of the key that the token names, where it has up to 128 visible ASCII characters. Only where somebody
    /// was let in has that key signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The user's groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The credential id, such as `JTI=…`, as kube-apiserver has it in the user's extra.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<String>,
    /// For which of the audiences that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Whether the user was found in a cache. Not known of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached: Option<bool>,
    /// How long it took.
    #[serde(rename = "latencyNanoseconds", serialize_with = "nanoseconds")]
    pub latency: Duration,
}

/// The reason of a verdict that was given up before there was one: whoever waited for it waits no more.
pub const ABANDONED: Reason = "abandoned";

/// How a verdict ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// Somebody was let in.
    Allowed,
    /// The token is ours and not good.
    Refused,
    /// The token is nobody's here.
    Unrecognized,
    /// Nobody can tell now.
    Unavailable,
}

impl Decision {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Unrecognized => "unrecognized",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<&Error> for Decision {
    fn from(error: &Error) -> Self {
        match error {
            Error::Refused(_) => Self::Refused,
            Error::Unrecognized => Self::Unrecognized,
            Error::Unavailable(_) => Self::Unavailable,
        }
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

fn nanoseconds<S: Serializer>(latency: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX))
}

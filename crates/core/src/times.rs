//! `exp`, `nbf` and `iat` (RFC 7519, section 4.1), by the rules of either authenticator of kube-apiserver.

use crate::Refusal;
use crate::claims::{self, PART};
use crate::json::{self, Payload};

/// How `exp`, `nbf` and `iat` are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeRules {
    /// As kube-apiserver judges ID tokens: `exp` required, no leeway; `nbf` one minute; `iat` not compared.
    Oidc,
    /// As kube-apiserver judges service-account tokens: all optional, 60 s leeway each way, `iat` not ahead.
    ServiceAccount,
    /// Types only: kube-apiserver does not look at the times of a legacy secret token.
    TypesOnly,
}

/// How far a clock may be off, per claim, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leeway {
    /// How long a token outlives its `exp`.
    pub exp: u32,
    /// How far ahead `nbf` may lie.
    pub nbf: u32,
    /// How far ahead `iat` may lie; `None` where it is not compared.
    pub iat: Option<u32>,
}

impl TimeRules {
    pub(crate) fn leeway(self) -> Leeway {
        match self {
            // go-oidc 2.5 gives `nbf` one minute; go-jose gives each claim one.
            Self::Oidc => Leeway { exp: 0, nbf: 60, iat: None },
            Self::ServiceAccount | Self::TypesOnly => Leeway { exp: 60, nbf: 60, iat: Some(60) },
        }
    }

    /// The claim in whole seconds, where it is there.
    pub(crate) fn read(self, object: &Payload<'_>, name: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(raw) = object.get(name) else { return Ok(None) };
        match self {
            // Numbers, or text that is a number; a null `nbf` is none, a null `exp` or `iat` an error.
            Self::Oidc if raw == "null" && name == "nbf" => Ok(None),
            Self::Oidc => match json::string(raw, PART)? {
                Some(text) if is_number(&text) => claims::seconds(&text, name).map(Some),
                None if starts_as_number(raw) => claims::seconds(raw, name).map(Some),
                _ => Err(Refusal::ClaimType(name)),
            },
            // Numbers only, through a double; null is none.
            Self::ServiceAccount | Self::TypesOnly => numeric_date(raw, name),
        }
    }

    /// `exp` lies ahead.
    pub(crate) fn check_exp(self, object: &Payload<'_>, leeway: Leeway, now: i64) -> Result<(), Refusal> {
        match (self.read(object, "exp")?, self) {
            (_, Self::TypesOnly) | (None, Self::ServiceAccount) => Ok(()),
            (None, Self::Oidc) => Err(Refusal::ClaimMissing("exp")),
            (Some(exp), _) if wrap(exp) + i128::from(leeway.exp) < i128::from(now) => {
                Err(Refusal::Expired { exp, now })
            }
            _ => Ok(()),
        }
    }

    /// `nbf` has passed.
    pub(crate) fn check_nbf(self, object: &Payload<'_>, leeway: Leeway, now: i64) -> Result<(), Refusal> {
        match self.read(object, "nbf")? {
            Some(nbf) if self != Self::TypesOnly && wrap(nbf) > i128::from(now) + i128::from(leeway.nbf) => {
                Err(Refusal::NotYetValid { nbf, now })
            }
            _ => Ok(()),
        }
    }

    /// `iat` has passed.
    pub(crate) fn check_iat(self, object: &Payload<'_>, leeway: Leeway, now: i64) -> Result<(), Refusal> {
        match (self.read(object, "iat")?, leeway.iat) {
            (Some(iat), Some(leeway))
                if self != Self::TypesOnly && wrap(iat) > i128::from(now) + i128::from(leeway) =>
            {
                Err(Refusal::IssuedInFuture { iat, now })
            }
            _ => Ok(()),
        }
    }

    /// `exp` is no further from `iat` (or `nbf`) than `most` seconds.
    pub(crate) fn check_lifetime(self, object: &Payload<'_>, most: u64) -> Result<(), Refusal> {
        let exp = self.read(object, "exp")?.ok_or(Refusal::ClaimMissing("exp"))?;
        let from = match self.read(object, "iat")? {
            Some(iat) => iat,
            None => self.read(object, "nbf")?.ok_or(Refusal::ClaimMissing("iat"))?,
        };
        let life = i128::from(exp) - i128::from(from);
        if life > i128::from(most) { Err(Refusal::LivesTooLong { most }) } else { Ok(()) }
    }
}

/// Go counts seconds from the year 1; what does not fit wraps into the past.
fn wrap(seconds: i64) -> i128 {
    const TO_YEAR_ONE: i64 = 62_135_596_800;
    i128::from(seconds.wrapping_add(TO_YEAR_ONE)) - i128::from(TO_YEAR_ONE)
}

/// A NumericDate of a service-account token: a number or null.
fn numeric_date(raw: &str, name: &'static str) -> Result<Option<i64>, Refusal> {
    if raw == "null" {
        return Ok(None);
    }
    if !starts_as_number(raw) {
        return Err(Refusal::ClaimType(name));
    }
    // Whole numbers of so few digits are exact as doubles too.
    if let (true, Ok(whole)) = (raw.len() <= 15, raw.parse::<i64>()) {
        return Ok(Some(whole));
    }
    let number: f64 = raw.parse().map_err(|_| Refusal::ClaimType(name))?;
    if number.is_finite() { Ok(Some(claims::truncate(number))) } else { Err(Refusal::ClaimType(name)) }
}

/// Whether a valid JSON value is a number.
fn starts_as_number(raw: &str) -> bool {
    raw.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// Whether any text is a JSON number.
fn is_number(text: &str) -> bool {
    starts_as_number(text) && text.ends_with(|c: char| c.is_ascii_digit()) && json::is_valid(text)
}

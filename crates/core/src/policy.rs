//! What a token must say to be good here.

use crate::claims::{self, Claims, PART};
use crate::json::{self, Object};
use crate::{Limits, Misconfigured, Refusal};

/// The audiences of which a token must name one. There is no empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    AnyOf(Vec<String>),
    Unchecked(&'static str),
}

impl Audience {
    /// A token is good if it names any of these, compared byte for byte.
    ///
    /// # Errors
    /// No audience, an empty one, or more than [`Limits::AUDIENCES`].
    pub fn any_of<S: Into<String>>(audiences: impl IntoIterator<Item = S>) -> Result<Self, Misconfigured> {
        Self::any_of_within(audiences, &Limits::default())
    }

    /// The same with a limit of the caller's.
    ///
    /// # Errors
    /// As [`Audience::any_of`], with [`Limits::audiences`].
    pub fn any_of_within<S: Into<String>>(
        audiences: impl IntoIterator<Item = S>,
        limits: &Limits,
    ) -> Result<Self, Misconfigured> {
        let list: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if list.is_empty() {
            return Err(Misconfigured::Audiences("at least one is required"));
        }
        if list.iter().any(String::is_empty) {
            return Err(Misconfigured::Audiences("an empty one is not allowed"));
        }
        if list.len() > limits.audiences {
            return Err(Misconfigured::Audiences("more than the limit"));
        }
        Ok(Self(Kind::AnyOf(list)))
    }

    /// The audience is checked elsewhere; `why` says where, and shows in `Debug`.
    pub fn unchecked(why: &'static str) -> Self {
        Self(Kind::Unchecked(why))
    }

    fn accepts(&self, found: &str) -> bool {
        match &self.0 {
            Kind::AnyOf(wanted) => wanted.iter().any(|one| one == found),
            Kind::Unchecked(_) => false,
        }
    }
}

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

/// Issuer, audience and times, checked together and in that order.
#[derive(Debug, Clone)]
pub struct Policy {
    issuer: String,
    audience: Audience,
    times: TimeRules,
}

impl Policy {
    /// ID tokens of `issuer` (compared byte for byte) for `audience`.
    pub fn new(issuer: impl Into<String>, audience: Audience) -> Self {
        Self { issuer: issuer.into(), audience, times: TimeRules::Oidc }
    }

    /// The same with other rules for times.
    #[must_use]
    pub fn with_times(mut self, times: TimeRules) -> Self {
        self.times = times;
        self
    }

    /// Checks `object`; `now` is in seconds since 1970.
    pub(crate) fn check<'a>(&self, object: &'a Object<'a>, now: i64) -> Result<Claims<'a>, Refusal> {
        let oidc = self.times == TimeRules::Oidc;
        let issuer = claims::text(object, "iss")?.unwrap_or_default();
        let mut for_us = matches!(self.audience.0, Kind::Unchecked(_));
        claims::each_audience(object, oidc, |audience| for_us |= self.audience.accepts(&audience))?;
        let times = match self.times {
            TimeRules::Oidc => Times::oidc(object)?,
            _ => Times::service_account(object)?,
        };
        if oidc {
            check_oidc_types(object)?;
        } else {
            claims::text(object, "sub")?;
            claims::text(object, "jti")?;
        }
        let same = if oidc { issuer_matches(&self.issuer, &issuer) } else { self.issuer == issuer };
        if !same {
            return Err(Refusal::Issuer);
        }
        if !for_us {
            return Err(Refusal::Audience);
        }
        match self.times {
            TimeRules::Oidc => times.check_oidc(now)?,
            TimeRules::ServiceAccount => times.check_service_account(now)?,
            TimeRules::TypesOnly => {}
        }
        Ok(Claims { object })
    }
}

/// Google signs with either spelling of its issuer (OpenID Connect Core, errata on GoogleIss).
pub(crate) fn issuer_matches(wanted: &str, found: &str) -> bool {
    wanted == found || (wanted == "https://accounts.google.com" && found == "accounts.google.com")
}

#[derive(Debug)]
struct Times {
    exp: Option<i64>,
    nbf: Option<i64>,
    iat: Option<i64>,
}

impl Times {
    /// Numbers, or text that is a number; a null `nbf` is none, a null `exp` or `iat` is an error.
    fn oidc(object: &Object<'_>) -> Result<Self, Refusal> {
        let read = |name: &'static str| -> Result<Option<i64>, Refusal> {
            match object.get(name) {
                None => Ok(None),
                Some("null") if name == "nbf" => Ok(None),
                Some(raw) => match json::string(raw, PART)? {
                    Some(text) if is_number(&text) => claims::seconds(&text, name).map(Some),
                    None if is_number(raw) => claims::seconds(raw, name).map(Some),
                    _ => Err(Refusal::ClaimType(name)),
                },
            }
        };
        Ok(Self { exp: read("exp")?, iat: read("iat")?, nbf: read("nbf")? })
    }

    /// Numbers only, through a double; null is none.
    fn service_account(object: &Object<'_>) -> Result<Self, Refusal> {
        let read = |name: &'static str| numeric_date(object, name);
        Ok(Self { exp: read("exp")?, nbf: read("nbf")?, iat: read("iat")? })
    }

    fn check_oidc(&self, now: i64) -> Result<(), Refusal> {
        let exp = self.exp.ok_or(Refusal::ClaimMissing("exp"))?;
        if wrap(exp) < i128::from(now) {
            return Err(Refusal::Expired { exp, now });
        }
        match self.nbf {
            Some(nbf) if wrap(nbf) > i128::from(now) + NBF_LEEWAY => Err(Refusal::NotYetValid { nbf, now }),
            _ => Ok(()),
        }
    }

    fn check_service_account(&self, now: i64) -> Result<(), Refusal> {
        let at = i128::from(now);
        if let Some(nbf) = self.nbf.filter(|t| at + LEEWAY < wrap(*t)) {
            return Err(Refusal::NotYetValid { nbf, now });
        }
        if let Some(exp) = self.exp.filter(|t| at - LEEWAY > wrap(*t)) {
            return Err(Refusal::Expired { exp, now });
        }
        if let Some(iat) = self.iat.filter(|t| at + LEEWAY < wrap(*t)) {
            return Err(Refusal::IssuedInFuture { iat, now });
        }
        Ok(())
    }
}

/// One minute, as go-oidc 2.5 has it.
const NBF_LEEWAY: i128 = 60;
/// One minute, as go-jose's default.
const LEEWAY: i128 = 60;

/// Go counts seconds from the year 1; what does not fit wraps into the past.
fn wrap(seconds: i64) -> i128 {
    const TO_YEAR_ONE: i64 = 62_135_596_800;
    i128::from(seconds.wrapping_add(TO_YEAR_ONE)) - i128::from(TO_YEAR_ONE)
}

/// A NumericDate of a service-account token: a number or null.
pub(crate) fn numeric_date(object: &Object<'_>, name: &'static str) -> Result<Option<i64>, Refusal> {
    match object.get(name) {
        None | Some("null") => Ok(None),
        Some(raw) if is_number(raw) => {
            let number: f64 = raw.parse().map_err(|_| Refusal::ClaimType(name))?;
            if number.is_finite() { Ok(Some(claims::truncate(number))) } else { Err(Refusal::ClaimType(name)) }
        }
        Some(_) => Err(Refusal::ClaimType(name)),
    }
}

/// Whether `text` is a JSON number.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && json::is_valid(text)
}

/// The claims that the API server's OIDC library types, though nobody compares them.
fn check_oidc_types(object: &Object<'_>) -> Result<(), Refusal> {
    for name in ["sub", "nonce", "at_hash"] {
        claims::text(object, name)?;
    }
    Ok(())
}

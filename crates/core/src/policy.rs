//! What a token must say to be good here.

use crate::Refusal;
use crate::audience::Audience;
use crate::claims::{self, Claims, PART};
use crate::jose::Header;
use crate::json::{self, Payload};
use crate::times::{Leeway, TimeRules};
use serde_json::Value;
use std::fmt;

/// Issuer, audience, times and whatever else is asked, checked together and in that order.
#[derive(Debug, Clone)]
pub struct Policy {
    issuer: String,
    audience: Audience,
    times: TimeRules,
    leeway: Leeway,
    leeway_because: Option<&'static str>,
    max_lifetime: Option<u64>,
    required: Vec<(String, Value)>,
    types: Vec<String>,
}

impl Policy {
    /// ID tokens of `issuer` (compared byte for byte) for `audience`.
    pub fn new(issuer: impl Into<String>, audience: Audience) -> Self {
        Self {
            issuer: issuer.into(),
            audience,
            times: TimeRules::Oidc,
            leeway: TimeRules::Oidc.leeway(),
            leeway_because: None,
            max_lifetime: None,
            required: Vec::new(),
            types: Vec::new(),
        }
    }

    /// The same with other rules for times, and their leeways.
    #[must_use]
    pub fn with_times(mut self, times: TimeRules) -> Self {
        self.times = times;
        self.leeway = times.leeway();
        self
    }

    /// Other leeways than those of the rules. More than theirs takes tokens that kube-apiserver refuses, so
    /// it wants a reason, which shows in `Debug` and in every explanation.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Leeway, because: &'static str) -> Self {
        self.leeway = leeway;
        self.leeway_because = Some(because);
        self
    }

    /// Refuses tokens whose `exp` lies more than `seconds` after their `iat` (or `nbf`), and those that lack
    /// either.
    #[must_use]
    pub fn with_max_lifetime(mut self, seconds: u64) -> Self {
        self.max_lifetime = Some(seconds);
        self
    }

    /// Refuses tokens without this claim, or with another value; any JSON type.
    #[must_use]
    pub fn requiring(mut self, claim: impl Into<String>, value: impl Into<Value>) -> Self {
        self.required.push((claim.into(), value.into()));
        self
    }

    /// Refuses tokens whose header has none of these as `typ`; compared as media types, without regard to
    /// case and to `application/` in front (RFC 7515, section 4.1.9; RFC 8725, section 3.11).
    #[must_use]
    pub fn with_types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Checks `object`, of a token with this header; `now` is in seconds since 1970.
    pub(crate) fn check<'a>(&self, header: &Header<'_>, object: Payload<'a>, now: i64) -> Result<Claims<'a>, Refusal> {
        let facts = Facts { header, object: &object, now };
        for (_, check) in CHECKS {
            check(self, &facts)?;
        }
        Ok(Claims { object, times: self.times })
    }

    fn check_issuer(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        let found = claims::text(facts.object, "iss")?.unwrap_or_default();
        let same = match self.times {
            TimeRules::Oidc => issuer_matches(&self.issuer, &found),
            _ => self.issuer == found,
        };
        if same { Ok(()) } else { Err(Refusal::Issuer) }
    }

    fn check_audience(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        let mut for_us = self.audience.is_unchecked();
        let null_is_empty = self.times == TimeRules::Oidc;
        claims::each_audience(facts.object, null_is_empty, |audience| for_us |= self.audience.accepts(&audience))?;
        if for_us { Ok(()) } else { Err(Refusal::Audience) }
    }

    fn check_exp(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        self.times.check_exp(facts.object, self.leeway, facts.now)
    }

    fn check_nbf(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        self.times.check_nbf(facts.object, self.leeway, facts.now)
    }

    fn check_iat(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        self.times.check_iat(facts.object, self.leeway, facts.now)
    }

    fn check_lifetime(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        self.max_lifetime.map_or(Ok(()), |most| self.times.check_lifetime(facts.object, most))
    }

    /// The claims that the API server's libraries type, though nobody compares them.
    fn check_claim_types(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        let names: &[&'static str] = match self.times {
            TimeRules::Oidc => &["sub", "nonce", "at_hash"],
            _ => &["sub", "jti"],
        };
        names.iter().try_for_each(|name| claims::text(facts.object, name).map(|_| ()))
    }

    fn check_required(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        for (claim, wanted) in &self.required {
            let raw = facts.object.get(claim).ok_or_else(|| Refusal::RequiredClaim(claim.clone()))?;
            let same = match wanted {
                Value::String(wanted) => json::string(raw, PART)?.is_some_and(|found| found == *wanted),
                wanted => serde_json::from_str::<Value>(raw).is_ok_and(|found| found == *wanted),
            };
            if !same {
                return Err(Refusal::RequiredClaim(claim.clone()));
            }
        }
        Ok(())
    }

    fn check_type(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        let bare = |name: &str| name.get(..12).filter(|p| p.eq_ignore_ascii_case("application/")).map_or(0, str::len);
        let same = |a: &str, b: &str| {
            a.get(bare(a)..).unwrap_or_default().eq_ignore_ascii_case(b.get(bare(b)..).unwrap_or_default())
        };
        let found = facts.header.typ.as_deref().unwrap_or_default();
        if self.types.is_empty() || self.types.iter().any(|wanted| same(wanted, found)) {
            Ok(())
        } else {
            Err(Refusal::TokenType)
        }
    }

    /// Every check with what it expects and finds and how it ends, also behind the first failure.
    pub(crate) fn explain(&self, header: &Header<'_>, object: &Payload<'_>, now: i64) -> Vec<Finding> {
        let facts = Facts { header, object, now };
        let finding = |(name, check): &(&'static str, Check)| Finding {
            check: name,
            expected: self.expectation(name, now),
            got: match *name {
                "typ" => header.typ.as_deref().map(ToOwned::to_owned),
                "lifetime" => [object.get("iat"), object.get("exp")]
                    .into_iter()
                    .flatten()
                    .map(str::to_owned)
                    .reduce(|a, b| a + " to " + &b),
                name => object.get(name).map(ToOwned::to_owned),
            },
            outcome: check(self, &facts),
        };
        CHECKS.iter().map(finding).collect()
    }

    fn expectation(&self, check: &str, now: i64) -> String {
        let leeway = self.leeway;
        match check {
            "iss" => format!("{:?}", self.issuer),
            "aud" => self.audience.to_string(),
            "exp" => format!("now {now} with {} s of leeway, or later", leeway.exp),
            "nbf" => format!("now {now} with {} s of leeway, or earlier", leeway.nbf),
            "iat" => {
                leeway.iat.map_or("not compared".into(), |l| format!("now {now} with {l} s of leeway, or earlier"))
            }
            "lifetime" => self.max_lifetime.map_or("not limited".into(), |most| format!("at most {most} s")),
            "required claims" => format!("{:?}", self.required.iter().map(|(claim, _)| claim).collect::<Vec<_>>()),
            "typ" if self.types.is_empty() => "any".into(),
            "typ" => format!("any of {:?}", self.types),
            _ => String::new(),
        }
    }
}

/// One check of an explanation. Its `Debug` shows of the token what a [`crate::Explanation`] shows unless revealed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is checked: a claim's name, or a word for it.
    pub check: &'static str,
    /// What the policy wants.
    pub expected: String,
    /// What the token says, as it stands there; `None` where it says nothing.
    pub got: Option<String>,
    /// How it ends.
    pub outcome: Result<(), Refusal>,
}

impl Finding {
    /// What was found, as far as it may be shown: of the token's values only its algorithm, key id, type and times.
    pub(crate) fn shown(&self, revealed: bool) -> String {
        let open = matches!(self.check, "alg" | "signature" | "typ" | "exp" | "nbf" | "iat" | "lifetime");
        match &self.got {
            None => "nothing".to_owned(),
            Some(got) if open || revealed => format!("{got:?}"),
            Some(_) => "(hidden)".to_owned(),
        }
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding")
            .field("check", &self.check)
            .field("expected", &self.expected)
            .field("got", &format_args!("{}", self.shown(false)))
            .field("outcome", &self.outcome)
            .finish()
    }
}

struct Facts<'a> {
    header: &'a Header<'a>,
    object: &'a Payload<'a>,
    now: i64,
}

type Check = fn(&Policy, &Facts<'_>) -> Result<(), Refusal>;

/// All checks, in the API server's order.
const CHECKS: [(&str, Check); 9] = [
    ("iss", Policy::check_issuer),
    ("aud", Policy::check_audience),
    ("nbf", Policy::check_nbf),
    ("exp", Policy::check_exp),
    ("iat", Policy::check_iat),
    ("claim types", Policy::check_claim_types),
    ("lifetime", Policy::check_lifetime),
    ("required claims", Policy::check_required),
    ("typ", Policy::check_type),
];

/// The other spelling under which this issuer signs ID tokens, where it has one: Google's, with and without
/// the scheme (OpenID Connect Core, errata on GoogleIss).
pub fn issuer_alias(issuer: &str) -> Option<&'static str> {
    (issuer == "https://accounts.google.com").then_some("accounts.google.com")
}

pub(crate) fn issuer_matches(wanted: &str, found: &str) -> bool {
    wanted == found || issuer_alias(wanted) == Some(found)
}

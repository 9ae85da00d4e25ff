//! ID tokens of one issuer to users (plugin/pkg/authenticator/token/oidc of k8s.io/apiserver).

mod builder;
mod by_claim;
mod by_expression;
mod distributed;
mod facts;
#[cfg(feature = "remote")]
mod http;
mod resolver;

pub use builder::OidcBuilder;
#[cfg(feature = "remote")]
pub use http::HttpClaims;
pub use resolver::{ClaimFetcher, ClaimRequest, DistributedClaims};

use crate::config::{ClaimValidationRule, Expressions, JwtAuthenticator, OidcFlags, PrefixedClaimOrExpression};
use crate::explain::{Got, Looked, Silent, Step, Trace, of_token};
use crate::keys::{self, Wait};
use crate::user_info::CREDENTIAL_ID;
use crate::{Authenticated, Authenticator, ConfigError, Error, Generation, Judging, Refusal, UserInfo};
use by_expression::{Purpose, View};
use claimant_core::{Algorithm, Bearer, Claims, Limits, Policy, issuer_alias};
use claimant_jwks::Keys;
use facts::Facts;
use resolver::Resolver;

const PART: &str = "payload";

/// One issuer of an AuthenticationConfiguration, or the `--oidc-*` flags, with its keys.
#[derive(Debug)]
pub struct OidcAuthenticator {
    issuer: String,
    keys: Keys,
    algorithms: Vec<Algorithm>,
    policy: Policy,
    username: PrefixedClaimOrExpression,
    groups: PrefixedClaimOrExpression,
    uid: String,
    required: Vec<ClaimValidationRule>,
    expressions: Expressions,
    limits: Limits,
    resolver: Option<Resolver>,
    system_names: bool,
}

impl OidcAuthenticator {
    /// An authenticator of a configuration file: it accepts the nine algorithms that the API server does.
    ///
    /// # Errors
    /// As [`OidcBuilder::build`].
    pub fn from_config(jwt: JwtAuthenticator, keys: impl Into<Keys>) -> Result<Self, ConfigError> {
        Self::builder(jwt, keys).build()
    }

    /// The same with other bounds than the defaults.
    ///
    /// # Errors
    /// As [`OidcAuthenticator::from_config`].
    pub fn from_config_within(
        jwt: JwtAuthenticator,
        keys: impl Into<Keys>,
        limits: Limits,
    ) -> Result<Self, ConfigError> {
        Self::builder(jwt, keys).limits(limits).build()
    }

    /// The authenticator that the flags mean. `disallowed_issuers` are the cluster's own.
    ///
    /// # Errors
    /// As of [`OidcFlags::check`].
    pub fn from_flags(
        flags: OidcFlags,
        keys: impl Into<Keys>,
        disallowed_issuers: &[String],
    ) -> Result<Self, ConfigError> {
        flags.check(disallowed_issuers)?;
        let (jwt, algorithms) = flags.authenticator()?;
        let builder = Self::builder(jwt, keys).algorithms(algorithms);
        builder.disallowed_issuers(disallowed_issuers.iter().map(String::as_str)).build()
    }

    /// Issuer, signature, audience and times.
    fn check<'t, T: Trace>(
        &self,
        bearer: &'t Bearer<'_>,
        now: i64,
        wait: &mut Wait,
        trace: &mut T,
    ) -> Result<Claims<'t>, Error> {
        if !bearer.claims_issuer(&self.issuer) {
            return Err(Error::Unrecognized);
        }
        trace.steps(|| of_token(bearer, self.keys.load().keys(), &self.algorithms, &self.policy, now, &self.limits));
        let token = bearer.token().map_err(Refusal::Token)?;
        let signed = keys::verify(token, &self.keys, &self.algorithms, &self.issuer, wait)?;
        Ok(signed.check(&self.policy, now).map_err(Refusal::Token)?)
    }

    /// The user of checked claims, whose groups may have to be fetched.
    fn begin_user<'a>(&'a self, claims: Claims<'a>, now: i64) -> Judging<'a> {
        let outcome = match (distributed::find(&claims, &self.groups.claim), &self.resolver) {
            (Err(why), _) => Err(why),
            (Ok(None), _) => self.authenticated(Facts::of(claims), &mut Silent),
            (Ok(Some(_)), None) => Err(Refusal::DistributedGroups),
            (Ok(Some(place)), Some(resolver)) => {
                return Judging::waits(async move {
                    let (name, token) = (self.groups.claim.as_str(), (&claims, self.algorithms.as_slice(), now));
                    resolver
                        .resolve(place, name, token, |it| self.authenticated(Facts::of(claims).with(it), &mut Silent))
                        .await
                });
            }
        };
        Judging::Done(outcome.map_err(Error::from))
    }

    fn authenticated<T: Trace>(&self, facts: Facts<'_>, trace: &mut T) -> Result<Authenticated, Refusal> {
        let expires = facts.expiry()?;
        Ok(Authenticated::new(self.user(facts, trace)?, Vec::new()).until(expires))
    }

    /// The API server's order, behind distributed claims: username, groups, uid, extra, required claims, rules.
    fn user<T: Trace>(&self, facts: Facts<'_>, trace: &mut T) -> Result<UserInfo, Refusal> {
        let view = View::of(facts);
        let field = |name: &str| format!("claimMappings.{name}");
        let username = match &self.expressions.username {
            Some(program) => by_expression::username(program, &view, trace)?,
            None => {
                let name = by_claim::username(&facts, &self.username);
                trace.of(|| field("username"), || self.username.in_words(), name, |name| Some(Got::text(name)))?
            }
        };
        let mut user = UserInfo { username, ..UserInfo::default() };
        let groups = by_claim::groups(&facts, &self.groups);
        let groups = match self.groups.claim.is_empty() {
            true => groups?,
            false => trace.of(
                || field("groups"),
                || self.groups.in_words(),
                groups,
                |groups| groups.as_ref().map(|groups| Got::texts(groups)),
            )?,
        };
        user.groups = match (groups, &self.expressions.groups) {
            (Some(groups), _) => groups,
            (None, Some(program)) => by_expression::strings(program, &view, Purpose::Groups, trace)?,
            (None, None) => Vec::new(),
        };
        user.uid = match &self.expressions.uid {
            _ if !self.uid.is_empty() => {
                let uid = by_claim::required_text(&facts, &self.uid);
                trace
                    .of(|| field("uid"), || format!("claim {:?}", self.uid), uid, |uid| Some(Got::text(uid)))?
                    .into_owned()
            }
            Some(program) => by_expression::text(program, &view, Purpose::Uid, trace)?,
            None => String::new(),
        };
        let id = by_claim::credential_id(&facts);
        let id = trace.of(
            || CREDENTIAL_ID.to_owned(),
            || "claim \"jti\", if it is text".to_owned(),
            id,
            |id| id.as_ref().map(|id| Got::text(id)),
        )?;
        if let Some(id) = id {
            user.set(CREDENTIAL_ID, id);
        }
        by_expression::extra(&self.expressions, &view, &mut user.extra, trace)?;
        for rule in &self.required {
            self.check_required(rule, &facts, trace)?;
        }
        by_expression::claim_rules(&self.expressions.claim_rules, &view, trace)?;
        by_expression::user_rules(&self.expressions.user_rules, &user, trace)?;
        if !self.system_names {
            let of_system = |name: &String| name.starts_with("system:");
            let has = of_system(&user.username) || user.groups.iter().any(of_system);
            let outcome = if has { Err(Refusal::SystemName) } else { Ok(()) };
            trace.of(|| "names".to_owned(), || "none that begins with system:".to_owned(), outcome, |()| None)?;
        }
        Ok(user)
    }

    fn check_required<T: Trace>(
        &self,
        rule: &ClaimValidationRule,
        facts: &Facts<'_>,
        trace: &mut T,
    ) -> Result<(), Refusal> {
        let found = by_claim::required_text(facts, &rule.claim);
        let outcome = match &found {
            Ok(found) if *found == rule.required_value => Ok(()),
            Ok(_) => Err(Refusal::ClaimValue(rule.claim.clone())),
            Err(why) => Err(why.clone()),
        };
        trace.step(|| Step {
            name: "claimValidationRules".to_owned(),
            expected: format!("claim {:?} to be {:?}", rule.claim, rule.required_value),
            got: found.as_ref().ok().map(|found| Got::text(found)),
            cost: None,
            outcome: outcome.clone().map_err(Error::from),
        });
        outcome
    }

    /// Never waits: groups that stand elsewhere are refused.
    fn judge_and_tell<T: Trace>(&self, bearer: &Bearer<'_>, now: i64, trace: &mut T) -> Result<Authenticated, Error> {
        let claims = self.check(bearer, now, &mut Wait::default(), trace)?;
        let place = distributed::find(&claims, &self.groups.claim).and_then(|place| match place {
            Some(_) => Err(Refusal::DistributedGroups),
            None => Ok(()),
        });
        trace.of(|| "distributed claims".to_owned(), || "none that the groups need".to_owned(), place, |()| None)?;
        Ok(self.authenticated(Facts::of(claims), trace)?)
    }
}

impl Authenticator for OidcAuthenticator {
    /// Refuses groups that stand elsewhere, since to fetch them is to wait.
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.judge_and_tell(bearer, now, &mut Silent)
    }

    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<Looked> {
        let mut steps = Vec::new();
        let outcome = self.judge_and_tell(bearer, now, &mut steps);
        let prefix = |mapping: &PrefixedClaimOrExpression| mapping.prefix.clone().unwrap_or_default();
        let looked = Looked::new(format!("OIDC issuer {}", self.issuer), steps, outcome);
        vec![looked.with_prefixes(&prefix(&self.username), &prefix(&self.groups))]
    }

    /// Waits for a key that is on its way, once and no longer than the keys' policy allows
    /// ([`KeyPolicy::wait`](claimant_jwks::KeyPolicy::wait)), and for distributed claims as long as their fetcher
    /// does.
    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        keys::begin(move |wait| match self.check(bearer, now, wait, &mut Silent) {
            Ok(claims) => self.begin_user(claims, now),
            Err(why) => Judging::Done(Err(why)),
        })
    }

    fn generation(&self, _: &str) -> Generation {
        Generation::of_keys(self.keys.generation())
    }

    fn issuers(&self) -> Option<Vec<String>> {
        let alias = issuer_alias(&self.issuer).map(ToOwned::to_owned);
        Some([self.issuer.clone()].into_iter().chain(alias).collect())
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}

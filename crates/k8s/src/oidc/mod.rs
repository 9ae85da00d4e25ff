//! ID tokens of one issuer to users (plugin/pkg/authenticator/token/oidc of k8s.io/apiserver).

mod by_claim;
mod by_expression;
mod distributed;

use crate::config::{
    AuthenticationConfiguration, ClaimValidationRule, Expressions, JwtAuthenticator, OidcFlags,
    PrefixedClaimOrExpression,
};
use crate::keys::{self, Wait};
use crate::user_info::CREDENTIAL_ID;
use crate::{Authenticated, Authenticator, ConfigError, Error, Generation, Judging, Refusal, UserInfo};
use by_expression::View;
use claimant_core::{Algorithm, Audience, Bearer, Claims, Limits, Policy, issuer_alias};
use claimant_jwks::Keys;

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
}

impl OidcAuthenticator {
    /// An authenticator of a configuration file: it accepts the nine algorithms that the API server does.
    ///
    /// # Errors
    /// Fields that the API server refuses, CEL expressions that it would not load among them.
    pub fn from_config(jwt: JwtAuthenticator, keys: impl Into<Keys>) -> Result<Self, ConfigError> {
        Self::from_config_within(jwt, keys, Limits::default())
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
        Self::build(jwt, keys, Algorithm::KUBERNETES.to_vec(), &[], limits)
    }

    /// The authenticator that the flags mean. `disallowed_issuers` are the cluster's own.
    ///
    /// # Errors
    /// A flag, or a field of what the flags mean, that the API server refuses.
    pub fn from_flags(
        flags: OidcFlags,
        keys: impl Into<Keys>,
        disallowed_issuers: &[String],
    ) -> Result<Self, ConfigError> {
        let (jwt, algorithms) = flags.authenticator()?;
        Self::build(jwt, keys, algorithms, disallowed_issuers, Limits::default())
    }

    fn build(
        jwt: JwtAuthenticator,
        keys: impl Into<Keys>,
        algorithms: Vec<Algorithm>,
        disallowed: &[String],
        limits: Limits,
    ) -> Result<Self, ConfigError> {
        let one = AuthenticationConfiguration { jwt: vec![jwt.clone()], ..Default::default() };
        let expressions = one.compile(disallowed)?.pop().unwrap_or_default();
        let audience = Audience::any_of_within(jwt.issuer.audiences, &limits).map_err(ConfigError::Limit)?;
        Ok(Self {
            policy: Policy::new(jwt.issuer.url.clone(), audience),
            issuer: jwt.issuer.url,
            keys: keys.into(),
            algorithms,
            username: jwt.claim_mappings.username,
            groups: jwt.claim_mappings.groups,
            uid: jwt.claim_mappings.uid.claim,
            required: jwt.claim_validation_rules.into_iter().filter(|rule| !rule.claim.is_empty()).collect(),
            expressions,
            limits,
        })
    }

    fn judge_once(&self, bearer: &Bearer<'_>, now: i64, wait: &mut Wait) -> Result<Authenticated, Error> {
        if !bearer.claims_issuer(&self.issuer) {
            return Err(Error::Unrecognized);
        }
        let token = bearer.token().map_err(Refusal::Token)?;
        let signed = keys::verify(token, &self.keys, &self.algorithms, &self.issuer, wait)?;
        let claims = signed.check(&self.policy, now).map_err(Refusal::Token)?;
        let expires = claims.expiry().map_err(Refusal::Token)?;
        Ok(Authenticated::new(self.user(&claims)?, Vec::new()).until(expires))
    }

    /// The API server's order: distributed claims, username, groups, uid, extra, required claims, rules.
    fn user(&self, claims: &Claims<'_>) -> Result<UserInfo, Refusal> {
        distributed::check(claims, &self.groups.claim)?;
        let view = View::of(*claims);
        let username = match &self.expressions.username {
            Some(program) => by_expression::username(program, &view)?,
            None => by_claim::username(claims, &self.username)?,
        };
        let mut user = UserInfo { username, ..UserInfo::default() };
        user.groups = match (by_claim::groups(claims, &self.groups)?, &self.expressions.groups) {
            (Some(groups), _) => groups,
            (None, Some(program)) => by_expression::strings(program, &view, "groups")?,
            (None, None) => Vec::new(),
        };
        user.uid = match &self.expressions.uid {
            _ if !self.uid.is_empty() => by_claim::required_text(claims, &self.uid)?,
            Some(program) => by_expression::text(program, &view, "uid")?,
            None => String::new(),
        };
        if let Some(id) = by_claim::credential_id(claims)? {
            user.set(CREDENTIAL_ID, &id);
        }
        by_expression::extra(&self.expressions, &view, &mut user.extra)?;
        for rule in &self.required {
            if by_claim::required_text(claims, &rule.claim)? != rule.required_value {
                return Err(Refusal::ClaimValue(rule.claim.clone()));
            }
        }
        by_expression::claim_rules(&self.expressions.claim_rules, &view)?;
        by_expression::user_rules(&self.expressions.user_rules, &user)?;
        Ok(user)
    }
}

impl Authenticator for OidcAuthenticator {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.judge_once(bearer, now, &mut Wait::default())
    }

    /// Waits for a key that is on its way, once and no longer than the keys' policy allows
    /// ([`KeyPolicy::wait`](claimant_jwks::KeyPolicy::wait)).
    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        keys::begin(move |wait| self.judge_once(bearer, now, wait))
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

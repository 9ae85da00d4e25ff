//! ID tokens of one issuer to users (plugin/pkg/authenticator/token/oidc of k8s.io/apiserver).

use crate::config::{
    AuthenticationConfiguration, ClaimValidationRule, JwtAuthenticator, OidcFlags, PrefixedClaimOrExpression,
};
use crate::user_info::CREDENTIAL_ID;
use crate::{Authenticated, Authenticator, ConfigError, Error, Refusal, UserInfo};
use claimant_core::json::{self, Object};
use claimant_core::{Algorithm, Audience, Bearer, Claims, KeySet, Limits, Policy};

const PART: &str = "payload";

/// One issuer of an AuthenticationConfiguration, or the `--oidc-*` flags, with its keys.
#[derive(Debug)]
pub struct OidcAuthenticator {
    issuer: String,
    keys: KeySet,
    algorithms: Vec<Algorithm>,
    policy: Policy,
    username: PrefixedClaimOrExpression,
    groups: PrefixedClaimOrExpression,
    uid: String,
    required: Vec<ClaimValidationRule>,
    limits: Limits,
}

impl OidcAuthenticator {
    /// An authenticator of a configuration file: it accepts the nine algorithms that the API server does.
    ///
    /// # Errors
    /// Fields that the API server refuses, or a CEL expression, which is not supported yet.
    pub fn from_config(jwt: JwtAuthenticator, keys: KeySet) -> Result<Self, ConfigError> {
        Self::from_config_within(jwt, keys, Limits::default())
    }

    /// The same with other bounds than the defaults.
    ///
    /// # Errors
    /// As [`OidcAuthenticator::from_config`].
    pub fn from_config_within(jwt: JwtAuthenticator, keys: KeySet, limits: Limits) -> Result<Self, ConfigError> {
        Self::build(jwt, keys, Algorithm::KUBERNETES.to_vec(), &[], limits)
    }

    /// The authenticator that the flags mean. `disallowed_issuers` are the cluster's own.
    ///
    /// # Errors
    /// A flag, or a field of what the flags mean, that the API server refuses.
    pub fn from_flags(flags: OidcFlags, keys: KeySet, disallowed_issuers: &[String]) -> Result<Self, ConfigError> {
        let (jwt, algorithms) = flags.authenticator()?;
        Self::build(jwt, keys, algorithms, disallowed_issuers, Limits::default())
    }

    fn build(
        jwt: JwtAuthenticator,
        keys: KeySet,
        algorithms: Vec<Algorithm>,
        disallowed: &[String],
        limits: Limits,
    ) -> Result<Self, ConfigError> {
        let one = AuthenticationConfiguration { jwt: vec![jwt.clone()], ..Default::default() };
        one.validate(disallowed)?;
        let audience = Audience::any_of_within(jwt.issuer.audiences, &limits).map_err(ConfigError::Limit)?;
        Ok(Self {
            policy: Policy::new(jwt.issuer.url.clone(), audience),
            issuer: jwt.issuer.url,
            keys,
            algorithms,
            username: jwt.claim_mappings.username,
            groups: jwt.claim_mappings.groups,
            uid: jwt.claim_mappings.uid.claim,
            required: jwt.claim_validation_rules,
            limits,
        })
    }

    fn user(&self, claims: &Claims<'_>) -> Result<UserInfo, Refusal> {
        self.check_distributed(claims)?;
        let mut user = UserInfo { username: self.username(claims)?, ..UserInfo::default() };
        user.groups = self.groups(claims)?;
        if !self.uid.is_empty() {
            user.uid = required_text(claims, &self.uid)?;
        }
        let jti = claims.get("jti").map(|raw| json::string(raw, PART)).transpose()?.flatten();
        if let Some(jti) = jti.filter(|jti| !jti.is_empty()) {
            user.set(CREDENTIAL_ID, &format!("JTI={jti}"));
        }
        for rule in &self.required {
            if required_text(claims, &rule.claim)? != rule.required_value {
                return Err(Refusal::ClaimValue(rule.claim.clone()));
            }
        }
        Ok(user)
    }

    fn username(&self, claims: &Claims<'_>) -> Result<String, Refusal> {
        let name = required_text(claims, &self.username.claim)?;
        if self.username.claim == "email" {
            match claims.get("email_verified") {
                None | Some("true") => {}
                Some("false" | "null") => return Err(Refusal::EmailNotVerified),
                Some(_) => return Err(Refusal::ClaimType("email_verified".into())),
            }
        }
        Ok(format!("{}{name}", self.username.prefix.as_deref().unwrap_or_default()))
    }

    fn groups(&self, claims: &Claims<'_>) -> Result<Vec<String>, Refusal> {
        let claim = &self.groups.claim;
        let prefix = self.groups.prefix.as_deref().unwrap_or_default();
        let raw = match claims.get(claim) {
            Some(raw) if !claim.is_empty() && raw != "null" => raw,
            _ => return Ok(Vec::new()),
        };
        let wrong = || Refusal::ClaimType(claim.clone());
        let text = |item: &str| match item {
            "null" => Ok(prefix.to_owned()),
            item => json::string(item, PART)?.map(|text| format!("{prefix}{text}")).ok_or_else(wrong),
        };
        if raw.starts_with('"') {
            return Ok(vec![text(raw)?]);
        }
        json::elements(raw).ok_or_else(wrong)?.map(text).collect()
    }

    /// `_claim_names` and `_claim_sources` must be well formed (OpenID Connect Core, section 5.6.2); groups
    /// that stand elsewhere are not fetched.
    fn check_distributed(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        let object = |name: &str| match claims.get(name) {
            None | Some("null") => Ok(Object::default()),
            Some(raw) => source_object(raw),
        };
        let (names, sources) = (object("_claim_names")?, object("_claim_sources")?);
        let field = |raw: &str, name: &str| -> Result<String, Refusal> {
            if raw == "null" {
                return Ok(String::new());
            }
            match source_object(raw)?.get(name) {
                None | Some("null") => Ok(String::new()),
                Some(raw) => {
                    json::string(raw, PART)?.map(std::borrow::Cow::into_owned).ok_or(Refusal::DistributedClaims)
                }
            }
        };
        let resolves = !self.groups.claim.is_empty() && claims.get(&self.groups.claim).is_none();
        for (_, source) in sources.iter().filter(|(_, raw)| *raw != "null") {
            for (member, _) in source_object(source)?.iter() {
                if let Some(name) =
                    SOURCE_MEMBERS.into_iter().find(|name| member != **name && json::folds_to(&member, name))
                {
                    return Err(claimant_core::Refusal::FoldedMember { part: PART, name }.into());
                }
            }
            for name in SOURCE_MEMBERS.into_iter().filter(|name| resolves || *name != "JWT") {
                field(source, name)?;
            }
        }
        for (claim, raw) in names.iter() {
            let source = json::string(raw, PART)?.ok_or(Refusal::DistributedClaims)?;
            let source = sources.get(&source).ok_or(Refusal::DistributedClaims)?;
            if resolves && claim == self.groups.claim && !field(source, "endpoint")?.is_empty() {
                return Err(Refusal::DistributedGroups);
            }
        }
        if resolves && claims.get("_claim_names").is_some() && claims.get("_claim_sources").is_none() {
            return Err(Refusal::DistributedClaims);
        }
        Ok(())
    }
}

impl Authenticator for OidcAuthenticator {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        if !bearer.claims_issuer(&self.issuer) {
            return Err(Error::Unrecognized);
        }
        let token = bearer.token().map_err(Refusal::Token)?;
        let signed = token.verify(&self.keys, &self.algorithms).map_err(Refusal::Token)?;
        let claims = signed.check(&self.policy, now).map_err(Refusal::Token)?;
        Ok(Authenticated::new(self.user(&claims)?, Vec::new()))
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}

/// An object among the claim sources.
fn source_object(raw: &str) -> Result<Object<'_>, Refusal> {
    Object::parse(raw, PART).map_err(|error| match error {
        claimant_core::Refusal::Json(_) => Refusal::DistributedClaims,
        other => Refusal::Token(other),
    })
}

/// The members of a claim source that are read.
const SOURCE_MEMBERS: [&str; 3] = ["endpoint", "access_token", "JWT"];

/// A claim as text: null is empty, absence an error.
fn required_text(claims: &Claims<'_>, name: &str) -> Result<String, Refusal> {
    match claims.get(name) {
        None => Err(Refusal::ClaimMissing(name.to_owned())),
        Some("null") => Ok(String::new()),
        Some(raw) => json::string(raw, PART)?
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| Refusal::ClaimType(name.to_owned())),
    }
}

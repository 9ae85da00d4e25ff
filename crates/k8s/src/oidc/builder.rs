//! How an [`OidcAuthenticator`] is put together.

use super::{DistributedClaims, OidcAuthenticator};
use crate::ConfigError;
use crate::config::{AuthenticationConfiguration, EgressSelector, JwtAuthenticator};
use claimant_core::{Algorithm, Audience, Limits, Policy};
use claimant_jwks::Keys;
use std::fmt;

/// The parts of an [`OidcAuthenticator`].
#[must_use = "it is nothing before it is built"]
pub struct OidcBuilder {
    jwt: JwtAuthenticator,
    keys: Keys,
    algorithms: Vec<Algorithm>,
    disallowed: Vec<String>,
    limits: Limits,
    egress: Option<EgressHook>,
    distributed: Option<DistributedClaims>,
    system_names: bool,
}

type EgressHook = Box<dyn FnOnce(&str, EgressSelector) + Send>;

impl OidcAuthenticator {
    /// Of one issuer of an AuthenticationConfiguration, with its keys.
    pub fn builder(jwt: JwtAuthenticator, keys: impl Into<Keys>) -> OidcBuilder {
        OidcBuilder {
            jwt,
            keys: keys.into(),
            algorithms: Algorithm::KUBERNETES.to_vec(),
            disallowed: Vec::new(),
            limits: Limits::default(),
            egress: None,
            distributed: None,
            system_names: true,
        }
    }
}

impl OidcBuilder {
    /// Accepts these algorithms alone. A file means the nine of the API server, as by default; the flags say
    /// themselves which.
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// The issuers of the cluster's own service accounts, which nobody else may be.
    pub fn disallowed_issuers<S: Into<String>>(self, issuers: impl IntoIterator<Item = S>) -> Self {
        Self { disallowed: issuers.into_iter().map(Into::into).collect(), ..self }
    }

    /// Other bounds on tokens than the defaults.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Accepts `egressSelectorType`, and tells `hook` the issuer's URL and through which network the file wants its
    /// keys to be fetched. It is for the caller to see to that: the keys are its own. Without a hook such a file
    /// is refused.
    pub fn egress(self, hook: impl FnOnce(&str, EgressSelector) + Send + 'static) -> Self {
        Self { egress: Some(Box::new(hook)), ..self }
    }

    /// Fetches groups that stand elsewhere (OpenID Connect Core, section 5.6.2).
    pub fn distributed_claims(self, distributed: DistributedClaims) -> Self {
        Self { distributed: Some(distributed), ..self }
    }

    /// Refuses users whose name or one of whose groups begins with `system:`, which are those of Kubernetes itself:
    /// service accounts, nodes, `system:masters`. The API server leaves that to the rules of the file, and so do we
    /// by default.
    pub fn without_system_names(self) -> Self {
        Self { system_names: false, ..self }
    }

    /// Checks and compiles all of it.
    ///
    /// # Errors
    /// Fields that the API server refuses, CEL expressions that it would not load among them;
    /// [`ConfigError::EgressSelector`] without a hook for it.
    pub fn build(self) -> Result<OidcAuthenticator, ConfigError> {
        let Self { jwt, keys, algorithms, disallowed, limits, egress, distributed, system_names } = self;
        let one = AuthenticationConfiguration { jwt: vec![jwt.clone()], ..Default::default() };
        let expressions = one.compile(&disallowed, 1)?.pop().unwrap_or_default();
        let issuer = jwt.issuer.url.clone();
        match (jwt.issuer.egress_selector(), egress) {
            (None, _) => {}
            (Some(selector), Some(hook)) => hook(&issuer, selector),
            (Some(selector), None) => return Err(ConfigError::EgressSelector { issuer, selector }),
        }
        let audience = Audience::any_of_within(jwt.issuer.audiences, &limits).map_err(ConfigError::Limit)?;
        Ok(OidcAuthenticator {
            resolver: distributed.map(|claims| claims.prepare(&issuer, &keys, &audience, &limits)),
            policy: Policy::new(issuer.clone(), audience),
            issuer,
            keys,
            algorithms,
            username: jwt.claim_mappings.username,
            groups: jwt.claim_mappings.groups,
            uid: jwt.claim_mappings.uid.claim,
            required: jwt.claim_validation_rules.into_iter().filter(|rule| !rule.claim.is_empty()).collect(),
            expressions,
            limits,
            system_names,
        })
    }
}

impl fmt::Debug for OidcBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcBuilder").field("jwt", &self.jwt).field("keys", &self.keys).finish_non_exhaustive()
    }
}

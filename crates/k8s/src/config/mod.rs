//! The AuthenticationConfiguration (apiserver.config.k8s.io) and the `--oidc-*` flags, loaded and refused
//! as kube-apiserver does.

mod expressions;
mod flags;
mod types;
mod url;
mod validate;

pub(crate) use expressions::{Expressions, Rule};
pub use flags::OidcFlags;
pub use types::{
    Anonymous, AnonymousCondition, AuthenticationConfiguration, ClaimMappings, ClaimOrExpression, ClaimValidationRule,
    ExtraMapping, Issuer, JwtAuthenticator, PrefixedClaimOrExpression, UserValidationRule,
};

use crate::ConfigError;
use crate::null::Object;

const VERSIONS: [&str; 3] =
    ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"];

impl AuthenticationConfiguration {
    /// Loads and validates JSON. `disallowed_issuers` are those of the cluster's own service accounts.
    ///
    /// # Errors
    /// What the API server refuses, every field at once.
    pub fn from_json(text: &str, disallowed_issuers: &[String]) -> Result<Self, ConfigError> {
        let Object(config): Object<Self> =
            serde_json::from_str(text).map_err(|error| ConfigError::Decode(error.to_string()))?;
        if !VERSIONS.contains(&config.api_version.as_str()) || config.kind != "AuthenticationConfiguration" {
            return Err(ConfigError::Decode(format!(
                "no kind {:?} in version {:?}; expected AuthenticationConfiguration in {}",
                config.kind,
                config.api_version,
                VERSIONS.join(", ")
            )));
        }
        config.validate(disallowed_issuers)?;
        Ok(config)
    }

    /// Checks the rules of the API server's validation; every CEL expression is compiled.
    ///
    /// # Errors
    /// Every field that is refused.
    pub fn validate(&self, disallowed_issuers: &[String]) -> Result<(), ConfigError> {
        self.compile(disallowed_issuers).map(|_| ())
    }

    /// The same, keeping what was compiled, by authenticator.
    pub(crate) fn compile(&self, disallowed_issuers: &[String]) -> Result<Vec<Expressions>, ConfigError> {
        let mut errors = Vec::new();
        let expressions = validate::configuration(self, disallowed_issuers, &mut errors);
        if errors.is_empty() { Ok(expressions) } else { Err(ConfigError::Invalid(errors)) }
    }
}

//! The AuthenticationConfiguration (apiserver.config.k8s.io) and the `--oidc-*` flags, loaded and refused
//! as kube-apiserver does.

mod assembly;
#[cfg(feature = "reqwest")]
mod discovered;
mod expressions;
mod flags;
mod migrate;
mod names;
pub(crate) mod starts;
mod types;
mod url;
mod validate;
pub(crate) mod yaml;

pub use assembly::{Assembled, Assembly, IssuerKeys};
#[cfg(feature = "reqwest")]
pub use discovered::DiscoveredKeys;
pub(crate) use expressions::{Expressions, Rule};
pub use flags::OidcFlags;
pub use migrate::{Change, Migration};
pub use names::Gives;
pub use types::{
    Anonymous, AnonymousCondition, AuthenticationConfiguration, ClaimMappings, ClaimOrExpression, ClaimValidationRule,
    EgressSelector, ExtraMapping, Issuer, JwtAuthenticator, PrefixedClaimOrExpression, UserValidationRule,
};

use crate::ConfigError;
use crate::null::Object;

pub(crate) const VERSIONS: [&str; 3] =
    ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"];

impl AuthenticationConfiguration {
    /// A file has at most 64 authenticators. A configuration made in code may have more ([`Assembly::assemble`]).
    pub const MOST: usize = 64;

    /// Loads and validates JSON. `disallowed_issuers` are those of the cluster's own service accounts.
    ///
    /// # Errors
    /// What the API server refuses, every field at once.
    pub fn from_json(text: &str, disallowed_issuers: &[String]) -> Result<Self, ConfigError> {
        let Object(config): Object<Self> =
            serde_json::from_str(text).map_err(|error| ConfigError::Decode(error.to_string()))?;
        let config = config.of_known_version()?;
        config.validate(disallowed_issuers)?;
        Ok(config)
    }

    /// Loads and validates a file as kube-apiserver's `--authentication-config` does: YAML 1.1 or JSON, in UTF-8
    /// or UTF-16, of which the first document counts. `disallowed_issuers` are those of the cluster's own
    /// service accounts.
    ///
    /// ```
    /// use claimant_k8s::ConfigError;
    /// use claimant_k8s::config::AuthenticationConfiguration;
    ///
    /// let file = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    uri: x\n";
    /// let Err(ConfigError::File(error)) = AuthenticationConfiguration::from_yaml(file.as_bytes(), &[]) else {
    ///     panic!("`uri` is no member");
    /// };
    /// assert_eq!((error.line, error.column, error.path.as_str()), (5, 5, "jwt[0].issuer.uri"));
    /// ```
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json); where the text itself is wrong, with line and column. A file of more
    /// than 4 MiB, or one that aliases make larger than 64 MiB, is refused as [`ConfigError::FileLimit`].
    pub fn from_yaml(text: &[u8], disallowed_issuers: &[String]) -> Result<Self, ConfigError> {
        let config = Self::read_yaml(text)?;
        config.validate(disallowed_issuers)?;
        Ok(config)
    }

    /// As [`from_yaml`](Self::from_yaml), without [`validate`](Self::validate).
    ///
    /// # Errors
    /// Text that is not strictly an AuthenticationConfiguration of a known version.
    pub fn read_yaml(text: &[u8]) -> Result<Self, ConfigError> {
        yaml::read::<Self>(text)?.of_known_version()
    }

    fn of_known_version(self) -> Result<Self, ConfigError> {
        if !VERSIONS.contains(&self.api_version.as_str()) || self.kind != "AuthenticationConfiguration" {
            return Err(ConfigError::Decode(format!(
                "no kind {:?} in version {:?}; expected AuthenticationConfiguration in {}",
                self.kind,
                self.api_version,
                VERSIONS.join(", ")
            )));
        }
        Ok(self)
    }

    /// Checks the rules of the API server's validation; every CEL expression is compiled.
    ///
    /// # Errors
    /// Every field that is refused.
    pub fn validate(&self, disallowed_issuers: &[String]) -> Result<(), ConfigError> {
        self.compile(disallowed_issuers, Self::MOST).map(|_| ())
    }

    /// The same, keeping what was compiled, by authenticator, with a limit of its own on how many there are.
    pub(crate) fn compile(&self, disallowed_issuers: &[String], most: usize) -> Result<Vec<Expressions>, ConfigError> {
        let mut errors = Vec::new();
        let expressions = validate::configuration(self, disallowed_issuers, most, &mut errors);
        if errors.is_empty() { Ok(expressions) } else { Err(ConfigError::Invalid(errors)) }
    }
}

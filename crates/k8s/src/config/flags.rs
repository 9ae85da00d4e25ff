//! The `--oidc-*` flags of kube-apiserver, as one authenticator.

use super::types::{ClaimMappings, ClaimValidationRule, Issuer, JwtAuthenticator, PrefixedClaimOrExpression};
use crate::ConfigError;
use claimant_core::Algorithm;
use claimant_core::key::has_certificates;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The flags, under their own names; what is left out has the API server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcFlags {
    /// `--oidc-issuer-url`.
    #[serde(rename = "oidc-issuer-url")]
    pub issuer_url: String,
    /// `--oidc-client-id`.
    #[serde(rename = "oidc-client-id")]
    pub client_id: String,
    /// `--oidc-ca-file`: not its path but its content, PEM of the certificates that the issuer's server is trusted
    /// by; empty where the system's are to be.
    #[serde(rename = "oidc-ca-file")]
    pub certificate_authority: String,
    /// `--oidc-username-claim`, `sub` by default.
    #[serde(rename = "oidc-username-claim")]
    pub username_claim: Option<String>,
    /// `--oidc-username-prefix`: empty means the issuer's URL and `#` (nothing for `email`), `-` means none.
    #[serde(rename = "oidc-username-prefix")]
    pub username_prefix: String,
    /// `--oidc-groups-claim`.
    #[serde(rename = "oidc-groups-claim")]
    pub groups_claim: String,
    /// `--oidc-groups-prefix`, taken to the letter.
    #[serde(rename = "oidc-groups-prefix")]
    pub groups_prefix: String,
    /// `--oidc-signing-algs`, `RS256` by default.
    #[serde(rename = "oidc-signing-algs")]
    pub signing_algs: Option<Vec<String>>,
    /// `--oidc-required-claim`, repeated.
    #[serde(rename = "oidc-required-claim")]
    pub required_claim: BTreeMap<String, String>,
}

impl OidcFlags {
    /// The authenticator that these flags mean, and the algorithms that it accepts.
    ///
    /// # Errors
    /// A flag that is missing or wrong, named.
    pub fn authenticator(self) -> Result<(JwtAuthenticator, Vec<Algorithm>), ConfigError> {
        let missing = |flag| ConfigError::Flag { flag, why: "is required".to_owned() };
        if self.issuer_url.is_empty() {
            return Err(missing("oidc-issuer-url"));
        }
        if self.client_id.is_empty() {
            return Err(missing("oidc-client-id"));
        }
        if !self.certificate_authority.is_empty() && !has_certificates(&self.certificate_authority) {
            return Err(ConfigError::Flag { flag: "oidc-ca-file", why: "holds no certificate in PEM".to_owned() });
        }
        let algorithms = match self.signing_algs {
            None => vec![Algorithm::Rs256],
            Some(names) => names.iter().map(|name| algorithm(name)).collect::<Result<_, _>>()?,
        };
        let claim = self.username_claim.unwrap_or_else(|| "sub".to_owned());
        let prefix = match self.username_prefix.as_str() {
            "" if claim == "email" => String::new(),
            "" => format!("{}#", self.issuer_url),
            "-" => String::new(),
            given => given.to_owned(),
        };
        let groups_prefix = (!self.groups_claim.is_empty()).then_some(self.groups_prefix);
        let jwt = JwtAuthenticator {
            issuer: Issuer {
                url: self.issuer_url,
                audiences: vec![self.client_id],
                certificate_authority: self.certificate_authority,
                ..Issuer::default()
            },
            claim_validation_rules: self
                .required_claim
                .into_iter()
                .map(|(claim, required_value)| ClaimValidationRule { claim, required_value, ..Default::default() })
                .collect(),
            claim_mappings: ClaimMappings {
                username: PrefixedClaimOrExpression { claim, prefix: Some(prefix), ..Default::default() },
                groups: PrefixedClaimOrExpression {
                    claim: self.groups_claim,
                    prefix: groups_prefix,
                    ..Default::default()
                },
                ..Default::default()
            },
            user_validation_rules: Vec::new(),
        };
        Ok((jwt, algorithms))
    }
}

fn algorithm(name: &str) -> Result<Algorithm, ConfigError> {
    Algorithm::from_name(name)
        .filter(|a| Algorithm::KUBERNETES.contains(a))
        .ok_or_else(|| ConfigError::Flag { flag: "oidc-signing-algs", why: format!("unsupported algorithm {name:?}") })
}

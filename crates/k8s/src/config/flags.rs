//! The `--oidc-*` flags of kube-apiserver, as one authenticator.

use super::types::{
    AuthenticationConfiguration, ClaimMappings, ClaimValidationRule, Issuer, JwtAuthenticator,
    PrefixedClaimOrExpression,
};
use crate::{ConfigError, FieldError};
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
    /// A flag that is missing or wrong, named; where there are several, [`ConfigError::Invalid`] has them all.
    pub fn authenticator(self) -> Result<(JwtAuthenticator, Vec<Algorithm>), ConfigError> {
        let (jwt, algorithms, refused) = self.read();
        refusal(refused, Vec::new())?;
        Ok((jwt, algorithms))
    }

    /// Checks the flags, and what they mean as a configuration; `disallowed_issuers` are those of the cluster's own
    /// service accounts.
    ///
    /// # Errors
    /// Everything that is missing or wrong, at once: flags by their names, the fields that they stand for by the API
    /// server's paths.
    pub fn check(&self, disallowed_issuers: &[String]) -> Result<(), ConfigError> {
        let (jwt, _, refused) = self.clone().read();
        let config = AuthenticationConfiguration { jwt: vec![jwt], ..Default::default() };
        let fields = match config.validate(disallowed_issuers) {
            Ok(()) => Vec::new(),
            Err(ConfigError::Invalid(fields)) => fields,
            Err(other) => return Err(other),
        };
        let is_told = |field: &FieldError| {
            FIELDS
                .iter()
                .any(|(flag, path)| field.path.starts_with(path) && refused.iter().any(|(refused, _)| refused == flag))
        };
        let fields = fields.into_iter().filter(|field| !is_told(field)).collect();
        refusal(refused, fields)
    }

    /// What the flags mean, as far as they mean something, and which of them do not.
    fn read(self) -> (JwtAuthenticator, Vec<Algorithm>, Vec<(&'static str, String)>) {
        let mut refused = Vec::new();
        for (flag, value) in [("oidc-issuer-url", &self.issuer_url), ("oidc-client-id", &self.client_id)] {
            if value.is_empty() {
                refused.push((flag, "is required".to_owned()));
            }
        }
        if !self.certificate_authority.is_empty() && !has_certificates(&self.certificate_authority) {
            refused.push(("oidc-ca-file", "holds no certificate in PEM".to_owned()));
        }
        let named = self.signing_algs.unwrap_or_else(|| vec![Algorithm::Rs256.name().to_owned()]);
        let known = |name: &String| Algorithm::from_name(name).filter(|one| Algorithm::KUBERNETES.contains(one));
        let unknown = named.iter().filter(|name| known(name).is_none());
        refused.extend(unknown.map(|name| ("oidc-signing-algs", format!("unsupported algorithm {name:?}"))));
        let algorithms = named.iter().filter_map(known).collect();
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
        (jwt, algorithms, refused)
    }
}

fn refusal(mut flags: Vec<(&'static str, String)>, fields: Vec<FieldError>) -> Result<(), ConfigError> {
    match (flags.len(), fields.is_empty()) {
        (0, true) => Ok(()),
        (1, true) => flags.pop().map_or(Ok(()), |(flag, why)| Err(ConfigError::Flag { flag, why })),
        _ => {
            let flags = flags.into_iter().map(|(flag, why)| FieldError { path: format!("--{flag}"), why });
            Err(ConfigError::Invalid(flags.chain(fields).collect()))
        }
    }
}

/// The fields that have a flag's value.
const FIELDS: [(&str, &str); 3] = [
    ("oidc-issuer-url", "jwt[0].issuer.url"),
    ("oidc-client-id", "jwt[0].issuer.audiences"),
    ("oidc-ca-file", "jwt[0].issuer.certificateAuthority"),
];

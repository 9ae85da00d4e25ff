//! From the `--oidc-*` flags to the file that means the same, and what it cannot mean.

use super::flags::OidcFlags;
use super::types::AuthenticationConfiguration;
use super::{VERSIONS, yaml};
use crate::ConfigError;
use claimant_core::Algorithm;

/// A configuration that stands for flags, and what is different with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The file's content; it is valid.
    pub configuration: AuthenticationConfiguration,
    /// What changes, what matters most first.
    pub changes: Vec<Change>,
}

/// One thing that is different with a file, or only looks so.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Change {
    /// A stable code.
    pub code: &'static str,
    /// Whether a token can be judged otherwise than under the flags.
    pub verdicts_change: bool,
    /// What it is.
    pub message: String,
}

impl Migration {
    /// The configuration for these flags. `certificate_authority` is the content of `--oidc-ca-file`;
    /// `disallowed_issuers` are those of the cluster's own service accounts.
    ///
    /// # Errors
    /// As of [`OidcFlags::check`].
    pub fn of(
        flags: OidcFlags,
        certificate_authority: Option<String>,
        disallowed_issuers: &[String],
    ) -> Result<Self, ConfigError> {
        let mut flags = flags;
        if let Some(pem) = certificate_authority {
            flags.certificate_authority = pem;
        }
        flags.check(disallowed_issuers)?;
        let asked = flags.clone();
        let (jwt, algorithms) = flags.authenticator()?;
        let changes = changes(&asked, &jwt, &algorithms);
        let configuration = AuthenticationConfiguration {
            api_version: VERSIONS.first().copied().unwrap_or_default().to_owned(),
            kind: "AuthenticationConfiguration".to_owned(),
            jwt: vec![jwt],
            anonymous: None,
        };
        Ok(Self { configuration, changes })
    }
}

impl AuthenticationConfiguration {
    /// The file's text, as [`from_yaml`](Self::from_yaml) reads it.
    pub fn to_yaml(&self) -> String {
        // Text, lists and booleans only: there is nothing in it that JSON could not hold.
        yaml::to_yaml(self).unwrap_or_default()
    }
}

fn changes(flags: &OidcFlags, jwt: &super::JwtAuthenticator, allowed: &[Algorithm]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |code, verdicts_change, message: String| changes.push(Change { code, verdicts_change, message });
    let more: Vec<_> =
        Algorithm::KUBERNETES.iter().filter(|one| !allowed.contains(one)).map(|one| one.name()).collect();
    if !more.is_empty() {
        let names: Vec<_> = allowed.iter().map(|one| one.name()).collect();
        let message = format!(
            "the flags accept {} only; a file always accepts {} too, if the issuer has such a key, and has no field to limit that",
            names.join(", "),
            more.join(", ")
        );
        add("algorithms", true, message);
    }
    let username = &jwt.claim_mappings.username;
    let prefix = username.prefix.as_deref().unwrap_or_default();
    match (flags.username_prefix.as_str(), prefix) {
        ("", "") => add(
            "username_prefix",
            false,
            "--oidc-username-prefix was left out, which for the claim email means none: the file says so with an empty prefix".into(),
        ),
        ("", prefix) => add(
            "username_prefix",
            false,
            format!("--oidc-username-prefix was left out, which means {prefix:?}: the file says so, since it has no such default"),
        ),
        ("-", _) => add("username_prefix", false, "--oidc-username-prefix=- becomes an empty prefix; a \"-\" in the file would be a prefix itself".into()),
        _ => {}
    }
    if flags.username_claim.is_none() {
        add(
            "username_claim",
            false,
            "--oidc-username-claim was left out, which means \"sub\": the file names it".into(),
        );
    }
    if !jwt.issuer.certificate_authority.is_empty() {
        add(
            "certificate_authority",
            false,
            "the certificates of --oidc-ca-file stand in the file itself: who renews them must change it".into(),
        );
    }
    add("flags", false, "--authentication-config excludes every --oidc-* flag: take them all away together".into());
    add(
        "reload",
        false,
        "the API server reads a changed file again while it runs, and keeps the last good one; flags want a restart"
            .into(),
    );
    changes
}

//! From arguments to authenticators.

use crate::args::{Oidc, Trust};
use crate::error::CliError;
use crate::input;
use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::Union;
use claimant_k8s::config::{AuthenticationConfiguration, JwtAuthenticator, OidcFlags};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::service_account::ServiceAccounts;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The authenticators that the arguments ask for, and what a user should know about their keys.
#[derive(Debug, Default)]
pub(crate) struct Trusted {
    pub(crate) service_accounts: Option<ServiceAccounts>,
    pub(crate) issuers: Vec<OidcAuthenticator>,
    pub(crate) notes: Vec<String>,
}

impl Trusted {
    /// One authenticator of them all, in the API server's order.
    pub(crate) fn into_union(self) -> Union {
        let union = self.service_accounts.into_iter().fold(Union::new(), Union::with);
        self.issuers.into_iter().fold(union, Union::with)
    }
}

impl Trust {
    pub(crate) fn load(&self) -> Result<Trusted, CliError> {
        let mut trusted = Trusted::default();
        let mut keys = self.keys_by_issuer(&mut trusted.notes)?;
        if let Some(path) = &self.config {
            if self.oidc.is_given() {
                return Err(CliError::usage("--config and --oidc-* flags exclude each other, as in kube-apiserver"));
            }
            let config = read_config(path, &self.service_account_issuer)?;
            for jwt in config.jwt {
                let keys = take_keys(&mut keys, &jwt.issuer.url, &mut trusted.notes);
                let refused = |why| CliError::Config { name: input::name(path), why };
                // Keys come from files here: through which network they would be fetched does not matter.
                let one = OidcAuthenticator::builder(jwt, keys).egress(|_, _| {}).build();
                trusted.issuers.push(one.map_err(refused)?);
            }
        } else if self.oidc.is_given() {
            let flags = self.oidc.flags()?;
            let keys = take_keys(&mut keys, &flags.issuer_url, &mut trusted.notes);
            let one = OidcAuthenticator::from_flags(flags, keys, &self.service_account_issuer);
            trusted.issuers.push(one.map_err(|why| CliError::usage(why.to_string()))?);
        }
        if let Some(issuer) = keys.keys().next() {
            let why =
                format!("--jwks {issuer}=…: no such issuer in the configuration; URLs are compared byte for byte");
            return Err(CliError::Usage(why));
        }
        trusted.service_accounts = self.service_accounts(&mut trusted.notes)?;
        if trusted.issuers.is_empty() && trusted.service_accounts.is_none() {
            return Err(CliError::usage(
                "nobody to believe: give --config FILE, --oidc-issuer-url URL or --service-account-issuer URL",
            ));
        }
        Ok(trusted)
    }

    pub(crate) fn now(&self) -> Result<i64, CliError> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        since
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .ok_or_else(|| CliError::usage("the clock stands before 1970; give --now SECONDS"))
    }

    fn keys_by_issuer(&self, notes: &mut Vec<String>) -> Result<BTreeMap<String, KeySet>, CliError> {
        let mut all: BTreeMap<String, KeySet> = BTreeMap::new();
        for given in &self.jwks {
            let pair = given.split_once('=').filter(|(issuer, path)| !issuer.is_empty() && !path.is_empty());
            let (issuer, path) = pair.ok_or_else(|| {
                CliError::Usage(format!("--jwks {given}: expected ISSUER=FILE, as in https://issuer.example=keys.json"))
            })?;
            let keys = read_keys(Path::new(path), notes)?;
            let joined = all.remove(issuer).unwrap_or_default().join(keys);
            all.insert(issuer.to_owned(), joined);
        }
        Ok(all)
    }

    fn service_accounts(&self, notes: &mut Vec<String>) -> Result<Option<ServiceAccounts>, CliError> {
        match (self.service_account_issuer.is_empty(), self.service_account_key_file.is_empty()) {
            (true, true) if self.audience.is_empty() => return Ok(None),
            (true, true) => {
                let why = "--audience is that of service accounts and wants --service-account-issuer; the audiences of \
                           other issuers stand in the configuration";
                return Err(CliError::usage(why));
            }
            (true, false) => {
                return Err(CliError::usage("--service-account-key-file wants --service-account-issuer URL"));
            }
            // An issuer alone only keeps others from having its URL.
            (false, true) if self.config.is_some() || self.oidc.is_given() => return Ok(None),
            (false, true) => {
                return Err(CliError::usage("--service-account-issuer wants --service-account-key-file FILE"));
            }
            (false, false) => {}
        }
        if self.audience.is_empty() {
            return Err(CliError::usage(
                "service accounts want --audience NAME: the API server's own is often its issuer",
            ));
        }
        let mut keys = KeySet::default();
        for path in &self.service_account_key_file {
            keys = keys.join(read_keys(path, notes)?);
        }
        Ok(Some(ServiceAccounts::new(self.service_account_issuer.clone(), keys, self.audience.clone())))
    }
}

impl Oidc {
    pub(crate) fn is_given(&self) -> bool {
        let texts = [
            &self.oidc_issuer_url,
            &self.oidc_client_id,
            &self.oidc_username_claim,
            &self.oidc_username_prefix,
            &self.oidc_groups_claim,
            &self.oidc_groups_prefix,
        ];
        texts.iter().any(|text| text.is_some())
            || self.oidc_signing_algs.is_some()
            || !self.oidc_required_claim.is_empty()
    }

    pub(crate) fn flags(&self) -> Result<OidcFlags, CliError> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut required_claim = BTreeMap::new();
        for given in &self.oidc_required_claim {
            let (claim, value) = given
                .split_once('=')
                .ok_or_else(|| CliError::Usage(format!("--oidc-required-claim {given}: expected CLAIM=VALUE")))?;
            required_claim.insert(claim.to_owned(), value.to_owned());
        }
        Ok(OidcFlags {
            issuer_url: text(&self.oidc_issuer_url),
            client_id: text(&self.oidc_client_id),
            username_claim: self.oidc_username_claim.clone(),
            username_prefix: text(&self.oidc_username_prefix),
            groups_claim: text(&self.oidc_groups_claim),
            groups_prefix: text(&self.oidc_groups_prefix),
            signing_algs: self.oidc_signing_algs.clone(),
            required_claim,
            ..OidcFlags::default()
        })
    }
}

/// A configuration that the API server would load.
pub(crate) fn read_config(path: &Path, own_issuers: &[String]) -> Result<AuthenticationConfiguration, CliError> {
    let bytes = input::bytes(path, input::FILE)?;
    AuthenticationConfiguration::from_yaml(&bytes, own_issuers)
        .map_err(|why| CliError::Config { name: input::name(path), why })
}

/// A JWK set where the text begins with a brace, else PEM.
fn read_keys(path: &Path, notes: &mut Vec<String>) -> Result<KeySet, CliError> {
    let name = input::name(path);
    let text = input::text(path, input::FILE)?;
    let limits = Limits::default();
    let keys = if text.trim_start().starts_with('{') {
        KeySet::from_jwks(text.as_bytes(), &provider::Default, &limits)
    } else {
        KeySet::from_pem(&text, &provider::Default, &limits)
    };
    let keys = keys.map_err(|why| CliError::Read { name: name.clone(), why: why.to_string() })?;
    for key in keys.unusable() {
        let id = key.kid.as_deref().map(|kid| format!(" ({kid:?})")).unwrap_or_default();
        notes.push(format!("note: {name}: key {}{id} is not used: {}", key.index + 1, key.why));
    }
    Ok(keys)
}

fn take_keys(keys: &mut BTreeMap<String, KeySet>, issuer: &str, notes: &mut Vec<String>) -> KeySet {
    keys.remove(issuer).unwrap_or_else(|| {
        notes.push(format!("note: no keys for {issuer}, whose tokens are refused; give --jwks {issuer}=FILE"));
        KeySet::default()
    })
}

/// The issuers of the configuration or of the flags, for questions that need no keys.
pub(crate) fn jwt_authenticators(trust: &Trust) -> Result<Vec<JwtAuthenticator>, CliError> {
    match &trust.config {
        Some(path) => Ok(read_config(path, &trust.service_account_issuer)?.jwt),
        None if trust.oidc.is_given() => {
            let (jwt, _) = trust.oidc.flags()?.authenticator().map_err(|why| CliError::usage(why.to_string()))?;
            Ok(vec![jwt])
        }
        None => Ok(Vec::new()),
    }
}

//! From arguments to authenticators.

use crate::args::{Oidc, Trust};
use crate::error::CliError;
use crate::input;
use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::config::{AuthenticationConfiguration, JwtAuthenticator, OidcFlags};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{ConfigError, FieldError, Union};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The authenticators that the arguments ask for, and what a user should know about their keys.
#[derive(Debug, Default)]
pub(crate) struct Trusted {
    pub(crate) service_accounts: Option<ServiceAccounts>,
    pub(crate) issuers: Vec<OidcAuthenticator>,
    pub(crate) notes: Vec<String>,
    /// The issuers for which no keys were given.
    pub(crate) without_keys: Vec<String>,
}

impl Trusted {
    /// One authenticator of them all, in the API server's order.
    pub(crate) fn into_union(self) -> Union {
        let union = self.service_accounts.into_iter().fold(Union::new(), Union::with);
        self.issuers.into_iter().fold(union, Union::with)
    }

    fn take_keys(&mut self, keys: &mut BTreeMap<String, KeySet>, issuer: &str) -> KeySet {
        keys.remove(issuer).unwrap_or_else(|| {
            self.notes.push(format!(
                "note: no keys for {issuer}, whose tokens nobody can judge so; give --jwks {issuer}=FILE"
            ));
            self.without_keys.push(issuer.to_owned());
            KeySet::default()
        })
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
                let keys = trusted.take_keys(&mut keys, &jwt.issuer.url);
                let refused = |why| CliError::Setup { name: input::name(path), why };
                // Keys come from files here: through which network they would be fetched does not matter.
                let one = OidcAuthenticator::builder(jwt, keys).egress(|_, _| {}).build();
                trusted.issuers.push(one.map_err(refused)?);
            }
        } else if self.oidc.is_given() {
            let flags = self.oidc.flags(&self.service_account_issuer)?;
            let keys = trusted.take_keys(&mut keys, &flags.issuer_url);
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
        let mut keys = KeySet::default();
        for path in &self.service_account_key_file {
            keys = keys.join(read_keys(path, notes)?);
        }
        // As --api-audiences of kube-apiserver.
        let audiences = if self.audience.is_empty() { &self.service_account_issuer } else { &self.audience };
        Ok(Some(ServiceAccounts::new(self.service_account_issuer.clone(), keys, audiences.clone())))
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
            || self.oidc_ca_file.is_some()
            || self.oidc_signing_algs.is_some()
            || !self.oidc_required_claim.is_empty()
    }

    /// The flags, checked.
    pub(crate) fn flags(&self, own_issuers: &[String]) -> Result<OidcFlags, CliError> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut faults = Vec::new();
        let mut required_claim = BTreeMap::new();
        for given in &self.oidc_required_claim {
            match given.split_once('=') {
                Some((claim, value)) => {
                    required_claim.insert(claim.to_owned(), value.to_owned());
                }
                None => faults.push(format!("--oidc-required-claim {given}: expected CLAIM=VALUE")),
            }
        }
        let certificates = self.oidc_ca_file.as_ref().map(|path| input::text(path, input::FILE)).transpose()?;
        if certificates.as_ref().is_some_and(String::is_empty) {
            faults.push("--oidc-ca-file: holds no certificate in PEM".to_owned());
        }
        let flags = OidcFlags {
            issuer_url: text(&self.oidc_issuer_url),
            client_id: text(&self.oidc_client_id),
            certificate_authority: certificates.unwrap_or_default(),
            username_claim: self.oidc_username_claim.clone(),
            username_prefix: text(&self.oidc_username_prefix),
            groups_claim: text(&self.oidc_groups_claim),
            groups_prefix: text(&self.oidc_groups_prefix),
            signing_algs: self.oidc_signing_algs.clone(),
            required_claim,
        };
        match flags.check(own_issuers) {
            Ok(()) => {}
            Err(ConfigError::Invalid(fields)) => faults.extend(fields.iter().map(of_flag)),
            Err(other) => faults.push(other.to_string()),
        }
        if faults.is_empty() { Ok(flags) } else { Err(CliError::Usage(faults.join("; "))) }
    }
}

/// A field that is refused, by the flag that it stands for.
fn of_flag(field: &FieldError) -> String {
    let flags = [
        ("jwt[0].issuer.url", "oidc-issuer-url"),
        ("jwt[0].issuer.audiences", "oidc-client-id"),
        ("jwt[0].issuer.certificateAuthority", "oidc-ca-file"),
        ("jwt[0].claimMappings.username", "oidc-username-claim"),
        ("jwt[0].claimMappings.groups", "oidc-groups-claim"),
        ("jwt[0].claimValidationRules", "oidc-required-claim"),
    ];
    match flags.iter().find(|(path, _)| field.path.starts_with(path)) {
        Some((_, flag)) => format!("--{flag}: {}", field.why),
        None => field.to_string(),
    }
}

/// A configuration that the API server would load.
pub(crate) fn read_config(path: &Path, own_issuers: &[String]) -> Result<AuthenticationConfiguration, CliError> {
    let bytes = input::bytes(path, input::FILE)?;
    AuthenticationConfiguration::from_yaml(&bytes, own_issuers)
        .map_err(|why| CliError::of_configuration(path, &bytes, own_issuers, why))
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
    if keys.keys().is_empty() {
        notes.push(format!("note: {name}: holds no key that can be used"));
    }
    Ok(keys)
}

/// The issuers of the configuration or of the flags, for questions that need no keys.
pub(crate) fn jwt_authenticators(trust: &Trust) -> Result<Vec<JwtAuthenticator>, CliError> {
    match &trust.config {
        Some(path) => Ok(read_config(path, &trust.service_account_issuer)?.jwt),
        None if trust.oidc.is_given() => {
            let flags = trust.oidc.flags(&trust.service_account_issuer)?;
            let (jwt, _) = flags.authenticator().map_err(|why| CliError::usage(why.to_string()))?;
            Ok(vec![jwt])
        }
        None => Ok(Vec::new()),
    }
}

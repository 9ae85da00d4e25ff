//! Who judges: service accounts and the issuers of a configuration, behind a cache.

use crate::args::Args;
use crate::error::StartError;
use crate::world::{Clock, WorldKeys};
use claimant::config::{Assembly, AuthenticationConfiguration, IssuerKeys};
use claimant::core::{Bearer, Limits};
use claimant::jwks::source::{Files, InCluster};
use claimant::jwks::{KeyPolicy, KeySource};
use claimant::k8s::reload::{ConfigFile, Reloadable, WatchPolicy};
use claimant::k8s::{Authenticated, Authenticator, Error, Generation, Judging};
use claimant::{CachePolicy, Cached, Keys, ServiceAccounts};
use std::sync::Arc;
use std::time::Duration;

/// All that judges, and what there is to see of it.
pub(crate) struct Judge {
    /// The configuration's issuers, which change while the program runs.
    pub(crate) live: Reloadable,
    /// What stands between them and the question.
    pub(crate) cached: Arc<Cached<Reloadable>>,
    /// The cluster's own tokens, where there are any.
    pub(crate) accounts: Option<Accounts>,
}

/// Service accounts, and where their keys stand.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) judge: Arc<ServiceAccounts>,
    pub(crate) keys: Keys,
    /// The audiences that they are judged for where nobody asks for others.
    pub(crate) audiences: Vec<String>,
}

/// Builds it, and starts the tasks that keep it fresh.
pub(crate) fn build(args: &Args, keys: Box<dyn IssuerKeys>, clock: &Clock) -> Result<Judge, StartError> {
    if args.authentication_config.is_none() && args.service_account_issuer.is_empty() {
        return Err(StartError::Usage("nobody to believe: give --authentication-config or --service-account-issuer"));
    }
    if args.audiences().is_empty() {
        // Who asks for audiences would get a yes that says nothing of them, for any.
        return Err(StartError::Usage(
            "nobody knows for which audiences a token is good: give --api-audiences or --service-account-issuer",
        ));
    }
    let accounts = accounts(args, clock)?;
    let mut assembly =
        Assembly::new(WorldKeys(keys)).disallowed_issuers(args.service_account_issuer.iter().map(String::as_str));
    if let Some(accounts) = &accounts {
        let own = ServiceAccounts::new(
            args.service_account_issuer.clone(),
            accounts.keys.clone(),
            accounts.audiences.clone(),
        );
        assembly = assembly.service_accounts(own);
    }
    let live = match &args.authentication_config {
        Some(path) => {
            let file = ConfigFile::new(path);
            let text = file.text().map_err(StartError::File)?;
            let live = Reloadable::from_yaml(&text, assembly, clock.clone())?;
            let settle = WatchPolicy::default().settle.min(args.reload_interval);
            let policy = WatchPolicy { interval: args.reload_interval, settle };
            tokio::spawn(live.watch(file, policy).run());
            live
        }
        None => Reloadable::new(AuthenticationConfiguration::default(), assembly, clock.clone())?,
    };
    let policy = CachePolicy {
        verdicts: if args.cache_ttl.is_zero() { 0 } else { args.cache_size },
        seconds: u32::try_from(whole_seconds(args.cache_ttl)).unwrap_or(u32::MAX),
        ..CachePolicy::default()
    };
    let cached = Arc::new(Cached::new(live.clone(), policy)?);
    Ok(Judge { live, cached, accounts })
}

fn accounts(args: &Args, clock: &Clock) -> Result<Option<Accounts>, StartError> {
    if args.service_account_keys_in_cluster && !args.service_account_key_file.is_empty() {
        return Err(StartError::Usage(
            "--service-account-keys-in-cluster and --service-account-key-file exclude each other",
        ));
    }
    let has_keys = args.service_account_keys_in_cluster || !args.service_account_key_file.is_empty();
    match (args.service_account_issuer.is_empty(), has_keys) {
        (true, true) => return Err(StartError::Usage("keys of service accounts want --service-account-issuer")),
        // The issuer alone only keeps the configuration from having it.
        (_, false) => return Ok(None),
        (false, true) => {}
    }
    let keys = if args.service_account_keys_in_cluster {
        let source = InCluster::new().map_err(|why| StartError::Keys(why.to_string()))?;
        spawn(source, KeyPolicy::default(), clock)?
    } else {
        let files = Files::new(args.service_account_key_file.clone());
        // Wrong from the start: better said at once.
        files.read().map_err(|why| StartError::Keys(why.to_string()))?;
        spawn(files, KeyPolicy::for_files(), clock)?
    };
    let audiences = args.audiences();
    let judge = ServiceAccounts::new(args.service_account_issuer.clone(), keys.clone(), audiences.clone());
    Ok(Some(Accounts { judge: Arc::new(judge), keys, audiences }))
}

fn spawn<S: KeySource + 'static>(source: S, policy: KeyPolicy, clock: &Clock) -> Result<Keys, StartError> {
    let (keys, driver) = Keys::new(source, policy, clock.clone()).map_err(|why| StartError::Keys(why.to_string()))?;
    tokio::spawn(driver.run());
    Ok(keys)
}

/// Rounded up: a verdict is remembered for whole seconds.
fn whole_seconds(length: Duration) -> u64 {
    length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0))
}

impl Args {
    /// Those of the API server that asks.
    pub(crate) fn audiences(&self) -> Vec<String> {
        let given = if self.api_audiences.is_empty() { &self.service_account_issuer } else { &self.api_audiences };
        given.iter().filter(|audience| !audience.is_empty()).cloned().collect()
    }
}

impl Accounts {
    /// Whether the question asks for audiences that the ordinary way does not judge for.
    pub(crate) fn others_are_asked_for(&self, asked: &[String]) -> bool {
        asked.iter().any(|audience| !self.audiences.contains(audience))
    }

    /// The same accounts for these audiences.
    pub(crate) fn asked_for(&self, asked: &[String]) -> AskedFor {
        AskedFor { accounts: Arc::clone(&self.judge), audiences: asked.to_vec() }
    }
}

/// Service accounts as one question asks for them. Nothing is remembered of it: few ask so, and each for its own.
pub(crate) struct AskedFor {
    accounts: Arc<ServiceAccounts>,
    audiences: Vec<String>,
}

impl Authenticator for AskedFor {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.accounts.judge_for(bearer, &self.audiences, now)
    }

    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        self.accounts.begin_for(bearer, &self.audiences, now)
    }

    fn issuers(&self) -> Option<Vec<String>> {
        self.accounts.issuers()
    }

    fn generation(&self, issuer: &str) -> Generation {
        self.accounts.generation(issuer)
    }

    fn limits(&self) -> Limits {
        self.accounts.limits()
    }
}

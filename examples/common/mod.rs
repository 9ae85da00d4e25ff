//! What the services among the examples share: an authenticator from a configuration file that is watched, and an
//! issuer to try it with.

use claimant::config::{Assembly, AuthenticationConfiguration, DiscoveredKeys};
use claimant::jwks::handle::TokioRuntime;
use claimant::reload::{ConfigFile, Reloadable, WatchPolicy};
use claimant_testkit::Issuer;
use serde_json::json;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// By an `AuthenticationConfiguration`: its issuers' keys are discovered and kept fresh, the file is looked at every
/// ten seconds, and a broken one changes nothing.
pub fn from_file(path: &str) -> Result<Reloadable, Failure> {
    let file = ConfigFile::new(path);
    let live = Reloadable::from_yaml(&file.text()?, Assembly::new(DiscoveredKeys::default()), TokioRuntime::new())?;
    tokio::spawn(live.watch(file, WatchPolicy::default()).run());
    Ok(live)
}

/// By one issuer of the test kit, for the audience `my-service`.
pub async fn from_issuer(issuer: &Issuer) -> Result<Reloadable, Failure> {
    let jwt = serde_json::from_value(json!({
        "issuer": {"url": issuer.url(), "audiences": ["my-service"], "certificateAuthority": issuer.ca_pem()},
        "claimMappings": {
            "username": {"claim": "sub", "prefix": "people:"},
            "groups": {"claim": "groups", "prefix": "people:"},
        },
    }))?;
    let live = Reloadable::new(
        AuthenticationConfiguration::default(),
        Assembly::new(DiscoveredKeys::default()),
        TokioRuntime::new(),
    )?;
    // Done when the keys are there.
    live.push(AuthenticationConfiguration { jwt: vec![jwt], ..Default::default() }).await?;
    Ok(live)
}

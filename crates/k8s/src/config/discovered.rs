//! The keys of a configuration's issuers, by discovery over HTTPS.

use super::{Issuer, IssuerKeys};
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::{ReqwestBuilder, ReqwestClient};
use claimant_jwks::{KeyPolicy, Keys};
use std::error::Error;

/// Discovers the keys of each issuer (OpenID Connect Discovery), trusting the certificate authority that stands in the
/// configuration, or else what the system trusts. Each issuer's keys are kept fresh by a task of the tokio runtime
/// in which the configuration is put together.
///
/// ```no_run
/// use claimant_jwks::handle::TokioRuntime;
/// use claimant_k8s::config::{Assembly, DiscoveredKeys};
/// use claimant_k8s::reload::{ConfigFile, Reloadable, WatchPolicy};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let file = ConfigFile::new("/etc/kubernetes/authentication.yaml");
/// let assembly = Assembly::new(DiscoveredKeys::default());
/// let live = Reloadable::from_yaml(&file.text()?, assembly, TokioRuntime::new())?;
/// tokio::spawn(live.watch(file, WatchPolicy::default()).run());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct DiscoveredKeys {
    policy: KeyPolicy,
    client: Option<fn(ReqwestBuilder) -> ReqwestBuilder>,
}

impl DiscoveredKeys {
    /// By this policy.
    pub fn new(policy: KeyPolicy) -> Self {
        Self { policy, client: None }
    }

    /// With clients that this sets up, e.g. with a proxy. The certificate authority of the issuer is there already.
    #[must_use]
    pub fn client(mut self, set_up: fn(ReqwestBuilder) -> ReqwestBuilder) -> Self {
        self.client = Some(set_up);
        self
    }
}

impl IssuerKeys for DiscoveredKeys {
    fn keys(&self, issuer: &Issuer) -> Result<Keys, Box<dyn Error + Send + Sync>> {
        let mut client = ReqwestClient::builder();
        if !issuer.certificate_authority.is_empty() {
            client = client.ca_pem(issuer.certificate_authority.clone());
        }
        if let Some(set_up) = self.client {
            client = set_up(client);
        }
        let mut remote = Remote::discover(issuer.url.clone());
        if !issuer.discovery_url.is_empty() {
            remote = remote.discovery_url(issuer.discovery_url.clone());
        }
        Ok(claimant_jwks::spawn(remote.build(client.build()?)?, self.policy.clone())?)
    }
}

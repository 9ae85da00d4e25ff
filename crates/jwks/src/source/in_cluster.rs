//! The keys of the cluster that this process runs in.

use super::remote::{Remote, ReqwestClient};
use super::{FetchRequest, KeySource, Outcome, aside};
use crate::handle::BoxFuture;
use crate::{FetchError, Misconfigured};
use claimant_core::{JwkRules, Limits, Provider, provider};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `/openid/v1/jwks` of the API server, asked with the pod's own token. Token and certificate authority are read
/// from disk for each fetch, since both are replaced while the pod runs; the token is sent to the API server's
/// origin and to no other. The pod's service account needs the cluster role `system:service-account-issuer-discovery`,
/// which Kubernetes binds to all service accounts.
pub struct InCluster {
    url: String,
    folder: PathBuf,
    rules: JwkRules,
    provider: Arc<dyn Provider + Send + Sync>,
    limits: Limits,
    /// The certificate authority that the remote was made with, and the token that it sends.
    remote: Option<(String, String, Remote<ReqwestClient>)>,
}

impl InCluster {
    /// Of the environment and the folder that a pod has.
    ///
    /// # Errors
    /// [`Misconfigured::InCluster`]: not in a pod.
    pub fn new() -> Result<Self, Misconfigured> {
        let variable = |name| std::env::var(name).map_err(|_| Misconfigured::InCluster("not in a pod"));
        let (host, port) = (variable("KUBERNETES_SERVICE_HOST")?, variable("KUBERNETES_SERVICE_PORT")?);
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        Self::at(&format!("https://{host}:{port}"), FOLDER)
    }

    /// Of an API server and a folder that holds `token` and `ca.crt`.
    ///
    /// # Errors
    /// [`Misconfigured::Url`]: not an https URL.
    pub fn at(server: &str, folder: impl Into<PathBuf>) -> Result<Self, Misconfigured> {
        let url = format!("{}/openid/v1/jwks", server.strip_suffix('/').unwrap_or(server));
        let parsed = url::Url::parse(&url).map_err(|_| Misconfigured::Url("it cannot be read"))?;
        super::remote::check_url(&parsed, true)?;
        Ok(Self {
            url,
            folder: folder.into(),
            rules: JwkRules::Bind,
            provider: Arc::new(provider::Default),
            limits: Limits::default(),
            remote: None,
        })
    }

    /// Another provider.
    #[must_use]
    pub fn provider(self, provider: impl Provider + Send + Sync + 'static) -> Self {
        Self { provider: Arc::new(provider), ..self }
    }

    /// Other rules for what a JWK says of its own use.
    #[must_use]
    pub fn rules(self, rules: JwkRules) -> Self {
        Self { rules, ..self }
    }

    async fn fetch_keys(&mut self, request: FetchRequest) -> Result<Outcome, FetchError> {
        let folder = self.folder.clone();
        let (ca, token) = aside(move || Ok((read(&folder, "ca.crt")?, read(&folder, "token")?))).await?;
        let token = token.trim().to_owned();
        let remote = match self.remote.take() {
            Some((was_ca, was_token, remote)) if was_ca == ca && was_token == token => remote,
            _ => self.connect(&ca, &token).map_err(|why| FetchError::Unreachable(why.to_string()))?,
        };
        let (_, _, remote) = self.remote.insert((ca, token, remote));
        remote.fetch(request).await
    }

    fn connect(&self, ca: &str, token: &str) -> Result<Remote<ReqwestClient>, Misconfigured> {
        let client = ReqwestClient::builder().ca_pem(ca).build()?;
        Remote::set(&self.url)
            .header("authorization", format!("Bearer {token}"))
            .rules(self.rules)
            .shared_provider(Arc::clone(&self.provider))
            .limits(self.limits.clone())
            .build(client)
    }
}

impl KeySource for InCluster {
    fn name(&self) -> String {
        self.url.clone()
    }

    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        Box::pin(self.fetch_keys(request))
    }
}

impl fmt::Debug for InCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InCluster").field("url", &self.url).field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn read(folder: &Path, name: &'static str) -> Result<String, FetchError> {
    let at = |error: std::io::Error| FetchError::Unreachable(format!("{name} of the pod: {error}"));
    let path = folder.join(name);
    // A pipe would block.
    if !path.metadata().map_err(at)?.is_file() {
        return Err(FetchError::Unreachable(format!("{name} of the pod: not a file")));
    }
    let mut text = String::new();
    File::open(path).map_err(at)?.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(at)?;
    match usize::try_from(FILE_BYTES) {
        Ok(limit) if text.len() > limit => Err(FetchError::TooLong { document: name, limit }),
        _ => Ok(text),
    }
}

/// The longest token or certificate authority, in bytes.
const FILE_BYTES: u64 = 1 << 20;
/// Where a pod finds what it is given.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

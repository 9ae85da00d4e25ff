//! The client of [`Remote`](super::Remote): reqwest with rustls and ring, none of it process-wide.

use super::{HttpClient, HttpRequest, HttpResponse, is_public};
use crate::handle::BoxFuture;
use crate::{FetchError, Misconfigured};
use ::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use ::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ::reqwest::{Client, Proxy, redirect, retry};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::Host;

/// A client of HTTP/1.1 over TLS 1.2 and 1.3. A clone shares its connections: issuers with the same trust anchors
/// can have the same client.
#[derive(Clone)]
pub struct ReqwestClient {
    client: Client,
    public_only: bool,
}

/// How a [`ReqwestClient`] is set up. By default it trusts what the system trusts, and uses no proxy.
#[must_use = "it is nothing before it is built"]
pub struct ReqwestBuilder {
    ca_pem: Option<String>,
    proxy: Option<String>,
    proxy_from_environment: bool,
    public_only: bool,
    connect_timeout: Duration,
    timeout: Duration,
    resolver: Arc<dyn Resolver>,
}

/// From the name of a host to its addresses.
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of `host`.
    fn resolve(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl ReqwestClient {
    /// With the defaults.
    pub fn builder() -> ReqwestBuilder {
        ReqwestBuilder {
            ca_pem: None,
            proxy: None,
            proxy_from_environment: false,
            public_only: false,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            resolver: Arc::new(SystemResolver),
        }
    }

    async fn fetch(&self, request: HttpRequest<'_>) -> Result<HttpResponse, FetchError> {
        if self.public_only && !host_may_be_public(request.url.host()) {
            return Err(FetchError::Address(NOT_PUBLIC));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_str(value)) else {
                return Err(FetchError::Unreachable("a header of one's own cannot be sent".to_owned()));
            };
            value.set_sensitive(name == ::reqwest::header::AUTHORIZATION);
            headers.append(name, value);
        }
        let mut response = self.client.get(request.url.clone()).headers(headers).send().await.map_err(explain)?;
        let too_long = FetchError::TooLong { document: request.document, limit: request.most };
        if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |l| l > request.most)) {
            return Err(too_long);
        }
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = response.headers().iter().map(text).collect();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(explain)? {
            if body.len().saturating_add(piece.len()) > request.most {
                return Err(too_long);
            }
            body.extend_from_slice(&piece);
        }
        Ok(HttpResponse { status: response.status().as_u16(), headers, body })
    }
}

impl HttpClient for ReqwestClient {
    fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>> {
        Box::pin(self.fetch(request))
    }
}

impl ReqwestBuilder {
    /// Only these certificates are trusted: `issuer.certificateAuthority` of an AuthenticationConfiguration.
    pub fn ca_pem(self, pem: impl Into<String>) -> Self {
        Self { ca_pem: Some(pem.into()), ..self }
    }

    /// All requests go through this proxy.
    pub fn proxy(self, url: impl Into<String>) -> Self {
        Self { proxy: Some(url.into()), ..self }
    }

    /// The proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`), as kube-apiserver does.
    pub fn proxy_from_environment(self) -> Self {
        Self { proxy_from_environment: true, ..self }
    }

    /// No connection to an address that is not on the public internet ([`is_public`]). The address is checked
    /// where it is connected to, so that a name which resolves otherwise the second time gains nothing. For
    /// issuers that somebody else names; not with a proxy, which connects by itself.
    pub fn public_addresses_only(self) -> Self {
        Self { public_only: true, ..self }
    }

    /// How long a connection may take: 3 seconds.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How long one document may take: 10 seconds. The lifecycle's
    /// [`fetch_timeout`](crate::KeyPolicy::fetch_timeout) holds besides.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Another resolver than the system's.
    pub fn resolver(self, resolver: impl Resolver) -> Self {
        Self { resolver: Arc::new(resolver), ..self }
    }

    /// The client.
    ///
    /// # Errors
    /// [`Misconfigured::Tls`]: certificates that cannot be read or none at all; a system without trust anchors.
    /// [`Misconfigured::Url`]: the proxy, or a proxy together with [`ReqwestBuilder::public_addresses_only`].
    pub fn build(self) -> Result<ReqwestClient, Misconfigured> {
        if self.public_only && (self.proxy.is_some() || self.proxy_from_environment) {
            return Err(Misconfigured::Url("a proxy connects by itself, to whatever address"));
        }
        let resolver = Checked { resolver: self.resolver, public_only: self.public_only };
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls(self.ca_pem.as_deref())?)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // Another crate's features must not make this client undo compression.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("claimant-jwks/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver)
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            // Two documents in a row share a connection; ten minutes later there is none.
            .pool_idle_timeout(Duration::from_secs(5))
            .pool_max_idle_per_host(1);
        if let Some(proxy) = &self.proxy {
            client = client.proxy(Proxy::all(proxy).map_err(|_| Misconfigured::Url("the proxy's cannot be read"))?);
        } else if !self.proxy_from_environment {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| Misconfigured::Tls(error.to_string()))?;
        Ok(ReqwestClient { client, public_only: self.public_only })
    }
}

fn tls(ca_pem: Option<&str>) -> Result<ClientConfig, Misconfigured> {
    let wrong = |error: &dyn fmt::Display| Misconfigured::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(&error))?;
    let Some(pem) = ca_pem else {
        let builder = builder.with_platform_verifier().map_err(|error| wrong(&error))?;
        return Ok(builder.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"no certificate in the bundle"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// What the connector asks for addresses: the one place that sees what is connected to.
struct Checked {
    resolver: Arc<dyn Resolver>,
    public_only: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, public_only) = (self.resolver.resolve(name.as_str()), self.public_only);
        Box::pin(async move {
            let mut addresses = found.await?;
            if public_only {
                addresses.retain(|address| is_public(*address));
                if addresses.is_empty() {
                    return Err(Box::from(RefusedAddress));
                }
            }
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

impl Resolver for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

#[derive(Debug)]
struct RefusedAddress;

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NOT_PUBLIC)
    }
}

impl Error for RefusedAddress {}

/// An address that stands in the URL is never resolved; a name is checked when it is.
fn host_may_be_public(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// The innermost cause says most. The URL is left out: it is known from elsewhere.
fn explain(error: ::reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::Timeout;
    }
    let error = error.without_url();
    let mut cause: &(dyn Error + 'static) = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
        if cause.is::<RefusedAddress>() {
            return FetchError::Address(NOT_PUBLIC);
        }
    }
    FetchError::Unreachable(cause.to_string())
}

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestClient").field("public_addresses_only", &self.public_only).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReqwestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the proxy: there may be a password in it.
        f.debug_struct("ReqwestBuilder").field("public_addresses_only", &self.public_only).finish_non_exhaustive()
    }
}

const NOT_PUBLIC: &str = "not on the public internet";

//! How a [`Remote`] is set up.

use super::{HttpClient, Place, Remote};
use crate::Misconfigured;
use claimant_core::{JwkRules, Limits, Provider, provider};
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};

/// What is known of an issuer before its first document.
#[must_use = "it is nothing before it is built"]
pub struct RemoteBuilder {
    issuer: Option<String>,
    url: Option<String>,
    secure: bool,
    any_type: bool,
    headers: Vec<(String, String)>,
    rules: JwkRules,
    provider: Arc<dyn Provider + Send + Sync>,
    limits: Limits,
    most: usize,
}

impl Remote<()> {
    /// The keys that `issuer` names in its discovery document, at `/.well-known/openid-configuration` below it.
    pub fn discover(issuer: impl Into<String>) -> RemoteBuilder {
        RemoteBuilder::new(Some(issuer.into()), None)
    }

    /// The JWK set at this URL, without discovery.
    pub fn set(url: impl Into<String>) -> RemoteBuilder {
        RemoteBuilder::new(None, Some(url.into()))
    }
}

impl RemoteBuilder {
    fn new(issuer: Option<String>, url: Option<String>) -> Self {
        Self {
            issuer,
            url,
            secure: true,
            any_type: false,
            headers: Vec::new(),
            rules: JwkRules::Bind,
            provider: Arc::new(provider::Default),
            limits: Limits::default(),
            most: MOST,
        }
    }

    /// Where the discovery document is, if not below the issuer: `issuer.discoveryURL` of an
    /// AuthenticationConfiguration. Its `issuer` must be the issuer all the same.
    pub fn discovery_url(self, url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..self }
    }

    /// Plain http is allowed: whoever is on the way can make keys. For tests.
    pub fn insecure_http(self) -> Self {
        Self { secure: false, ..self }
    }

    /// Any content type will do, as for kube-apiserver. For sets that lie in a bucket which knows no better.
    pub fn any_content_type(self) -> Self {
        Self { any_type: true, ..self }
    }

    /// A header for each request to the origin of the discovery document (or of the set, without discovery); it is
    /// sent to no other.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Other rules for what a JWK says of its own use.
    pub fn rules(self, rules: JwkRules) -> Self {
        Self { rules, ..self }
    }

    /// Another provider.
    pub fn provider(self, provider: impl Provider + Send + Sync + 'static) -> Self {
        Self { provider: Arc::new(provider), ..self }
    }

    /// The same, shared.
    pub fn shared_provider(self, provider: Arc<dyn Provider + Send + Sync>) -> Self {
        Self { provider, ..self }
    }

    /// Other limits for the set.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The longest document, in bytes: 1 MiB by default.
    pub fn document_bytes(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// With this client.
    ///
    /// # Errors
    /// [`Misconfigured::Url`]: not https, or with a user, a password, a query (but for a discovery URL or a set's)
    /// or a fragment.
    pub fn build<C: HttpClient>(self, client: C) -> Result<Remote<C>, Misconfigured> {
        let parse = |text: &str| Url::parse(text).map_err(|_| Misconfigured::Url("it cannot be read"));
        let place = match self.issuer {
            Some(issuer) => {
                let url = parse(&issuer)?;
                check_url(&url, self.secure)?;
                if url.query().is_some() {
                    return Err(Misconfigured::Url("an issuer has no query"));
                }
                let below = format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(&issuer));
                Place::Discovery { document: parse(self.url.as_deref().unwrap_or(&below))?, issuer }
            }
            None => Place::Set(parse(self.url.as_deref().unwrap_or_default())?),
        };
        let (Place::Discovery { document: url, .. } | Place::Set(url)) = &place;
        check_url(url, self.secure)?;
        Ok(Remote {
            client,
            home: url.origin(),
            place,
            headers: self.headers,
            secure: self.secure,
            any_type: self.any_type,
            rules: self.rules,
            provider: self.provider,
            limits: self.limits,
            most: self.most,
            known: None,
            tag: None,
        })
    }
}

/// Whether a document may be fetched from there.
pub(in crate::source) fn check_url(url: &Url, secure: bool) -> Result<(), Misconfigured> {
    let scheme = url.scheme() == "https" || (!secure && url.scheme() == "http");
    let wrong = [
        (!scheme, "it is not https"),
        (matches!(url.host(), None | Some(Host::Domain(""))), "it has no host"),
        (!url.username().is_empty() || url.password().is_some(), "it has a user or a password"),
        (url.fragment().is_some(), "it has a fragment"),
    ];
    match wrong.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(Misconfigured::Url(why)),
        None => Ok(()),
    }
}

impl fmt::Debug for RemoteBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteBuilder").field("issuer", &self.issuer).field("url", &self.url).finish_non_exhaustive()
    }
}

/// OpenID Connect Discovery, section 4.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// The longest document by default, in bytes.
const MOST: usize = 1 << 20;

//! Keys of an issuer over HTTPS: OpenID Connect Discovery, then `jwks_uri`; or a JWK set at an address of its own.

mod addresses;
mod answer;
mod builder;
mod http;
#[cfg(feature = "reqwest")]
mod reqwest;

pub use self::http::{HttpClient, HttpRequest, HttpResponse};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestBuilder, ReqwestClient, Resolver, SystemResolver};
pub use addresses::is_public;
pub use builder::RemoteBuilder;
pub(in crate::source) use builder::check_url;

use super::{FetchRequest, KeySource, Outcome};
use crate::FetchError;
use crate::handle::BoxFuture;
use crate::lifecycle::Fetched;
use claimant_core::json::Object;
use claimant_core::{JwkRules, Limits, Provider};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;
use url::Url;

/// Keys of an issuer over HTTPS.
///
/// By discovery, each fetch reads the discovery document and then the set that it names, so that a set that moved
/// is found as soon as a key is missed. While the discovery document cannot be read, the set is fetched from where
/// it was. The document's `issuer` must be the expected one to the letter (OpenID Connect Discovery, section 4.3).
///
/// What is refused: another scheme than https, user names and passwords in a URL, redirects to another origin,
/// more than 3 redirects, compressed answers, content types other than JSON, documents beyond 1 MiB. Headers of
/// one's own go to the origin that was configured and to no other. Nothing of any token is ever sent.
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// use claimant_jwks::source::Remote;
/// use claimant_jwks::source::remote::ReqwestClient;
///
/// let client = ReqwestClient::builder().build()?;
/// let keys = Remote::discover("https://issuer.example").build(client)?;
/// // In a tokio runtime: `let keys = claimant_jwks::spawn(keys, KeyPolicy::default())?;`
/// # }
/// # Ok::<(), claimant_jwks::Misconfigured>(())
/// ```
pub struct Remote<C> {
    client: C,
    place: Place,
    /// Where the headers may go.
    home: url::Origin,
    headers: Vec<(String, String)>,
    secure: bool,
    any_type: bool,
    rules: JwkRules,
    provider: Arc<dyn Provider + Send + Sync>,
    limits: Limits,
    most: usize,
    /// Where the set was when the discovery document was last read.
    known: Option<Url>,
    /// What the source called the set that it last brought.
    tag: Option<Tag>,
}

enum Place {
    Discovery { issuer: String, document: Url },
    Set(Url),
}

struct Tag {
    url: Url,
    tag: String,
    digest: [u8; 32],
}

impl<C: HttpClient> Remote<C> {
    async fn fetch_keys(&mut self, request: FetchRequest) -> Result<Outcome, FetchError> {
        let url = self.set_url(request.forced).await?;
        let now = SystemTime::now();
        let mut headers = Vec::new();
        if request.forced {
            headers.extend(NO_CACHE.map(owned));
        } else if let Some(tag) = self.tag.as_ref().filter(|tag| tag.url == url && Some(tag.digest) == request.held) {
            headers.push(owned(("if-none-match", &tag.tag)));
        }
        let conditional = headers.iter().any(|(name, _)| name == "if-none-match");
        let response = self.get(&url, headers, KEYS).await?;
        let mut fresh_for = answer::fresh_for(&response, now);
        if conditional && response.status == 304 {
            return Ok(Outcome::Unchanged { fresh_for });
        }
        let text = answer::json(&response, KEYS, self.any_type, now)?;
        let fetched = Fetched::from_jwks(text.as_bytes(), self.rules, &*self.provider, &self.limits)?;
        // A SPIFFE bundle says itself how often to look.
        fresh_for = fetched.fresh_for.or(fresh_for);
        let digest = fetched.digest;
        self.tag = response.header("etag").map(|tag| Tag { url, tag: tag.to_owned(), digest });
        if request.held == Some(digest) {
            return Ok(Outcome::Unchanged { fresh_for });
        }
        Ok(Outcome::Fetched(Fetched { fresh_for, ..fetched }))
    }

    /// Where the set is now.
    async fn set_url(&mut self, forced: bool) -> Result<Url, FetchError> {
        let found = match &self.place {
            Place::Set(url) => return Ok(url.clone()),
            Place::Discovery { issuer, document } => self.read_discovery(issuer, document, forced).await,
        };
        match (found, &self.known) {
            (Ok(url), _) => {
                self.known = Some(url.clone());
                Ok(url)
            }
            // Another issuer's document is no outage.
            (Err(FetchError::OtherIssuer), _) => Err(FetchError::OtherIssuer),
            (Err(_why), Some(url)) => {
                #[cfg(feature = "tracing")]
                tracing::warn!(source = self.name(), reason = _why.reason(), error = %_why, "discovery failed");
                Ok(url.clone())
            }
            (Err(why), None) => Err(why),
        }
    }

    async fn read_discovery(&self, issuer: &str, document: &Url, forced: bool) -> Result<Url, FetchError> {
        let headers = if forced { NO_CACHE.map(owned).to_vec() } else { Vec::new() };
        let response = self.get(document, headers, DISCOVERY).await?;
        let text = answer::json(&response, DISCOVERY, self.any_type, SystemTime::now())?;
        let wrong = |why: &str| FetchError::Document { document: DISCOVERY, why: why.to_owned() };
        let object = Object::parse(text, DISCOVERY).map_err(|_| wrong("not an object, or a member twice"))?;
        if answer::text(&object, "issuer").as_deref() != Some(issuer) {
            return Err(FetchError::OtherIssuer);
        }
        let url = answer::text(&object, "jwks_uri").ok_or_else(|| wrong("jwks_uri is missing"))?;
        let url = Url::parse(&url).map_err(|_| wrong("jwks_uri is not a URL"))?;
        check_url(&url, self.secure).map_err(|_| wrong("jwks_uri is not an https URL without user"))?;
        Ok(url)
    }

    /// Follows redirects within the origin.
    async fn get(
        &self,
        url: &Url,
        own: Vec<(String, String)>,
        document: &'static str,
    ) -> Result<HttpResponse, FetchError> {
        let mut url = url.clone();
        let mut headers = own;
        headers.push(owned(("accept", "application/json, application/jwk-set+json")));
        headers.push(owned(("accept-encoding", "identity")));
        if url.origin() == self.home {
            headers.extend(self.headers.iter().cloned());
        }
        for _ in 0..=REDIRECTS {
            let request = HttpRequest { url: &url, headers: &headers, most: self.most, document };
            let response = self.client.get(request).await?;
            if response.body.len() > self.most {
                return Err(FetchError::TooLong { document, limit: self.most });
            }
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let target = response.header("location").and_then(|location| url.join(location).ok());
            url = match target {
                // The origin holds scheme, host and port; user name and password are no part of it.
                Some(target)
                    if target.origin() == url.origin()
                        && target.username().is_empty()
                        && target.password().is_none() =>
                {
                    target
                }
                _ => return Err(FetchError::Redirect(document)),
            };
        }
        Err(FetchError::Redirect(document))
    }
}

impl<C: HttpClient> KeySource for Remote<C> {
    fn name(&self) -> String {
        match &self.place {
            Place::Discovery { issuer, .. } => issuer.clone(),
            Place::Set(url) => url.to_string(),
        }
    }

    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        Box::pin(self.fetch_keys(request))
    }
}

impl<C> fmt::Debug for Remote<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Remote");
        match &self.place {
            Place::Discovery { issuer, document } => {
                out.field("issuer", issuer).field("document", &document.as_str());
            }
            Place::Set(url) => {
                out.field("set", &url.as_str());
            }
        }
        // Values of headers may be credentials.
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        out.field("headers", &names).field("secure", &self.secure).field("any_content_type", &self.any_type);
        out.field("known", &self.known.as_ref().map(Url::as_str)).finish_non_exhaustive()
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

const DISCOVERY: &str = "discovery document";
const KEYS: &str = "keys";
const REDIRECTS: usize = 3;
/// For caches of HTTP/1.0 too.
const NO_CACHE: [(&str, &str); 2] = [("cache-control", "no-cache"), ("pragma", "no-cache")];

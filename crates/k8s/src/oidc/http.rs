//! Distributed claims over HTTPS, by the rules of a source of keys.

use super::{ClaimFetcher, ClaimRequest};
use claimant_jwks::source::remote::{HttpClient, HttpRequest};
use claimant_jwks::{BoxFuture, FetchError};
use std::fmt;
use url::{Origin, Url};

/// Fetches distributed claims with a client of HTTP, such as that of the keys, whose trust anchors, time limit and
/// refusal of private addresses then hold here too.
///
/// What is refused: another scheme than https, a user, a password or a fragment in the URL, any redirect, any status
/// but 200, a compressed answer.
pub struct HttpClaims<C> {
    client: C,
    origins: Option<Vec<Origin>>,
}

impl<C: HttpClient> HttpClaims<C> {
    /// From wherever a token that the issuer signed says.
    pub fn new(client: C) -> Self {
        Self { client, origins: None }
    }

    /// Only from the origins of these URLs.
    ///
    /// # Errors
    /// [`FetchError::Address`]: not a URL of https.
    pub fn only_from<'a>(mut self, urls: impl IntoIterator<Item = &'a str>) -> Result<Self, FetchError> {
        let origins: Result<Vec<_>, _> = urls.into_iter().map(|url| read(url).map(|url| url.origin())).collect();
        self.origins = Some(origins?);
        Ok(self)
    }

    async fn get(&self, request: ClaimRequest<'_>) -> Result<Vec<u8>, FetchError> {
        let url = read(request.endpoint)?;
        if self.origins.as_ref().is_some_and(|allowed| !allowed.contains(&url.origin())) {
            return Err(FetchError::Address("not an origin that was allowed"));
        }
        let mut headers = vec![("accept".to_owned(), "application/jwt".to_owned())];
        headers.push(("accept-encoding".to_owned(), "identity".to_owned()));
        headers.extend(request.access_token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        let response = self.client.get(HttpRequest::new(&url, &headers, request.most, DOCUMENT)).await?;
        let encoded = |coding: &str| !coding.trim().eq_ignore_ascii_case("identity");
        match response.status {
            200 if response.body.len() > request.most => {
                Err(FetchError::TooLong { document: DOCUMENT, limit: request.most })
            }
            200 if response.header("content-encoding").is_some_and(encoded) => Err(FetchError::Compressed(DOCUMENT)),
            200 => Ok(response.body),
            300..400 => Err(FetchError::Redirect(DOCUMENT)),
            status => Err(FetchError::Status { document: DOCUMENT, status, retry_after: None }),
        }
    }
}

impl<C: HttpClient> ClaimFetcher for HttpClaims<C> {
    fn fetch<'a>(&'a self, request: ClaimRequest<'a>) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        Box::pin(self.get(request))
    }
}

impl<C> fmt::Debug for HttpClaims<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClaims").field("origins", &self.origins).finish_non_exhaustive()
    }
}

fn read(endpoint: &str) -> Result<Url, FetchError> {
    let url = Url::parse(endpoint).map_err(|_| FetchError::Address("not a URL"))?;
    let wrong = [
        (url.scheme() != "https", "not https"),
        (!url.has_host(), "no host"),
        (!url.username().is_empty() || url.password().is_some(), "a user or a password in it"),
        (url.fragment().is_some(), "a fragment in it"),
    ];
    match wrong.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(FetchError::Address(why)),
        None => Ok(url),
    }
}

const DOCUMENT: &str = "distributed claim";

//! The HTTP that a source needs, so that anybody's client can do it.

use crate::FetchError;
use crate::handle::BoxFuture;
use std::fmt;
use url::Url;

/// One GET.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct HttpRequest<'a> {
    /// Where.
    pub url: &'a Url,
    /// Names in lower case, and values.
    pub headers: &'a [(String, String)],
    /// The longest body that is to be read, in bytes; with one more, [`FetchError::TooLong`].
    pub most: usize,
    /// What is fetched, for errors.
    pub document: &'static str,
}

impl<'a> HttpRequest<'a> {
    /// For those who fetch something else than keys by the same client.
    pub fn new(url: &'a Url, headers: &'a [(String, String)], most: usize, document: &'static str) -> Self {
        Self { url, headers, most, document }
    }
}

/// What came back, whatever its status.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, as sent.
    pub body: Vec<u8>,
}

/// A client of HTTP: `ReqwestClient` (feature `reqwest`), or one's own.
///
/// It sends the headers to that URL and nowhere else, follows no redirect, asks for no compression and undoes
/// none, stops reading at [`HttpRequest::most`], and checks the server's certificate.
pub trait HttpClient: Send + Sync {
    /// Does one GET. The future is dropped when it takes too long.
    fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>>;
}

impl HttpResponse {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of headers may be credentials.
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpRequest").field("url", &self.url.as_str()).field("headers", &names).finish_non_exhaustive()
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

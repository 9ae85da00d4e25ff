//! Questions by way of a `kube::Client`, with its address, credentials and TLS.

use super::transport::{Posting, Reply, Transport, TransportError};
use super::{MAX_REPLY, Version};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use std::fmt;

/// Asks the API server of a client.
pub struct KubeTransport {
    client: kube::Client,
    path: String,
}

impl KubeTransport {
    /// By `v1`, the one version that API servers serve.
    pub fn new(client: kube::Client) -> Self {
        Self { client, path: format!("/apis/{}/tokenreviews", Version::V1.api_version()) }
    }
}

impl Transport for KubeTransport {
    fn post<'a>(&'a self, body: &'a [u8]) -> Posting<'a> {
        Box::pin(async move {
            let request = http::Request::post(&self.path)
                .header(http::header::CONTENT_TYPE, "application/json")
                .header(http::header::ACCEPT, "application/json")
                .body(Body::from(body.to_vec()))
                .map_err(|_| TransportError::Failed)?;
            let response = self.client.send(request).await.map_err(|_| TransportError::Failed)?;
            let code = response.status().as_u16();
            let header = response.headers().get(http::header::RETRY_AFTER);
            let retry_after = header.and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
            let body = Limited::new(response.into_body(), MAX_REPLY + 1).collect().await;
            let body = body.map_err(|_| TransportError::Lost)?.to_bytes().to_vec();
            Ok(Reply { code, retry_after, body })
        })
    }
}

impl fmt::Debug for KubeTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeTransport").field("path", &self.path).finish_non_exhaustive()
    }
}

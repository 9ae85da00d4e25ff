//! The `Authorization` header (pkg/authentication/request/bearertoken of k8s.io/apiserver).

use super::{Credential, Request, values};
use crate::Refusal;

/// The bearer token, where there is one. Other schemes, and a scheme without a token, are none; several headers are
/// refused whatever they hold, since who else reads the request may take another of them than kube-apiserver, which
/// takes the first.
pub(super) fn find(request: &Request<'_>) -> Result<Option<(String, Credential)>, Refusal> {
    let mut headers = values(request, "authorization");
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(Refusal::SeveralAuthorizations);
    }
    let text = String::from_utf8_lossy(header);
    let mut parts = text.trim().splitn(3, ' ');
    let (scheme, token) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if scheme.to_lowercase() != "bearer" || token.is_empty() {
        return Ok(None);
    }
    // kube-apiserver takes the first word; who else reads the request may take another.
    if parts.next().is_some() {
        return Err(Refusal::TextAfterToken);
    }
    Ok(Some((token.to_owned(), Credential::Authorization)))
}

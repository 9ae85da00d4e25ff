//! A token in a WebSocket sub-protocol (pkg/authentication/request/websocket of k8s.io/apiserver): browsers
//! cannot set an `Authorization` header.

use super::{Credential, Request, first, values};
use crate::Refusal;
use base64ct::{Base64UrlUnpadded, Encoding};

const PROTOCOL: &str = "sec-websocket-protocol";
const PREFIX: &str = "base64url.bearer.authorization.k8s.io.";

/// The token, and what is left of the sub-protocols without it.
pub(super) fn find(request: &Request<'_>) -> Result<Option<(String, Credential)>, Refusal> {
    if !is_upgrade(request) {
        return Ok(None);
    }
    let mut token = None;
    let mut others = Vec::new();
    for header in values(request, PROTOCOL) {
        let header = String::from_utf8_lossy(header);
        for protocol in header.split(',').map(str::trim) {
            match protocol.strip_prefix(PREFIX) {
                None => others.push(protocol.to_owned()),
                Some(_) if token.is_some() => return Err(Refusal::SubProtocol("more than one holds a token")),
                Some(encoded) => token = Some(decode(encoded)?),
            }
        }
    }
    match token.filter(|token| !token.is_empty()) {
        None => Ok(None),
        Some(_) if others.is_empty() => Err(Refusal::SubProtocol("there is no other one beside the token")),
        Some(token) => Ok(Some((token, Credential::SubProtocols(others.join(","))))),
    }
}

fn decode(encoded: &str) -> Result<String, Refusal> {
    let bytes =
        Base64UrlUnpadded::decode_vec(encoded).map_err(|_| Refusal::SubProtocol("the token is not base64url"))?;
    String::from_utf8(bytes).map_err(|_| Refusal::SubProtocol("the token is not UTF-8"))
}

/// `Connection` lists `upgrade`, at its start or after a comma, and `Upgrade` is `websocket`.
fn is_upgrade(request: &Request<'_>) -> bool {
    let connection = first(request, "connection").to_lowercase();
    let listed = connection.split(',').enumerate().any(|(index, option)| {
        let option = option.trim_end_matches(is_space);
        (if index == 0 { option } else { option.trim_start_matches(is_space) }) == "upgrade"
    });
    listed && first(request, "upgrade").to_lowercase() == "websocket"
}

/// What `\s` means in Go.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

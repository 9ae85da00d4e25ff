//! ID tokens by a refresh token (OpenID Connect Core, section 12).

use super::{Fetch, FetchFailure, Fetching, Fresh, SecretToken, own_expiry};
use crate::token_review::Posting;
use serde::Deserialize;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Posts a form to the issuer's token endpoint. It must not follow redirects.
pub trait FormTransport: Send + Sync {
    /// Posts a body, `content-type: application/x-www-form-urlencoded`. It holds secrets: never log it.
    fn post_form<'a>(&'a self, body: &'a [u8]) -> Posting<'a>;
}

impl<T: FormTransport + ?Sized> FormTransport for Arc<T> {
    fn post_form<'a>(&'a self, body: &'a [u8]) -> Posting<'a> {
        (**self).post_form(body)
    }
}

/// Asks a token endpoint for ID tokens, each time for ten seconds at most. Where the issuer gives a new refresh token with each, that one is used from
/// then on, and [`OidcRefresh::refresh_token`] says which, to keep it over a restart.
pub struct OidcRefresh<T> {
    transport: T,
    client_id: String,
    client_secret: Option<SecretToken>,
    refresh_token: Mutex<SecretToken>,
}

impl<T: FormTransport> OidcRefresh<T> {
    /// For a public client; see [`OidcRefresh::with_client_secret`].
    pub fn new(transport: T, client_id: impl Into<String>, refresh_token: SecretToken) -> Self {
        Self { transport, client_id: client_id.into(), client_secret: None, refresh_token: Mutex::new(refresh_token) }
    }

    /// For a client that has a secret, which goes into the form (`client_secret_post`).
    #[must_use]
    pub fn with_client_secret(mut self, secret: SecretToken) -> Self {
        self.client_secret = Some(secret);
        self
    }

    /// The refresh token of now.
    pub fn refresh_token(&self) -> SecretToken {
        self.refresh_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn form(&self) -> Zeroizing<String> {
        let refresh = self.refresh_token();
        let mut pairs = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
            ("client_id", self.client_id.as_str()),
        ];
        pairs.extend(self.client_secret.as_ref().map(|secret| ("client_secret", secret.expose())));
        let length = pairs.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
        // Long enough from the start: a text that grows leaves copies of itself behind.
        let mut form = Zeroizing::new(String::with_capacity(length));
        for (name, value) in pairs {
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(name);
            form.push('=');
            escape(value, &mut form);
        }
        form
    }

    async fn ask(&self, now: i64) -> Result<Fresh, FetchFailure> {
        let form = self.form();
        let reply = match timeout(PATIENCE, self.transport.post_form(form.as_bytes())).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => return Err(FetchFailure::Unreachable),
        };
        let body = Zeroizing::new(reply.body);
        match reply.code {
            200 => {}
            500..=599 | 429 => return Err(FetchFailure::Unreachable),
            code => return Err(FetchFailure::Refused(code)),
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| FetchFailure::Unreadable)?;
        // The old one may be spent by now, whatever else is in the answer: an ID token need not be (OpenID Connect Core,
        // section 12.2).
        if let Some(next) = answer.refresh_token.filter(|next| !next.is_empty()) {
            *self.refresh_token.lock().unwrap_or_else(PoisonError::into_inner) = SecretToken(next);
        }
        let token = answer.id_token.filter(|token| !token.is_empty()).ok_or(FetchFailure::Unreadable)?;
        let expires = own_expiry(&token).ok_or(FetchFailure::Unreadable)?;
        if expires <= now {
            return Err(FetchFailure::Ended);
        }
        Ok(Fresh { token: SecretToken(token), expires, look_again: None })
    }
}

impl<T: FormTransport> Fetch for OidcRefresh<T> {
    fn fetch(&self, now: i64) -> Fetching<'_> {
        Box::pin(self.ask(now))
    }
}

impl<T> fmt::Debug for OidcRefresh<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcRefresh").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "secret")]
    id_token: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "secret")]
    refresh_token: Option<Zeroizing<String>>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Zeroizing::new))
}

/// As forms escape: all but letters, digits and `-._~`.
fn escape(value: &str, form: &mut String) {
    const DIGITS: &[char; 16] = &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or('0');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            form.push(char::from(byte));
        } else {
            form.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

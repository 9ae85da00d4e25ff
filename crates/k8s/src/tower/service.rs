//! A service that only the authenticated reach: [`AuthnService`].

use super::layer::Settings;
use super::{AuthnLayer, Mode, Rejection, Rejections, Verdict};
use crate::request::{self, Credential, Outcome, Request as Headers};
use http::header::{AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// What an [`AuthnLayer`] makes of a service.
#[derive(Clone)]
pub struct AuthnService<S, R> {
    pub(super) inner: S,
    pub(super) layer: AuthnLayer<R>,
}

impl<S, R, B, C> Service<Request<B>> for AuthnService<S, R>
where
    S: Service<Request<B>, Response = Response<C>> + Clone + Send + 'static,
    S::Future: Send,
    R: Rejections<C> + 'static,
    B: Send + 'static,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready must be the one that is called.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match layer.settings.judge(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(rejection) => Ok(layer.rejections.answer(&rejection)),
            }
        })
    }
}

impl<S, R> fmt::Debug for AuthnService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthnService").field("layer", &self.layer).finish_non_exhaustive()
    }
}

impl Settings {
    /// Whether the request goes on, and what is done to it before.
    async fn judge(self: &Arc<Self>, parts: &mut Parts) -> Result<(), Rejection> {
        // No handler must find what a stranger's layer, or nobody, has put there.
        parts.extensions.remove::<crate::Authenticated>();
        let now = (self.now)();
        let (outcome, shadow) = match request::decoded_path(parts.uri.path()) {
            Ok(path) => {
                let headers = headers(parts);
                let request = Headers { headers: &headers, path: &path };
                let outcome = self.enforced(&request, parts, now).await;
                let shadow = self.shadow.as_ref();
                (outcome, shadow.map(|tokens| request::authenticate(&request, tokens, &self.anonymous, now)))
            }
            Err(error) => (Err(error.into()), None),
        };
        let verdict =
            Verdict { mode: self.mode, outcome: outcome.as_ref(), shadow: shadow.as_ref().map(Result::as_ref) };
        self.watches.iter().for_each(|watch| watch.verdict(&verdict));
        match (outcome, self.mode) {
            (Ok(Outcome { who, credential, .. }), mode) => {
                if mode == Mode::Enforce && !self.keeps_credential {
                    take_out(credential, parts);
                }
                parts.extensions.insert(who);
                Ok(())
            }
            (Err(_), Mode::Observe) => Ok(()),
            (Err(rejection), Mode::Enforce) => Err(rejection),
        }
    }

    async fn enforced(&self, request: &Headers<'_>, parts: &Parts, now: i64) -> Result<Outcome, Rejection> {
        let outcome = match self.mode {
            Mode::Enforce => request::authenticate_async(request, &self.tokens, &self.anonymous, now).await?,
            // Nobody waits for a verdict that decides nothing.
            Mode::Observe => request::authenticate(request, &self.tokens, &self.anonymous, now)?,
        };
        if let Some(rule) = &self.rule {
            rule.check(&outcome.who.user, parts)?;
        }
        Ok(outcome)
    }
}

/// The headers that can hold a credential, or say whether they do.
fn headers(parts: &Parts) -> Vec<(&str, &[u8])> {
    let all = parts.headers.iter().filter(|(name, _)| {
        [AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, UPGRADE, CONNECTION].iter().any(|known| known == name)
    });
    all.map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

/// `Authorization` goes whatever it was that said who this is, as in the API server (WithAuthentication of
/// k8s.io/apiserver): one that was not judged must not be taken for one that was.
fn take_out(credential: Credential, parts: &mut Parts) {
    parts.headers.remove(AUTHORIZATION);
    if let Credential::SubProtocols(rest) = credential {
        parts.headers.remove(SEC_WEBSOCKET_PROTOCOL);
        if let Ok(rest) = HeaderValue::try_from(rest) {
            parts.headers.insert(SEC_WEBSOCKET_PROTOCOL, rest);
        }
    }
}

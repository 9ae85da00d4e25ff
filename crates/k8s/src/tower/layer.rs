//! How requests are authenticated: [`AuthnLayer`].

use super::{AuthnService, Rule, Status, Watch};
use crate::Authenticator;
use crate::request::Anonymous;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whether a verdict counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Who is not let in gets an answer from us.
    Enforce,
    /// Everybody is let through, and at once: what a verdict would have to wait for is unavailable. The request keeps
    /// its credential, since another may judge it still.
    Observe,
}

/// Wraps services in an [`AuthnService`]. A clone is the same configuration and costs two counts.
///
/// `R` makes the answers to those who are not let in: [`Status`] as the API server does,
/// [`GrpcStatus`](super::GrpcStatus) for gRPC, or one's own [`Rejections`](super::Rejections).
pub struct AuthnLayer<R = Status> {
    pub(super) settings: Arc<Settings>,
    pub(super) rejections: Arc<R>,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) tokens: Arc<dyn Authenticator>,
    pub(super) shadow: Option<Arc<dyn Authenticator>>,
    pub(super) anonymous: Anonymous,
    pub(super) rule: Option<Arc<dyn Rule>>,
    pub(super) watches: Vec<Arc<dyn Watch>>,
    pub(super) keeps_credential: bool,
    pub(super) now: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl AuthnLayer {
    /// Lets in whose token `tokens` accepts. Nobody is anonymous.
    pub fn enforce(tokens: impl Authenticator + 'static) -> Self {
        Self::new(tokens, Mode::Enforce)
    }

    /// Judges in the same way but for waits, tells the [watches](AuthnLayer::with_watch), and lets everybody through:
    /// the user is in the extensions where there is one.
    ///
    /// No request is held up: where [`enforce`](AuthnLayer::enforce) would wait ([`Authenticator::begin`]: for the
    /// answer to a TokenReview, for keys that are not there yet), the verdict is
    /// [`Error::Unavailable`](crate::Error::Unavailable), and counted as that. Of authenticators that always have to ask
    /// somebody else, this therefore shows nothing but how often they would be asked.
    ///
    /// A service behind this must still ask for credentials itself.
    pub fn observe(tokens: impl Authenticator + 'static) -> Self {
        Self::new(tokens, Mode::Observe)
    }

    fn new(tokens: impl Authenticator + 'static, mode: Mode) -> Self {
        let settings = Settings {
            mode,
            tokens: Arc::new(tokens),
            shadow: None,
            anonymous: Anonymous::Off,
            rule: None,
            watches: Vec::new(),
            keeps_credential: false,
            now: Arc::new(seconds_since_1970),
        };
        Self { settings: Arc::new(settings), rejections: Arc::new(Status::default()) }
    }
}

impl<R> AuthnLayer<R> {
    /// Lets in requests without a credential, too.
    #[must_use]
    pub fn with_anonymous(self, anonymous: Anonymous) -> Self {
        self.set(|settings| settings.anonymous = anonymous)
    }

    /// Asks this rule about everybody who is authenticated or anonymous. The last one counts.
    #[must_use]
    pub fn with_rule(self, rule: impl Rule + 'static) -> Self {
        self.set(|settings| settings.rule = Some(Arc::new(rule)))
    }

    /// Tells this of every verdict, after those that were given before.
    #[must_use]
    pub fn with_watch(self, watch: impl Watch + 'static) -> Self {
        self.set(|settings| settings.watches.push(Arc::new(watch)))
    }

    /// Judges every request by this as well, and tells the watches. It decides nothing and never waits: what it would
    /// have to wait for is unavailable to it.
    #[must_use]
    pub fn with_shadow(self, tokens: impl Authenticator + 'static) -> Self {
        self.set(|settings| settings.shadow = Some(Arc::new(tokens)))
    }

    /// Leaves the credential in the request, for a proxy whose upstream judges it again. Whatever is behind this can
    /// act as the user elsewhere.
    #[must_use]
    pub fn keeping_credentials(self) -> Self {
        self.set(|settings| settings.keeps_credential = true)
    }

    /// Another clock, in seconds since 1970, than the system's.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.now = Arc::new(now))
    }

    /// Other answers to those who are not let in.
    #[must_use]
    pub fn with_rejections<Q>(self, rejections: Q) -> AuthnLayer<Q> {
        AuthnLayer { settings: self.settings, rejections: Arc::new(rejections) }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S, R> ::tower::Layer<S> for AuthnLayer<R> {
    type Service = AuthnService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthnService { inner, layer: self.clone() }
    }
}

impl<R> Clone for AuthnLayer<R> {
    fn clone(&self) -> Self {
        Self { settings: Arc::clone(&self.settings), rejections: Arc::clone(&self.rejections) }
    }
}

impl<R> fmt::Debug for AuthnLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { mode, shadow, anonymous, rule, watches, keeps_credential, .. } = self.settings.as_ref();
        f.debug_struct("AuthnLayer")
            .field("mode", mode)
            .field("anonymous", anonymous)
            .field("rule", &rule.is_some())
            .field("shadow", &shadow.is_some())
            .field("watches", &watches.len())
            .field("keeps_credential", keeps_credential)
            .finish_non_exhaustive()
    }
}

/// A clock before 1970 says 1970.
fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

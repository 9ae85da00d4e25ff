//! Configurations that change while tokens are judged: pushed from code, or a file that is watched.
//!
//! A new configuration is compiled whole, must have the keys of all its issuers within a time limit, and is swapped
//! in whole. Until then, and where it fails, the last good one goes on to judge; [`Reloadable::state`], a log line
//! (feature `tracing`) and counters (feature `metrics`) say so. What was judged under one configuration shows in
//! [`Authenticator::generation`], so that caches forget it with the next.
//!
//! ```
//! use claimant_k8s::config::{Assembly, AuthenticationConfiguration, Issuer, JwtAuthenticator};
//! use claimant_k8s::reload::Reloadable;
//! use claimant_k8s::{Authenticator, Keys};
//! # fn runtime() -> impl claimant_jwks::Runtime {
//! #     struct Never;
//! #     impl claimant_jwks::Runtime for Never {
//! #         fn now(&self) -> claimant_jwks::lifecycle::Moment {
//! #             claimant_jwks::lifecycle::Moment { steady: Default::default(), wall: Default::default() }
//! #         }
//! #         fn sleep_until(&self, _: std::time::Duration) -> claimant_jwks::BoxFuture<'static, ()> {
//! #             Box::pin(std::future::pending())
//! #         }
//! #     }
//! #     Never
//! # }
//!
//! // In a program, `claimant_jwks::handle::TokioRuntime::new()`.
//! let assembly = Assembly::new(|_: &Issuer| Ok(Keys::default()));
//! let live = Reloadable::new(AuthenticationConfiguration::default(), assembly, runtime())?;
//! assert_eq!(live.state().generation, 1);
//! // A configuration without a user name is refused, and the first one stays.
//! let broken = AuthenticationConfiguration { jwt: vec![JwtAuthenticator::default()], ..Default::default() };
//! let pushed = live.push(broken);
//! # let mut pushed = std::pin::pin!(pushed);
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # let std::task::Poll::Ready(outcome) = pushed.as_mut().poll(&mut context) else { panic!() };
//! # assert!(outcome.is_err());
//! # assert_eq!((live.state().generation, live.state().failures), (1, 1));
//! # Ok::<(), claimant_k8s::ConfigError>(())
//! ```

mod health;
mod report;
mod source;
mod watch;

pub use report::{ReloadError, ReloadState};
pub use source::{ConfigFile, ConfigSource};
pub use watch::{Watch, WatchPolicy};

use crate::config::{Assembled, Assembly, AuthenticationConfiguration};
use crate::request::Anonymous;
use crate::{Authenticated, Authenticator, ConfigError, Error, Generation, Judging};
use arc_swap::ArcSwap;
use claimant_core::{Bearer, Limits};
use claimant_jwks::Runtime;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An authenticator whose configuration can be replaced. A clone is the same one.
#[derive(Clone)]
pub struct Reloadable {
    shared: Arc<Shared>,
}

struct Shared {
    assembly: Assembly,
    serving: ArcSwap<Serving>,
    book: Mutex<Book>,
    runtime: Arc<dyn Runtime>,
    health_timeout: Duration,
}

/// A configuration that judges, and its number.
#[derive(Debug)]
pub struct Serving {
    assembled: Assembled,
    generation: u64,
}

/// What happened so far. Its lock is held for a moment only, never while anything is waited for.
struct Book {
    state: ReloadState,
    /// Counts the attempts that were begun.
    begun: u64,
    /// The attempt whose configuration serves: one that was begun before must not replace it.
    serves: u64,
}

impl Reloadable {
    /// Starts with this one, whether or not its issuers' keys are there yet, as the API server does.
    ///
    /// # Errors
    /// As [`Assembly::assemble`].
    pub fn new(
        config: AuthenticationConfiguration,
        assembly: Assembly,
        runtime: impl Runtime,
    ) -> Result<Self, ConfigError> {
        let assembled = assembly.assemble(config, None)?;
        Ok(Self::serving(assembled, assembly, runtime, None))
    }

    /// The same with the text of a file.
    ///
    /// # Errors
    /// As [`Assembly::assemble_yaml`].
    pub fn from_yaml(text: &[u8], assembly: Assembly, runtime: impl Runtime) -> Result<Self, ConfigError> {
        let assembled = assembly.assemble_yaml(text, None)?;
        Ok(Self::serving(assembled, assembly, runtime, Some(source::digest(text))))
    }

    fn serving(assembled: Assembled, assembly: Assembly, runtime: impl Runtime, digest: Option<[u8; 32]>) -> Self {
        let state = ReloadState::new(runtime.now().wall, digest);
        report::loaded(&state, &assembled);
        let serving = Serving { assembled, generation: state.generation };
        let shared = Shared {
            assembly,
            serving: ArcSwap::from_pointee(serving),
            book: Mutex::new(Book { state, begun: 0, serves: 0 }),
            runtime: Arc::new(runtime),
            health_timeout: HEALTH_TIMEOUT,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Waits so long for the keys of a new configuration's issuers: one minute by default, as the API server does.
    /// To be said before the first clone.
    #[must_use]
    pub fn with_health_timeout(mut self, timeout: Duration) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.health_timeout = timeout;
        }
        self
    }

    /// Replaces the configuration by one made in code, once it is compiled and its issuers' keys are there.
    ///
    /// # Errors
    /// [`ReloadError`]; then the last good one goes on to judge.
    pub async fn push(&self, config: AuthenticationConfiguration) -> Result<u64, ReloadError> {
        let attempt = self.shared.begin();
        let assembled = self.shared.assembly.assemble(config, Some(&self.load().assembled));
        self.shared.settle(attempt, assembled, None).await
    }

    /// The same with the text of a file.
    ///
    /// # Errors
    /// As [`Reloadable::push`].
    pub async fn push_yaml(&self, text: &[u8]) -> Result<u64, ReloadError> {
        let attempt = self.shared.begin();
        let assembled = self.shared.assembly.assemble_yaml(text, Some(&self.load().assembled));
        self.shared.settle(attempt, assembled, Some(source::digest(text))).await
    }

    /// Replaces the configuration whenever the text of `source` is another good one. Whoever runs the [`Watch`] does
    /// the watching; it ends when the last clone of this is gone.
    pub fn watch<S: ConfigSource>(&self, source: S, policy: WatchPolicy) -> Watch<S> {
        Watch::new(Arc::downgrade(&self.shared), source, policy)
    }

    /// The configuration that judges now, to be kept for one request.
    pub fn load(&self) -> Arc<Serving> {
        self.shared.serving.load_full()
    }

    /// Where requests without a credential are let in by the configuration of now.
    pub fn anonymous(&self) -> Option<Anonymous> {
        self.load().anonymous().cloned()
    }

    /// What serves, since when, and what went wrong last.
    pub fn state(&self) -> ReloadState {
        self.shared.book().state.clone()
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> u64 {
        let mut book = self.book();
        book.begun = book.begun.wrapping_add(1);
        book.begun
    }

    /// What becomes of an attempt that was compiled or not.
    async fn settle(
        &self,
        attempt: u64,
        assembled: Result<Assembled, ConfigError>,
        digest: Option<[u8; 32]>,
    ) -> Result<u64, ReloadError> {
        let outcome = match assembled {
            Ok(assembled) => match health::wait(&assembled, &*self.runtime, self.health_timeout).await {
                Ok(()) => return self.swap(attempt, assembled, digest),
                Err(issuers) => ReloadError::Unhealthy { issuers },
            },
            Err(why) => why.into(),
        };
        Err(self.fail(outcome))
    }

    /// Lets a healthy configuration judge, unless one that was begun later does already.
    fn swap(&self, attempt: u64, assembled: Assembled, digest: Option<[u8; 32]>) -> Result<u64, ReloadError> {
        let mut book = self.book();
        if attempt < book.serves {
            drop(book);
            return Err(self.fail(ReloadError::Superseded));
        }
        book.serves = attempt;
        book.state.loaded(self.runtime.now().wall, digest);
        report::loaded(&book.state, &assembled);
        let generation = book.state.generation;
        self.serving.store(Arc::new(Serving { assembled, generation }));
        Ok(generation)
    }

    /// What is wanted is again what serves.
    fn restored(&self) {
        let mut book = self.book();
        if book.state.last_error.take().is_some() {
            report::restored(&book.state);
        }
    }

    fn fail(&self, why: ReloadError) -> ReloadError {
        let mut book = self.book();
        book.state.failed(self.runtime.now().wall, why.clone());
        report::kept(&book.state, &why);
        why
    }
}

impl Deref for Serving {
    type Target = Assembled;

    fn deref(&self) -> &Assembled {
        &self.assembled
    }
}

impl Authenticator for Reloadable {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        self.shared.serving.load().authenticator().judge(bearer, now)
    }

    fn explain(&self, bearer: &Bearer<'_>, now: i64) -> Vec<crate::explain::Looked> {
        self.shared.serving.load().authenticator().explain(bearer, now)
    }

    /// A token that waits is judged to the end by the configuration that was there when it came.
    fn begin<'a>(&'a self, bearer: &'a Bearer<'a>, now: i64) -> Judging<'a> {
        let serving = self.shared.serving.load();
        match serving.authenticator().begin(bearer, now) {
            Judging::Done(outcome) => Judging::Done(outcome),
            Judging::Waits(_) => {
                let serving = Arc::clone(&serving);
                Judging::waits(async move { serving.authenticator().begin(bearer, now).finish().await })
            }
        }
    }

    /// By the configuration of now. There is no list of them ([`Authenticator::issuers`] is `None`): a [`Union`] would
    /// keep it, and not ask about the issuers of the next configuration.
    ///
    /// [`Union`]: crate::Union
    fn judges_tokens_of(&self, issuer: &str) -> Option<bool> {
        self.shared.serving.load().authenticator().judges_tokens_of(issuer)
    }

    fn generation(&self, issuer: &str) -> Generation {
        let serving = self.shared.serving.load();
        let own = Generation { configuration: serving.generation, keys: 0 };
        own.and(serving.authenticator().generation(issuer))
    }

    fn limits(&self) -> Limits {
        self.shared.serving.load().authenticator().limits()
    }
}

impl fmt::Debug for Reloadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloadable").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// As long as the API server waits.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(60);

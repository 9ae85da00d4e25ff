//! Does what the state machine says: starts fetches, reports what became of them, keeps its time.

use super::runtime::BoxFuture;
use super::shared::{Shared, Turn};
use crate::FetchError;
use crate::lifecycle::{Event, Fetch};
use crate::source::{FetchRequest, KeySource, Outcome};
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Keeps the keys of one [`Keys`](super::Keys) fresh while it runs. It ends when the last of them is gone; where
/// it is dropped before, the keys serve no longer, since nobody would withdraw one.
#[must_use = "it does nothing unless it runs"]
pub struct Driver<S> {
    source: S,
    clock: Clock,
}

/// All of the driver but the source, which a fetch borrows.
struct Clock {
    shared: Arc<Shared>,
    sleep: Option<(Duration, BoxFuture<'static, ()>)>,
}

impl<S: KeySource> Driver<S> {
    pub(super) fn new(source: S, shared: Arc<Shared>) -> Self {
        Self { source, clock: Clock { shared, sleep: None } }
    }

    /// Runs until nobody reads any more.
    pub async fn run(mut self) {
        let timeout = self.clock.shared.fetch_timeout();
        let mut next = None;
        loop {
            let Some((fetch, started)) = (match next.take() {
                Some(fetch) => Some(fetch),
                None => poll_fn(|context| self.clock.poll_fetch(context)).await,
            }) else {
                return;
            };
            let request = FetchRequest::new(fetch.forced, fetch.held, timeout);
            let source = &mut self.source;
            let take_off = AssertUnwindSafe(move || {
                let source = source;
                source.fetch(request)
            });
            let Ok(mut flight) = catch_unwind(take_off) else {
                self.clock.report(fetch, Err(FetchError::Panicked));
                continue;
            };
            let clock = &mut self.clock;
            let landed = poll_fn(|context| clock.poll_flight(context, &mut flight, started.saturating_add(timeout)));
            match landed.await {
                Landed::Ended(result) => clock.report(fetch, result),
                // The machine has given it up.
                Landed::TimedOut(other) => next = other,
                Landed::Abandoned => return,
            }
        }
    }
}

enum Landed {
    Ended(Result<Outcome, FetchError>),
    TimedOut(Option<(Fetch, Duration)>),
    Abandoned,
}

impl Clock {
    /// Keeps time until there is a fetch to start; `None` when nobody reads any more.
    fn poll_fetch(&mut self, context: &mut Context<'_>) -> Poll<Option<(Fetch, Duration)>> {
        loop {
            let Some(Turn { now, fetch, next }) = self.shared.turn(context.waker()) else { return Poll::Ready(None) };
            if let Some(fetch) = fetch {
                return Poll::Ready(Some((fetch, now)));
            }
            if self.poll_sleep(context, next).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn poll_flight(
        &mut self,
        context: &mut Context<'_>,
        flight: &mut BoxFuture<'_, Result<Outcome, FetchError>>,
        end: Duration,
    ) -> Poll<Landed> {
        match catch_unwind(AssertUnwindSafe(|| flight.as_mut().poll(context))) {
            Ok(Poll::Ready(result)) => return Poll::Ready(Landed::Ended(result)),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(Landed::Ended(Err(FetchError::Panicked))),
        }
        loop {
            let Some(Turn { now, fetch, next }) = self.shared.turn(context.waker()) else {
                return Poll::Ready(Landed::Abandoned);
            };
            if now >= end || fetch.is_some() {
                return Poll::Ready(Landed::TimedOut(fetch.map(|fetch| (fetch, now))));
            }
            if self.poll_sleep(context, next).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn poll_sleep(&mut self, context: &mut Context<'_>, until: Duration) -> Poll<()> {
        let sleep = match &mut self.sleep {
            Some((at, sleep)) if *at == until => sleep,
            slot => {
                let Some(runtime) = self.shared.runtime() else { return Poll::Pending };
                &mut slot.insert((until, runtime.sleep_until(until))).1
            }
        };
        let slept = sleep.as_mut().poll(context);
        if slept.is_ready() {
            self.sleep = None;
        }
        slept
    }

    fn report(&self, fetch: Fetch, result: Result<Outcome, FetchError>) {
        let id = fetch.id;
        self.shared.handle(match result {
            Ok(Outcome::Fetched(fetched)) => Event::Fetched { id, fetched },
            Ok(Outcome::Unchanged { fresh_for }) => Event::Unchanged { id, fresh_for },
            Err(why) => Event::Failed { id, why },
        });
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl<S> fmt::Debug for Driver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

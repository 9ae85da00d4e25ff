//! Keys that a test fetches by hand: nothing sleeps.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use claimant_core::KeySet;
use claimant_jwks::lifecycle::{Fetched, Moment};
use claimant_jwks::{BoxFuture, Driver, FetchError, FetchRequest, KeyPolicy, KeySource, Keys, Outcome, Runtime};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Keys, the clock of their driver, and what its fetches bring.
pub struct Live {
    pub keys: Keys,
    now: Arc<Mutex<Duration>>,
    answers: Arc<Mutex<VecDeque<Result<KeySet, FetchError>>>>,
    fetches: Arc<Mutex<usize>>,
    driver: Pin<Box<dyn Future<Output = ()>>>,
}

impl Live {
    pub fn new() -> Self {
        let (now, answers, fetches) = (Arc::default(), Arc::default(), Arc::default());
        let source = Source { answers: Arc::clone(&answers), fetches: Arc::clone(&fetches), sets: 0 };
        let (keys, driver): (Keys, Driver<Source>) =
            Keys::new(source, KeyPolicy::default(), Clock(Arc::clone(&now))).unwrap();
        Self { keys, now, answers, fetches, driver: Box::pin(driver.run()) }
    }

    /// Started, with this set.
    pub fn with(set: KeySet) -> Self {
        let mut live = Self::new();
        live.serve(Ok(set));
        live.run();
        live
    }

    /// What the next fetch brings. A fetch without an answer goes on.
    pub fn serve(&self, answer: Result<KeySet, FetchError>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub fn advance(&mut self, by: Duration) {
        *self.now.lock().unwrap() += by;
        self.run();
    }

    /// Lets the driver do what is due.
    pub fn run(&mut self) {
        for _ in 0..8 {
            assert!(self.driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    }

    pub fn fetches(&self) -> usize {
        *self.fetches.lock().unwrap()
    }
}

struct Clock(Arc<Mutex<Duration>>);

impl Runtime for Clock {
    fn now(&self) -> Moment {
        let steady = *self.0.lock().unwrap();
        Moment { steady, wall: Duration::from_secs(1_790_000_000) + steady }
    }

    fn sleep_until(&self, _: Duration) -> BoxFuture<'static, ()> {
        // The test polls the driver itself.
        Box::pin(std::future::pending())
    }
}

struct Source {
    answers: Arc<Mutex<VecDeque<Result<KeySet, FetchError>>>>,
    fetches: Arc<Mutex<usize>>,
    sets: u8,
}

impl KeySource for Source {
    fn fetch(&mut self, _: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        *self.fetches.lock().unwrap() += 1;
        Box::pin(std::future::poll_fn(|_| match self.answers.lock().unwrap().pop_front() {
            None => Poll::Pending,
            Some(Err(why)) => Poll::Ready(Err(why)),
            Some(Ok(keys)) => {
                self.sets += 1;
                let fetched = Fetched { keys, digest: [self.sets; 32], fresh_for: None, sequence: None };
                Poll::Ready(Ok(Outcome::Fetched(fetched)))
            }
        }))
    }
}

/// A future that is polled when the test says so.
pub struct Task<'a, T>(Pin<Box<dyn Future<Output = T> + 'a>>);

impl<'a, T> Task<'a, T> {
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self(Box::pin(future))
    }

    pub fn poll(&mut self) -> Option<T> {
        match self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }
}

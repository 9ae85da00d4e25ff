#![allow(dead_code)]
//! A runtime that a test drives by hand: nothing sleeps, and every step is asked for.

use claimant_core::{JwkRules, Limits, provider};
use claimant_jwks::lifecycle::{Fetched, Jitter, Moment};
use claimant_jwks::{BoxFuture, FetchError, FetchRequest, KeySource, Outcome, Runtime};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
pub struct Hand(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    now: Duration,
    jump: Duration,
    sleepers: Vec<(Duration, Waker)>,
}

impl Hand {
    /// Moves the clock on, and wakes who slept until then.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.0.lock().unwrap();
        inner.now += by;
        let now = inner.now;
        let (due, later) = inner.sleepers.drain(..).partition(|(at, _)| *at <= now);
        inner.sleepers = later;
        drop(inner);
        let due: Vec<(Duration, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// The wall clock runs ahead, as after a sleep of the machine.
    pub fn jump(&self, by: Duration) {
        self.0.lock().unwrap().jump += by;
    }

    pub fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }
}

impl Runtime for Hand {
    fn now(&self) -> Moment {
        let inner = self.0.lock().unwrap();
        Moment { steady: inner.now, wall: Duration::from_secs(1_790_000_000) + inner.now + inner.jump }
    }

    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(std::future::poll_fn(move |context| {
            let mut inner = clock.0.lock().unwrap();
            if inner.now >= steady {
                return Poll::Ready(());
            }
            inner.sleepers.push((steady, context.waker().clone()));
            Poll::Pending
        }))
    }

    fn jitter(&self) -> Jitter {
        Jitter::NONE
    }
}

/// A future that is polled when the test says so, and counts how often it was woken.
pub struct Task<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    woken: Arc<Count>,
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl<T> Task<T> {
    pub fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    pub fn poll(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.woken.0.store(0, Ordering::SeqCst);
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls only if it was woken since; a lost wake-up shows as a wait for ever.
    pub fn run(&mut self) -> Poll<T> {
        while self.is_woken() {
            if let Poll::Ready(value) = self.poll() {
                return Poll::Ready(value);
            }
        }
        Poll::Pending
    }

    pub fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst) > 0
    }
}

/// A source whose answers the test gives, one for each fetch.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<ScriptInner>>);

#[derive(Default)]
struct ScriptInner {
    answers: VecDeque<Box<dyn FnOnce() -> Result<Outcome, FetchError> + Send>>,
    asked: Vec<FetchRequest>,
    waker: Option<Waker>,
    dropped: usize,
}

impl Script {
    pub fn answer(&self, answer: Result<Outcome, FetchError>) {
        self.answer_with(|| answer);
    }

    pub fn answer_with(&self, answer: impl FnOnce() -> Result<Outcome, FetchError> + Send + 'static) {
        let mut inner = self.0.lock().unwrap();
        inner.answers.push_back(Box::new(answer));
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub fn serve(&self, kids: &[&str]) {
        self.answer(Ok(Outcome::Fetched(set(kids))));
    }

    pub fn asked(&self) -> Vec<FetchRequest> {
        self.0.lock().unwrap().asked.clone()
    }

    /// Whether a fetch waits for its answer.
    pub fn is_asked(&self) -> bool {
        self.0.lock().unwrap().waker.is_some()
    }

    /// Fetches whose future was dropped before it ended.
    pub fn dropped(&self) -> usize {
        self.0.lock().unwrap().dropped
    }
}

impl KeySource for Script {
    fn name(&self) -> String {
        "script".to_owned()
    }

    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        self.0.lock().unwrap().asked.push(request);
        let mut ended = NotEnded(self.0.clone(), false);
        Box::pin(std::future::poll_fn(move |context| {
            let mut inner = ended.0.lock().unwrap();
            let Some(answer) = inner.answers.pop_front() else {
                inner.waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            drop(inner);
            ended.1 = true;
            Poll::Ready(answer())
        }))
    }
}

struct NotEnded(Arc<Mutex<ScriptInner>>, bool);

impl Drop for NotEnded {
    fn drop(&mut self) {
        if !self.1 && !std::thread::panicking() {
            let mut inner = self.0.lock().unwrap();
            inner.dropped += 1;
            inner.waker = None;
        }
    }
}

pub fn jwks(kids: &[&str]) -> String {
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let one = |kid: &&str| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{X}"}}"#);
    format!(r#"{{"keys":[{}]}}"#, kids.iter().map(one).collect::<Vec<_>>().join(","))
}

pub fn set(kids: &[&str]) -> Fetched {
    Fetched::from_jwks(jwks(kids).as_bytes(), JwkRules::Bind, &provider::Default, &Limits::default()).unwrap()
}

//! A clock that stands still until it is moved.

use claimant::jwks::lifecycle::{Jitter, Moment};
use claimant::jwks::{BoxFuture, Runtime};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

#[derive(Clone, Default)]
pub struct Hand(Arc<Mutex<(Duration, Vec<Waker>)>>);

impl Hand {
    /// Moves it on, and wakes all who sleep: they look for themselves.
    pub fn advance(&self, seconds: u64) {
        let mut inner = self.0.lock().unwrap();
        inner.0 += Duration::from_secs(seconds);
        let sleepers = std::mem::take(&mut inner.1);
        drop(inner);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// The same in small steps, with turns for others in between: what waits twice in a row comes to its end.
    pub async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.advance(1);
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    }
}

impl Runtime for Hand {
    fn now(&self) -> Moment {
        let steady = self.0.lock().unwrap().0;
        Moment { steady, wall: Duration::from_secs(1_790_000_000) + steady }
    }

    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(std::future::poll_fn(move |context| {
            let mut inner = clock.0.lock().unwrap();
            if inner.0 >= steady {
                return Poll::Ready(());
            }
            inner.1.push(context.waker().clone());
            Poll::Pending
        }))
    }

    fn jitter(&self) -> Jitter {
        Jitter::NONE
    }
}

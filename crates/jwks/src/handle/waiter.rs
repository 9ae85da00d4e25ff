//! A reader that waits for a key.

use super::Keys;
use super::shared::Told;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

/// A place among those who wait for a fetch. Leaving it is dropping it.
#[must_use = "it waits only when it is told to"]
pub struct Waiter {
    keys: Keys,
    /// `None`: for any keys at all.
    kid: Option<Box<str>>,
    since: Duration,
    ticket: u64,
    round: u64,
}

/// What the wait came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// The key is there: load again.
    Present,
    /// A set that was fetched since lacks it: refuse the token.
    Absent,
    /// It could not be known in time: the answer is "unavailable", not "refused".
    Unavailable,
}

/// Waits until there are keys at all; `None` if there are.
pub(super) fn until_ready(keys: &Keys) -> Option<Waiter> {
    let ticket = keys.shared.wait_for_keys()?;
    Some(Waiter { keys: keys.clone(), kid: None, since: Duration::ZERO, ticket, round: 0 })
}

impl Waiter {
    pub(super) fn new(keys: Keys, kid: &str, since: Duration, ticket: u64, round: u64) -> Self {
        Self { keys, kid: Some(kid.into()), since, ticket, round }
    }

    /// Waits, no longer than [`Promises::reader_wait`](crate::lifecycle::Promises::reader_wait) from the miss.
    pub async fn wait(mut self) -> Answer {
        poll_fn(|context| self.poll(context)).await
    }

    /// The same for a thread outside of any runtime, which it blocks.
    pub fn wait_blocking(mut self) -> Answer {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        loop {
            if let Poll::Ready(answer) = self.poll(&Context::from_waker(&waker)) {
                return answer;
            }
            std::thread::park_timeout(self.keys.shared.remaining(self.ticket));
        }
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Answer> {
        let (shared, waker) = (&self.keys.shared, context.waker());
        let told = match &self.kid {
            Some(kid) => shared.ask_again(self.ticket, kid, self.since, self.round, waker),
            None => shared.look_again(self.ticket, waker),
        };
        match told {
            Told::Present => Poll::Ready(Answer::Present),
            Told::Absent => Poll::Ready(Answer::Absent),
            Told::Unavailable => Poll::Ready(Answer::Unavailable),
            Told::Wait { round } => {
                self.round = round;
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.keys.shared.leave(self.ticket);
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key id: it is part of a token.
        f.debug_struct("Waiter").field("since", &self.since).finish_non_exhaustive()
    }
}

/// Wakes a parked thread.
pub(super) struct Unpark(pub(super) Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

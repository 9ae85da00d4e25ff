//! One look-up for all that ask the same at the same time, under any async runtime.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The look-ups under way.
pub(super) struct Flights<K, V> {
    under_way: Mutex<HashMap<K, Arc<Flight<V>>>>,
}

struct Flight<V>(Mutex<State<V>>);

enum State<V> {
    /// Nobody looks: the first to come does, also after one who went away.
    Free,
    Taken(Vec<Waker>),
    Done(V),
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Flights<K, V> {
    pub(super) fn new() -> Self {
        Self { under_way: Mutex::new(HashMap::new()) }
    }

    /// What `look` gives, run by one of all who ask for this key now. Where that one is dropped, another goes on
    /// with its own.
    pub(super) async fn join(&self, key: K, look: impl Future<Output = V>) -> V {
        let mut seat = Seat { flights: self, key, flight: self.seat(key) };
        match (Turn { flight: &seat.flight }).await {
            Some(value) => value,
            None => {
                let mut pilot = Pilot { flight: &seat.flight, value: None };
                let value = look.await;
                pilot.value = Some(value.clone());
                drop(pilot);
                seat.landed();
                value
            }
        }
    }

    fn seat(&self, key: K) -> Arc<Flight<V>> {
        let mut under_way = lock(&self.under_way);
        let flight = under_way.entry(key).or_insert_with(|| Arc::new(Flight(Mutex::new(State::Free))));
        Arc::clone(flight)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        lock(&self.under_way).len()
    }
}

/// Somebody's place; the last to leave clears it.
struct Seat<'a, K: Copy + Eq + std::hash::Hash, V: Clone> {
    flights: &'a Flights<K, V>,
    key: K,
    flight: Arc<Flight<V>>,
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Seat<'_, K, V> {
    /// Whoever comes from now on looks anew.
    fn landed(&mut self) {
        self.leave(|_| true);
    }

    fn leave(&self, go: impl FnOnce(&Arc<Flight<V>>) -> bool) {
        let mut under_way = lock(&self.flights.under_way);
        let own = under_way.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight) && go(flight));
        if own {
            under_way.remove(&self.key);
        }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Drop for Seat<'_, K, V> {
    fn drop(&mut self) {
        // The map's own, and this one.
        self.leave(|flight| Arc::strong_count(flight) <= 2);
    }
}

/// Waits for the value, or for the turn to look (`None`).
struct Turn<'a, V> {
    flight: &'a Flight<V>,
}

impl<V: Clone> Future for Turn<'_, V> {
    type Output = Option<V>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.flight.0);
        match &mut *state {
            State::Done(value) => Poll::Ready(Some(value.clone())),
            State::Free => {
                *state = State::Taken(Vec::new());
                Poll::Ready(None)
            }
            State::Taken(wakers) => {
                if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                    wakers.push(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

/// The one who looks: its value, or its going away, is told to all.
struct Pilot<'a, V> {
    flight: &'a Flight<V>,
    value: Option<V>,
}

impl<V> Drop for Pilot<'_, V> {
    fn drop(&mut self) {
        let next = self.value.take().map_or(State::Free, State::Done);
        let before = std::mem::replace(&mut *lock(&self.flight.0), next);
        if let State::Taken(wakers) = before {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn many_who_ask_make_one_look() {
        let (flights, looks, go) = (Flights::new(), AtomicUsize::new(0), Notify::new());
        let ask = || {
            flights.join(1, async {
                looks.fetch_add(1, Ordering::Relaxed);
                go.notified().await;
                7
            })
        };
        let release = async {
            tokio::task::yield_now().await;
            go.notify_one();
        };
        let (a, b, c, ()) = tokio::join!(ask(), ask(), ask(), release);
        assert_eq!((a, b, c, looks.load(Ordering::Relaxed), flights.len()), (7, 7, 7, 1, 0));
    }

    #[tokio::test]
    async fn where_the_one_who_looks_goes_away_another_goes_on() {
        let flights = Arc::new(Flights::new());
        let first = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { flights.join(1, std::future::pending::<u32>()).await }
        });
        tokio::task::yield_now().await;
        let second = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { flights.join(1, async { 9 }).await }
        });
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap(), 9);
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn all_who_go_away_leave_nothing() {
        let flights: Flights<u8, ()> = Flights::new();
        let asks = || flights.join(1, std::future::pending());
        tokio::select! {
            _ = asks() => {}
            _ = asks() => {}
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(flights.len(), 0);
    }
}

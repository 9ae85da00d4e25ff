//! What readers, waiters and the driver share. Readers touch the snapshot alone; the rest is behind a lock that is
//! held for the length of one step of the state machine, and never while a waker runs or a fetch is under way.

use super::runtime::Runtime;
use super::watch::Watch;
use super::{Keys, Miss, Waiter};
use crate::Misconfigured;
use crate::lifecycle::{Actions, Event, Fetch, KeyPolicy, Lifecycle, Moment, Snapshot, Standing, State, Verdict};
use arc_swap::{ArcSwap, Guard};
use claimant_core::KeySet;
use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

pub(super) struct Shared {
    name: Box<str>,
    snapshot: ArcSwap<Snapshot>,
    stale_reads: AtomicU64,
    /// `None` for keys that never change.
    live: Option<Live>,
}

struct Live {
    runtime: Arc<dyn Runtime>,
    core: Mutex<Core>,
}

struct Core {
    machine: Lifecycle,
    /// When the machine wants its next tick.
    next: Duration,
    /// What the driver is to start.
    fetch: Option<Fetch>,
    driver: Option<Waker>,
    /// Until when the driver sleeps if nobody wakes it.
    asleep: Duration,
    /// The driver is gone.
    ended: bool,
    /// No reader is left.
    abandoned: bool,
    waiting: BTreeMap<u64, Place>,
    tickets: u64,
    /// Counts the times that all who wait were woken.
    rounds: u64,
    watch: Watch,
}

/// One who waits.
struct Place {
    deadline: Duration,
    waker: Option<Waker>,
}

/// What the driver does next.
pub(super) struct Turn {
    pub(super) now: Duration,
    pub(super) fetch: Option<Fetch>,
    pub(super) next: Duration,
}

/// What one who waits is told.
pub(super) enum Told {
    Present,
    Absent,
    Unavailable,
    /// Until the round after this one, or the deadline.
    Wait {
        round: u64,
    },
}

/// Those to be woken, once the lock is free: a waker may run anything, and come back here.
#[derive(Default)]
#[must_use]
struct Wake(Vec<Waker>);

impl Wake {
    fn all(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}

impl Shared {
    pub(super) fn fixed(keys: KeySet) -> Self {
        let snapshot = ArcSwap::from_pointee(Snapshot::fixed(Arc::new(keys), 0));
        Self { name: "fixed".into(), snapshot, stale_reads: AtomicU64::new(0), live: None }
    }

    pub(super) fn live(name: String, policy: KeyPolicy, runtime: Arc<dyn Runtime>) -> Result<Self, Misconfigured> {
        let machine = Lifecycle::new(policy, RandomState::new())?;
        let snapshot = ArcSwap::new(Arc::clone(machine.snapshot()));
        let core = Mutex::new(Core {
            machine,
            next: Duration::ZERO,
            fetch: None,
            driver: None,
            asleep: Duration::ZERO,
            ended: false,
            abandoned: false,
            waiting: BTreeMap::new(),
            tickets: 0,
            rounds: 0,
            watch: Watch::default(),
        });
        Ok(Self { name: name.into(), snapshot, stale_reads: AtomicU64::new(0), live: Some(Live { runtime, core }) })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    #[inline]
    pub(super) fn load(&self) -> Guard<Arc<Snapshot>> {
        let snapshot = self.snapshot.load();
        if snapshot.standing() == Standing::Stale {
            self.stale_reads.fetch_add(1, Ordering::Relaxed);
        }
        snapshot
    }

    /// A look that is no use of the keys.
    #[inline]
    pub(super) fn peek<T>(&self, look: impl FnOnce(&Snapshot) -> T) -> T {
        look(&self.snapshot.load())
    }

    pub(super) fn miss(keys: &Keys, kid: &str) -> Miss {
        let shared = &keys.shared;
        if shared.peek(|snapshot| snapshot.knows(kid)) {
            return Miss::Present;
        }
        let Some(live) = &shared.live else { return Miss::Absent };
        let now = live.runtime.now();
        let mut core = live.lock();
        let (told, mut wake) = shared.ask(live, &mut core, now, kid, None);
        let miss = match told {
            Told::Present => Miss::Present,
            Told::Absent => Miss::Absent,
            Told::Unavailable => Miss::Unavailable,
            Told::Wait { round } => {
                let policy = core.machine.policy();
                let (room, deadline) = (policy.waiting_readers, now.steady.saturating_add(policy.wait));
                if core.waiting.len() < room {
                    let ticket = core.take_place(deadline);
                    wake.0.extend(core.wake_driver_by(deadline));
                    Miss::Wait(Waiter::new(keys.clone(), kid, now.steady, ticket, round))
                } else {
                    Miss::Unavailable
                }
            }
        };
        drop(core);
        wake.all();
        miss
    }

    /// One who waits asks again, where there is news or the time is up.
    pub(super) fn ask_again(&self, ticket: u64, kid: &str, since: Duration, round: u64, waker: &Waker) -> Told {
        let Some(live) = &self.live else { return Told::Unavailable };
        let now = live.runtime.now();
        let mut core = live.lock();
        let due = core.waiting.get(&ticket).is_none_or(|place| place.deadline <= now.steady);
        let (told, wake) = if core.rounds == round && !due && !core.ended {
            (Told::Wait { round }, Wake::default())
        } else {
            self.ask(live, &mut core, now, kid, Some(since))
        };
        if let (Told::Wait { .. }, Some(place)) = (&told, core.waiting.get_mut(&ticket)) {
            place.waker = Some(waker.clone());
        }
        drop(core);
        wake.all();
        told
    }

    /// Takes a place that has no deadline, unless there are keys already.
    pub(super) fn wait_for_keys(&self) -> Option<u64> {
        let live = self.live.as_ref()?;
        let mut core = live.lock();
        if self.peek(|snapshot| snapshot.keys().is_some()) {
            return None;
        }
        Some(core.take_place(Duration::MAX))
    }

    /// Whether there are keys by now.
    pub(super) fn look_again(&self, ticket: u64, waker: &Waker) -> Told {
        let Some(live) = &self.live else { return Told::Present };
        let mut core = live.lock();
        if self.peek(|snapshot| snapshot.keys().is_some()) {
            return Told::Present;
        }
        if core.ended {
            return Told::Unavailable;
        }
        if let Some(place) = core.waiting.get_mut(&ticket) {
            place.waker = Some(waker.clone());
        }
        Told::Wait { round: core.rounds }
    }

    pub(super) fn leave(&self, ticket: u64) {
        if let Some(live) = &self.live {
            live.lock().waiting.remove(&ticket);
        }
    }

    /// How long one who waits may still do so.
    pub(super) fn remaining(&self, ticket: u64) -> Duration {
        let Some(live) = &self.live else { return Duration::ZERO };
        let now = live.runtime.now().steady;
        live.lock().waiting.get(&ticket).map_or(Duration::ZERO, |place| place.deadline.saturating_sub(now))
    }

    pub(super) fn forget(&self, kid: &str) -> Result<(), Misconfigured> {
        let Some(live) = &self.live else {
            self.snapshot.rcu(|now| match now.keys() {
                Some(keys) if now.knows(kid) => {
                    Arc::new(Snapshot::fixed(Arc::new(keys.without(kid)), now.generation().wrapping_add(1)))
                }
                _ => Arc::clone(now),
            });
            return Ok(());
        };
        let now = live.runtime.now();
        let mut core = live.lock();
        let actions = core.machine.forget(now, kid)?;
        let (_, wake) = self.act(&mut core, actions);
        self.finish(core, now, wake);
        Ok(())
    }

    pub(super) fn refresh(&self) {
        self.handle(Event::Refresh);
    }

    pub(super) fn state(&self) -> Option<State> {
        let live = self.live.as_ref()?;
        let now = live.runtime.now().steady;
        let mut state = self.state_of(&live.lock());
        let since = now.saturating_sub(state.now);
        state.now = state.now.saturating_add(since);
        state.age = state.age.map(|age| age.saturating_add(since));
        Some(state)
    }

    fn state_of(&self, core: &Core) -> State {
        State { stale_reads: self.stale_reads.load(Ordering::Relaxed), ..core.machine.state() }
    }

    /// Frees the lock, then tells whoever watches and wakes whoever waits: either may come back here.
    fn finish(&self, mut core: MutexGuard<'_, Core>, now: Moment, wake: Wake) {
        let state = self.state_of(&core);
        let news = core.watch.look(state);
        drop(core);
        news.tell(&self.name, now);
        wake.all();
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        let live = self.live.as_ref()?;
        let now = live.runtime.now().steady;
        let core = live.lock();
        let due = |at: Duration| at.saturating_sub(now);
        (!core.ended).then(|| core.machine.state().next_fetch.map_or(Duration::ZERO, due))
    }

    /// The driver's step. `None`: nobody reads any more.
    pub(super) fn turn(&self, waker: &Waker) -> Option<Turn> {
        let live = self.live.as_ref()?;
        let now = live.runtime.now();
        let mut core = live.lock();
        if core.abandoned {
            return None;
        }
        let jitter = live.runtime.jitter();
        let actions = core.machine.handle(now, Event::Tick, jitter);
        let published = actions.publish.is_some();
        let (_, mut wake) = self.act(&mut core, actions);
        // Time is up for those whose deadline is over; they find out by themselves.
        let mut next = core.next;
        for place in core.waiting.values_mut() {
            if place.deadline <= now.steady {
                wake.0.extend(place.waker.take());
            } else {
                next = next.min(place.deadline);
            }
        }
        core.driver = Some(waker.clone());
        core.asleep = next;
        let turn = Turn { now: now.steady, fetch: core.fetch.take(), next };
        if published || turn.fetch.is_some() {
            self.finish(core, now, wake);
        } else {
            drop(core);
            wake.all();
        }
        Some(turn)
    }

    pub(super) fn handle(&self, event: Event<'_>) {
        let Some(live) = &self.live else { return };
        let now = live.runtime.now();
        let mut core = live.lock();
        let jitter = live.runtime.jitter();
        let actions = core.machine.handle(now, event, jitter);
        let (_, wake) = self.act(&mut core, actions);
        self.finish(core, now, wake);
    }

    /// The driver is gone, and with it whoever would withdraw a key: none serves any more.
    pub(super) fn end(&self) {
        let Some(live) = &self.live else { return };
        let now = live.runtime.now();
        let mut core = live.lock();
        core.ended = true;
        core.driver = None;
        let actions = core.machine.end(now);
        let (_, wake) = self.act(&mut core, actions);
        if core.abandoned {
            // Nobody reads any more, which is no trouble: the end that was wanted is not told as one.
            drop(core);
            wake.all();
        } else {
            self.finish(core, now, wake);
        }
    }

    pub(super) fn runtime(&self) -> Option<&Arc<dyn Runtime>> {
        self.live.as_ref().map(|live| &live.runtime)
    }

    pub(super) fn asleep(&self) -> Duration {
        self.live.as_ref().map_or(Duration::MAX, |live| live.lock().asleep)
    }

    pub(super) fn fetch_timeout(&self) -> Duration {
        self.live.as_ref().map_or(Duration::MAX, |live| live.lock().machine.policy().fetch_timeout)
    }

    fn ask(&self, live: &Live, core: &mut Core, now: Moment, kid: &str, since: Option<Duration>) -> (Told, Wake) {
        if core.ended {
            return (Told::Unavailable, Wake::default());
        }
        let jitter = live.runtime.jitter();
        let actions = core.machine.handle(now, Event::UnknownKid { kid, since }, jitter);
        let (verdict, wake) = self.act(core, actions);
        let told = match verdict {
            Some(Verdict::Present) => Told::Present,
            Some(Verdict::Absent) => Told::Absent,
            Some(Verdict::Wait) => Told::Wait { round: core.rounds },
            Some(Verdict::Undecided) | None => Told::Unavailable,
        };
        (told, wake)
    }

    fn act(&self, core: &mut Core, actions: Actions) -> (Option<Verdict>, Wake) {
        let Actions { fetch, publish, wake, verdict, next } = actions;
        let mut woken = Wake::default();
        if let Some(snapshot) = publish {
            self.snapshot.store(snapshot);
        }
        if wake {
            core.rounds = core.rounds.wrapping_add(1);
            woken.0.extend(core.waiting.values_mut().filter_map(|place| place.waker.take()));
        }
        let by = if fetch.is_some() { Duration::ZERO } else { next };
        woken.0.extend(core.wake_driver_by(by));
        core.fetch = fetch.or(core.fetch.take());
        core.next = next;
        (verdict, woken)
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, Core> {
        // A panic under the lock is a bug, but one that must not take the readers down.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    fn take_place(&mut self, deadline: Duration) -> u64 {
        let ticket = self.tickets;
        self.tickets = self.tickets.wrapping_add(1);
        self.waiting.insert(ticket, Place { deadline, waker: None });
        ticket
    }

    /// The driver's waker, where it sleeps longer than that.
    fn wake_driver_by(&mut self, by: Duration) -> Option<Waker> {
        if by < self.asleep { self.driver.take() } else { None }
    }
}

/// The last reader takes the driver with it.
pub(super) struct Alive(pub(super) Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        let Some(live) = &self.0.live else { return };
        let mut core = live.lock();
        core.abandoned = true;
        let driver = core.driver.take();
        drop(core);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

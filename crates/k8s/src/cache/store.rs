//! A bounded store, cut into parts so that threads seldom meet.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// Values by key, each for a time.
pub(super) struct Store<V> {
    parts: Box<[Part<V>]>,
    capacity: usize,
    /// Entries in all parts.
    count: AtomicUsize,
}

/// Alone on its cache lines: a reader of one part does not slow that of another.
#[repr(align(128))]
struct Part<V> {
    content: RwLock<Content<V>>,
    hits: AtomicU64,
}

struct Content<V> {
    entries: HashMap<u128, Entry<V>, BuildHasherDefault<Folded>>,
    /// Keys in the order in which they came, with the entry's number: one that was replaced has another.
    order: VecDeque<(u128, u64)>,
    next: u64,
}

struct Entry<V> {
    value: V,
    /// Seconds since 1970: not before, as clocks may go back.
    from: i64,
    /// Not at or after.
    until: i64,
    number: u64,
}

impl<V> Store<V> {
    /// Room for `capacity` values, and at most one more for each part.
    pub(super) fn new(capacity: usize) -> Self {
        let part = || Part { content: RwLock::new(Content::default()), hits: AtomicU64::new(0) };
        Self { parts: (0..PARTS).map(|_| part()).collect(), capacity, count: AtomicUsize::new(0) }
    }

    /// What `read` makes of the value under this key, if it holds at this time.
    pub(super) fn get<R>(&self, key: u128, now: i64, read: impl FnOnce(&V) -> R) -> Option<R> {
        let part = self.part(key)?;
        let content = part.content.read().unwrap_or_else(PoisonError::into_inner);
        let entry = content.entries.get(&key).filter(|entry| entry.from <= now && now < entry.until)?;
        part.hits.fetch_add(1, Ordering::Relaxed);
        Some(read(&entry.value))
    }

    /// Keeps a value. What has ended goes first, then what came first.
    pub(super) fn put(&self, key: u128, value: V, (from, until): (i64, i64)) {
        let Some(part) = self.part(key) else { return };
        self.change(part, |content| {
            let number = content.next;
            content.next += 1;
            content.drop_ended(from);
            // Parts fill unevenly: one that has nothing to give takes one more than there is room for.
            if self.count.load(Ordering::Relaxed) >= self.capacity && !content.entries.contains_key(&key) {
                content.drop_first();
            }
            content.entries.insert(key, Entry { value, from, until, number });
            content.order.push_back((key, number));
        });
    }

    pub(super) fn remove(&self, key: u128) {
        if let Some(part) = self.part(key) {
            self.change(part, |content| drop(content.entries.remove(&key)));
        }
    }

    pub(super) fn clear(&self) {
        for part in &self.parts {
            self.change(part, |content| {
                content.entries.clear();
                content.order.clear();
            });
        }
    }

    fn change(&self, part: &Part<V>, change: impl FnOnce(&mut Content<V>)) {
        let mut content = part.content.write().unwrap_or_else(PoisonError::into_inner);
        let before = content.entries.len();
        change(&mut content);
        // Each part's share is added and taken under its own lock, so the sum is never below zero.
        self.count.fetch_add(content.entries.len(), Ordering::Relaxed);
        self.count.fetch_sub(before, Ordering::Relaxed);
    }

    /// Values kept, those that have ended included.
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn hits(&self) -> u64 {
        self.parts.iter().map(|part| part.hits.load(Ordering::Relaxed)).sum()
    }

    fn part(&self, key: u128) -> Option<&Part<V>> {
        // The high half; the maps take the low one.
        let high = usize::try_from((key >> 96) & 0xffff_ffff).ok()?;
        self.parts.get(high.checked_rem(self.parts.len())?)
    }
}

impl<V> Content<V> {
    /// From the front, as far as it has ended, was replaced or removed: a few at a time.
    fn drop_ended(&mut self, now: i64) {
        for _ in 0..SWEPT_AT_ONCE {
            let Some((key, number)) = self.order.front().copied() else { return };
            match self.entries.get(&key) {
                Some(entry) if entry.number == number && now < entry.until => return,
                Some(entry) if entry.number == number => {
                    self.entries.remove(&key);
                }
                _ => {}
            }
            self.order.pop_front();
        }
    }

    /// The first that is still there.
    fn drop_first(&mut self) {
        while let Some((key, number)) = self.order.pop_front() {
            if self.entries.get(&key).is_some_and(|entry| entry.number == number) {
                self.entries.remove(&key);
                return;
            }
        }
    }
}

impl<V> Default for Content<V> {
    fn default() -> Self {
        Self { entries: HashMap::default(), order: VecDeque::new(), next: 0 }
    }
}

/// Keys are hashes already, with a secret.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = u64::try_from(key & u128::from(u64::MAX)).unwrap_or_default();
    }
}

const PARTS: usize = 64;
/// More than one for each that is put, so that the queue never grows beyond the entries for long.
const SWEPT_AT_ONCE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_from_when_it_was_found_until_it_ends() {
        let store = Store::new(8);
        store.put(1, "a", (100, 110));
        let times = [99, 100, 109, 110].map(|now| store.get(1, now, |value| *value));
        assert_eq!(times, [None, Some("a"), Some("a"), None]);
    }

    #[test]
    fn it_stays_within_its_bounds_whatever_comes() {
        let store = Store::new(640);
        let spread = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        for key in (0..100_000).map(spread) {
            store.put(key, key, (0, 10));
            store.put(key, key, (0, 10));
        }
        assert!((640..=640 + PARTS).contains(&store.len()), "{}", store.len());
        assert_eq!(
            store.len(),
            store.parts.iter().map(|part| part.content.read().unwrap().entries.len()).sum::<usize>()
        );
        let queued: usize = store.parts.iter().map(|part| part.content.read().unwrap().order.len()).sum();
        assert!(queued <= 2 * 640, "{queued}");
    }

    #[test]
    fn what_has_ended_goes_before_what_holds() {
        let store = Store::new(2);
        store.put(1, "ended", (0, 10));
        store.put(2, "new", (20, 30));
        assert_eq!((store.len(), store.get(2, 20, |value| *value)), (1, Some("new")));
    }
}

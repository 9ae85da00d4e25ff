//! Key ids that were asked for and not there: fixed in size, whatever strangers send.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Remembers keyed hashes only, so that nobody can aim at another's entry.
pub(super) struct NegativeMemory {
    slots: Vec<Slot>,
    size: usize,
    hasher: RandomState,
}

#[derive(Clone, Copy)]
struct Slot {
    hash: u64,
    asked: Duration,
}

impl NegativeMemory {
    /// Takes its memory with the first entry.
    pub(super) fn new(size: usize, hasher: RandomState) -> Self {
        Self { slots: Vec::new(), size: size.next_multiple_of(WAYS), hasher }
    }

    /// When `kid` was first asked for, if that is less than `life` ago; otherwise it is noted as asked for now.
    pub(super) fn asked(&mut self, kid: &str, now: Duration, life: Duration) -> Option<Duration> {
        if self.slots.is_empty() {
            self.slots = vec![Slot { hash: 0, asked: Duration::ZERO }; self.size];
        }
        // Zero marks a free slot.
        let hash = self.hasher.hash_one(kid).max(1);
        let sets = u64::try_from(self.size / WAYS).unwrap_or(1).max(1);
        let first = usize::try_from(hash % sets).unwrap_or(0) * WAYS;
        let ways = self.slots.get_mut(first..first + WAYS)?;
        if let Some(slot) = ways.iter_mut().find(|slot| slot.hash == hash) {
            if now.saturating_sub(slot.asked) < life {
                return Some(slot.asked);
            }
            slot.asked = now;
            return None;
        }
        let oldest = ways.iter_mut().min_by_key(|slot| (slot.hash != 0, slot.asked))?;
        *oldest = Slot { hash, asked: now };
        None
    }

    /// Bytes taken.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }
}

/// A hash can stand in one of so many slots.
const WAYS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(30);

    #[test]
    fn an_id_is_remembered_for_its_life_and_a_flood_takes_no_more_memory() {
        let mut memory = NegativeMemory::new(30, RandomState::new());
        assert_eq!(memory.bytes(), 0);
        let at = Duration::from_secs;
        assert_eq!(memory.asked("a", at(1), LIFE), None);
        assert_eq!(memory.asked("a", at(30), LIFE), Some(at(1)));
        assert_eq!(memory.asked("a", at(31), LIFE), None);
        assert_eq!(memory.asked("a", at(32), LIFE), Some(at(31)));
        let bytes = memory.bytes();
        for n in 0..10_000 {
            assert_eq!(memory.asked(&n.to_string(), at(33), LIFE), None);
        }
        assert_eq!(memory.bytes(), bytes);
        assert!(bytes <= 32 * 24);
        assert_eq!(memory.asked("9999", at(34), LIFE), Some(at(33)));
    }
}

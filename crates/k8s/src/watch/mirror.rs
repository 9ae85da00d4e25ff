//! The state of one watch: events in, what is known and how old that is out. No clock, no I/O.

use super::WatchFailure;
use std::collections::HashMap;
use std::time::Duration;

/// What a watch tells (the protocol of list and watch in the Kubernetes API).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent<V> {
    /// A list was asked for: what it will hold is no older than now.
    ListBegun,
    /// An object of the list.
    Listed(String, V),
    /// The list is whole: what is not in it is not there.
    ListDone,
    /// An object was made or changed.
    Applied(String, V),
    /// The object with this uid is gone.
    Deleted(String, String),
    /// Everything up to now has been told.
    Bookmark,
    /// A list or a watch failed, and will be tried again.
    Failed(WatchFailure),
    /// The connection ended, in whatever way.
    Disconnected,
}

/// A thing that is made anew under the same name.
pub trait HasUid {
    /// `metadata.uid`.
    fn uid(&self) -> &str;
}

/// Objects by their keys, as the watch of one kind tells them. Times are counted from any one moment, by a clock that
/// never goes back.
///
/// It is as old as the last moment of which the server said that everything up to then had been told: the beginning
/// of a list, a bookmark, and after a bookmark on the same connection every event. Events after a reconnect alone do not
/// make it younger: more may be on their way.
///
/// Its age is counted from when the server's word got here. How old the server's own knowledge was then does not show,
/// nor how long the word lay in buffers on its way.
#[derive(Debug)]
pub struct Mirror<V> {
    known: HashMap<String, V>,
    /// A list that is not whole yet, and when it was begun.
    coming: Option<(HashMap<String, V>, Duration)>,
    as_of: Option<Duration>,
    caught_up: bool,
    last_failure: Option<WatchFailure>,
}

impl<V> Default for Mirror<V> {
    fn default() -> Self {
        Self { known: HashMap::new(), coming: None, as_of: None, caught_up: false, last_failure: None }
    }
}

impl<V: HasUid + Clone> Mirror<V> {
    /// Takes an event at a time.
    pub fn take(&mut self, event: WatchEvent<V>, at: Duration) {
        match &event {
            WatchEvent::Failed(why) => self.last_failure = Some(*why),
            WatchEvent::ListDone | WatchEvent::Applied(..) | WatchEvent::Deleted(..) | WatchEvent::Bookmark => {
                self.last_failure = None;
            }
            WatchEvent::ListBegun | WatchEvent::Listed(..) | WatchEvent::Disconnected => {}
        }
        match event {
            WatchEvent::Failed(_) => {}
            WatchEvent::ListBegun => {
                self.caught_up = false;
                self.coming = Some((HashMap::new(), at));
            }
            WatchEvent::Listed(key, value) => {
                if let Some((coming, _)) = &mut self.coming {
                    coming.insert(key, value);
                }
            }
            WatchEvent::ListDone => {
                if let Some((coming, begun)) = self.coming.take() {
                    self.known = coming;
                    self.as_of = Some(begun);
                }
            }
            WatchEvent::Applied(key, value) => {
                if let Some((coming, _)) = &mut self.coming {
                    coming.insert(key.clone(), value.clone());
                }
                self.known.insert(key, value);
                self.told_at(at);
            }
            WatchEvent::Deleted(key, uid) => {
                // One of the same name may have been made since.
                let is_it = |known: &HashMap<String, V>| known.get(&key).is_some_and(|value| value.uid() == uid);
                if is_it(&self.known) {
                    self.known.remove(&key);
                }
                if let Some((coming, _)) = &mut self.coming
                    && is_it(coming)
                {
                    coming.remove(&key);
                }
                self.told_at(at);
            }
            WatchEvent::Bookmark => {
                // Of a watch that follows a whole list: before that, it speaks of something else.
                if self.as_of.is_some() && self.coming.is_none() {
                    self.caught_up = true;
                    self.told_at(at);
                }
            }
            WatchEvent::Disconnected => {
                self.caught_up = false;
                self.coming = None;
            }
        }
    }

    fn told_at(&mut self, at: Duration) {
        if self.caught_up {
            self.as_of = self.as_of.max(Some(at));
        }
    }

    /// The object of this key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.known.get(key)
    }

    /// Why the last attempt failed; `None` once a whole list, an event or a bookmark has come since.
    pub fn last_failure(&self) -> Option<WatchFailure> {
        self.last_failure
    }

    /// How old this is at a time; `None` before the first whole list.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.as_of.map(|as_of| now.saturating_sub(as_of))
    }

    /// Everything, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.known.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

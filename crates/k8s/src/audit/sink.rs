//! Where events go.

use super::Event;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

/// Takes events. It is called before the verdict goes on, so it must neither wait nor take long.
pub trait Sink: Send + Sync {
    /// Takes one, or drops it.
    fn record(&self, event: Event);
}

impl<T: Sink + ?Sized> Sink for Arc<T> {
    fn record(&self, event: Event) {
        (**self).record(event);
    }
}

/// One event to both.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn record(&self, event: Event) {
        self.0.record(event.clone());
        self.1.record(event);
    }
}

/// A sink, and what comes out of it. It holds `capacity` events that nobody has taken yet, and drops those that come
/// while it is full, or when the receiver is gone.
pub fn channel(capacity: usize) -> (ChannelSink, Receiver<Event>) {
    let (sender, receiver) = sync_channel(capacity);
    (ChannelSink { sender, dropped: Arc::default(), failed: Arc::default() }, receiver)
}

/// The near end of a [`channel`]. A clone is the same end.
#[derive(Debug, Clone)]
pub struct ChannelSink {
    sender: SyncSender<Event>,
    dropped: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

impl ChannelSink {
    /// How many events were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How many times the writer of [`JsonLines`] said no: each is an event that was taken and not written, or a flush.
    /// Always 0 at a [`channel`] of one's own.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Sink for ChannelSink {
    fn record(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes each event as one line of JSON, in a thread of its own. When the last clone of its sink is gone, what was
/// taken is written and the thread ends. An event that cannot be written is lost and counted; those after it are tried.
#[derive(Debug)]
pub struct JsonLines {
    thread: JoinHandle<u64>,
    failed: Arc<AtomicU64>,
}

impl JsonLines {
    /// Writes to `out`, and flushes whenever there is nothing more to write. A line is written at once, so that a file
    /// can be rotated by those who do such things, by copying and cutting it. `capacity` is as of [`channel`].
    ///
    /// # Errors
    /// Where no thread can be had.
    pub fn start(out: impl Write + Send + 'static, capacity: usize) -> io::Result<(ChannelSink, Self)> {
        let (sink, events) = channel(capacity);
        let failed = Arc::clone(&sink.failed);
        let failures = Arc::clone(&failed);
        let run = move || write_lines(&events, out, &failures);
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(run)?;
        Ok((sink, Self { thread, failed }))
    }

    /// How many times the writer said no so far: [`ChannelSink::failed`].
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Waits for the end, and says how many lines were written. Whether any were not, [`ChannelSink::failed`] and
    /// [`JsonLines::failed`] say before.
    ///
    /// # Errors
    /// Where the writer has panicked.
    pub fn join(self) -> io::Result<u64> {
        self.thread.join().map_err(|_| io::Error::other("the writer has panicked"))
    }
}

fn write_lines(events: &Receiver<Event>, mut out: impl Write, failed: &AtomicU64) -> u64 {
    let mut written = 0;
    let mut line = Vec::new();
    // Half a line stands there.
    let mut torn = false;
    let count = |outcome: io::Result<()>| {
        if outcome.is_err() {
            failed.fetch_add(1, Ordering::Relaxed);
        }
        outcome.is_ok()
    };
    loop {
        let event = match events.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                count(out.flush());
                match events.recv() {
                    Ok(event) => event,
                    Err(_) => break,
                }
            }
        };
        line.clear();
        if torn {
            line.push(b'\n');
        }
        let put = serde_json::to_writer(&mut line, &event).map_err(io::Error::from).and_then(|()| {
            line.push(b'\n');
            put(&mut out, &line, &mut torn)
        });
        if count(put) {
            written += 1;
        }
    }
    count(out.flush());
    written
}

/// Writes a line, and says in `torn` whether a part of one stands there in the end.
fn put(out: &mut impl Write, line: &[u8], torn: &mut bool) -> io::Result<()> {
    let mut left = line;
    while !left.is_empty() {
        match out.write(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                left = left.get(count..).unwrap_or_default();
                *torn = !left.is_empty();
            }
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

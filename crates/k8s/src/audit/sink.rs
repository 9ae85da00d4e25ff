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
    (ChannelSink { sender, dropped: Arc::new(AtomicU64::new(0)) }, receiver)
}

/// The near end of a [`channel`]. A clone is the same end.
#[derive(Debug, Clone)]
pub struct ChannelSink {
    sender: SyncSender<Event>,
    dropped: Arc<AtomicU64>,
}

impl ChannelSink {
    /// How many events were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
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
/// taken is written and the thread ends.
#[derive(Debug)]
pub struct JsonLines {
    thread: JoinHandle<io::Result<u64>>,
}

impl JsonLines {
    /// Writes to `out`, and flushes whenever there is nothing more to write. A line is written at once, so that a file
    /// can be rotated by those who do such things, by copying and cutting it. `capacity` is as of [`channel`].
    ///
    /// # Errors
    /// Where no thread can be had.
    pub fn start(out: impl Write + Send + 'static, capacity: usize) -> io::Result<(ChannelSink, Self)> {
        let (sink, events) = channel(capacity);
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || write_lines(&events, out))?;
        Ok((sink, Self { thread }))
    }

    /// Waits for the end, and says how many lines were written.
    ///
    /// # Errors
    /// The first error of the writer; the events after it were dropped.
    pub fn join(self) -> io::Result<u64> {
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the writer has panicked")))
    }
}

fn write_lines(events: &Receiver<Event>, mut out: impl Write) -> io::Result<u64> {
    let mut written = 0;
    let mut line = Vec::new();
    loop {
        let event = match events.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                out.flush()?;
                match events.recv() {
                    Ok(event) => event,
                    Err(_) => break,
                }
            }
        };
        line.clear();
        serde_json::to_writer(&mut line, &event)?;
        line.push(b'\n');
        out.write_all(&line)?;
        written += 1;
    }
    out.flush()?;
    Ok(written)
}

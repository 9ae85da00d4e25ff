//! Bodies, read within a limit for each and within one for all.

use http_body_util::BodyExt;
use hyper::body::{Body, Buf};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What is left of the bytes that bodies may take together.
pub(crate) struct Budget(Semaphore);

/// A body that has come whole, in one piece. Its bytes are given back when it is dropped.
pub(crate) struct Whole<'a> {
    bytes: Vec<u8>,
    paid: Option<SemaphorePermit<'a>>,
    budget: &'a Budget,
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than one may be.
    TooLong,
    /// All of them together would be.
    NothingLeft,
    /// It broke off.
    Broken,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
    }

    /// Reads a body of at most `most` bytes. What has come is paid for before it is kept, so that nobody takes
    /// anything with a body that does not come.
    pub(crate) async fn read<B: Body + Unpin>(&self, mut body: B, most: usize) -> Result<Whole<'_>, Unread> {
        let mut whole = Whole { bytes: Vec::new(), paid: None, budget: self };
        while let Some(frame) = body.frame().await {
            let Ok(mut data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            whole.take(&mut data, most)?;
        }
        Ok(whole)
    }
}

impl Whole<'_> {
    /// Copies: a piece may keep a buffer that is larger than itself, and there may be as many pieces as bytes.
    fn take(&mut self, data: &mut impl Buf, most: usize) -> Result<(), Unread> {
        let length = self.bytes.len().saturating_add(data.remaining());
        if length > most {
            return Err(Unread::TooLong);
        }
        let room = self.bytes.capacity();
        if length > room {
            // Twice as much at a time, that the copies do not become many.
            let wanted = room.saturating_mul(2).clamp(length, most);
            self.pay(wanted.saturating_sub(room))?;
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        }
        while data.has_remaining() {
            let piece = data.chunk();
            let taken = piece.len();
            self.bytes.extend_from_slice(piece);
            data.advance(taken);
        }
        Ok(())
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Unread> {
        let bytes = u32::try_from(bytes).map_err(|_| Unread::NothingLeft)?;
        let more = self.budget.0.try_acquire_many(bytes).map_err(|_| Unread::NothingLeft)?;
        match &mut self.paid {
            Some(paid) => paid.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

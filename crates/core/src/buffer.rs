//! What one token after another is read into.

use crate::Limits;
use crate::Refusal;
use crate::encoding::decode_into;
use crate::jose::{Algorithm, Header};
use crate::json::Places;
use std::borrow::Cow;
use std::fmt;

/// Room that the caller lends, so that in steady state no token allocates. It also remembers the last header:
/// an issuer's tokens mostly begin with the same bytes, and those need not be read again.
#[derive(Default)]
pub struct Buffer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) places: Places,
    pub(crate) header: RememberedHeader,
}

impl Buffer {
    /// An empty one, which grows with the first token.
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes that it holds on to.
    pub fn capacity(&self) -> usize {
        let RememberedHeader { encoded, name, kid, typ, .. } = &self.header;
        let text: usize = [encoded, name, kid, typ].into_iter().map(String::capacity).sum();
        self.bytes.capacity() + self.places.capacity() + text
    }
}

/// What it holds is a token's: none of it shows.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// The last header that could be read, by its encoded text. Reading depends on nothing else but the limits,
/// and they are asked first.
#[derive(Default)]
pub(crate) struct RememberedHeader {
    encoded: String,
    bytes: usize,
    algorithm: Option<Algorithm>,
    name: String,
    kid: String,
    typ: String,
    /// Which of the three texts are there.
    present: [bool; 3],
}

impl RememberedHeader {
    /// Reads `encoded`, or recognizes it; `room` is overwritten.
    pub(crate) fn read(&mut self, encoded: &str, room: &mut Vec<u8>, limits: &Limits) -> Result<(), Refusal> {
        let known = !self.encoded.is_empty() && self.encoded == encoded && self.bytes <= limits.header_bytes;
        // A depth is not remembered: only plain headers are, and those are flat.
        if known && limits.json_depth > 0 {
            return Ok(());
        }
        self.encoded.clear();
        room.clear();
        decode_into(encoded, "header", room)?;
        let header = Header::parse(room, limits)?;
        self.algorithm = header.algorithm;
        let slots = [(&mut self.name, &header.name), (&mut self.kid, &header.kid), (&mut self.typ, &header.typ)];
        for ((slot, text), present) in slots.into_iter().zip(&mut self.present) {
            slot.clear();
            slot.push_str(text.as_deref().unwrap_or_default());
            *present = text.is_some();
        }
        let flat = room.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() <= 1;
        if flat {
            self.encoded.push_str(encoded);
            self.bytes = room.len();
        }
        Ok(())
    }

    /// What was read last.
    pub(crate) fn header(&self) -> Header<'_> {
        let [name, kid, typ] = self.present;
        Header {
            algorithm: self.algorithm,
            name: name.then_some(Cow::Borrowed(self.name.as_str())),
            kid: kid.then_some(Cow::Borrowed(self.kid.as_str())),
            typ: typ.then_some(Cow::Borrowed(self.typ.as_str())),
        }
    }
}

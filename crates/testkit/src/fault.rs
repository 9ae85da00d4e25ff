//! What a test issuer can be told to do wrong.

use crate::http::{Answer, Body};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

/// A fault of the issuer, until it is told to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The right answer, after that long.
    Delay(Duration),
    /// No answer; the connection stays open.
    Hang,
    /// The connection is closed without an answer.
    Close,
    /// Another status, with an empty object.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    RetryAfter(u64),
    /// A redirect to there.
    Redirect(String),
    /// The right document as another content type.
    ContentType(String),
    /// 200 with this text instead.
    Body(String),
    /// A JWK set without keys.
    EmptySet,
    /// A body that never ends.
    Endless,
    /// The first half of the right answer, then the connection is closed.
    Half,
    /// 64 MiB of blanks, compressed to some 64 KiB, which nobody asked for.
    GzipBomb,
}

/// The documents of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// The discovery document.
    Discovery,
    /// The key set.
    Keys,
    /// The answers of the token endpoint.
    Token,
}

impl Fault {
    /// What becomes of the right answer.
    pub(crate) fn spoil(&self, right: Answer) -> Answer {
        match self {
            Self::Delay(_) => right,
            Self::Hang => Answer { body: Body::Silence, ..right },
            Self::Close => Answer { body: Body::Nothing, ..right },
            Self::Status(status) => Answer::status(*status),
            Self::RetryAfter(seconds) => Answer::status(429).with("retry-after", seconds.to_string()),
            Self::Redirect(to) => Answer::status(302).with("location", to),
            Self::ContentType(text) => right.with("content-type", text),
            Self::Body(text) => Answer { body: Body::Whole(text.clone().into_bytes()), ..right },
            Self::EmptySet => Answer::json(r#"{"keys":[]}"#),
            Self::Endless => Answer { body: Body::Endless, ..right },
            Self::Half => match right.body {
                Body::Whole(body) => Answer { body: Body::Half(body), ..right },
                _ => right,
            },
            Self::GzipBomb => Answer { body: Body::Whole(bomb()), ..right }.with("content-encoding", "gzip"),
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        if let Self::Delay(delay) = self { *delay } else { Duration::ZERO }
    }
}

/// Made once: it takes a while.
fn bomb() -> Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..1 << 10 {
            // Into memory: it cannot fail.
            let _ = encoder.write_all(&[b' '; 1 << 16]);
        }
        encoder.finish().unwrap_or_default()
    };
    BOMB.get_or_init(make).clone()
}

//! What the server reads and writes.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

/// A request, as the issuer was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// `GET`, `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Recorded {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}

/// An answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// Half of it, then nothing more.
    Half(Vec<u8>),
    /// The same piece for ever.
    Endless,
    /// Not even a status: the connection stays open.
    Silence,
    /// The connection is closed at once.
    Nothing,
}

impl Answer {
    pub(crate) fn json(body: impl ToString) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status: 200, headers, body: Body::Whole(body.to_string().into_bytes()) }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::json("{}") }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(one, _)| *one != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Writes it; `stopping` ends what would not end by itself.
    pub(crate) fn write(&self, out: &mut impl Write, stopping: impl Fn() -> bool) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Status\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.body {
            Body::Nothing => return Ok(()),
            Body::Silence => {}
            Body::Whole(body) => {
                out.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes())?;
                out.write_all(body)?;
            }
            Body::Half(body) => {
                out.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes())?;
                out.write_all(body.get(..body.len() / 2).unwrap_or_default())?;
            }
            Body::Endless => {
                out.write_all(format!("{head}\r\n{{\"keys\":[").as_bytes())?;
                while !stopping() {
                    out.write_all(&[b' '; 4096])?;
                }
            }
        }
        out.flush()
    }

    /// Whether the connection is to stay open after what was written.
    pub(crate) fn hangs(&self) -> bool {
        matches!(self.body, Body::Silence)
    }
}

/// Reads one request; `None` for a client that speaks nonsense or goes away.
pub(crate) fn read(stream: &mut impl Read) -> std::io::Result<Option<Recorded>> {
    let mut bytes = Vec::new();
    let (mut request, length, start) = loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&bytes) {
            Ok(httparse::Status::Complete(start)) => {
                let text = |header: &httparse::Header<'_>| {
                    (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
                };
                let request = Recorded {
                    method: parsed.method.unwrap_or_default().to_owned(),
                    path: parsed.path.unwrap_or_default().to_owned(),
                    headers: parsed.headers.iter().map(text).collect(),
                    body: String::new(),
                };
                let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0usize);
                break (request, length, start);
            }
            Ok(httparse::Status::Partial) if read > 0 && bytes.len() < MOST => {}
            _ => return Ok(None),
        }
    };
    if length > MOST {
        return Ok(None);
    }
    let mut body = bytes.split_off(start);
    while body.len() < length {
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => return Ok(None),
            Ok(read) => body.extend_from_slice(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(request))
}

/// The longest request's head or body, in bytes.
const MOST: usize = 64 * 1024;
/// How long a client may take between two pieces of its request.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

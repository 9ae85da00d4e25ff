//! Where events go: numbers always, a file where one is named.

use crate::args::Args;
use crate::error::StartError;
use crate::numbers;
use claimant::k8s::audit::{ChannelSink, Event, FingerprintKey, JsonLines, Sink};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// The sink of all verdicts, and what remains to be done at the end.
pub(crate) struct Audit {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) key: FingerprintKey,
    /// Asked for what it dropped.
    pub(crate) lines: Option<ChannelSink>,
    writer: Option<JsonLines>,
}

impl Audit {
    pub(crate) fn start(args: &Args) -> Result<Self, StartError> {
        let key = match &args.audit_fingerprint_key_file {
            Some(path) => FingerprintKey::new(read_key(path)?),
            None => FingerprintKey::random()?,
        };
        let Some(path) = &args.audit_log_path else {
            return Ok(Self { sink: Arc::new(Counted), key, lines: None, writer: None });
        };
        let out: Box<dyn Write + Send> = if path.as_os_str() == "-" {
            Box::new(io::stdout())
        } else {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            // It tells who was there when.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let opened = options.open(path);
            Box::new(opened.map_err(|why| named(path, &why))?)
        };
        let (lines, writer) = JsonLines::start(out, args.audit_buffer).map_err(StartError::Audit)?;
        let sink = Arc::new((Counted, lines.clone()));
        Ok(Self { sink, key, lines: Some(lines), writer: Some(writer) })
    }

    /// What waits for the writer once nobody else has the sink.
    pub(crate) fn into_writer(self) -> Option<JsonLines> {
        self.writer
    }
}

/// Counts verdicts. Reasons are from a fixed list, and issuers are those of the configuration.
struct Counted;

impl Sink for Counted {
    fn record(&self, event: Event) {
        numbers::verdict(&event);
    }
}

fn read_key(path: &Path) -> Result<[u8; 16], StartError> {
    let text = std::fs::read_to_string(path).map_err(|why| named(path, &why))?;
    let text = text.trim();
    let wrong = || named(path, &io::Error::new(io::ErrorKind::InvalidData, "not 32 hexadecimal digits"));
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let key = u128::from_str_radix(text, 16).map_err(|_| wrong())?;
    Ok(key.to_be_bytes())
}

fn named(path: &Path, why: &io::Error) -> StartError {
    StartError::File(io::Error::new(why.kind(), format!("{}: {why}", path.display())))
}

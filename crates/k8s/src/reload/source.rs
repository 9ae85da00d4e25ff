//! Where the text of a configuration comes from.

use claimant_jwks::BoxFuture;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Gives the text of a configuration as it is now. A function that reads is one.
pub trait ConfigSource: Send {
    /// The text of now.
    fn read(&mut self) -> BoxFuture<'_, io::Result<Vec<u8>>>;
}

impl<F: FnMut() -> io::Result<Vec<u8>> + Send> ConfigSource for F {
    fn read(&mut self) -> BoxFuture<'_, io::Result<Vec<u8>>> {
        Box::pin(std::future::ready(self()))
    }
}

/// A file, such as one of a mounted ConfigMap; links are followed each time. It is read where the [`Watch`](super::Watch)
/// runs, which such a file does not hold up.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    /// At this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The text of now.
    ///
    /// # Errors
    /// The file is out of reach, is none (a pipe would block), or is longer than 4 MiB.
    pub fn text(&self) -> io::Result<Vec<u8>> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display()));
        let other = |why| named(io::Error::new(io::ErrorKind::InvalidData, why));
        if !self.path.metadata().map_err(named)?.is_file() {
            return Err(other("not a file"));
        }
        let mut text = Vec::new();
        File::open(&self.path).and_then(|file| file.take(MOST + 1).read_to_end(&mut text)).map_err(named)?;
        if u64::try_from(text.len()).is_ok_and(|length| length <= MOST) {
            Ok(text)
        } else {
            Err(other("longer than 4 MiB"))
        }
    }
}

impl ConfigSource for ConfigFile {
    fn read(&mut self) -> BoxFuture<'_, io::Result<Vec<u8>>> {
        Box::pin(std::future::ready(self.text()))
    }
}

/// What tells one text from another.
pub(super) fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// The reader of files takes no more.
const MOST: u64 = 4 << 20;

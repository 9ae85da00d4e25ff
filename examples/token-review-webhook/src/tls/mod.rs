//! Certificates that are replaced while they serve. A new set of files is loaded whole, or the last good one goes on.

mod client;
mod load;
mod watch;

pub(crate) use client::AllowedNames;

use crate::args::Args;
use crate::numbers;
use arc_swap::ArcSwap;
use load::{Loaded, Texts};
use rustls::ServerConfig;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Why files make no TLS server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file that is not there or cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The key is not that of the certificate, or neither can be used.
    #[error("certificate and key: {why}")]
    Pair {
        /// What rustls says.
        why: String,
    },
    /// What rustls says of its own settings.
    #[error("TLS: {0}")]
    Setup(String),
}

impl TlsError {
    fn wrong(path: &Path, why: &str) -> Self {
        Self::File { path: path.to_owned(), why: why.to_owned() }
    }
}

/// Where the files are.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// What serves now.
pub(crate) struct Tls {
    files: TlsFiles,
    serving: ArcSwap<ServerConfig>,
    book: Mutex<Book>,
}

/// What happened so far.
struct Book {
    /// Of the files that serve.
    digest: [u8; 32],
    /// Why the files of now do not serve.
    trouble: Option<Trouble>,
}

/// Files that do not serve; told once.
#[derive(PartialEq, Eq)]
struct Trouble {
    /// None where they cannot be read.
    digest: Option<[u8; 32]>,
    why: TlsError,
}

impl Tls {
    /// Loads the files that the flags name, or says that they name none.
    pub(crate) fn start(args: &Args, now: i64) -> Result<Self, crate::StartError> {
        let (Some(certificate), Some(key)) = (args.tls_cert_file.clone(), args.tls_private_key_file.clone()) else {
            return Err(crate::StartError::Usage("give --tls-cert-file and --tls-private-key-file"));
        };
        if args.client_ca_file.is_none() && !args.client_allowed_name.is_empty() {
            return Err(crate::StartError::Usage("--client-allowed-name wants --client-ca-file"));
        }
        let files = TlsFiles { certificate, key, client_ca: args.client_ca_file.clone() };
        let texts = Texts::read(&files)?;
        let Loaded { config, expiry } = texts.load(&files, now)?;
        numbers::tls_loaded(expiry);
        let book = Mutex::new(Book { digest: texts.digest(), trouble: None });
        Ok(Self { files, serving: ArcSwap::new(config), book })
    }

    /// For the next handshake.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.serving.load_full()
    }

    /// Why the files of now do not serve, where they do not.
    pub(crate) fn trouble(&self) -> Option<TlsError> {
        self.book().trouble.as_ref().map(|trouble| trouble.why.clone())
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

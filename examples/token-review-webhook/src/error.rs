//! Why the program does not start.

use std::io;
use std::net::SocketAddr;

/// What is wrong with how the program was started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Flags that do not go together.
    #[error("{0}")]
    Usage(&'static str),
    /// The AuthenticationConfiguration, the keys of service accounts, or randomness.
    #[error(transparent)]
    Config(#[from] claimant::k8s::ConfigError),
    /// A file, named in the text.
    #[error("{0}")]
    File(#[source] io::Error),
    /// The keys of service accounts.
    #[error("keys of service accounts: {0}")]
    Keys(String),
    /// The certificate, its key, or the authorities of clients.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        why: io::Error,
    },
    /// The thread that writes the audit log.
    #[error("audit log: {0}")]
    Audit(#[source] io::Error),
    /// The numbers for Prometheus.
    #[error("metrics: {0}")]
    Metrics(String),
}

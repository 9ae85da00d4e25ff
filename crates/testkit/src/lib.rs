//! An issuer in the process, for tests: it makes keys, signs tokens, rotates, and serves its discovery
//! document and keys over real TLS on loopback. It goes wrong in the ways that issuers do when it is told to
//! ([`Fault`]), and records what it was asked. Nothing here is for production.
//!
//! ```
//! use claimant_testkit::{Issuer, TokenOptions};
//!
//! let issuer = Issuer::start()?;
//! let token = issuer.id_token("jane", &["dev"], &TokenOptions::new("my-api", 1_790_000_000))?;
//! assert_eq!(token.split('.').count(), 3);
//! assert!(issuer.url().starts_with("https://localhost:"));
//! # Ok::<(), claimant_testkit::TestkitError>(())
//! ```
#![forbid(unsafe_code)]

mod fault;
mod http;
mod issued;
mod issuer;
mod key;
mod login;
mod server;
pub mod verifier;

pub use fault::{Document, Fault};
pub use http::Recorded;
pub use issued::Issued;
pub use issuer::{Issuer, TokenOptions};
pub use key::{KeyKind, SigningKey};

/// What can go wrong while a test issuer is set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestkitError {
    /// The random source or the cryptographic library refused.
    #[error("no key could be made or used")]
    Key,
    /// The test certificate could not be made.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The loopback port could not be opened.
    #[error("no port: {0}")]
    Io(#[from] std::io::Error),
}

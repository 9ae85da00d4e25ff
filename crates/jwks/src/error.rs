//! What can go wrong.

use claimant_core::Reason;
use std::time::Duration;

/// Why a fetch brought no keys. Says nothing of any token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It took longer than the policy allows.
    #[error("the fetch took too long")]
    Timeout,
    /// The source could not be reached, or went away in the middle.
    #[error("out of reach: {0}")]
    Unreachable(String),
    /// An HTTP status other than the one that was hoped for.
    #[error("{document}: HTTP status {status}")]
    Status {
        /// Which document.
        document: &'static str,
        /// The status.
        status: u16,
        /// What the source asks for in `Retry-After` (RFC 9110, section 10.2.3).
        retry_after: Option<Duration>,
    },
    /// More bytes than the limit.
    #[error("{document}: longer than {limit} bytes")]
    TooLong {
        /// Which document.
        document: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// Compressed, which nobody asked for.
    #[error("{0}: compressed, which was not asked for")]
    Compressed(&'static str),
    /// Not the content type of such a document.
    #[error("{0}: not the content type of JSON")]
    ContentType(&'static str),
    /// Not what the document must be.
    #[error("{document}: {why}")]
    Document {
        /// Which document.
        document: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The discovery document names another issuer.
    #[error("the discovery document is another issuer's")]
    OtherIssuer,
    /// A redirect to another origin, or one too many.
    #[error("{0}: a redirect to another origin, or one too many")]
    Redirect(&'static str),
    /// An address that the source must not be asked at.
    #[error("the address is refused: {0}")]
    Address(&'static str),
    /// No key of the set can be used.
    #[error("the set has no usable key")]
    NoUsableKey,
    /// The set is older than the one at hand, by its own sequence number.
    #[error("the set is older than the one at hand")]
    Older,
    /// The source itself broke down.
    #[error("the source panicked")]
    Panicked,
    /// The set had been served before a newer one; a second fetch past all caches decides.
    #[error("the set had been replaced before")]
    ServedBefore,
}

impl FetchError {
    /// How long the source asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Timeout => "fetch_timeout",
            Self::Unreachable(_) => "fetch_unreachable",
            Self::Status { .. } => "fetch_status",
            Self::TooLong { .. } => "fetch_too_long",
            Self::Compressed(_) => "fetch_compressed",
            Self::ContentType(_) => "fetch_content_type",
            Self::Document { .. } => "fetch_document",
            Self::OtherIssuer => "fetch_other_issuer",
            Self::Redirect(_) => "fetch_redirect",
            Self::Address(_) => "fetch_address",
            Self::NoUsableKey => "fetch_no_usable_key",
            Self::Older => "fetch_older",
            Self::Panicked => "fetch_panicked",
            Self::ServedBefore => "fetch_served_before",
        }
    }
}

/// Why a source or a policy cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misconfigured {
    /// Knobs that contradict each other.
    #[error("key policy: {0}")]
    Policy(&'static str),
    /// A URL that cannot serve.
    #[error("URL: {0}")]
    Url(&'static str),
    /// Trust anchors or the client's TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// The keys themselves.
    #[error(transparent)]
    Keys(#[from] claimant_core::Misconfigured),
    /// Keys were given, but none that can be used.
    #[error("none of the keys can be used")]
    NoUsableKey,
    /// More key ids are to be forgotten than the policy allows.
    #[error("{0} key ids are forgotten already; no more can be")]
    TooManyForgotten(usize),
    /// The system gave no thread.
    #[error("no thread could be started")]
    Thread,
    /// Something that the pod of this process lacks.
    #[error("in-cluster: {0}")]
    InCluster(&'static str),
}

impl Misconfigured {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Policy(_) => "misconfigured_policy",
            Self::Url(_) => "misconfigured_url",
            Self::Tls(_) => "misconfigured_tls",
            Self::Keys(_) => "misconfigured_keys",
            Self::NoUsableKey => "misconfigured_no_usable_key",
            Self::TooManyForgotten(_) => "too_many_forgotten",
            Self::Thread => "no_thread",
            Self::InCluster(_) => "misconfigured_in_cluster",
        }
    }
}

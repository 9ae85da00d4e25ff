//! Why a watch tells nothing.

/// Why a list or a watch failed. Holds nothing of what was asked or answered but a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchFailure {
    /// The API server refuses with this HTTP status: with 401 or 403, who we are may not list or watch.
    #[error("the API server answers HTTP {0}")]
    Status(u16),
    /// No answer in time.
    #[error("the API server does not answer in time")]
    TimedOut,
    /// It cannot be reached, or the connection was lost.
    #[error("the API server cannot be reached")]
    Unreachable,
    /// What it says cannot be read.
    #[error("what the API server says cannot be read")]
    Unreadable,
}

impl WatchFailure {
    /// A stable word for it, for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Unreadable => "unreadable",
        }
    }
}

#[cfg(feature = "kube")]
impl From<&kube::Error> for WatchFailure {
    fn from(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Status(status.code),
            kube::Error::SerdeError(_) => Self::Unreadable,
            _ => Self::Unreachable,
        }
    }
}

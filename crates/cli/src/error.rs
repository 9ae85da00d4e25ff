//! Why there is no answer: exit code 2. One line each.

use claimant_k8s::ConfigError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{name}: {why}")]
    Read { name: String, why: String },
    #[error("{name}: more than {limit} bytes")]
    TooLarge { name: String, limit: u64 },
    #[error("{name}: is not UTF-8")]
    NotUtf8 { name: String },
    #[error(
        "that looks like a token and not like a file; arguments show in process lists, so give it by a file or as `-` by standard input"
    )]
    TokenAsArgument,
    #[error("standard input is a terminal; give the token by a file, or send it: claimant … < FILE")]
    Terminal,
    #[error("{name}: {why}")]
    Config { name: String, why: ConfigError },
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    pub(crate) fn usage(why: impl Into<String>) -> Self {
        Self::Usage(why.into())
    }

    /// The stable code.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Read { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::TokenAsArgument => "token_as_argument",
            Self::Terminal => "terminal",
            Self::Config { .. } => "configuration",
            Self::Usage(_) => "usage",
        }
    }
}

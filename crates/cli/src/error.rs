//! Why there is no answer: exit code 2. One line each.

use crate::input;
use crate::output::excerpt;
use claimant_k8s::ConfigError;
use claimant_k8s::lint::{Options, Problem, Severity, lint};
use std::path::Path;

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
    Setup { name: String, why: ConfigError },
    #[error("{name}:{told}{more}")]
    Config { name: String, told: String, more: String, excerpt: String, problems: Vec<Problem> },
    #[error("no keys were given for {issuer}, so that nobody can judge its tokens: give --jwks {issuer}=FILE")]
    NoKeys { issuer: String },
    #[error("nothing to lint: {files} files hold neither a configuration nor roles nor bindings{found}")]
    NothingToLint { files: usize, found: String },
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    pub(crate) fn usage(why: impl Into<String>) -> Self {
        Self::Usage(why.into())
    }

    /// A configuration that does not load: the first error with its line, and how many more there are.
    pub(crate) fn of_configuration(path: &Path, bytes: &[u8], own_issuers: &[String], why: ConfigError) -> Self {
        let options = Options::default().with_disallowed_issuers(own_issuers.to_vec());
        let problems: Vec<Problem> =
            lint(bytes, &options).into_iter().filter(|one| one.severity == Severity::Error).collect();
        let name = input::name(path);
        let Some(first) = problems.first() else { return Self::Setup { name, why } };
        let told = format!("{}:{}: {first}", first.place.line, first.place.column);
        let more = match problems.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more; claimant lint {} shows all)", path.display()),
        };
        Self::Config { name, told, more, excerpt: excerpt(bytes, first.place), problems }
    }

    /// The line that the message is about, with a caret.
    pub(crate) fn excerpt(&self) -> &str {
        match self {
            Self::Config { excerpt, .. } => excerpt,
            _ => "",
        }
    }

    /// What JSON says of it besides.
    pub(crate) fn problems(&self) -> Option<&[Problem]> {
        match self {
            Self::Config { problems, .. } => Some(problems),
            _ => None,
        }
    }

    /// The stable code.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Read { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::TokenAsArgument => "token_as_argument",
            Self::Terminal => "terminal",
            Self::Setup { .. } | Self::Config { .. } => "configuration",
            Self::NoKeys { .. } => "no_keys",
            Self::NothingToLint { .. } => "nothing_to_lint",
            Self::Usage(_) => "usage",
        }
    }

    /// What is wrong with a file, where the message says that and the file's name.
    pub(crate) fn of_file(&self) -> String {
        match self {
            Self::Read { why, .. } => why.clone(),
            Self::TooLarge { limit, .. } => format!("more than {limit} bytes"),
            other => other.to_string(),
        }
    }
}

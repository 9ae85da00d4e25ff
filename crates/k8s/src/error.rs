//! Why there is no user: nobody's token, a refusal, or no way to know now.

use claimant_core::Reason;
use std::fmt;
use std::time::Duration;

/// The outcome where there is no user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a token of ours: the next authenticator may try it.
    #[error("the token is from no issuer that is known here")]
    Unrecognized,
    /// A token of ours that is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A token of ours of which nobody can tell now. A service answers 503, never 401.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Error {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unrecognized => "unrecognized",
            Self::Refused(refusal) => refusal.reason(),
            Self::Unavailable(unavailable) => unavailable.what.reason(),
        }
    }
}

/// What it takes to judge a token is out of reach. That is not the token's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} of issuer {issuer:?} cannot be had now")]
#[non_exhaustive]
pub struct Unavailable {
    /// Whose tokens cannot be judged, by the name that the configuration gives it.
    pub issuer: String,
    /// What is missing.
    pub what: OutOfReach,
    /// When to ask again, counted from now, where that is known.
    pub retry_after: Option<Duration>,
}

impl Unavailable {
    /// Without a time to come back at.
    pub fn new(issuer: impl Into<String>, what: OutOfReach) -> Self {
        Self { issuer: issuer.into(), what, retry_after: None }
    }

    /// The same with one.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The value of a `Retry-After` header (RFC 9110, section 10.2.3): whole seconds, rounded up, at least one.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let seconds = |after: Duration| after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
        self.retry_after.map(|after| seconds(after).max(1))
    }
}

/// What is missing where a token cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutOfReach {
    /// The issuer's keys, or word of a key id that is new.
    Keys,
    /// The objects that a token refers to.
    Objects,
    /// Claims that stand elsewhere.
    Claims,
    /// Whoever judges instead of us.
    Judge,
}

impl OutOfReach {
    /// The stable code.
    pub fn reason(self) -> Reason {
        match self {
            Self::Keys => "unavailable_keys",
            Self::Objects => "unavailable_objects",
            Self::Claims => "unavailable_claims",
            Self::Judge => "unavailable_judge",
        }
    }
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keys => "the keys",
            Self::Objects => "the objects",
            Self::Claims => "the distributed claims",
            Self::Judge => "the verdict",
        })
    }
}

/// Why a token of ours is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] claimant_core::Refusal),
    /// A claim that is mapped is missing.
    #[error("claim {0:?} is missing")]
    ClaimMissing(String),
    /// A claim that is mapped has the wrong type.
    #[error("claim {0:?} has the wrong type")]
    ClaimType(String),
    /// A required claim has another value.
    #[error("claim {0:?} has another value than the required one")]
    ClaimValue(String),
    /// `email_verified` is false.
    #[error("the email is not verified")]
    EmailNotVerified,
    /// A CEL expression has no value for these claims.
    #[error("the expression of the {what} fails: {code}")]
    Expression {
        /// Of what.
        what: &'static str,
        /// The stable code of the evaluation's error; its text may hold a claim.
        code: &'static str,
    },
    /// A CEL expression has a value that is of no use there.
    #[error("the expression of the {0} gives another type, or an empty name")]
    ExpressionResult(&'static str),
    /// A validation rule is not met.
    #[error("a validation rule is not met: {message}")]
    Rule {
        /// The rule's message, or else its expression.
        message: String,
    },
    /// A user or group of Kubernetes itself, from an issuer that may not name any.
    #[error("the user or one of its groups begins with \"system:\"")]
    SystemName,
    /// `_claim_names` and `_claim_sources` do not fit together.
    #[error("the distributed claims are malformed")]
    DistributedClaims,
    /// The groups stand at another address (OpenID Connect Core, section 5.6.2), and nobody is to fetch them, or
    /// not without waiting.
    #[error("the groups are a distributed claim, which is not fetched")]
    DistributedGroups,
    /// The address where a distributed claim stands gives none; by the code of what is wrong with its answer.
    #[error("the distributed claim cannot be fetched: {0}")]
    DistributedSource(Reason),
    /// The token that holds a distributed claim is not good.
    #[error("the token with the distributed claim: {0}")]
    DistributedToken(claimant_core::Refusal),
    /// The token that holds a distributed claim is from an issuer that was not named for that.
    #[error("the token with the distributed claim is from another issuer")]
    DistributedIssuer,
    /// The token that holds a distributed claim is of another subject of the same issuer.
    #[error("the token with the distributed claim is of another subject")]
    DistributedSubject,
    /// An object that the token refers to is missing.
    #[error("the {0} does not exist")]
    ObjectMissing(&'static str),
    /// An object that the token refers to was made anew.
    #[error("the {0} has another uid")]
    ObjectUid(&'static str),
    /// An object that the token refers to is deleted.
    #[error("the {0} has been deleted")]
    ObjectDeleted(&'static str),
    /// A request's token that no authenticator knows.
    #[error("no authenticator knows the token")]
    UnknownToken,
    /// More than one `Authorization` header.
    #[error("there is more than one Authorization header")]
    SeveralAuthorizations,
    /// An `Authorization` header that goes on behind its token.
    #[error("the Authorization header goes on behind its token")]
    TextAfterToken,
    /// WebSocket sub-protocols that hold a token wrongly.
    #[error("WebSocket sub-protocols: {0}")]
    SubProtocol(&'static str),
    /// The secret of a legacy token holds another token.
    #[error("the secret holds another token")]
    SecretMismatch,
    /// The secret of a legacy token is labelled `kubernetes.io/legacy-token-invalid-since`.
    #[error("the secret is marked invalid")]
    SecretInvalidated,
    /// A TokenReview says no, and why.
    #[error("the TokenReview says: {0}")]
    Review(String),
    /// A TokenReview says yes, and beside it an error.
    #[error("the TokenReview says yes, and an error beside it: {0}")]
    ReviewError(String),
    /// A TokenReview says yes, for other audiences than those asked for.
    #[error("the TokenReview says yes for other audiences than ours")]
    ReviewAudience,
    /// A TokenReview says yes without saying to whom.
    #[error("the TokenReview names no user")]
    ReviewUser,
    /// Bound to a webhook configuration, which Kubernetes refuses by default.
    #[error("bound to a webhook configuration")]
    WebhookBound,
}

impl Refusal {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Token(inner) => inner.reason(),
            Self::ClaimMissing(_) => "claim_missing",
            Self::ClaimType(_) => "claim_type",
            Self::ClaimValue(_) => "claim_value",
            Self::EmailNotVerified => "email_not_verified",
            Self::Expression { .. } => "expression",
            Self::ExpressionResult(_) => "expression_result",
            Self::Rule { .. } => "rule",
            Self::SystemName => "system_name",
            Self::DistributedClaims => "distributed_claims",
            Self::DistributedGroups => "distributed_groups",
            Self::DistributedSource(_) => "distributed_source",
            Self::DistributedToken(_) => "distributed_token",
            Self::DistributedIssuer => "distributed_issuer",
            Self::DistributedSubject => "distributed_subject",
            Self::ObjectMissing(_) => "object_missing",
            Self::ObjectUid(_) => "object_uid",
            Self::ObjectDeleted(_) => "object_deleted",
            Self::UnknownToken => "unknown_token",
            Self::SeveralAuthorizations => "several_authorizations",
            Self::TextAfterToken => "text_after_token",
            Self::SubProtocol(_) => "sub_protocol",
            Self::SecretMismatch => "secret_mismatch",
            Self::SecretInvalidated => "secret_invalidated",
            Self::Review(_) => "review",
            Self::ReviewError(_) => "review_error",
            Self::ReviewAudience => "review_audience",
            Self::ReviewUser => "review_user",
            Self::WebhookBound => "webhook_bound",
        }
    }
}

/// Why a configuration does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not the JSON of an AuthenticationConfiguration; line and column are in the text.
    #[error("decode: {0}")]
    Decode(String),
    /// Not the text of an AuthenticationConfiguration.
    #[error("decode: {0}")]
    File(FileError),
    /// A text that is larger than we read, or becomes so by aliases, though the API server would load it.
    #[error("{0}")]
    FileLimit(FileError),
    /// Fields that the API server refuses, all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// More than our limits allow, though the API server would load it.
    #[error(transparent)]
    Limit(claimant_core::Misconfigured),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Randomness,
    /// `egressSelectorType`, where nobody said how to honour it: the API server fetches an issuer's keys through a
    /// proxy of its own, which a library does not have.
    #[error("issuer {issuer}: egressSelectorType {selector} is not supported without a hook for it")]
    EgressSelector {
        /// Whose keys are to be fetched so.
        issuer: String,
        /// Through what.
        selector: crate::config::EgressSelector,
    },
    /// An issuer's keys cannot be had from where the configuration says.
    #[error("issuer {issuer}: keys: {why}")]
    Keys {
        /// Whose.
        issuer: String,
        /// Why.
        why: String,
    },
    /// A flag with a value that the API server refuses.
    #[error("--{flag}: {why}")]
    Flag {
        /// The flag's name, without dashes.
        flag: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// Why an HTTP request is none that an API server would look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request target is neither a path nor `*`, or holds control characters.
    #[error("the request target is no path")]
    Target,
    /// A percent sign in the path without two hexadecimal digits.
    #[error("the path has a broken percent escape")]
    Escape,
    /// The path, or a parameter that counts, is not UTF-8.
    #[error("the request target is not Unicode")]
    NotUnicode,
    /// `/api/v1/watch` or `/api/v1/proxy` and nothing behind it.
    #[error("a verb in the path, but no resource")]
    NoResource,
}

impl RequestError {
    /// The stable code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Target => "request_target",
            Self::Escape => "request_escape",
            Self::NotUnicode => "request_not_unicode",
            Self::NoResource => "request_no_resource",
        }
    }
}

/// Where a file is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of the member, as far as there is one.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.why)
    }
}

/// One field that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FieldError {
    /// The field's path, as the API server writes it.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

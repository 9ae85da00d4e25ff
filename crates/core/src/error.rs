//! What can be wrong: with a token ([`Refusal`]), or with how we were set up ([`Misconfigured`]).

use crate::jose::Algorithm;

/// A stable, machine-readable code of a refusal; it never changes between releases.
pub type Reason = &'static str;

/// Why a token is refused. Holds no part of the token but short facts that are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than [`Limits::token_bytes`](crate::Limits::token_bytes), or its header than `header_bytes`.
    #[error("the {part} has {got} bytes, the limit is {limit}")]
    TooLong {
        /// What is too long.
        part: &'static str,
        /// Bytes found.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not three parts separated by two dots (RFC 7515, section 7.1).
    #[error("not a compact JWS")]
    NotCompact,
    /// A part is not base64url (RFC 7515, section 2).
    #[error("the {0} is not base64url")]
    Base64(&'static str),
    /// Base64url that other text decodes to as well: white space or unused bits that are not zero.
    #[error("the {0} is not canonical base64url")]
    Base64NotCanonical(&'static str),
    /// Not a JSON object.
    #[error("the {0} is not a JSON object")]
    Json(&'static str),
    /// Invalid UTF-8 or a lone surrogate in what is read.
    #[error("the {0} holds text that is not Unicode")]
    NotUnicode(&'static str),
    /// Nested deeper than [`Limits::json_depth`](crate::Limits::json_depth).
    #[error("the {0} is nested too deeply")]
    TooDeep(&'static str),
    /// A member name stands twice in one object.
    #[error("the {0} names a member twice")]
    DuplicateMember(&'static str),
    /// A member that another reader takes for a registered one (`EXP`, `iſs`).
    #[error("the {part} has a member that differs from \"{name}\" only in case")]
    FoldedMember {
        /// Where.
        part: &'static str,
        /// The registered name.
        name: &'static str,
    },
    /// A header member has the wrong type.
    #[error("header member \"{0}\" has the wrong type")]
    HeaderType(&'static str),
    /// The `crit` header is empty, of the wrong type, or names what is not understood (section 4.1.11).
    #[error("a critical header is not understood")]
    Critical,
    /// The payload is signed unencoded (`b64: false`, RFC 7797).
    #[error("unencoded payloads are not supported")]
    UnencodedPayload,
    /// The header carries its own key (`jwk`, `x5c`).
    #[error("the header carries a key of its own (\"{0}\")")]
    EmbeddedKey(&'static str),
    /// `alg` is missing, unknown, or not allowed here.
    #[error("the algorithm is not allowed")]
    Algorithm,
    /// No key of the set has the token's `kid`.
    #[error("no key of the set has the token's key id")]
    UnknownKey,
    /// The key that the token names was left out at load.
    #[error("the token's key is not usable: {0}")]
    KeyUnusable(UnusableReason),
    /// The key does not serve the token's algorithm.
    #[error("the token's key does not serve {0}")]
    KeyAlgorithm(Algorithm),
    /// The key's own `alg` member names another algorithm.
    #[error("the token's key is bound to another algorithm than {0}")]
    KeyBound(Algorithm),
    /// More keys could have signed than are tried for one token.
    #[error("the token has no key id, and more than {0} keys could have signed it")]
    TooManyTries(usize),
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// An RSASSA-PSS signature does not hold with a salt as long as the digest (RFC 7518, section 3.5).
    #[error("the signature does not hold with a salt as long as the digest")]
    PssSignature,
    /// A registered claim has the wrong type or is out of range.
    #[error("claim \"{0}\" has the wrong type")]
    ClaimType(&'static str),
    /// A claim that is required is missing.
    #[error("claim \"{0}\" is missing")]
    ClaimMissing(&'static str),
    /// Another issuer than the policy's.
    #[error("the issuer is another one")]
    Issuer,
    /// None of the policy's audiences.
    #[error("none of the expected audiences")]
    Audience,
    /// `exp` has passed.
    #[error("expired at {exp}, now is {now} (seconds since 1970)")]
    Expired {
        /// The claim.
        exp: i64,
        /// The clock.
        now: i64,
    },
    /// `nbf` lies ahead.
    #[error("not valid before {nbf}, now is {now} (seconds since 1970)")]
    NotYetValid {
        /// The claim.
        nbf: i64,
        /// The clock.
        now: i64,
    },
    /// `exp` lies too far from `iat`.
    #[error("the token lives longer than {most} s")]
    LivesTooLong {
        /// Seconds allowed.
        most: u64,
    },
    /// A claim that the policy requires is missing or has another value.
    #[error("claim {0:?} is missing or not as required")]
    RequiredClaim(String),
    /// `typ` is none of those that the policy wants.
    #[error("the token is of another type")]
    TokenType,
    /// `iat` lies ahead.
    #[error("issued at {iat}, now is {now} (seconds since 1970)")]
    IssuedInFuture {
        /// The claim.
        iat: i64,
        /// The clock.
        now: i64,
    },
}

impl Refusal {
    /// Whether the API server's library cannot read this token at all, so that its service-account
    /// authenticators leave it to the next one.
    pub fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::NotCompact
                | Self::Base64("header" | "signature")
                | Self::Json("header")
                | Self::DuplicateMember("header")
                | Self::HeaderType(_)
        )
    }

    /// The stable code of this refusal.
    pub fn reason(&self) -> Reason {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::NotCompact => "not_compact",
            Self::Base64(_) => "base64",
            Self::Base64NotCanonical(_) => "base64_not_canonical",
            Self::Json(_) => "json",
            Self::NotUnicode(_) => "not_unicode",
            Self::TooDeep(_) => "too_deep",
            Self::DuplicateMember(_) => "duplicate_member",
            Self::FoldedMember { .. } => "folded_member",
            Self::HeaderType(_) => "header_type",
            Self::Critical => "critical_header",
            Self::UnencodedPayload => "unencoded_payload",
            Self::EmbeddedKey(_) => "embedded_key",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::KeyUnusable(why) => why.reason(),
            Self::KeyAlgorithm(_) => "key_algorithm",
            Self::KeyBound(_) => "key_bound_to_algorithm",
            Self::TooManyTries(_) => "too_many_tries",
            Self::Signature => "signature",
            Self::PssSignature => "signature_pss",
            Self::ClaimType(_) => "claim_type",
            Self::ClaimMissing(_) => "claim_missing",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::LivesTooLong { .. } => "lives_too_long",
            Self::RequiredClaim(_) => "required_claim",
            Self::TokenType => "token_type",
            Self::IssuedInFuture { .. } => "issued_in_future",
        }
    }
}

/// Why a key was left out of its set at load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableReason {
    /// Not a key that can be read (RFC 7517, section 5: such keys are to be ignored).
    #[error("it cannot be read")]
    Unreadable,
    /// A member stands twice in it.
    #[error("it names a member twice")]
    DuplicateMember,
    /// A private or symmetric key has no place in a set of public ones.
    #[error("it is private or symmetric")]
    Secret,
    /// RSA outside 2048 to 8192 bits, or an exponent that is even or below 3.
    #[error("it is an RSA key outside 2048 to 8192 bits or with a weak exponent")]
    WeakRsa,
    /// `use` says encryption, or certificates.
    #[error("its \"use\" is not signatures")]
    Use,
    /// `key_ops` leaves out `verify`.
    #[error("its \"key_ops\" leave out verify")]
    KeyOps,
    /// The provider serves no algorithm of this key. This one is the first that a key of its kind has, and for an
    /// elliptic key the only one.
    #[error("the provider serves no algorithm of it, such as {0}")]
    Unsupported(Algorithm),
    /// A kind of key, or a way to write it down, that is not read here.
    #[error("it is of a kind that no algorithm here is for")]
    UnknownKind,
}

impl UnusableReason {
    /// The stable code.
    pub fn reason(self) -> Reason {
        match self {
            Self::Unreadable => "key_unreadable",
            Self::DuplicateMember => "duplicate_member",
            Self::Secret => "key_secret",
            Self::WeakRsa => "key_weak_rsa",
            Self::Use => "key_use",
            Self::KeyOps => "key_ops",
            Self::Unsupported(_) | Self::UnknownKind => "key_unsupported",
        }
    }
}

/// Why a set of keys or a policy cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misconfigured {
    /// Not a JWK set (RFC 7517, section 5).
    #[error("not a JWK set: {0}")]
    JwkSet(&'static str),
    /// More keys than [`Limits::keys`](crate::Limits::keys).
    #[error("the set has {got} keys, the limit is {limit}")]
    TooManyKeys {
        /// Keys found.
        got: usize,
        /// Keys allowed.
        limit: usize,
    },
    /// PEM text that cannot be read.
    #[error("PEM: {0}")]
    Pem(&'static str),
    /// A secret that must not be one.
    #[error("the secret is {0}")]
    Secret(&'static str),
    /// No audience, an empty one, or more than [`Limits::AUDIENCES`](crate::Limits::AUDIENCES).
    #[error("audiences: {0}")]
    Audiences(&'static str),
}

//! The sizes beyond which input is refused unread.

/// Bounds on untrusted input. Every field can be set; the defaults are the documented constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest token, in bytes.
    pub token_bytes: usize,
    /// Longest decoded header, in bytes.
    pub header_bytes: usize,
    /// Deepest nesting of JSON that is read (members that are only skipped do not count).
    pub json_depth: usize,
    /// Most keys in one set.
    pub keys: usize,
    /// Most audiences in one policy.
    pub audiences: usize,
}

impl Limits {
    /// 64 KiB: the API server's own limit on a request's headers allows no more.
    pub const TOKEN_BYTES: usize = 64 * 1024;
    /// 8 KiB.
    pub const HEADER_BYTES: usize = 8 * 1024;
    /// 64 levels.
    pub const JSON_DEPTH: usize = 64;
    /// 100 keys.
    pub const KEYS: usize = 100;
    /// 16 signatures are checked for one token, where its `kid` does not name a single key.
    pub const TRIES: usize = 16;
    /// 64 audiences in one policy.
    pub const AUDIENCES: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            token_bytes: Self::TOKEN_BYTES,
            header_bytes: Self::HEADER_BYTES,
            json_depth: Self::JSON_DEPTH,
            keys: Self::KEYS,
            audiences: Self::AUDIENCES,
        }
    }
}

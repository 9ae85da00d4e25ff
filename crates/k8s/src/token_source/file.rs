//! A token file that somebody else keeps up to date.

use super::{Fetch, FetchFailure, Fetching, Fresh, SecretToken, own_expiry};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The projected token of a pod, say. The kubelet replaces it at 80 % of its life, and when its volume changes, so the
/// file is read again each minute at the latest.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// At this path, e.g. `/var/run/secrets/kubernetes.io/serviceaccount/token`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self, now: i64) -> Result<Fresh, FetchFailure> {
        // A small file in memory (tmpfs): reading it does not hold up anybody.
        let text = Zeroizing::new(std::fs::read_to_string(&self.path).map_err(|_| FetchFailure::Unreachable)?);
        let token = text.trim();
        if token.is_empty() {
            return Err(FetchFailure::Unreadable);
        }
        let look_again = now.saturating_add(EACH);
        // A token without an end (of a secret) is taken anew each time; two minutes bridge a file that is away.
        let expires = own_expiry(token).unwrap_or(look_again.saturating_add(EACH));
        Ok(Fresh { token: SecretToken::new(token), expires, look_again: Some(look_again) })
    }
}

impl Fetch for TokenFile {
    fn fetch(&self, now: i64) -> Fetching<'_> {
        Box::pin(std::future::ready(self.read(now)))
    }
}

/// Seconds between two looks.
const EACH: i64 = 60;

//! Secrets of this process.

use crate::ConfigError;
use zeroize::Zeroizing;

/// The key of a keyed hash.
pub(crate) fn key() -> Result<Zeroizing<[u8; 16]>, ConfigError> {
    let mut key = Zeroizing::new([0; 16]);
    getrandom::fill(key.as_mut_slice()).map_err(|_| ConfigError::Randomness)?;
    Ok(key)
}

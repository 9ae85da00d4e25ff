//! Files and standard input, each within a limit.

use crate::error::CliError;
use crate::redact;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a configuration, manifest or key file.
pub(crate) const FILE: u64 = 16 << 20;
/// Bytes of a token with white space around it.
const TOKEN: u64 = 1 << 20;

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, CliError> {
    let name = name(path);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        if STANDARD_INPUT_READ.swap(true, Ordering::Relaxed) {
            return Err(CliError::Read { name, why: "it has been read already, for another argument".to_owned() });
        }
        std::io::stdin().lock().take(limit.saturating_add(1)).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
    };
    match read {
        Err(error) => Err(CliError::Read { name, why: reason(&error) }),
        Ok(length) if u64::try_from(length).is_ok_and(|length| length > limit) => {
            Err(CliError::TooLarge { name, limit })
        }
        Ok(_) => Ok(bytes),
    }
}

/// It can be read once; whoever comes second would find it empty, and judge by nothing.
static STANDARD_INPUT_READ: AtomicBool = AtomicBool::new(false);

/// The same as text.
pub(crate) fn text(path: &Path, limit: u64) -> Result<String, CliError> {
    String::from_utf8(bytes(path, limit)?).map_err(|_| CliError::NotUtf8 { name: name(path) })
}

/// A token, without the white space around it and without `Bearer` in front.
pub(crate) fn token(path: &Path) -> Result<String, CliError> {
    no_token(path)?;
    if path.as_os_str() == "-" && std::io::stdin().is_terminal() {
        return Err(CliError::Terminal);
    }
    let text = text(path, TOKEN)?;
    let token = text.trim();
    Ok(token.strip_prefix("Bearer ").unwrap_or(token).trim_start().to_owned())
}

/// That it is no token in the place of a file.
pub(crate) fn no_token(path: &Path) -> Result<(), CliError> {
    let is_token = path.to_str().is_some_and(redact::is_like_token) && !path.exists();
    if is_token { Err(CliError::TokenAsArgument) } else { Ok(()) }
}

/// How messages call a file.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The system's words, without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

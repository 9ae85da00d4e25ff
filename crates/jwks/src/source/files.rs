//! Keys in files that somebody else replaces, such as a mounted Secret.

use super::{FetchRequest, KeySource, Outcome, aside, inline};
use crate::handle::BoxFuture;
use crate::lifecycle::Fetched;
use crate::{FetchError, Misconfigured};
use claimant_core::{JwkRules, KeySet, Limits, Provider, provider};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files with a JWK set or PEM each, and folders of such files (hidden ones are passed over: a mounted Secret has
/// its machinery there). They are read anew whenever the lifecycle wants, for which
/// [`KeyPolicy::for_files`](crate::KeyPolicy::for_files) is made. A set counts only if every file of it can be
/// read to the end; while one is broken or half written, the last good set serves, and
/// [`State::last_error`](crate::lifecycle::State::last_error) says why.
///
/// ```no_run
/// use claimant_jwks::{KeyPolicy, Keys, source::Files};
///
/// let files = Files::new(["/var/run/keys", "/etc/kubernetes/pki/sa.pub"]);
/// files.read()?; // wrong from the start: better said at once
/// let keys = Keys::spawn_thread(files, KeyPolicy::for_files())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Files {
    paths: Vec<PathBuf>,
    rules: JwkRules,
    provider: Arc<dyn Provider + Send + Sync>,
    limits: Limits,
    file_bytes: u64,
}

impl Files {
    /// Files and folders, in this order.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            rules: JwkRules::Bind,
            provider: Arc::new(provider::Default),
            limits: Limits::default(),
            file_bytes: FILE_BYTES,
        }
    }

    /// Other rules for what a JWK says of its own use.
    #[must_use]
    pub fn rules(self, rules: JwkRules) -> Self {
        Self { rules, ..self }
    }

    /// Another provider.
    #[must_use]
    pub fn provider(self, provider: impl Provider + Send + Sync + 'static) -> Self {
        Self { provider: Arc::new(provider), ..self }
    }

    /// Other limits; [`Limits::keys`] is for all files together.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The longest file, in bytes: 1 MiB by default.
    #[must_use]
    pub fn file_bytes(self, file_bytes: u64) -> Self {
        Self { file_bytes, ..self }
    }

    /// Reads all of them now.
    ///
    /// # Errors
    /// The first file that is broken, out of reach, too long or without a usable key.
    pub fn read(&self) -> Result<Fetched, FetchError> {
        let mut files = Vec::new();
        for path in &self.paths {
            let at = |error: std::io::Error| FetchError::Unreachable(format!("{}: {error}", path.display()));
            if path.metadata().map_err(at)?.is_dir() {
                let mut inside = Vec::new();
                for entry in path.read_dir().map_err(at)? {
                    let entry = entry.map_err(at)?;
                    let hidden = entry.file_name().to_string_lossy().starts_with('.');
                    if !hidden && entry.path().is_file() {
                        inside.push(entry.path());
                    }
                }
                // The order of a folder is nobody's; that of names is.
                inside.sort();
                files.extend(inside);
            } else {
                files.push(path.clone());
            }
        }
        let mut digest = Sha256::new();
        let mut keys = KeySet::default();
        for path in &files {
            let text = self.text(path)?;
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            digest.update(length.to_be_bytes());
            digest.update(text.as_bytes());
            let broken = |why: &dyn fmt::Display| document(path, &why.to_string());
            let found = inline(&text, self.rules, &*self.provider, &self.limits).map_err(|why| match why {
                Misconfigured::NoUsableKey => FetchError::NoUsableKey,
                why => broken(&why),
            })?;
            keys = keys.join(found);
            if keys.keys().len() > self.limits.keys {
                return Err(broken(&"too many keys in all files together"));
            }
        }
        Ok(Fetched { keys, digest: digest.finalize().into(), fresh_for: None, sequence: None })
    }

    fn text(&self, path: &Path) -> Result<String, FetchError> {
        let at = |error: std::io::Error| FetchError::Unreachable(format!("{}: {error}", path.display()));
        // A pipe would block.
        if !path.metadata().map_err(at)?.is_file() {
            return Err(document(path, "not a file"));
        }
        let mut text = String::new();
        let most = self.file_bytes.saturating_add(1);
        File::open(path).map_err(at)?.take(most).read_to_string(&mut text).map_err(at)?;
        if u64::try_from(text.len()).is_ok_and(|length| length > self.file_bytes) {
            let limit = usize::try_from(self.file_bytes).unwrap_or(usize::MAX);
            return Err(FetchError::TooLong { document: FILE, limit });
        }
        Ok(text)
    }
}

impl KeySource for Files {
    fn name(&self) -> String {
        let paths: Vec<_> = self.paths.iter().map(|path| path.to_string_lossy()).collect();
        paths.join(",")
    }

    fn fetch(&mut self, request: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        Box::pin(async move {
            let files = self.clone();
            let fetched = aside(move || files.read()).await?;
            Ok(if request.held == Some(fetched.digest) {
                Outcome::Unchanged { fresh_for: None }
            } else {
                Outcome::Fetched(fetched)
            })
        })
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("paths", &self.paths).field("rules", &self.rules).finish_non_exhaustive()
    }
}

fn document(path: &Path, why: &str) -> FetchError {
    FetchError::Document { document: FILE, why: format!("{}: {why}", path.display()) }
}

const FILE: &str = "key file";
/// The longest file by default, in bytes.
const FILE_BYTES: u64 = 1 << 20;

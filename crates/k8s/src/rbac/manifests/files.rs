//! Files and folders.

use super::Manifests;
use super::problem::ManifestProblem;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes of a file.
const LONGEST: u64 = 64 << 20;
/// Files of a folder with all that is below it.
const FILES: usize = 10_000;
/// Folders within folders.
const DEPTH: usize = 32;

impl Manifests {
    /// Reads a file, or all files `*.yaml`, `*.yml` and `*.json` in a folder and below it, by name; hidden ones and
    /// links to folders are left out, as they are when a ConfigMap is mounted. A file that cannot be read is told by
    /// [`Manifests::problems`].
    ///
    /// # Errors
    /// The path itself does not exist or cannot be read.
    pub fn read_path(&mut self, path: &Path) -> io::Result<()> {
        self.read_path_but(path, |_, _| false)
    }

    /// The same without the files that `takes` takes by name and text: those are somebody else's.
    ///
    /// # Errors
    /// As of [`read_path`](Self::read_path).
    pub fn read_path_but(&mut self, path: &Path, mut takes: impl FnMut(&str, &[u8]) -> bool) -> io::Result<()> {
        let is_folder = path.metadata()?.is_dir();
        let files = if is_folder { self.collect(path)? } else { vec![path.to_owned()] };
        for file in files {
            let name = file.display().to_string();
            match read(&file) {
                Ok(text) if takes(&name, &text) => {}
                Ok(text) => self.read(&name, &text),
                Err(error) if is_folder => self.tell_file(&file, &error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tells by [`Manifests::problems`] of a file that could not be read, with the code `unreadable`.
    pub fn tell_unread(&mut self, file: &str, why: &str) {
        self.tell(ManifestProblem::of_file(file, "unreadable", why.to_owned()));
    }

    /// The files of a folder, sorted.
    fn collect(&mut self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut open = vec![(fs::read_dir(folder)?, 0)];
        while let Some((entries, depth)) = open.pop() {
            for entry in entries {
                let path = entry?.path();
                if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                    continue;
                }
                if path.is_dir() {
                    if path.is_symlink() {
                        continue;
                    }
                    match fs::read_dir(&path) {
                        Ok(entries) if depth < DEPTH => open.push((entries, depth + 1)),
                        Ok(_) => self.tell_file(&path, &io::Error::other(format!("below {DEPTH} folders"))),
                        Err(error) => self.tell_file(&path, &error),
                    }
                } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                    files.push(path);
                }
            }
        }
        files.sort();
        if let Some(left_out) = files.get(FILES) {
            let why = format!("this file and {} more are left out: at most {FILES} are read", files.len() - FILES - 1);
            self.tell_file(left_out, &io::Error::other(why));
            files.truncate(FILES);
        }
        Ok(files)
    }

    fn tell_file(&mut self, path: &Path, error: &io::Error) {
        let why = error.to_string();
        self.tell_unread(&path.display().to_string(), why.split(" (os error").next().unwrap_or(&why));
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let length = File::open(path)?.take(LONGEST + 1).read_to_end(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length > LONGEST) {
        return Err(io::Error::other(format!("more than {LONGEST} bytes")));
    }
    Ok(text)
}

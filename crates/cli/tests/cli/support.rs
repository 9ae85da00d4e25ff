//! Runs the program.

use claimant_testkit::{Issuer, KeyKind, TokenOptions};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub const NOW: i64 = 1_790_000_000;

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Runs it with this on standard input.
pub fn run_with<S: AsRef<OsStr>>(stdin: &[u8], arguments: impl IntoIterator<Item = S>) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_claimant"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    run_with(b"", arguments)
}

/// A folder of one test, empty at its start.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn path(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }
}

/// An issuer with its keys and a configuration in files.
pub struct Setup {
    pub issuer: Issuer,
    pub folder: Folder,
    pub config: String,
    pub jwks: String,
}

impl Setup {
    /// `mappings` is what follows the issuer in the configuration.
    pub fn new(name: &str, mappings: &str) -> Self {
        let issuer = Issuer::start_with(KeyKind::Es256).unwrap();
        let folder = Folder::new(name);
        let config = folder.file(
            "authn.yaml",
            format!(
                "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    url: {}\n    \
                 audiences: [my-api]\n{mappings}",
                issuer.url()
            ),
        );
        let keys = folder.file("keys.json", json!({"keys": [issuer.jwk()]}).to_string());
        let jwks = format!("{}={keys}", issuer.url());
        Self { issuer, folder, config, jwks }
    }

    pub fn id_token(&self, groups: &[&str]) -> String {
        self.issuer.id_token("jane", groups, &TokenOptions::new("my-api", NOW)).unwrap()
    }

    /// Runs a command that judges this token.
    pub fn judge(&self, command: &str, token: &str, more: &[&str]) -> Ran {
        let now = NOW.to_string();
        let mut all = vec![command, "--config", &self.config, "--jwks", &self.jwks, "--now", &now];
        all.extend(more);
        let ran = run_with(token.as_bytes(), all);
        let shows = |text: &str| !token.is_empty() && text.contains(token.trim());
        assert!(!shows(&ran.out) && !shows(&ran.err), "the token shows");
        ran
    }
}

pub const CLAIMS: &str =
    "  claimMappings:\n    username: {claim: sub, prefix: 'oidc:'}\n    groups: {claim: groups, prefix: 'oidc:'}\n";

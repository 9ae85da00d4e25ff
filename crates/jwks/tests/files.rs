//! Keys in files: read, reloaded, and kept while what is there is broken.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use claimant_jwks::lifecycle::Standing;
use claimant_jwks::source::Files;
use claimant_jwks::{FetchError, KeyPolicy, Keys};
use hand::{Hand, Task, jwks};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("claimant-files-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEut2vJk59R4zdUJzA2gdaDp+ZL/vL
tzcYWiuiaM+VoTyRMYM/xEWEtI08ZjMwQqDtmYcKIZDzjMB98lVzedZasA==
-----END PUBLIC KEY-----
";

#[test]
fn files_and_folders_of_either_format_make_one_set() {
    let folder = Folder::new();
    folder.write("b.json", &jwks(&["b"]));
    folder.write("a.json", &jwks(&["a"]));
    folder.write(".hidden", "nonsense");
    fs::create_dir(folder.0.join("..2026")).unwrap();
    let other = Folder::new();
    let pem = other.write("sa.pub", PEM);
    let fetched = Files::new([folder.0.clone(), pem]).read().unwrap();
    let kids: Vec<_> = fetched.keys.keys().iter().map(|key| key.kid().unwrap().to_owned()).collect();
    assert_eq!(kids[..2], ["a", "b"]);
    assert_eq!((kids.len(), kids[2].len()), (3, 43), "a PEM key has the id that Kubernetes gives it");
}

#[test]
fn a_file_is_reloaded_and_one_that_is_broken_keeps_the_last_good_set_visibly() {
    let folder = Folder::new();
    folder.write("keys.json", &jwks(&["a"]));
    let clock = Hand::default();
    let (keys, driver) = Keys::new(Files::new([folder.0.clone()]), KeyPolicy::for_files(), clock.clone()).unwrap();
    let mut driver = Task::new(driver.run());
    assert!(driver.poll().is_pending());
    assert!(keys.load().key("a").is_some());
    let generation = keys.generation();
    let mut step = |seconds| {
        clock.advance(Duration::from_secs(seconds));
        assert!(driver.run().is_pending());
    };
    step(10);
    assert_eq!(keys.generation(), generation, "the same files are the same keys");

    folder.write("keys.json", &jwks(&["a", "b"]));
    step(10);
    assert!(keys.load().key("b").is_some());

    let whole = jwks(&["c"]);
    let half = &whole[..whole.len() / 2];
    for (broken, reason) in [
        (half, "fetch_document"),
        ("", "fetch_document"),
        (&PEM[..60], "fetch_document"),
        (&format!("{PEM}{}", &PEM[..100]), "fetch_document"),
        (r#"{"keys":[]}"#, "fetch_no_usable_key"),
    ] {
        folder.write("keys.json", broken);
        step(30);
        let state = keys.state().unwrap();
        assert_eq!(state.last_error.unwrap().1.reason(), reason, "{broken}");
        assert!(state.failures_in_a_row > 0 && keys.load().key("b").is_some(), "{broken}");
    }
    assert_eq!(keys.load().standing(), Standing::Stale);
    fs::remove_file(folder.0.join("keys.json")).unwrap();
    step(30);
    assert!(keys.load().key("b").is_some());

    folder.write("keys.json", &whole);
    step(30);
    assert_eq!(keys.load().standing(), Standing::Fresh);
    assert!(keys.load().key("b").is_none() && keys.load().key("c").is_some());
    assert_eq!(keys.state().unwrap().failures_in_a_row, 0);
}

#[test]
fn what_cannot_be_a_key_file_is_refused() {
    let folder = Folder::new();
    let long = folder.write("long.json", &format!("{}{}", " ".repeat(100), jwks(&["a"])));
    let read = Files::new([long.clone()]).file_bytes(100).read();
    assert_eq!(read.unwrap_err(), FetchError::TooLong { document: "key file", limit: 100 });
    assert!(Files::new([long]).read().is_ok());
    let missing = Files::new([folder.0.join("missing")]).read().unwrap_err();
    assert!(matches!(missing, FetchError::Unreachable(why) if why.contains("missing")));
    let many: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let many = jwks(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let paths = [folder.write("one.json", &many), folder.write("two.json", &many)];
    assert!(matches!(Files::new(paths).read(), Err(FetchError::Document { .. })), "120 keys");
}

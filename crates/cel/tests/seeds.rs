//! The fuzz targets' seeds, and small changes of each, hold to the targets' invariants.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "common/invariants.rs"]
mod invariants;

use std::path::Path;

#[test]
fn seeds_and_their_neighbours_hold() {
    for (target, check) in invariants::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(target);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 8, "{target}");
        for file in files {
            let seed = std::fs::read(&file).unwrap();
            check(&seed);
            for changed in neighbours(&seed) {
                check(&changed);
            }
        }
    }
}

/// A spread of single changes: a byte replaced, left out, put in, and the end cut off.
fn neighbours(seed: &[u8]) -> Vec<Vec<u8>> {
    const BYTES: &[u8] = b".{}[]()?:\"',`\\=-0eu \n\xff";
    let mut all = Vec::new();
    for at in 0..seed.len() {
        let byte = BYTES[at % BYTES.len()];
        let mut replaced = seed.to_vec();
        replaced[at] = byte;
        let mut shorter = seed.to_vec();
        shorter.remove(at);
        let mut longer = seed.to_vec();
        longer.insert(at, byte);
        all.extend([replaced, shorter, longer, seed[..at].to_vec()]);
    }
    all
}

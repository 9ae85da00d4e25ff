#![no_main]

#[path = "../../crates/core/tests/common/invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::claims(data));

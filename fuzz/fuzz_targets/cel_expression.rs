#![no_main]

#[path = "../../crates/cel/tests/common/invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::cel_expression(data));

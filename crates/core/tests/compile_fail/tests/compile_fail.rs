//! What the types rule out: programs that must not compile, each with the compiler's own words.

#![allow(missing_docs)]

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}

//! The program in the process of its tests: over TLS on loopback, with the issuer of the test kit, and a clock that is
//! moved by hand for whatever waits between fetches and looks at files.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod answers;
mod common;
mod drain;
mod flags;
mod keys;
mod limits;
mod tls;

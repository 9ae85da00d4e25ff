//! The program as its users meet it: arguments in, text and exit code out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod explain;
mod lint;
mod lint_hints;
mod roles;
mod support;
mod ten_faults;
mod tokens;
mod usage;

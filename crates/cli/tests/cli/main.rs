//! The program as its users meet it: arguments in, text and exit code out.

mod lint;
mod support;
mod tokens;
mod usage;

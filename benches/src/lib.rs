//! What a verification costs: the same token, the same work, every contender in turn in one run.
//!
//! [`fixture`] has the tokens, [`ours`] this workspace's contenders, [`measure`] the interleaved rounds,
//! [`report`] the tables. Other libraries are in the package `peers` beside this one, outside the workspace.

// A benchmark that cannot run should stop at once and say where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod contender;
pub mod fixture;
pub mod markdown;
pub mod measure;
pub mod ours;
pub mod report;
pub mod svg;

pub use contender::{Contender, Kind};
pub use fixture::{Fixture, Subject};

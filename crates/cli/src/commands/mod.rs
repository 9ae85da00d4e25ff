//! One file a command.

pub(crate) mod completions;
pub(crate) mod inspect;
pub(crate) mod lint;
pub(crate) mod migrate;
pub(crate) mod verify;

//! One file a command.

pub(crate) mod bind;
pub(crate) mod can;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod lint;
pub(crate) mod migrate;
pub(crate) mod rules;
pub(crate) mod verify;
pub(crate) mod who_can;

//! Static types: what the API server would refuse when it loads a configuration.

mod checker;
mod declarations;
mod declared_extended;
mod declared_standard;
mod format_calls;
mod messages;
mod types;
mod unify;
mod validate;

pub(crate) use checker::{Checked, Reference, check};
pub(crate) use messages::Message;
pub(crate) use types::{Kind, Ty, Types};
pub(crate) use validate::validate;

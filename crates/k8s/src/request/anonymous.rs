//! Requests without a credential.

use crate::config;
use crate::user_info::{ANONYMOUS, UNAUTHENTICATED};
use crate::{Authenticated, UserInfo};

/// Where requests without a credential are let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Nowhere.
    #[default]
    Off,
    /// Everywhere, as is the API server's default.
    Everywhere,
    /// On these paths, compared byte for byte, as they are.
    Paths(Vec<String>),
}

impl Anonymous {
    /// On these paths alone.
    pub fn paths<S: Into<String>>(paths: impl IntoIterator<Item = S>) -> Self {
        Self::Paths(paths.into_iter().map(Into::into).collect())
    }

    pub(super) fn allows(&self, path: &str) -> bool {
        match self {
            Self::Off => false,
            Self::Everywhere => true,
            Self::Paths(paths) => paths.iter().any(|one| one == path),
        }
    }
}

/// The `anonymous` part of an AuthenticationConfiguration.
impl From<&config::Anonymous> for Anonymous {
    fn from(config: &config::Anonymous) -> Self {
        match (config.enabled, config.conditions.is_empty()) {
            (false, _) => Self::Off,
            (true, true) => Self::Everywhere,
            (true, false) => Self::paths(config.conditions.iter().map(|condition| condition.path.clone())),
        }
    }
}

pub(super) fn user() -> Authenticated {
    let user =
        UserInfo { username: ANONYMOUS.to_owned(), groups: vec![UNAUTHENTICATED.to_owned()], ..UserInfo::default() };
    Authenticated::new(user, Vec::new())
}

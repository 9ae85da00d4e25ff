//! Who asks.

use crate::args::Who;
use crate::error::CliError;
use crate::input;
use crate::verdict::NoUser;
use claimant_k8s::UserInfo;

/// The user, as the authorizer meets them.
pub(crate) struct Asker {
    /// None where the token is refused.
    pub(crate) user: Result<UserInfo, NoUser>,
    pub(crate) notes: Vec<String>,
}

impl Asker {
    pub(crate) fn load(options: &Who) -> Result<Self, CliError> {
        if let Some(path) = &options.token {
            let trusted = options.trust.load()?;
            let now = options.trust.now()?;
            let token = input::token(path)?;
            let notes = trusted.notes.clone();
            let user = trusted.judge(&token, now)?.map(|who| who.user.in_request());
            return Ok(Self { user, notes });
        }
        if options.user.is_none() && options.group.is_empty() {
            return Err(CliError::usage("who asks? give --user NAME, --group NAME or --token FILE"));
        }
        let trusts = &options.trust;
        if trusts.config.is_some() || trusts.oidc.is_given() || !trusts.service_account_issuer.is_empty() {
            return Err(CliError::usage("whom to believe is asked for a token alone; give --token FILE"));
        }
        let mut user = UserInfo::impersonated(options.user.clone().unwrap_or_default(), options.group.clone());
        user.uid = options.uid.clone().unwrap_or_default();
        for given in &options.extra {
            let (key, value) =
                given.split_once('=').ok_or_else(|| CliError::Usage(format!("--extra {given}: expected KEY=VALUE")))?;
            user.extra.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Ok(Self { user: Ok(user), notes: Vec::new() })
    }
}

/// Whether the user is of the group to which another authorizer, in front of RBAC, allows everything.
pub(crate) fn is_master(user: &UserInfo) -> bool {
    user.groups.iter().any(|group| group == "system:masters")
}

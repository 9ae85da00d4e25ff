//! From a configuration to authenticators, whole.

use super::{AuthenticationConfiguration, EgressSelector, Issuer};
use crate::oidc::{DistributedClaims, OidcAuthenticator};
use crate::request::Anonymous;
use crate::service_account::ServiceAccounts;
use crate::{Authenticator, ConfigError, Union};
use claimant_core::Limits;
use claimant_jwks::Keys;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What a configuration needs of the world for one issuer. A function from an [`Issuer`] to its [`Keys`] is one.
pub trait IssuerKeys: Send + Sync {
    /// The issuer's keys, of which the configuration says where they are: `url`, `discovery_url`,
    /// `certificate_authority`.
    ///
    /// # Errors
    /// Whatever makes a source impossible. One that is out of reach for now is none: its keys come later.
    fn keys(&self, issuer: &Issuer) -> Result<Keys, Box<dyn Error + Send + Sync>>;

    /// Takes `egressSelectorType`, through which [`IssuerKeys::keys`] is to fetch. By default a configuration with
    /// one is refused.
    ///
    /// # Errors
    /// Where that is not possible.
    fn egress(&self, issuer: &Issuer, selector: EgressSelector) -> Result<(), ConfigError> {
        Err(ConfigError::EgressSelector { issuer: issuer.url.clone(), selector })
    }

    /// How groups that stand elsewhere are had; by default they are not.
    fn distributed_claims(&self, issuer: &Issuer) -> Option<DistributedClaims> {
        let _ = issuer;
        None
    }
}

impl<F> IssuerKeys for F
where
    F: Fn(&Issuer) -> Result<Keys, Box<dyn Error + Send + Sync>> + Send + Sync,
{
    fn keys(&self, issuer: &Issuer) -> Result<Keys, Box<dyn Error + Send + Sync>> {
        self(issuer)
    }
}

/// What stays the same from one configuration to the next: the cluster's own service accounts, who else is asked,
/// and where keys come from.
///
/// ```
/// use claimant_k8s::config::{Assembly, AuthenticationConfiguration, Issuer};
/// use claimant_k8s::{Authenticator, Error, Keys};
///
/// let assembly = Assembly::new(|_: &Issuer| Ok(Keys::default()));
/// let file = b"apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n\
///     jwt: [{issuer: {url: 'https://issuer.example', audiences: [a]}, claimMappings: {username: {claim: sub, prefix: ''}}}]";
/// let assembled = assembly.assemble_yaml(file, None)?;
/// assert_eq!(assembled.authenticator().authenticate("not.a.token", 1_790_000_000), Err(Error::Unrecognized));
/// # Ok::<(), claimant_k8s::ConfigError>(())
/// ```
pub struct Assembly {
    keys: Box<dyn IssuerKeys>,
    before: Vec<Arc<dyn Authenticator>>,
    after: Vec<Arc<dyn Authenticator>>,
    disallowed: Vec<String>,
    limits: Limits,
    system_names: bool,
}

impl Assembly {
    /// With keys from here, and nobody beside the issuers of the configuration.
    pub fn new(keys: impl IssuerKeys + 'static) -> Self {
        Self {
            keys: Box::new(keys),
            before: Vec::new(),
            after: Vec::new(),
            disallowed: Vec::new(),
            limits: Limits::default(),
            system_names: true,
        }
    }

    /// The cluster's own service accounts, asked first. No configuration may have one of their issuers.
    #[must_use]
    pub fn service_accounts(mut self, accounts: ServiceAccounts) -> Self {
        self.disallowed.extend(accounts.issuers().unwrap_or_default());
        self.before.push(Arc::new(accounts));
        self
    }

    /// Somebody else, asked last.
    #[must_use]
    pub fn then(mut self, other: impl Authenticator + 'static) -> Self {
        self.after.push(Arc::new(other));
        self
    }

    /// Issuers that no configuration may have.
    #[must_use]
    pub fn disallowed_issuers<S: Into<String>>(mut self, issuers: impl IntoIterator<Item = S>) -> Self {
        self.disallowed.extend(issuers.into_iter().map(Into::into));
        self
    }

    /// Other bounds on tokens than the defaults.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// As [`OidcBuilder::without_system_names`](crate::oidc::OidcBuilder::without_system_names), for all issuers of
    /// configurations.
    #[must_use]
    pub fn without_system_names(mut self) -> Self {
        self.system_names = false;
        self
    }

    /// Reads a file and puts it together, as the API server would load it. Issuers that `previous` had under the
    /// same URLs, trust anchors and egress keep their keys, where those are such as rotate.
    ///
    /// # Errors
    /// What the API server refuses, and [`ConfigError::Keys`] or [`ConfigError::EgressSelector`].
    pub fn assemble_yaml(&self, text: &[u8], previous: Option<&Assembled>) -> Result<Assembled, ConfigError> {
        let config = AuthenticationConfiguration::from_yaml(text, &self.disallowed)?;
        self.assemble(config, previous)
    }

    /// The same with a configuration that was made in code, which may have any number of issuers.
    ///
    /// # Errors
    /// As [`Assembly::assemble_yaml`].
    pub fn assemble(
        &self,
        config: AuthenticationConfiguration,
        previous: Option<&Assembled>,
    ) -> Result<Assembled, ConfigError> {
        config.compile(&self.disallowed, usize::MAX)?;
        let mut union = Union::new().with_limits(self.limits.clone());
        union = self.before.iter().cloned().fold(union, Union::with);
        let mut issuers = Vec::with_capacity(config.jwt.len());
        for jwt in config.jwt {
            let issuer = jwt.issuer.clone();
            if let Some(selector) = issuer.egress_selector() {
                self.keys.egress(&issuer, selector)?;
            }
            let keys = match previous.and_then(|previous| previous.keys_of(&issuer)) {
                Some(keys) => keys.clone(),
                None => self
                    .keys
                    .keys(&issuer)
                    .map_err(|why| ConfigError::Keys { issuer: issuer.url.clone(), why: why.to_string() })?,
            };
            let builder = OidcAuthenticator::builder(jwt, keys.clone()).limits(self.limits.clone()).egress(|_, _| {});
            let builder = match self.keys.distributed_claims(&issuer) {
                Some(distributed) => builder.distributed_claims(distributed),
                None => builder,
            };
            let builder = if self.system_names { builder } else { builder.without_system_names() };
            union = union.with(builder.build()?);
            issuers.push((issuer, keys));
        }
        Ok(Assembled {
            union: self.after.iter().cloned().fold(union, Union::with),
            issuers,
            anonymous: config.anonymous.as_ref().map(Anonymous::from),
        })
    }
}

/// One configuration, ready to judge. Never changes; another takes its place.
#[derive(Debug)]
pub struct Assembled {
    union: Union,
    issuers: Vec<(Issuer, Keys)>,
    anonymous: Option<Anonymous>,
}

impl Assembled {
    /// Its authenticators as one, in the API server's order.
    pub fn authenticator(&self) -> &Union {
        &self.union
    }

    /// Its issuers with their keys.
    pub fn issuers(&self) -> impl Iterator<Item = (&Issuer, &Keys)> {
        self.issuers.iter().map(|(issuer, keys)| (issuer, keys))
    }

    /// Where requests without a credential are let in; `None` where the configuration leaves that to whoever runs
    /// it (`--anonymous-auth`).
    pub fn anonymous(&self) -> Option<&Anonymous> {
        self.anonymous.as_ref()
    }

    /// The issuers whose keys are not there.
    pub fn without_keys(&self) -> Vec<String> {
        let missing = self.issuers.iter().filter(|(_, keys)| keys.load().keys().is_none());
        missing.map(|(issuer, _)| issuer.url.clone()).collect()
    }

    /// The keys of an issuer whose source is the same. Those that never change may have been read anew since.
    fn keys_of(&self, wanted: &Issuer) -> Option<&Keys> {
        let source = |issuer: &Issuer| {
            let Issuer { url, discovery_url, certificate_authority, egress_selector_type, .. } = issuer.clone();
            (url, discovery_url, certificate_authority, egress_selector_type)
        };
        let found = self.issuers.iter().find(|(issuer, _)| source(issuer) == source(wanted)).map(|(_, keys)| keys);
        found.filter(|keys| keys.retry_after().is_some())
    }
}

impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembly")
            .field("before", &self.before.len())
            .field("after", &self.after.len())
            .field("disallowed", &self.disallowed)
            .finish_non_exhaustive()
    }
}

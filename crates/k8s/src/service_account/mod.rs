//! Bound service-account tokens to users (pkg/serviceaccount of k8s.io/kubernetes).

mod claims;
mod objects;

pub use objects::{MemoryObjects, ObjectKind, ObjectLookup, ObjectMeta};

use crate::user_info::CREDENTIAL_ID;
use crate::{Authenticated, Authenticator, Error, Refusal, UserInfo};
use claimant_core::{Algorithm, Audience, KeySet, Limits, Policy, TimeRules, UnverifiedToken, claims_issuer};
use claims::PrivateClaims;
use std::fmt;

/// The service accounts of one cluster.
pub struct ServiceAccounts {
    issuers: Vec<(String, Policy)>,
    keys: KeySet,
    api_audiences: Vec<String>,
    objects: Option<Box<dyn ObjectLookup>>,
    limits: Limits,
}

impl ServiceAccounts {
    /// Tokens of these issuers, signed by these keys. `api_audiences` are those of a token that names none,
    /// and those that are asked for where a caller names none; as in the API server, without any no token
    /// is refused for its audience, but then the answer has none either.
    ///
    /// The objects that a token refers to are not looked at: a token of a deleted pod stays good until it
    /// expires. See [`ServiceAccounts::with_objects`].
    pub fn new<S: Into<String>>(
        issuers: impl IntoIterator<Item = S>,
        keys: KeySet,
        api_audiences: impl IntoIterator<Item = S>,
    ) -> Self {
        let policy = |issuer: String| {
            let audience = Audience::unchecked("compared with those that the caller asks for");
            (issuer.clone(), Policy::new(issuer, audience).with_times(TimeRules::ServiceAccount))
        };
        Self {
            issuers: issuers.into_iter().map(|issuer| policy(issuer.into())).collect(),
            keys,
            api_audiences: api_audiences.into_iter().map(Into::into).collect(),
            objects: None,
            limits: Limits::default(),
        }
    }

    /// Also refuses tokens whose account, secret, pod or node is missing, made anew or deleted.
    #[must_use]
    pub fn with_objects(mut self, objects: impl ObjectLookup + 'static) -> Self {
        self.objects = Some(Box::new(objects));
        self
    }

    /// With other bounds on tokens than the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Judges `token` for the audiences that the caller asks for; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`].
    pub fn authenticate_for(&self, token: &str, requested: &[String], now: i64) -> Result<Authenticated, Error> {
        let (_, policy) =
            self.issuers.iter().find(|(issuer, _)| claims_issuer(token, issuer)).ok_or(Error::Unrecognized)?;
        let mut buffer = Vec::with_capacity(token.len());
        let parsed = UnverifiedToken::parse(token, &mut buffer, &self.limits)
            .map_err(|error| if error.is_unreadable() { Error::Unrecognized } else { Refusal::Token(error).into() })?;
        let claims = parsed
            .verify(&self.keys, &Algorithm::KUBERNETES)
            .and_then(|token| token.check(policy, now))
            .map_err(Refusal::Token)?;
        let private = PrivateClaims::read(&claims).map_err(Refusal::Token)?;
        let own = claims.audiences().map_err(Refusal::Token)?;
        let has = |wanted: &String| {
            if own.is_empty() { self.api_audiences.contains(wanted) } else { own.iter().any(|a| a == wanted) }
        };
        let audiences: Vec<String> = requested.iter().filter(|wanted| has(wanted)).cloned().collect();
        if audiences.is_empty() && !self.api_audiences.is_empty() {
            return Err(Refusal::Token(claimant_core::Refusal::Audience).into());
        }
        match &self.objects {
            Some(objects) => objects::check(objects.as_ref(), &private, now)?,
            None => private.check_offline()?,
        }
        let mut user = private.user();
        if let Some(jti) = claims.text("jti").map_err(Refusal::Token)?.filter(|jti| !jti.is_empty()) {
            user.set(CREDENTIAL_ID, &format!("JTI={jti}"));
        }
        Ok(Authenticated::new(user, audiences))
    }
}

impl Authenticator for ServiceAccounts {
    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        self.authenticate_for(token, &self.api_audiences, now)
    }
}

impl fmt::Debug for ServiceAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.issuers.iter().map(|(issuer, _)| issuer).collect();
        f.debug_struct("ServiceAccounts").field("issuers", &issuers).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// `UserInfo` of an account, before the extras of what it is bound to.
fn account(namespace: &str, name: &str, uid: &str) -> UserInfo {
    UserInfo {
        username: format!("system:serviceaccount:{namespace}:{name}"),
        uid: uid.to_owned(),
        groups: vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")],
        ..UserInfo::default()
    }
}

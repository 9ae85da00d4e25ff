//! What is asked once it is known who it is: [`Rule`], and [`Roles`] as one.

use super::Rejection;
use crate::rbac::{Authorizer, Decision, RequestInfo};
use crate::{Unavailable, UserInfo};
use http::request::Parts;
use std::sync::Arc;

/// Decides whether a user may make a request. Every closure of this form is one.
pub trait Rule: Send + Sync {
    /// Whether `user`, who may be `system:anonymous`, may. The request still has its credential: do not log it.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`] where not.
    fn check(&self, user: &UserInfo, request: &Parts) -> Result<(), Rejection>;
}

impl<F: Fn(&UserInfo, &Parts) -> Result<(), Rejection> + Send + Sync> Rule for F {
    fn check(&self, user: &UserInfo, request: &Parts) -> Result<(), Rejection> {
        self(user, request)
    }
}

/// Where [`Roles`] finds the roles as they are now.
pub trait RolesSource: Send + Sync {
    /// The snapshot that counts.
    ///
    /// # Errors
    /// Where it is not known now.
    fn load(&self) -> Result<Arc<Authorizer>, Unavailable>;
}

/// Roles that never change.
impl RolesSource for Arc<Authorizer> {
    fn load(&self) -> Result<Arc<Authorizer>, Unavailable> {
        Ok(Self::clone(self))
    }
}

/// Roles as a cluster's watches tell them: 503 where they are older than allowed.
#[cfg(feature = "kube")]
impl RolesSource for Arc<crate::rbac::WatchedRoles> {
    fn load(&self) -> Result<Arc<Authorizer>, Unavailable> {
        self.authorizer()
    }
}

impl<F: Fn() -> Result<Arc<Authorizer>, Unavailable> + Send + Sync> RolesSource for F {
    fn load(&self) -> Result<Arc<Authorizer>, Unavailable> {
        self()
    }
}

/// Allows what a role allows, of a request to the paths of an API server, and says no in the API server's words.
pub struct Roles<S> {
    source: S,
}

impl<S: RolesSource> Roles<S> {
    /// By the roles of `source`.
    pub fn new(source: S) -> Self {
        Self { source }
    }
}

impl<S: RolesSource> Rule for Roles<S> {
    fn check(&self, user: &UserInfo, request: &Parts) -> Result<(), Rejection> {
        let target = request.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let info = RequestInfo::from_http(request.method.as_str(), target)?;
        let attributes = info.attributes();
        let roles = self.source.load()?;
        match roles.can(user, &attributes) {
            Decision::Allow(_) => Ok(()),
            Decision::NoOpinion(none) => {
                Err(Rejection::Forbidden(attributes.forbidden(&user.username, &none.to_string())))
            }
        }
    }
}

impl<S> std::fmt::Debug for Roles<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roles").finish_non_exhaustive()
    }
}

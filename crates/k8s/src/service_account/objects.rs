//! The objects that a token refers to: alive, made anew, deleted.

use super::claims::{PrivateClaims, Reference};
use crate::{Error, OutOfReach, Refusal, Unavailable};
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// The kinds of objects that tokens refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ObjectKind {
    ServiceAccount,
    Secret,
    Pod,
    Node,
}

impl ObjectKind {
    fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "service account",
            Self::Secret => "secret",
            Self::Pod => "pod",
            Self::Node => "node",
        }
    }
}

/// What is asked of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectMeta {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.deletionTimestamp`, in seconds since 1970.
    pub deleted_at: Option<i64>,
}

/// Where objects are looked up.
pub trait ObjectLookup: Send + Sync {
    /// The object of this kind and key, which is `namespace/name`, or the name alone where the namespace is
    /// empty; `None` where there is none. Never waits.
    ///
    /// # Errors
    /// [`Stale`] where nobody can tell now.
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale>;

    /// The secret of a legacy token, with its content. Without this, legacy tokens are refused. Never waits.
    ///
    /// # Errors
    /// As [`ObjectLookup::get`].
    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        let _ = key;
        Ok(None)
    }

    /// Finds out what [`ObjectLookup::get`] and [`ObjectLookup::token_secret`] could not tell, where a wait may
    /// help: by asking an API server, say. `None`, as by default, where it does not.
    fn fetch<'a>(&'a self, asked: &'a Asked) -> Option<Fetching<'a>> {
        let _ = asked;
        None
    }
}

/// Nobody can tell now whether an object is there: what is known is too old, or was never known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is known of the objects is too old")]
pub struct Stale;

/// What [`ObjectLookup::fetch`] is to find out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The metadata of an object, by its kind and key.
    Object(ObjectKind, String),
    /// The secret of a legacy token, by its key.
    TokenSecret(String),
}

/// What was found out; `None` where the object does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Fetched {
    Object(Option<ObjectMeta>),
    TokenSecret(Option<TokenSecret>),
}

/// The wait for it.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, Stale>> + Send + 'a>>;

impl<T: ObjectLookup + ?Sized> ObjectLookup for Arc<T> {
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        (**self).get(kind, key)
    }

    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        (**self).token_secret(key)
    }

    fn fetch<'a>(&'a self, asked: &'a Asked) -> Option<Fetching<'a>> {
        (**self).fetch(asked)
    }
}

/// What is asked of the secret of a legacy token.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TokenSecret {
    /// Its metadata.
    pub meta: ObjectMeta,
    /// `data.token`, decoded.
    pub token: Vec<u8>,
    /// Whether the label `kubernetes.io/legacy-token-invalid-since` has a value.
    pub marked_invalid: bool,
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSecret").field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// Objects in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryObjects {
    objects: HashMap<(ObjectKind, String), ObjectMeta>,
    secrets: HashMap<String, TokenSecret>,
}

impl MemoryObjects {
    /// Adds or replaces an object; the namespace of a node is empty.
    pub fn insert(&mut self, kind: ObjectKind, namespace: &str, name: &str, meta: ObjectMeta) {
        self.objects.insert((kind, key(namespace, name)), meta);
    }

    /// Adds or replaces the secret of a legacy token.
    pub fn insert_token_secret(&mut self, namespace: &str, name: &str, secret: TokenSecret) {
        self.insert(ObjectKind::Secret, namespace, name, secret.meta.clone());
        self.secrets.insert(key(namespace, name), secret);
    }
}

impl ObjectLookup for MemoryObjects {
    fn get(&self, kind: ObjectKind, key: &str) -> Result<Option<ObjectMeta>, Stale> {
        Ok(self.objects.get(&(kind, key.to_owned())).cloned())
    }

    fn token_secret(&self, key: &str) -> Result<Option<TokenSecret>, Stale> {
        Ok(self.secrets.get(key).cloned())
    }
}

/// An object that a token hangs on.
#[derive(Debug)]
pub(super) struct Bond {
    pub(super) kind: ObjectKind,
    pub(super) key: String,
    pub(super) uid: String,
}

/// The API server's order: account, secret, pod, node (not where there is a pod), webhook configuration.
pub(super) fn check(objects: &dyn ObjectLookup, claims: &PrivateClaims<'_>, now: i64) -> Result<Vec<Bond>, Trouble> {
    let ns = claims.namespace.as_ref();
    let node = claims.node.as_ref().filter(|_| claims.pod.is_none());
    let references = [
        (ObjectKind::ServiceAccount, ns, Some(&claims.account)),
        (ObjectKind::Secret, ns, claims.secret.as_ref()),
        (ObjectKind::Pod, ns, claims.pod.as_ref()),
        (ObjectKind::Node, "", node),
    ];
    let mut bonds = Vec::with_capacity(2);
    for (kind, namespace, reference) in references {
        let Some(Reference { name, uid }) = reference else { continue };
        let bond = Bond { kind, key: key(namespace, name), uid: uid.as_ref().to_owned() };
        bond.check(objects, now)?;
        bonds.push(bond);
    }
    if claims.webhook { Err(Refusal::WebhookBound.into()) } else { Ok(bonds) }
}

impl Bond {
    /// Whether the object is there still.
    pub(super) fn check(&self, objects: &dyn ObjectLookup, now: i64) -> Result<(), Trouble> {
        let name = self.kind.name();
        let found = objects.get(self.kind, &self.key)?.ok_or(Refusal::ObjectMissing(name))?;
        if found.uid != self.uid {
            return Err(Refusal::ObjectUid(name).into());
        }
        match found.deleted_at {
            Some(at) if at < now.saturating_sub(DELETION_LEEWAY) => Err(Refusal::ObjectDeleted(name).into()),
            _ => Ok(()),
        }
    }
}

/// Why there is no user, before it is known whose fault that is.
#[derive(Debug)]
pub(super) enum Trouble {
    Refused(Refusal),
    Stale,
}

impl Trouble {
    /// Of a token of this issuer.
    pub(super) fn of(self, issuer: &str) -> Error {
        match self {
            Self::Refused(why) => why.into(),
            Self::Stale => Unavailable::new(issuer, OutOfReach::Objects).into(),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

impl From<claimant_core::Refusal> for Trouble {
    fn from(why: claimant_core::Refusal) -> Self {
        Self::Refused(why.into())
    }
}

impl From<Stale> for Trouble {
    fn from(_: Stale) -> Self {
        Self::Stale
    }
}

/// Seconds for which a bound token outlives the deletion of its object.
const DELETION_LEEWAY: i64 = 60;

pub(super) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

//! The objects that a token refers to: alive, made anew, deleted.

use super::claims::{PrivateClaims, Reference};
use crate::Refusal;
use std::collections::HashMap;
use std::fmt;

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
    /// empty; `None` where there is none.
    fn get(&self, kind: ObjectKind, key: &str) -> Option<ObjectMeta>;

    /// The secret of a legacy token, with its content. Without this, legacy tokens are refused.
    fn token_secret(&self, key: &str) -> Option<TokenSecret> {
        let _ = key;
        None
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
    fn get(&self, kind: ObjectKind, key: &str) -> Option<ObjectMeta> {
        self.objects.get(&(kind, key.to_owned())).cloned()
    }

    fn token_secret(&self, key: &str) -> Option<TokenSecret> {
        self.secrets.get(key).cloned()
    }
}

/// The API server's order: account, secret, pod, node (not where there is a pod), webhook configuration.
pub(super) fn check(objects: &dyn ObjectLookup, claims: &PrivateClaims<'_>, now: i64) -> Result<(), Refusal> {
    let ns = claims.namespace.as_ref();
    one(objects, ObjectKind::ServiceAccount, ns, Some(&claims.account), now)?;
    one(objects, ObjectKind::Secret, ns, claims.secret.as_ref(), now)?;
    one(objects, ObjectKind::Pod, ns, claims.pod.as_ref(), now)?;
    if claims.pod.is_none() {
        one(objects, ObjectKind::Node, "", claims.node.as_ref(), now)?;
    }
    if claims.webhook { Err(Refusal::WebhookBound) } else { Ok(()) }
}

fn one(
    objects: &dyn ObjectLookup,
    kind: ObjectKind,
    namespace: &str,
    reference: Option<&Reference<'_>>,
    now: i64,
) -> Result<(), Refusal> {
    let Some(reference) = reference else { return Ok(()) };
    let found = objects.get(kind, &key(namespace, &reference.name)).ok_or(Refusal::ObjectMissing(kind.name()))?;
    if found.uid != reference.uid {
        return Err(Refusal::ObjectUid(kind.name()));
    }
    match found.deleted_at {
        Some(at) if at < now.saturating_sub(DELETION_LEEWAY) => Err(Refusal::ObjectDeleted(kind.name())),
        _ => Ok(()),
    }
}

/// Seconds for which a bound token outlives the deletion of its object.
const DELETION_LEEWAY: i64 = 60;

pub(super) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

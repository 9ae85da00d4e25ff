//! Legacy tokens: those of secrets, without an expiry (pkg/serviceaccount/legacy.go of k8s.io/kubernetes).

use super::account;
use super::objects::{ObjectKind, ObjectLookup, key};
use crate::names::{is_label, is_subdomain};
use crate::{Refusal, UserInfo};
use claimant_core::Claims;

/// The issuer of every legacy token, whatever the cluster.
pub(super) const ISSUER: &str = "kubernetes/serviceaccount";

const SUBJECT: &str = "sub";
const NAMESPACE: &str = "kubernetes.io/serviceaccount/namespace";
const SECRET: &str = "kubernetes.io/serviceaccount/secret.name";
const NAME: &str = "kubernetes.io/serviceaccount/service-account.name";
const UID: &str = "kubernetes.io/serviceaccount/service-account.uid";

/// The user of checked claims; `token` is compared with the secret's copy where there are objects.
pub(super) fn user(claims: &Claims<'_>, token: &str, objects: Option<&dyn ObjectLookup>) -> Result<UserInfo, Refusal> {
    // The types of all count before the absence of any, as in a reader that fills a structure.
    let [subject, namespace, secret, name, uid] =
        [SUBJECT, NAMESPACE, SECRET, NAME, UID].map(|claim| claims.text(claim).map(Option::unwrap_or_default));
    let (subject, namespace, secret, name, uid) = (subject?, namespace?, secret?, name?, uid?);
    for (claim, value) in [(SUBJECT, &subject), (NAMESPACE, &namespace), (SECRET, &secret), (NAME, &name), (UID, &uid)]
    {
        if value.is_empty() {
            return Err(Refusal::ClaimMissing(claim.to_owned()));
        }
    }
    let valid = is_label(&namespace) && is_subdomain(&name);
    if !valid || subject != format!("system:serviceaccount:{namespace}:{name}") {
        return Err(Refusal::ClaimValue(SUBJECT.to_owned()));
    }
    if let Some(objects) = objects {
        check(objects, [&namespace, &secret, &name, &uid], token)?;
    }
    Ok(account(&namespace, &name, &uid))
}

/// The API server's order; any deletion timestamp counts at once.
fn check(objects: &dyn ObjectLookup, [namespace, secret, name, uid]: [&str; 4], token: &str) -> Result<(), Refusal> {
    let secret = objects.token_secret(&key(namespace, secret)).ok_or(Refusal::ObjectMissing("secret"))?;
    if secret.meta.deleted_at.is_some() {
        return Err(Refusal::ObjectDeleted("secret"));
    }
    if secret.token != token.as_bytes() {
        return Err(Refusal::SecretMismatch);
    }
    let account = objects
        .get(ObjectKind::ServiceAccount, &key(namespace, name))
        .ok_or(Refusal::ObjectMissing("service account"))?;
    if account.deleted_at.is_some() {
        return Err(Refusal::ObjectDeleted("service account"));
    }
    if account.uid != uid {
        return Err(Refusal::ObjectUid("service account"));
    }
    if secret.marked_invalid { Err(Refusal::SecretInvalidated) } else { Ok(()) }
}

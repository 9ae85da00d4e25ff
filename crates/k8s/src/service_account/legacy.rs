//! Legacy tokens: those of secrets, without an expiry (pkg/serviceaccount/legacy.go of k8s.io/kubernetes).

use super::account;
use super::objects::{ObjectKind, ObjectLookup, Trouble, key};
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
pub(super) fn user(
    claims: &Claims<'_>,
    token: &str,
    objects: Option<&dyn ObjectLookup>,
) -> Result<(UserInfo, Option<LegacyBond>), Trouble> {
    // The types of all count before the absence of any, as in a reader that fills a structure.
    let [subject, namespace, secret, name, uid] =
        [SUBJECT, NAMESPACE, SECRET, NAME, UID].map(|claim| claims.text(claim).map(Option::unwrap_or_default));
    let (subject, namespace, secret, name, uid) = (subject?, namespace?, secret?, name?, uid?);
    for (claim, value) in [(SUBJECT, &subject), (NAMESPACE, &namespace), (SECRET, &secret), (NAME, &name), (UID, &uid)]
    {
        if value.is_empty() {
            return Err(Refusal::ClaimMissing(claim.to_owned()).into());
        }
    }
    let valid = is_label(&namespace) && is_subdomain(&name);
    if !valid || subject != format!("system:serviceaccount:{namespace}:{name}") {
        return Err(Refusal::ClaimValue(SUBJECT.to_owned()).into());
    }
    let user = account(&namespace, &name, &uid);
    let Some(objects) = objects else { return Ok((user, None)) };
    let bond = LegacyBond { secret: key(&namespace, &secret), account: key(&namespace, &name), uid: uid.into_owned() };
    bond.check(objects, Some(token))?;
    Ok((user, Some(bond)))
}

/// What a legacy token hangs on.
#[derive(Debug)]
pub(super) struct LegacyBond {
    secret: String,
    account: String,
    uid: String,
}

impl LegacyBond {
    /// Any deletion timestamp counts at once. Without the token (which nobody keeps) its copy in the secret is not
    /// compared.
    pub(super) fn check(&self, objects: &dyn ObjectLookup, token: Option<&str>) -> Result<(), Trouble> {
        let secret = objects.token_secret(&self.secret)?.ok_or(Refusal::ObjectMissing("secret"))?;
        if secret.meta.deleted_at.is_some() {
            return Err(Refusal::ObjectDeleted("secret").into());
        }
        // The API server looks at this last; it refuses all the same.
        if secret.marked_invalid {
            return Err(Refusal::SecretInvalidated.into());
        }
        if token.is_some_and(|token| secret.token != token.as_bytes()) {
            return Err(Refusal::SecretMismatch.into());
        }
        let found = objects.get(ObjectKind::ServiceAccount, &self.account)?;
        let account = found.ok_or(Refusal::ObjectMissing("service account"))?;
        if account.deleted_at.is_some() {
            return Err(Refusal::ObjectDeleted("service account").into());
        }
        if account.uid == self.uid { Ok(()) } else { Err(Refusal::ObjectUid("service account").into()) }
    }
}

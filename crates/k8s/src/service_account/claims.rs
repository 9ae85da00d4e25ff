//! The private claims of a bound token: the member `kubernetes.io`.

use super::account;
use crate::{Refusal, UserInfo};
use claimant_core::json::{self, Nested, Object};
use claimant_core::{Claims, Refusal as TokenRefusal};
use std::borrow::Cow;

const NAME: &str = "kubernetes.io";

/// A reference to an object: both parts may be empty.
#[derive(Debug, Default)]
pub(super) struct Reference<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) uid: Cow<'a, str>,
}

/// What a bound token says of itself.
#[derive(Debug, Default)]
pub(super) struct PrivateClaims<'a> {
    pub(super) namespace: Cow<'a, str>,
    pub(super) account: Reference<'a>,
    pub(super) pod: Option<Reference<'a>>,
    pub(super) secret: Option<Reference<'a>>,
    pub(super) node: Option<Reference<'a>>,
    pub(super) webhook: bool,
    /// Seconds since 1970 from when on the pod should hold a newer token; none where it is 0 or absent.
    pub(super) warn_after: Option<f64>,
}

impl<'a> PrivateClaims<'a> {
    pub(super) fn read(claims: &Claims<'a>) -> Result<Self, TokenRefusal> {
        let Some(object) = claims.object(NAME) else {
            return match claims.get(NAME) {
                None | Some("null") => Ok(Self::default()),
                Some(_) => Err(TokenRefusal::ClaimType(NAME)),
            };
        };
        object.refuse_twins(NAME)?;
        // Twins count in every reference, known or not.
        object.objects().try_for_each(|reference| reference.refuse_twins(NAME))?;
        check_attestations(&object)?;
        let webhooks = ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"];
        let mut webhook = false;
        for name in webhooks {
            webhook |= reference(&object, name)?.is_some();
        }
        Ok(Self {
            namespace: text(&object, "namespace")?,
            account: reference(&object, "serviceaccount")?.unwrap_or_default(),
            pod: reference(&object, "pod")?,
            secret: reference(&object, "secret")?,
            node: reference(&object, "node")?,
            webhook,
            warn_after: warn_after(&object)?.filter(|seconds| *seconds != 0.0),
        })
    }

    /// What can be said without the cluster's objects: an account without a name exists nowhere.
    pub(super) fn check_offline(&self) -> Result<(), Refusal> {
        if self.account.name.is_empty() || self.namespace.is_empty() {
            return Err(Refusal::ObjectMissing("service account"));
        }
        if self.webhook { Err(Refusal::WebhookBound) } else { Ok(()) }
    }

    pub(super) fn user(&self) -> UserInfo {
        let mut user = account(&self.namespace, &self.account.name, &self.account.uid);
        if let Some(pod) = self.pod.as_ref().filter(|pod| !pod.name.is_empty() && !pod.uid.is_empty()) {
            user.set("authentication.kubernetes.io/pod-name", pod.name.as_ref());
            user.set("authentication.kubernetes.io/pod-uid", pod.uid.as_ref());
        }
        if let Some(node) = self.node.as_ref().filter(|node| !node.name.is_empty()) {
            user.set("authentication.kubernetes.io/node-name", node.name.as_ref());
            if !node.uid.is_empty() {
                user.set("authentication.kubernetes.io/node-uid", node.uid.as_ref());
            }
        }
        user
    }
}

fn reference<'a>(object: &Nested<'a>, name: &'static str) -> Result<Option<Reference<'a>>, TokenRefusal> {
    if let Some(members) = object.object(name) {
        return Ok(Some(Reference { name: text(&members, "name")?, uid: text(&members, "uid")? }));
    }
    match object.get(name) {
        None | Some("null") => Ok(None),
        Some(_) => Err(TokenRefusal::ClaimType(name)),
    }
}

fn text<'a>(object: &Nested<'a>, name: &'static str) -> Result<Cow<'a, str>, TokenRefusal> {
    match object.get(name) {
        None | Some("null") => Ok(Cow::Borrowed("")),
        Some(raw) => json::string(raw, NAME)?.ok_or(TokenRefusal::ClaimType(name)),
    }
}

/// `warnafter` refuses nothing by itself, but it must be a number (a double) or null.
fn warn_after(object: &Nested<'_>) -> Result<Option<f64>, TokenRefusal> {
    let wrong = TokenRefusal::ClaimType("warnafter");
    match object.get("warnafter") {
        None | Some("null") => Ok(None),
        Some(raw) if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => match raw.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => Ok(Some(seconds)),
            _ => Err(wrong),
        },
        Some(_) => Err(wrong),
    }
}

/// `attestations` is a map of lists of text.
fn check_attestations(object: &Nested<'_>) -> Result<(), TokenRefusal> {
    let wrong = || TokenRefusal::ClaimType("attestations");
    let Some(raw) = object.get("attestations").filter(|raw| *raw != "null") else { return Ok(()) };
    if !raw.starts_with('{') {
        return Err(wrong());
    }
    for (_, list) in Object::parse(raw, NAME)?.iter().filter(|(_, raw)| *raw != "null") {
        for item in json::elements(list).ok_or_else(wrong)? {
            if item != "null" && !item.starts_with('"') {
                return Err(wrong());
            }
        }
    }
    Ok(())
}

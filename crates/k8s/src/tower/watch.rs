//! Who hears of every verdict: [`Watch`].

use super::{Mode, Rejection};
use crate::Error;
use crate::request::Outcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was decided of one request.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Verdict<'a> {
    /// Whether it counted.
    pub mode: Mode,
    /// Who is let in, or why nobody is.
    pub outcome: Result<&'a Outcome, &'a Rejection>,
    /// The same by the shadow, where there is one. No rule is asked about its user.
    pub shadow: Option<Result<&'a Outcome, &'a Error>>,
}

impl Verdict<'_> {
    /// Whether the shadow has judged otherwise: another user, or none where there is one, or the reverse. None
    /// where there is no shadow, or where what counted was not a verdict on who it is.
    pub fn shadow_differs(&self) -> Option<bool> {
        let shadow = self.shadow?;
        match self.outcome {
            Ok(outcome) => Some(shadow.map_or(true, |other| other.who.user != outcome.who.user)),
            Err(Rejection::Unauthorized(_)) => Some(shadow.is_ok()),
            Err(_) => None,
        }
    }
}

/// Hears of every verdict, before the request goes on or is answered: it must be quick.
pub trait Watch: Send + Sync {
    /// Of one.
    fn verdict(&self, verdict: &Verdict<'_>);
}

impl<T: Watch + ?Sized> Watch for Arc<T> {
    fn verdict(&self, verdict: &Verdict<'_>) {
        (**self).verdict(verdict);
    }
}

/// Counts. To read it, keep an `Arc` of what the layer is given.
#[derive(Debug, Default)]
pub struct Counters {
    authenticated: AtomicU64,
    anonymous: AtomicU64,
    no_credential: AtomicU64,
    refused: AtomicU64,
    bad_request: AtomicU64,
    forbidden: AtomicU64,
    unavailable: AtomicU64,
    shadow_same: AtomicU64,
    shadow_differs: AtomicU64,
}

/// What was counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Let in with a credential.
    pub authenticated: u64,
    /// Let in without one.
    pub anonymous: u64,
    /// 401: no credential.
    pub no_credential: u64,
    /// 401: a credential that is not good.
    pub refused: u64,
    /// 400.
    pub bad_request: u64,
    /// 403.
    pub forbidden: u64,
    /// 503.
    pub unavailable: u64,
    /// The shadow agrees.
    pub shadow_same: u64,
    /// The shadow does not.
    pub shadow_differs: u64,
}

impl Counters {
    /// All zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counts as of now, each by itself.
    pub fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            authenticated: read(&self.authenticated),
            anonymous: read(&self.anonymous),
            no_credential: read(&self.no_credential),
            refused: read(&self.refused),
            bad_request: read(&self.bad_request),
            forbidden: read(&self.forbidden),
            unavailable: read(&self.unavailable),
            shadow_same: read(&self.shadow_same),
            shadow_differs: read(&self.shadow_differs),
        }
    }
}

impl Watch for Counters {
    fn verdict(&self, verdict: &Verdict<'_>) {
        let counter = match verdict.outcome {
            Ok(outcome) if outcome.is_anonymous() => &self.anonymous,
            Ok(_) => &self.authenticated,
            Err(Rejection::Unauthorized(None)) => &self.no_credential,
            Err(Rejection::Unauthorized(Some(_))) => &self.refused,
            Err(Rejection::BadRequest(_)) => &self.bad_request,
            Err(Rejection::Forbidden(_)) => &self.forbidden,
            Err(Rejection::Unavailable(_)) => &self.unavailable,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        match verdict.shadow_differs() {
            Some(true) => self.shadow_differs.fetch_add(1, Ordering::Relaxed),
            Some(false) => self.shadow_same.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
    }
}

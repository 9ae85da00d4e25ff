//! Why a token is somebody's or nobody's: every authenticator, every check, every mapping and rule with its value and
//! cost. For people: to act on a token, use [`Authenticator::judge`], whose verdict this one's is.
//!
//! ```
//! use claimant_core::KeySet;
//! use claimant_k8s::config::AuthenticationConfiguration;
//! use claimant_k8s::explain::Explanation;
//! use claimant_k8s::oidc::OidcAuthenticator;
//!
//! let config = AuthenticationConfiguration::from_yaml(b"
//! apiVersion: apiserver.config.k8s.io/v1
//! kind: AuthenticationConfiguration
//! jwt:
//! - issuer: {url: https://issuer.example, audiences: [kube]}
//!   claimMappings: {username: {claim: sub, prefix: 'oidc:'}}
//! ", &[])?;
//! let authenticator = OidcAuthenticator::from_config(config.jwt.into_iter().next().unwrap(), KeySet::default())?;
//! let why = Explanation::of(&authenticator, "not.a.token", 1_790_000_000);
//! assert!(why.outcome.is_err() && !why.authenticators[0].looked);
//! # Ok::<(), claimant_k8s::ConfigError>(())
//! ```

mod step;

pub use step::{Got, Step};
pub(crate) use step::{Silent, Trace, of_token};

use crate::audit::Decision;
use crate::{Authenticated, Authenticator, Error, Refusal, UserInfo};
use claimant_core::{Bearer, Buffer};
use serde_json::{Value, json};
use std::fmt;

/// The whole tree of one token under one authenticator, which may be a union of many. The token's values, and what is
/// made of them, are hidden unless [`revealed`](Self::revealed), and in `Debug` always.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// In the order in which they are asked. Empty where the token is not even read.
    pub authenticators: Vec<Looked>,
    /// The verdict: that of the first who knows the token.
    pub outcome: Result<Authenticated, Error>,
    revealed: bool,
}

/// What one authenticator made of the token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Looked {
    /// Which one: its issuers.
    pub name: String,
    /// Whether it took the token for one of its own.
    pub looked: bool,
    /// What it did, in order.
    pub steps: Vec<Step>,
    /// Its verdict.
    pub outcome: Result<Authenticated, Error>,
    username_prefix: String,
    groups_prefix: String,
}

impl Explanation {
    /// Judges `token` and listens; `now` is in seconds since 1970. Nobody is waited for: neither keys nor claims are
    /// fetched.
    pub fn of<A: Authenticator + ?Sized>(authenticator: &A, token: &str, now: i64) -> Self {
        let mut buffer = Buffer::new();
        match Bearer::read(token, &mut buffer, &authenticator.limits()) {
            Err(why) => Self { authenticators: Vec::new(), outcome: Err(Refusal::Token(why).into()), revealed: false },
            Ok(bearer) => {
                let authenticators = authenticator.explain(&bearer, now);
                let known = authenticators.iter().find(|one| !matches!(one.outcome, Err(Error::Unrecognized)));
                let outcome = known.map_or(Err(Error::Unrecognized), |one| one.outcome.clone());
                Self { authenticators, outcome, revealed: false }
            }
        }
    }

    /// Shows the token's values too. They may say who somebody is: keep such an explanation out of logs.
    #[must_use]
    pub fn revealed(mut self) -> Self {
        self.revealed = true;
        self
    }

    /// As JSON, hidden and shown as in the text.
    pub fn to_json(&self) -> Value {
        let authenticators: Vec<Value> = self.authenticators.iter().map(|one| one.to_json(self.revealed)).collect();
        let mut value = verdict(&self.outcome, self.user());
        if let Some(object) = value.as_object_mut() {
            object.insert("redacted".to_owned(), (!self.revealed).into());
            object.insert("authenticators".to_owned(), authenticators.into());
        }
        value
    }

    /// The resulting user, as far as it may be shown.
    pub fn user(&self) -> Option<UserInfo> {
        let by = self.authenticators.iter().find(|one| one.outcome.is_ok() && one.outcome == self.outcome)?;
        by.user(self.revealed)
    }
}

impl Looked {
    /// What an authenticator says of which nothing is known but its verdict.
    pub(crate) fn opaque(issuers: Option<Vec<String>>, outcome: Result<Authenticated, Error>) -> Self {
        let name = issuers.map_or_else(|| "authenticator".to_owned(), |issuers| issuers.join(", "));
        Self::new(name, Vec::new(), outcome)
    }

    pub(crate) fn new(name: String, steps: Vec<Step>, outcome: Result<Authenticated, Error>) -> Self {
        let looked = !matches!(outcome, Err(Error::Unrecognized)) || !steps.is_empty();
        Self { name, looked, steps, outcome, username_prefix: String::new(), groups_prefix: String::new() }
    }

    /// With what the configuration puts in front of names, which is shown.
    pub(crate) fn with_prefixes(mut self, username: &str, groups: &str) -> Self {
        username.clone_into(&mut self.username_prefix);
        groups.clone_into(&mut self.groups_prefix);
        self
    }

    /// Goes on with what others did, since its own outcome is none: that is told as a step, and theirs takes its
    /// place.
    pub(crate) fn go_on(&mut self, name: &str, expected: &str, others: Vec<Self>) {
        self.steps.push(Step {
            name: name.to_owned(),
            expected: expected.to_owned(),
            got: None,
            cost: None,
            outcome: self.outcome.as_ref().map(|_| ()).map_err(Clone::clone),
        });
        let known = others.iter().position(|one| !matches!(one.outcome, Err(Error::Unrecognized)));
        let names: Vec<&str> = others.iter().map(|one| one.name.as_str()).collect();
        self.name = format!("{}, then {}", self.name, names.join(" or "));
        self.outcome = Err(Error::Unrecognized);
        if let Some(next) = known.and_then(|at| others.into_iter().nth(at)) {
            self.steps.extend(next.steps);
            self.outcome = next.outcome;
            (self.username_prefix, self.groups_prefix) = (next.username_prefix, next.groups_prefix);
        }
    }

    fn user(&self, revealed: bool) -> Option<UserInfo> {
        let user = &self.outcome.as_ref().ok()?.user;
        Some(if revealed { user.clone() } else { step::redacted(user, &self.username_prefix, &self.groups_prefix) })
    }

    fn to_json(&self, revealed: bool) -> Value {
        let step = |step: &Step| {
            json!({
                "name": step.name,
                "expected": step.expected,
                "got": step.got.as_ref().map(|got| got.shown(revealed)),
                "cost": step.cost,
                "ok": step.outcome.is_ok(),
                "reason": step.outcome.as_ref().err().map(Error::reason),
                "message": step.outcome.as_ref().err().map(ToString::to_string),
            })
        };
        let mut value = verdict(&self.outcome, self.user(revealed));
        if let Some(object) = value.as_object_mut() {
            object.insert("name".to_owned(), self.name.clone().into());
            object.insert("looked".to_owned(), self.looked.into());
            object.insert("steps".to_owned(), self.steps.iter().map(step).collect::<Vec<_>>().into());
        }
        value
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("authenticators", &self.authenticators)
            .field("outcome", &self.outcome.as_ref().map(|_| "good"))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Looked").field("name", &self.name).field("looked", &self.looked).finish_non_exhaustive()
    }
}

fn verdict(outcome: &Result<Authenticated, Error>, user: Option<UserInfo>) -> Value {
    match outcome {
        Ok(_) => json!({"verdict": "good", "user": user}),
        Err(why) => json!({"verdict": Decision::from(why).code(), "reason": why.reason(), "message": why.to_string()}),
    }
}

/// One line for each step, below its authenticator; the verdict last.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.authenticators {
            match one.looked {
                true => writeln!(f, "{}", one.name)?,
                false => writeln!(f, "{}: does not look, as the token is of another issuer", one.name)?,
            }
            for step in &one.steps {
                write_step(f, step, self.revealed)?;
            }
            if one.looked {
                match &one.outcome {
                    Ok(_) => writeln!(f, "  => good")?,
                    Err(why) => writeln!(f, "  => {}: {}: {why}", Decision::from(why).code(), why.reason())?,
                }
            }
        }
        match &self.outcome {
            Ok(_) => writeln!(f, "verdict: good"),
            Err(why) => writeln!(f, "verdict: {}: {}: {why}", Decision::from(why).code(), why.reason()),
        }
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step, revealed: bool) -> fmt::Result {
    let sign = if step.outcome.is_ok() { "ok  " } else { "FAIL" };
    // An expression of several lines is one step.
    let expected: Vec<&str> = step.expected.split_whitespace().collect();
    write!(f, "  {sign} {}: expected {}", step.name, expected.join(" "))?;
    match &step.got {
        Some(got) => write!(f, ", got {}", got.shown(revealed))?,
        None if step.outcome.is_err() => f.write_str(", got nothing")?,
        None => {}
    }
    if let Some(cost) = step.cost {
        write!(f, ", cost {cost}")?;
    }
    match &step.outcome {
        Ok(()) => writeln!(f),
        Err(why) => writeln!(f, ": {} ({why})", why.reason()),
    }
}

//! How a verdict of ours is scored against a recorded one.

use claimant_k8s::explain::Explanation;
use claimant_k8s::{Authenticated, Authenticator, Error};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The numbers of one file.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Tally {
    pub(crate) same: usize,
    pub(crate) stricter_named: usize,
    pub(crate) stricter_unnamed: usize,
    pub(crate) looser: usize,
    pub(crate) kinder: usize,
    pub(crate) other_user: usize,
    pub(crate) unsupported: usize,
    /// Tokens whose explanation was compared with the verdict.
    #[serde(skip)]
    pub(crate) explained: usize,
    #[serde(skip)]
    pub(crate) names: BTreeMap<&'static str, usize>,
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
}

/// What is to know of the keys of a suite.
#[derive(Debug, Default)]
pub(crate) struct KeyReport {
    /// A key of a set cannot be read.
    pub(crate) unreadable: bool,
    /// A set has more keys than we take.
    pub(crate) set_limit: bool,
}

/// All files.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) total: Tally,
    files: BTreeMap<String, Tally>,
    names: BTreeMap<&'static str, usize>,
}

impl Report {
    pub(crate) fn add(&mut self, file: String, tally: Tally) {
        let total = &mut self.total;
        total.same += tally.same;
        total.stricter_named += tally.stricter_named;
        total.stricter_unnamed += tally.stricter_unnamed;
        total.looser += tally.looser;
        total.kinder += tally.kinder;
        total.other_user += tally.other_user;
        total.unsupported += tally.unsupported;
        total.explained += tally.explained;
        for (name, count) in &tally.names {
            *total.names.entry(name).or_default() += count;
            *self.names.entry(name).or_default() += count;
        }
        self.files.insert(file, tally);
    }
}

impl Tally {
    pub(crate) const HEADINGS: &str = "   same  named unnamed looser kinder  other unsupported";

    pub(crate) fn is_good(&self) -> bool {
        self.looser + self.other_user + self.stricter_unnamed == 0
    }

    /// The share of `same` among what was replayed, in words.
    pub(crate) fn share(&self) -> String {
        let stricter = self.stricter_named + self.stricter_unnamed;
        let replayed = self.same + stricter + self.looser + self.kinder + self.other_user;
        let per_mille = (self.same * 1000).checked_div(replayed).unwrap_or_default();
        format!("same: {}.{} % of {replayed} replayed", per_mille / 10, per_mille % 10)
    }

    /// Counts a case that cannot be replayed yet.
    pub(crate) fn unsupported(&mut self, case: &str) {
        self.unsupported += 1;
        self.notes.push(format!("not supported yet: {case}"));
    }

    /// Counts a case in which we are stricter by a name.
    pub(crate) fn named(&mut self, note: &str, name: &'static str) {
        self.stricter_named += 1;
        *self.names.entry(name).or_default() += 1;
        self.notes.push(format!("{name}: {note}"));
    }

    /// Counts a case in which both accept, with another outcome.
    pub(crate) fn other_value(&mut self, note: &str) {
        self.other_user += 1;
        self.notes.push(format!("other user: {note}"));
    }

    /// Scores one token.
    pub(crate) fn token(&mut self, case: &str, expect: &Value, ours: &Result<Authenticated, Error>, keys: &KeyReport) {
        let theirs = expect["verdict"].as_str().unwrap_or_default();
        let error = expect["error"].as_str().unwrap_or_default();
        let note = |what: &str| {
            format!(
                "{what}{}{case}: they {theirs} {error}, we {}",
                if what.is_empty() { "" } else { ": " },
                outcome(ours)
            )
        };
        match (theirs, ours) {
            ("accept", Ok(who)) if same_user(expect, who) => self.same += 1,
            ("accept", Ok(_)) => {
                self.other_user += 1;
                self.notes.push(note("other user"));
            }
            ("reject", Err(Error::Refused(_))) | ("unrecognized", Err(Error::Unrecognized)) => self.same += 1,
            ("reject", Ok(_)) if keys.unreadable && error.contains("failed to decode keys") => {
                self.kinder += 1;
                self.notes.push(note("kinder"));
            }
            (_, Err(Error::Refused(why))) => match difference(why.reason()) {
                Some(name) => self.named(&note(""), name),
                None if keys.set_limit && why.reason() == "unknown_key" => self.named(&note(""), "limits"),
                None => {
                    self.stricter_unnamed += 1;
                    self.notes.push(note("stricter without a name"));
                }
            },
            ("accept", Err(_)) => {
                self.stricter_unnamed += 1;
                self.notes.push(note("stricter without a name"));
            }
            // An acceptance of what they refuse, or a token passed on that they end.
            _ => {
                self.looser += 1;
                self.notes.push(note("looser"));
            }
        }
    }

    /// Scores what an explanation says of a token: its verdict must be the judge's, and the first step that fails the
    /// reason of a refusal.
    pub(crate) fn explained(
        &mut self,
        case: &str,
        authenticator: &dyn Authenticator,
        token: &str,
        now: i64,
        ours: &Result<Authenticated, Error>,
    ) {
        let why = Explanation::of(authenticator, token, now);
        let decisive = why.authenticators.iter().find(|one| !matches!(one.outcome, Err(Error::Unrecognized)));
        let steps = decisive.map(|one| one.steps.as_slice()).unwrap_or_default();
        let failed = steps.iter().find_map(|step| step.outcome.as_ref().err());
        let told = match (&why.outcome, decisive) {
            // What is no good legacy token may be a good bound one.
            (Ok(_), _) => steps.iter().rev().take_while(|step| step.name != "form").all(|step| step.outcome.is_ok()),
            (Err(Error::Refused(refusal)), Some(_)) => failed.map(Error::reason) == Some(refusal.reason()),
            _ => true,
        };
        if why.outcome != *ours || !told {
            self.other_value(&format!("{case}: the explanation says otherwise: {why}"));
        }
        self.explained += 1;
    }

    /// Scores the loading of a configuration.
    pub(crate) fn config(&mut self, suite: &str, theirs: Option<&str>, ours: Result<(), &str>) {
        match (theirs, ours) {
            (None, Ok(())) | (Some(_), Err(_)) => self.same += 1,
            (None, Err(why)) => {
                self.stricter_unnamed += 1;
                self.notes.push(format!("stricter without a name: {suite}: they load, we say {why}"));
            }
            (Some(why), Ok(())) => {
                self.looser += 1;
                self.notes.push(format!("looser: {suite}: they say {why}, we load"));
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>7} {:>6} {:>7} {:>6} {:>6} {:>6} {:>11}",
            self.same,
            self.stricter_named,
            self.stricter_unnamed,
            self.looser,
            self.kinder,
            self.other_user,
            self.unsupported
        )
    }
}

/// The name in docs/differences.md of the rule behind a reason, where we are stricter on purpose.
fn difference(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "too_long" | "too_deep" | "too_many_tries" => "limits",
        "base64_not_canonical" | "sub_protocol" => "canonical-base64",
        "duplicate_member" => "duplicate-members",
        "folded_member" => "folded-members",
        "not_unicode" => "unicode-only",
        "critical_header" => "critical-headers",
        "unencoded_payload" => "encoded-payload",
        "embedded_key" => "embedded-key",
        "key_weak_rsa" => "strong-keys",
        "key_unsupported" => "supported-keys",
        "key_algorithm" => "curve-of-algorithm",
        "signature_pss" => "pss-salt-length",
        "key_use" => "key-use",
        "key_ops" => "key-operations",
        "key_bound_to_algorithm" => "key-algorithm",
        "key_secret" => "public-keys-only",
        "several_authorizations" => "one-authorization",
        "text_after_token" => "token-alone",
        "distributed_groups" => "no-distributed-claims",
        "review" | "review_audience" => "review-audiences",
        "review_error" => "review-error",
        "review_user" => "review-user",
        _ => return None,
    })
}

fn outcome(ours: &Result<Authenticated, Error>) -> String {
    match ours {
        Ok(who) => format!("accept {}", serde_json::to_string(&who.user).unwrap_or_default()),
        Err(error) => error.to_string(),
    }
}

fn same_user(expect: &Value, who: &Authenticated) -> bool {
    let user = &expect["user"];
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|t| t.as_str()).map(ToOwned::to_owned).collect()
    };
    let extra: BTreeMap<String, Vec<String>> =
        user["extra"].as_object().into_iter().flatten().map(|(key, list)| (key.clone(), texts(list))).collect();
    user["username"].as_str() == Some(&who.user.username)
        && user["uid"].as_str().unwrap_or_default() == who.user.uid
        && texts(&user["groups"]) == who.user.groups
        && extra == who.user.extra
        && texts(&expect["audiences"]) == who.audiences
}

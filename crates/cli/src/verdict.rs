//! What a token is worth, and in words why it is worth nothing.

use crate::error::CliError;
use crate::output::{Answer, NO_ANSWER, REFUSED, Style, shown};
use crate::trust::Trusted;
use claimant_core::{Bearer, Buffer, inspect, issuer_alias};
use claimant_k8s::explain::Explanation;
use claimant_k8s::{Authenticated, Authenticator, Error};
use serde_json::{Value, json};

/// Why a token is nobody's.
#[derive(Debug)]
pub(crate) struct NoUser {
    why: Error,
    message: String,
    check: Option<Check>,
}

/// The check that a token did not pass.
#[derive(Debug)]
struct Check {
    name: String,
    expected: String,
    /// As far as it may be shown.
    got: Option<String>,
}

impl Trusted {
    /// Whose this token is.
    ///
    /// # Errors
    /// The outer one where it would take keys that nobody gave.
    pub(crate) fn judge(self, token: &str, now: i64) -> Result<Result<Authenticated, NoUser>, CliError> {
        let without_keys = self.without_keys.clone();
        let union = self.into_union();
        let why = match union.authenticate(token, now) {
            Ok(who) => return Ok(Ok(who)),
            Err(why) => why,
        };
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(token, &mut buffer, &union.limits()).ok();
        let issuer = bearer.as_ref().and_then(Bearer::claimed_issuer);
        has_keys(&without_keys, issuer, &why)?;
        if why != Error::Unrecognized {
            let check = check(&Explanation::of(&union, token, now), &why);
            return Ok(Err(NoUser { message: why.to_string(), why, check }));
        }
        let not_read = match inspect::unverified_contents(token, &union.limits()) {
            _ if token.is_empty() => Some("the token is empty".to_owned()),
            Err(why) => Some(format!("this is no JWT: {why}")),
            Ok(found) => found.form.err().map(|why| format!("this is no JWT that can be read: {why}")),
        };
        let mut issuers = union.issuers().unwrap_or_default();
        issuers.sort();
        let check = not_read.is_none().then(|| Check {
            name: "iss".to_owned(),
            expected: format!("any of {issuers:?}"),
            got: issuer.map(cut),
        });
        Ok(Err(NoUser { message: not_read.unwrap_or_else(|| why.to_string()), why, check }))
    }
}

/// That no key is unknown only because none were given for the issuer.
///
/// # Errors
/// That it is so.
pub(crate) fn has_keys(without_keys: &[String], issuer: Option<&str>, why: &Error) -> Result<(), CliError> {
    let is_its = |one: &&String| issuer.is_some_and(|it| it == *one || issuer_alias(one) == Some(it));
    match without_keys.iter().find(is_its) {
        Some(issuer) if why.reason() == "unknown_key" => Err(CliError::NoKeys { issuer: issuer.clone() }),
        _ => Ok(()),
    }
}

/// The step that ended it.
fn check(explanation: &Explanation, why: &Error) -> Option<Check> {
    let mut steps = explanation.authenticators.iter().filter(|one| one.looked).flat_map(|one| &one.steps);
    let step = steps.find(|step| step.outcome.as_ref().err() == Some(why))?;
    let words: Vec<&str> = step.expected.split_whitespace().collect();
    let got = step.got.as_ref().map(|got| cut(got.shown(false)));
    Some(Check { name: step.name.clone(), expected: words.join(" "), got })
}

/// As much of a text as fits a line.
fn cut(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl NoUser {
    /// The verdict in words, and what was expected and found.
    pub(crate) fn answer(&self, style: Style) -> Answer {
        let (code, word) = code_and_word(&self.why);
        let reason = self.why.reason();
        if style.json {
            let mut value = json!({"verdict": word, "reason": reason, "message": self.message});
            if let (Some(check), Some(object)) = (&self.check, value.as_object_mut()) {
                object.insert("check".to_owned(), check.name.clone().into());
                object.insert("expected".to_owned(), check.expected.clone().into());
                object.insert("got".to_owned(), check.got.clone().map_or(Value::Null, Value::from));
            }
            return Answer::json(code, &value);
        }
        let mut text = format!("{}: {reason}: {}\n", style.bad(word), shown(&self.message));
        if let Some(Check { name, expected, got }) = &self.check {
            let got = got.as_deref().unwrap_or("nothing");
            text.push_str(&shown(&format!("{name}: expected {expected}, got {got}")));
            text.push('\n');
        }
        let hint = "note: claimant explain, with the same arguments, shows every step";
        let notes = if self.check.is_some() { vec![hint.to_owned()] } else { Vec::new() };
        Answer::text(code, text).with_notes(&notes)
    }
}

/// How an outcome without a user is called, and the exit code: what nobody can tell now is no refusal.
pub(crate) fn code_and_word(why: &Error) -> (u8, &'static str) {
    match why {
        Error::Unavailable(_) => (NO_ANSWER, "unavailable"),
        _ => (REFUSED, "refused"),
    }
}

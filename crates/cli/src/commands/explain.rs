//! `explain`: one token, every step.

use super::verify::user;
use crate::args::Explain;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, Style, shown};
use crate::verdict::{code_and_word, has_keys};
use claimant_core::{Bearer, Buffer};
use claimant_k8s::Authenticator;
use claimant_k8s::explain::Explanation;

pub(crate) fn run(options: &Explain, style: Style) -> Result<Answer, CliError> {
    let trusted = options.trust.load()?;
    let now = options.trust.now()?;
    let token = input::token(&options.token.file)?;
    let mut notes = trusted.notes.clone();
    let without_keys = trusted.without_keys.clone();
    let union = trusted.into_union();
    let mut why = Explanation::of(&union, &token, now);
    if let Err(refusal) = &why.outcome {
        let mut buffer = Buffer::new();
        let bearer = Bearer::read(&token, &mut buffer, &union.limits()).ok();
        has_keys(&without_keys, bearer.as_ref().and_then(Bearer::claimed_issuer), refusal)?;
    }
    if options.reveal {
        why = why.revealed();
    } else {
        notes.push("note: what the token says is hidden; --reveal shows it".to_owned());
    }
    let code = why.outcome.as_ref().err().map_or(GOOD, |why| code_and_word(why).0);
    if style.json {
        return Ok(Answer::json(code, &why.to_json()).with_notes(&notes));
    }
    let mut text = String::new();
    for line in why.to_string().lines() {
        let line = shown(line);
        text.push_str(&match line.split_once("FAIL") {
            Some((before, behind)) if before.trim().is_empty() => format!("{before}{}{behind}\n", style.bad("FAIL")),
            _ => format!("{line}\n"),
        });
    }
    if let Some(who) = why.user() {
        text.push_str(&user(&who));
    }
    Ok(Answer::text(code, text).with_notes(&notes))
}

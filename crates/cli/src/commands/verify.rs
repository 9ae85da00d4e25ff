//! `verify`: one token, one verdict.

use crate::args::Verify;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, Style, shown};
use claimant_k8s::{Authenticated, UserInfo};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) fn run(options: &Verify, style: Style) -> Result<Answer, CliError> {
    let trusted = options.trust.load()?;
    let now = options.trust.now()?;
    let token = input::token(&options.token.file)?;
    let notes = trusted.notes.clone();
    let answer = match trusted.judge(&token, now)? {
        Ok(who) => good(&who, style),
        Err(why) => why.answer(style),
    };
    Ok(answer.with_notes(&notes))
}

fn good(who: &Authenticated, style: Style) -> Answer {
    if style.json {
        let value = json!({"verdict": "good", "user": who.user, "audiences": who.audiences});
        return Answer::json(GOOD, &value);
    }
    let mut text = format!("{}\n", style.good("good"));
    text.push_str(&user(&who.user));
    for audience in &who.audiences {
        let _ = writeln!(text, "audience: {}", shown(audience));
    }
    Answer::text(GOOD, text)
}

/// One line for each fact.
pub(crate) fn user(user: &UserInfo) -> String {
    let mut text = format!("username: {}\n", shown(&user.username));
    if !user.uid.is_empty() {
        let _ = writeln!(text, "uid: {}", shown(&user.uid));
    }
    for group in &user.groups {
        let _ = writeln!(text, "group: {}", shown(group));
    }
    for (key, values) in &user.extra {
        for value in values {
            let _ = writeln!(text, "extra: {} = {}", shown(key), shown(value));
        }
    }
    text
}

//! `inspect`: what stands in a token, not verified.

use crate::args::Inspect;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, REFUSED, Style, shown};
use claimant_core::{Limits, inspect};
use serde_json::{Value, json};

const LOUD: &str = "NOT VERIFIED: anybody can write such a token. Use `claimant verify` to know whose it is.";

pub(crate) fn run(options: &Inspect, style: Style) -> Result<Answer, CliError> {
    let token = input::token(&options.token.file)?;
    let found = match inspect::unverified_contents(&token, &Limits::default()) {
        Ok(found) => found,
        Err(why) if style.json => {
            return Ok(Answer::json(
                REFUSED,
                &json!({"verified": false, "reason": why.reason(), "message": why.to_string()}),
            ));
        }
        Err(why) => {
            return Ok(Answer::text(REFUSED, format!("{}: {}: {why}\n", style.bad("no token"), why.reason())));
        }
    };
    let form = found.form.as_ref().err();
    if style.json {
        let value = json!({
            "verified": false,
            "warning": LOUD,
            "unverifiedHeader": parsed(&found.unverified_header),
            "unverifiedClaims": parsed(&found.unverified_claims),
            "formRefused": form.map(|why| json!({"reason": why.reason(), "message": why.to_string()})),
        });
        return Ok(Answer::json(GOOD, &value));
    }
    let mut text = format!("{}\n", style.warn(LOUD));
    if let Some(why) = form {
        text.push_str(&format!("{}: {}: {why}\n", style.bad("would be refused unread"), why.reason()));
    }
    text.push_str(&format!("header (not verified):\n{}\n", pretty(&found.unverified_header)));
    text.push_str(&format!("claims (not verified):\n{}\n", pretty(&found.unverified_claims)));
    Ok(Answer::text(GOOD, text))
}

/// As a value, if it is JSON; else as text.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn pretty(text: &str) -> String {
    match serde_json::from_str::<Value>(text).and_then(|value| serde_json::to_string_pretty(&value)) {
        Ok(pretty) => {
            pretty.lines().map(|line| format!("  {}\n", shown(line))).collect::<String>().trim_end().to_owned()
        }
        Err(_) => format!("  {}", shown(text)),
    }
}

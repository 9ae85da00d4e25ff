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
        // Written by hand, since a value would keep neither the numbers nor what stands there twice.
        let refused = json!(form.map(|why| json!({"reason": why.reason(), "message": why.to_string()})));
        let text = format!(
            "{{\n  \"verified\": false,\n  \"warning\": {},\n  \"unverifiedHeader\": {},\n  \"unverifiedClaims\": {},\n  \
             \"formRefused\": {refused}\n}}\n",
            json!(LOUD),
            member(&found.unverified_header),
            member(&found.unverified_claims),
        );
        return Ok(Answer::text(GOOD, text));
    }
    let mut text = format!("{}\n", style.warn(LOUD));
    if let Some(why) = form {
        text.push_str(&format!("{}: {}: {why}\n", style.bad("would be refused unread"), why.reason()));
    }
    text.push_str(&format!("header (not verified):\n{}\n", pretty(&found.unverified_header)));
    text.push_str(&format!("claims (not verified):\n{}\n", pretty(&found.unverified_claims)));
    Ok(Answer::text(GOOD, text))
}

/// With two spaces a level and nothing altered, if it is JSON; the numbers, the order and what stands there twice are
/// what somebody looks for.
fn indented(text: &str) -> Option<String> {
    /// A deeper one is shown as it stands there: its margin would be most of it.
    const DEPTH: usize = 64;
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut all = text.chars().peekable();
    while let Some(c) = all.next() {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            (0..depth).for_each(|_| out.push_str("  "));
        };
        match c {
            '"' => {
                out.push(c);
                while let Some(c) = all.next() {
                    out.push(c);
                    match c {
                        '"' => break,
                        '\\' => out.extend(all.next()),
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(c);
                while all.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(end) = all.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                    continue;
                }
                depth += 1;
                if depth > DEPTH {
                    return None;
                }
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    Some(out)
}

/// The same as the value of a member; what is no JSON as a text.
fn member(text: &str) -> String {
    let inner = indented(text)
        .or_else(|| serde_json::from_str::<serde::de::IgnoredAny>(text).ok().map(|_| text.trim().to_owned()));
    inner.map_or_else(|| Value::from(text).to_string(), |text| text.replace('\n', "\n  "))
}

fn pretty(text: &str) -> String {
    match indented(text) {
        Some(text) => text.lines().map(|line| format!("  {}\n", shown(line))).collect::<String>().trim_end().to_owned(),
        None => format!("  {}", shown(text)),
    }
}

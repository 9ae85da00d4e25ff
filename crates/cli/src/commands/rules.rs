//! `rules`: what this user may do.

use super::can::rule_in_words;
use crate::args::Rules;
use crate::error::CliError;
use crate::output::{Answer, GOOD, REFUSED, Style, shown};
use crate::roles::{Asker, Roles, is_master};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) fn run(options: &Rules, style: Style) -> Result<Answer, CliError> {
    let asker = Asker::load(&options.who)?;
    let roles = Roles::load(&options.objects)?;
    let mut notes = [asker.notes, roles.notes()].concat();
    let user = match asker.user {
        Ok(user) => user,
        Err(why) => return Ok(why.answer(style).with_notes(&notes)),
    };
    if is_master(&user) {
        notes.push("note: system:masters may do everything, by another authorizer in front of RBAC".to_owned());
    }
    let namespace = options.namespace.as_deref().unwrap_or_default();
    let found = roles.authorizer.rules_for(&user, namespace);
    let none = found.resource_rules.is_empty() && found.non_resource_rules.is_empty();
    let code = if none && !is_master(&user) { REFUSED } else { GOOD };
    if style.json {
        let value = json!({"user": user, "namespace": namespace, "status": found, "manifests": roles.about()});
        return Ok(Answer::json(code, &value).with_notes(&notes));
    }
    let place = match namespace {
        "" => "in all namespaces and outside of them".to_owned(),
        namespace => format!("in namespace {namespace}"),
    };
    let mut text = match none {
        true => format!("{}: no rules {}\n", style.bad("nothing"), shown(&place)),
        false => format!("{}: {}\n", style.good("may"), shown(&place)),
    };
    for rule in found.resource_rules.iter().chain(&found.non_resource_rules) {
        let _ = writeln!(text, "{}", shown(&rule_in_words(rule)));
    }
    if !found.evaluation_error.is_empty() {
        let _ = writeln!(text, "missing: {}", shown(&found.evaluation_error));
    }
    Ok(Answer::text(code, text).with_notes(&notes))
}

//! `who-can`: everybody who may do that.

use super::can::rule_in_words;
use crate::args::WhoCan;
use crate::error::CliError;
use crate::output::{Answer, GOOD, REFUSED, Style, shown};
use crate::roles::{Question, Roles, kind};
use claimant_k8s::rbac::{Grant, Holder};
use serde_json::{Value, json};

const MASTERS: &str = "note: besides, system:masters may do everything, by another authorizer in front of RBAC";

pub(crate) fn run(options: &WhoCan, style: Style) -> Result<Answer, CliError> {
    let question = Question::load(&options.what)?;
    let roles = Roles::load(&options.objects)?;
    let mut notes = [roles.notes(), question.notes.clone()].concat();
    notes.push(MASTERS.to_owned());
    let grants = roles.authorizer.who_can(&question.attributes());
    let code = if grants.is_empty() { REFUSED } else { GOOD };
    if style.json {
        let holders: Vec<Value> = grants.iter().map(|grant| holder_in_json(grant, &roles)).collect();
        let value = json!({"request": question.json(), "holders": holders, "manifests": roles.about()});
        return Ok(Answer::json(code, &value).with_notes(&notes));
    }
    let heading = match grants.len() {
        0 => format!("{}: {}\n", style.bad("nobody"), shown(&question.words())),
        _ => format!("{}: {}\n", style.good("may"), shown(&question.words())),
    };
    let lines = grants.iter().map(|grant| format!("{}\n", shown(&line(grant, &roles))));
    Ok(Answer::text(code, heading + &lines.collect::<String>()).with_notes(&notes))
}

fn line(grant: &Grant<'_>, roles: &Roles) -> String {
    let binding = grant.binding;
    let who = match grant.holder() {
        Some(Holder::User(name)) => format!("User {name:?}"),
        Some(Holder::Group(name)) => format!("Group {name:?}"),
        Some(Holder::ServiceAccount { namespace, name }) => format!("ServiceAccount {namespace}/{name}"),
        None => String::new(),
    };
    let rule = grant.rule().map(rule_in_words).unwrap_or_default();
    let name = match binding.namespace.as_str() {
        "" => binding.name.clone(),
        namespace => format!("{namespace}/{}", binding.name),
    };
    let place = roles.place_of(binding).map(|place| format!(" ({place})")).unwrap_or_default();
    let role = &binding.role_ref;
    format!("{who}: {rule}, by {} {name} of {} {}{place}", kind(binding), role.kind, role.name)
}

fn holder_in_json(grant: &Grant<'_>, roles: &Roles) -> Value {
    let (kind, name, namespace) = match grant.holder() {
        Some(Holder::User(name)) => ("User", name, ""),
        Some(Holder::Group(name)) => ("Group", name, ""),
        Some(Holder::ServiceAccount { namespace, name }) => ("ServiceAccount", name, namespace),
        None => ("", "", ""),
    };
    json!({
        "kind": kind, "name": name, "namespace": namespace,
        "binding": roles.binding(grant.binding),
        "rule": grant.rule(),
        "reason": grant.to_string(),
    })
}

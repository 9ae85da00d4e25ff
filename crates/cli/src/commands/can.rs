//! `can`: may this user do that?

use crate::args::Can;
use crate::error::CliError;
use crate::output::{Answer, GOOD, REFUSED, Style, shown};
use crate::roles::{Asker, Question, Roles, is_built_in, is_master};
use claimant_k8s::UserInfo;
use claimant_k8s::rbac::{Decision, Grant, Object, PolicyRule};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(crate) fn run(options: &Can, style: Style) -> Result<Answer, CliError> {
    let question = Question::load(&options.what)?;
    let asker = Asker::load(&options.who)?;
    let roles = Roles::load(&options.objects)?;
    let mut notes = [asker.notes, roles.notes(), question.notes.clone()].concat();
    let user = match asker.user {
        Ok(user) => user,
        Err(why) => return Ok(why.answer(style).with_notes(&notes)),
    };
    let answer = match roles.authorizer.can(&user, &question.attributes()) {
        Decision::Allow(grant) => yes(&grant, &user, &question, &roles, style),
        Decision::NoOpinion(_) if is_master(&user) => master(&user, &question, &roles, style),
        Decision::NoOpinion(why) => {
            let elsewhere = namespaces(&user, &question, &roles);
            let reason = why.to_string();
            notes.extend(other_groups(&question, &roles));
            notes.extend(why.missing.iter().filter(|binding| is_built_in(&binding.role_ref)).map(|binding| {
                let name = shown(&binding.role_ref.name);
                format!("note: every cluster has the ClusterRole {name}, but these manifests have not; to count it, add what kubectl get clusterroles -o yaml says")
            }));
            if style.json {
                let more = [("allowedIn", json!(elsewhere))];
                Answer::json(REFUSED, &about("no", &reason, &user, &question, &roles, more))
            } else {
                let mut text = format!("{}: {}\n", style.bad("no"), shown(&question.words()));
                if !reason.is_empty() {
                    let _ = writeln!(text, "{}", shown(&reason));
                }
                if !elsewhere.is_empty() {
                    let _ = writeln!(text, "but in some namespaces, by -n: {}", elsewhere.join(", "));
                }
                Answer::text(REFUSED, text)
            }
        }
    };
    Ok(answer.with_notes(&notes))
}

fn yes(grant: &Grant<'_>, user: &UserInfo, question: &Question, roles: &Roles, style: Style) -> Answer {
    if style.json {
        let more = [("binding", roles.binding(grant.binding)), ("rule", json!(grant.rule()))];
        return Answer::json(GOOD, &about("yes", &grant.to_string(), user, question, roles, more));
    }
    let mut text = format!("{}: {}\n{}\n", style.good("yes"), shown(&question.words()), shown(&grant.to_string()));
    if let Some(rule) = grant.rule() {
        let _ = writeln!(text, "rule: {}", shown(&rule_in_words(rule)));
    }
    for (what, place) in [("binding", roles.place_of(grant.binding)), ("role", roles.place_of_role(grant.binding))] {
        if let Some(place) = place {
            let _ = writeln!(text, "{what}: {}", shown(&place));
        }
    }
    Answer::text(GOOD, text)
}

fn master(user: &UserInfo, question: &Question, roles: &Roles, style: Style) -> Answer {
    let reason = "system:masters may do everything: another authorizer, in front of RBAC, allows it";
    if style.json {
        return Answer::json(GOOD, &about("yes", reason, user, question, roles, []));
    }
    Answer::text(GOOD, format!("{}: {}\n{reason}\n", style.good("yes"), shown(&question.words())))
}

fn about<const N: usize>(
    verdict: &str,
    reason: &str,
    user: &UserInfo,
    question: &Question,
    roles: &Roles,
    more: [(&str, Value); N],
) -> Value {
    let mut value = json!({
        "verdict": verdict,
        "reason": reason,
        "user": user,
        "request": question.json(),
        "manifests": roles.about(),
    });
    if let Some(object) = value.as_object_mut() {
        object.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

/// Where the same would be allowed.
fn namespaces(user: &UserInfo, question: &Question, roles: &Roles) -> Vec<String> {
    if !question.is_everywhere() {
        return Vec::new();
    }
    let bindings = roles.manifests.written().filter(|written| matches!(written.object(), Object::RoleBinding(_)));
    let all: BTreeSet<&str> = bindings.map(|written| written.object().metadata().namespace.as_str()).collect();
    let allowed = |namespace: &&str| roles.authorizer.can(user, &question.attributes_in(namespace)).is_allowed();
    all.into_iter().filter(allowed).map(ToOwned::to_owned).collect()
}

/// The groups in which the rules know this resource, if not in the one that was asked for.
fn other_groups(question: &Question, roles: &Roles) -> Option<String> {
    let (group, resource) = question.resource()?;
    let rules = roles.manifests.written().flat_map(|written| match written.object() {
        Object::Role(role) => role.rules.as_slice(),
        Object::ClusterRole(role) => role.rules.as_slice(),
        _ => &[],
    });
    let named = rules.filter(|rule| rule.resources.iter().any(|one| one == resource));
    let groups: BTreeSet<&str> = named.flat_map(|rule| &rule.api_groups).map(String::as_str).collect();
    if groups.is_empty() || groups.contains(group) || groups.contains("*") {
        return None;
    }
    let known: Vec<String> = groups.iter().map(|group| format!("{resource}.{group}")).collect();
    Some(format!(
        "note: no rule is about {resource} of the group {group:?}; there are rules about {}",
        known.join(", ")
    ))
}

/// `get, list on pods, pods/log of "" named "nginx"`.
pub(crate) fn rule_in_words(rule: &PolicyRule) -> String {
    let join = |list: &[String]| list.join(", ");
    let verbs = join(&rule.verbs);
    if !rule.non_resource_urls.is_empty() && rule.resources.is_empty() {
        return format!("{verbs} on {}", join(&rule.non_resource_urls));
    }
    let groups = match rule.api_groups.as_slice() {
        [core] if core.is_empty() => String::new(),
        groups => format!(" of {}", groups.iter().map(|group| format!("{group:?}")).collect::<Vec<_>>().join(", ")),
    };
    let names = match rule.resource_names.as_slice() {
        [] => String::new(),
        names => format!(" named {}", names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")),
    };
    format!("{verbs} on {}{groups}{names}", join(&rule.resources))
}

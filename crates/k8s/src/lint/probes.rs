//! What rules do, found by running them on users and tokens that are made up.

use super::source::indexed_claims;
use crate::config::starts::code;
use claimant_cel::{Activation, ClaimsIndex, Env, Program, User};
use serde_json::{Map, Value, json};

/// When made-up tokens begin, in seconds since 1970.
const ISSUED: i64 = 1_790_000_000;
/// Ten years, in seconds.
const LONG: i64 = 10 * 365 * 86_400;
/// Lives that nobody finds too long, in seconds.
const SHORT: [i64; 5] = [1, 60, 300, 3600, 86_400];
/// More texts of one expression are not tried.
const MOST: usize = 8;

/// Whether the rule about users refuses this user name or group in every setting in which it takes an ordinary
/// one; none if there is no such setting.
pub(super) fn user_rule_refuses(source: &str, part: &str, name: &str) -> Option<bool> {
    let program = Program::compile(&Env::user(), source).ok()?;
    let ordinary = ordinary(source);
    let takes = |name: &str, among: bool| {
        let (one, two) = ([name], ["g", name]);
        let groups: &[&str] = if among { &two } else { &one };
        let user = match part {
            "username" => User { username: name, uid: "u", groups: &["g"], extra: &[] },
            _ => User { username: "jane", uid: "u", groups, extra: &[] },
        };
        program.eval(&Activation::user(&user)).ok().and_then(|output| output.value.as_bool()).unwrap_or(false)
    };
    let settings = [false, true].into_iter().filter(|among| ordinary.iter().any(|name| takes(name, *among)));
    all(settings.map(|among| !takes(name, among)))
}

/// The same of a rule about claims, where this claim is the name, or the list of groups.
pub(super) fn claim_rule_refuses(source: &str, claim: &str, is_list: bool, name: &str) -> Option<bool> {
    let program = Program::compile(&Env::claims(), source).ok()?;
    let ordinary = ordinary(source);
    let takes = |world: &Map<String, Value>, name: &str| {
        let mut world = world.clone();
        world.insert(claim.to_owned(), if is_list { json!([name]) } else { json!(name) });
        is_true(&program, world)
    };
    let worlds = worlds(source, &program);
    let settings = worlds.iter().filter(|world| ordinary.iter().any(|name| takes(world, name)));
    all(settings.map(|world| !takes(world, name)))
}

/// Whether the rule refuses a token of ten years for its life; none if it takes no token that was tried.
pub(super) fn limits_life(source: &str) -> Option<bool> {
    let program = Program::compile(&Env::claims(), source).ok()?;
    let takes = |world: &Map<String, Value>, life: i64| {
        let mut world = world.clone();
        world.insert("exp".to_owned(), json!(ISSUED + life));
        is_true(&program, world)
    };
    let worlds = worlds(source, &program);
    let settings = worlds.iter().filter(|world| SHORT.iter().any(|life| takes(world, *life)));
    all(settings.map(|world| !takes(world, LONG)))
}

/// Names that begin as reserved ones do and go on as the rule may want them.
pub(super) fn reserved_names(source: &str) -> impl Iterator<Item = String> {
    texts(source).into_iter().map(|text| format!("system:x{text}"))
}

fn is_true(program: &Program, world: Map<String, Value>) -> bool {
    let claims = Value::Object(world).to_string();
    let Ok(claims) = ClaimsIndex::from_json(&claims) else { return false };
    program.eval(&Activation::claims(&claims)).ok().and_then(|output| output.value.as_bool()).unwrap_or(false)
}

/// Whether all are true; none where there are none.
fn all(mut of: impl Iterator<Item = bool>) -> Option<bool> {
    of.next().map(|first| first && of.all(|one| one))
}

/// Claims for the rule: each that it reads is there, with a value that it may want.
fn worlds(source: &str, program: &Program) -> Vec<Map<String, Value>> {
    let code = code(source);
    let indexed = indexed_claims(source, &code);
    let read: Vec<&str> = program.selected_claims().chain(indexed.iter().map(|(claim, _)| *claim)).collect();
    let mut values = vec![json!("a"), json!(true)];
    for text in texts(source) {
        values.extend([json!(text), json!([text])]);
    }
    let world = |value: &Value| {
        let mut world: Map<String, Value> = read.iter().map(|claim| ((*claim).to_owned(), value.clone())).collect();
        for (claim, at) in [("iat", ISSUED), ("nbf", ISSUED), ("exp", ISSUED + 60)] {
            world.insert(claim.to_owned(), json!(at));
        }
        world
    };
    values.iter().map(world).collect()
}

/// Names that nobody keeps to themselves, some of them such as the rule may want.
fn ordinary(source: &str) -> Vec<String> {
    let mut names = vec!["jane".to_owned(), "jane@example.com".to_owned()];
    for text in texts(source) {
        names.extend([format!("{text}jane"), format!("jane{text}"), text.to_owned()]);
    }
    names.retain(|name| !name.starts_with("system:"));
    names
}

/// What stands in quotes, without escapes.
fn texts(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some((_, behind)) = rest.split_once(['\'', '"']) {
        let at = source.len() - behind.len();
        let quote = if source.get(at - 1..at) == Some("'") { '\'' } else { '"' };
        let Some((text, behind)) = behind.split_once(quote) else { break };
        if found.len() < MOST && !text.is_empty() && !text.contains('\\') {
            found.push(text);
        }
        rest = behind;
    }
    found
}

//! Members that no configuration has, twins, and values of another type, all of them; and the name that was meant.

use super::Problem;
use crate::config::yaml::member_path;
use crate::yaml::{Document, NodeType, Place};
use std::collections::HashSet;

/// What a member holds.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Object(&'static [Member]),
    Texts,
    Objects(&'static [Member]),
}

type Member = (&'static str, Shape);

const CONFIGURATION: &[Member] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("jwt", Shape::Objects(JWT)),
    ("anonymous", Shape::Object(ANONYMOUS)),
];
const JWT: &[Member] = &[
    ("issuer", Shape::Object(ISSUER)),
    ("claimValidationRules", Shape::Objects(CLAIM_RULE)),
    ("claimMappings", Shape::Object(MAPPINGS)),
    ("userValidationRules", Shape::Objects(USER_RULE)),
];
const ISSUER: &[Member] = &[
    ("url", Shape::Text),
    ("discoveryURL", Shape::Text),
    ("certificateAuthority", Shape::Text),
    ("audiences", Shape::Texts),
    ("audienceMatchPolicy", Shape::Text),
    ("egressSelectorType", Shape::Text),
];
const CLAIM_RULE: &[Member] =
    &[("claim", Shape::Text), ("requiredValue", Shape::Text), ("expression", Shape::Text), ("message", Shape::Text)];
const USER_RULE: &[Member] = &[("expression", Shape::Text), ("message", Shape::Text)];
const MAPPINGS: &[Member] = &[
    ("username", Shape::Object(PREFIXED)),
    ("groups", Shape::Object(PREFIXED)),
    ("uid", Shape::Object(UID)),
    ("extra", Shape::Objects(EXTRA)),
];
const PREFIXED: &[Member] = &[("claim", Shape::Text), ("prefix", Shape::Text), ("expression", Shape::Text)];
const UID: &[Member] = &[("claim", Shape::Text), ("expression", Shape::Text)];
const EXTRA: &[Member] = &[("key", Shape::Text), ("valueExpression", Shape::Text)];
const ANONYMOUS: &[Member] = &[("enabled", Shape::Bool), ("conditions", Shape::Objects(CONDITION))];
const CONDITION: &[Member] = &[("path", Shape::Text)];

/// Every object, by the name that it goes by.
const OBJECTS: [(&str, &[Member]); 11] = [
    ("the configuration", CONFIGURATION),
    ("jwt[]", JWT),
    ("jwt[].issuer", ISSUER),
    ("jwt[].claimMappings", MAPPINGS),
    ("jwt[].claimMappings.username and groups", PREFIXED),
    ("jwt[].claimMappings.uid", UID),
    ("jwt[].claimMappings.extra[]", EXTRA),
    ("jwt[].claimValidationRules[]", CLAIM_RULE),
    ("jwt[].userValidationRules[]", USER_RULE),
    ("anonymous", ANONYMOUS),
    ("anonymous.conditions[]", CONDITION),
];

/// Names that people write for another.
const MEANT: [(&str, &str); 21] = [
    ("expression", "valueExpression"),
    ("value", "valueExpression"),
    ("value", "requiredValue"),
    ("values", "requiredValue"),
    ("name", "key"),
    ("name", "claim"),
    ("audience", "audiences"),
    ("clientid", "audiences"),
    ("client", "audiences"),
    ("issuerurl", "url"),
    ("uri", "url"),
    ("issuer", "url"),
    ("ca", "certificateAuthority"),
    ("cafile", "certificateAuthority"),
    ("cadata", "certificateAuthority"),
    ("certificateauthoritydata", "certificateAuthority"),
    ("matchpolicy", "audienceMatchPolicy"),
    ("rule", "expression"),
    ("cel", "expression"),
    ("authenticators", "jwt"),
    ("issuers", "jwt"),
];

/// Adds every member that the API server's strict reading refuses, and every tag that swallows text.
pub(super) fn check(document: &Document, base: &str, problems: &mut Vec<Problem>) {
    object(document, base, CONFIGURATION, problems);
}

fn object(document: &Document, path: &str, members: &'static [Member], problems: &mut Vec<Problem>) {
    match document.node_type(path) {
        None | Some(NodeType::Null) => return,
        Some(NodeType::Mapping) => {}
        Some(other) => return wrong_type(document, path, other, "an object", problems),
    }
    let mut seen = HashSet::new();
    for (name, place) in document.members(path) {
        let inner = member_path(path, name);
        if !seen.insert(name) {
            let message = "is there twice; the API server takes neither, so keep one".to_owned();
            problems.push(Problem::error("duplicate_member", place, inner, message));
            continue;
        }
        match members.iter().find(|(known, _)| *known == name) {
            Some((_, shape)) => value(document, &inner, *shape, problems),
            None => problems.push(unknown(name, place, inner, members)),
        }
    }
}

fn value(document: &Document, path: &str, shape: Shape, problems: &mut Vec<Problem>) {
    let found = document.node_type(path).unwrap_or(NodeType::Null);
    match (shape, found) {
        (Shape::Object(members), _) => object(document, path, members, problems),
        (Shape::Text, NodeType::Text | NodeType::Null) => tag(document, path, problems),
        (_, NodeType::Null) | (Shape::Bool, NodeType::Bool) => {}
        (Shape::Texts, NodeType::List) => {
            elements(document, path).for_each(|path| value(document, &path, Shape::Text, problems));
        }
        (Shape::Objects(members), NodeType::List) => {
            elements(document, path).for_each(|path| object(document, &path, members, problems));
        }
        (Shape::Text, found) => wrong_type(document, path, found, "text", problems),
        (Shape::Bool, found) => wrong_type(document, path, found, "true or false", problems),
        (Shape::Texts | Shape::Objects(_), found) => wrong_type(document, path, found, "a list", problems),
    }
}

fn elements(document: &Document, path: &str) -> impl Iterator<Item = String> {
    (0..document.len(path)).map(move |at| format!("{path}[{at}]"))
}

fn wrong_type(document: &Document, path: &str, found: NodeType, wanted: &str, problems: &mut Vec<Problem>) {
    let written = document.text(path).unwrap_or_default();
    let found = match found {
        NodeType::Bool => format!("a boolean; put it in quotes: {written:?}"),
        NodeType::Number => format!("a number; put it in quotes: {written:?}"),
        NodeType::List => "a list".to_owned(),
        NodeType::Mapping => "an object".to_owned(),
        _ if wanted == "a list" => format!("text; write it as an element: [{written:?}]"),
        _ => "text".to_owned(),
    };
    let message = format!("must be {wanted}, and is {found}");
    problems.push(Problem::error("wrong_type", document.place(path), path.to_owned(), message));
}

/// `!name` in front of a value is a tag to YAML, and falls away.
fn tag(document: &Document, path: &str, problems: &mut Vec<Problem>) {
    let Some(tag) = document.own_tag(path) else { return };
    let left = document.text(path).unwrap_or_default();
    let whole = format!("{tag} {left}");
    let message = format!(
        "YAML takes {tag} for a tag and drops it, so that {left:?} is left; put the whole value in quotes: {:?}",
        whole.trim_end(),
    );
    problems.push(Problem::warning("tag", document.place(path), path.to_owned(), message));
}

fn unknown(name: &str, place: Place, path: String, members: &'static [Member]) -> Problem {
    let known: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let message = match meant(name, &known) {
        Some(meant) => format!("there is no such member; perhaps {meant} is meant"),
        None => {
            let elsewhere = OBJECTS.iter().find(|(_, members)| members.iter().any(|(known, _)| *known == name));
            match elsewhere {
                Some((place, _)) => format!("there is no such member here; it belongs to {place}"),
                None => format!("there is no such member; known are {}", known.join(", ")),
            }
        }
    };
    Problem::error("unknown_member", place, path, message)
}

/// The member that was most likely meant.
fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
    let written = plain(name);
    let same = known.iter().find(|one| plain(one) == written);
    let habit = || {
        let meant = MEANT.iter().filter(|(wrong, _)| *wrong == written).map(|(_, meant)| meant);
        meant.into_iter().find(|meant| known.contains(meant))
    };
    let near = || {
        let near = known.iter().map(|one| (distance(&plain(one), &written), one));
        near.filter(|(distance, one)| *distance <= 2 && *distance * 3 <= one.len()).min_by_key(|(d, _)| *d)
    };
    same.or_else(habit).or_else(|| near().map(|(_, one)| one)).copied()
}

/// How many letters must be put in, taken away or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found() {
        let names = |members: &[Member]| members.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        for (members, written, expected) in [
            (EXTRA, "expression", Some("valueExpression")),
            (ISSUER, "audience", Some("audiences")),
            (ISSUER, "issuerURL", Some("url")),
            (ISSUER, "discoveryUrl", Some("discoveryURL")),
            (MAPPINGS, "usernmae", Some("username")),
            (MAPPINGS, "group", Some("groups")),
            (JWT, "claimValidationRule", Some("claimValidationRules")),
            (CLAIM_RULE, "value", Some("requiredValue")),
            (JWT, "audiences", None),
            (JWT, "x", None),
        ] {
            assert_eq!(meant(written, &names(members)), expected, "{written}");
        }
        assert_eq!((distance("kitten", "sitting"), distance("", "ab"), distance("abc", "abc")), (3, 2, 0));
    }
}

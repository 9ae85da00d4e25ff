//! The members of a configuration.

use super::Problem;
use super::shape::{Checker, Member, Shape, Words};
use crate::yaml::Document;
use serde_json::Value;

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
const OBJECTS: &[(&str, &[Member])] = &[
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
const MEANT: &[(&str, &str)] = &[
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
    Checker::new(document, &WORDS, problems).object(base, CONFIGURATION);
}

/// What is left of a configuration without the members that [`check`] tells of.
pub(super) fn known_of(mut value: Value) -> Value {
    prune(&mut value, Shape::Object(CONFIGURATION));
    value
}

fn prune(value: &mut Value, shape: Shape) {
    match (shape, &mut *value) {
        (Shape::Object(members), Value::Object(map)) => {
            map.retain(|name, _| members.iter().any(|(known, _)| known == name));
            for (name, shape) in members {
                if let Some(member) = map.get_mut(*name) {
                    prune(member, *shape);
                }
            }
        }
        (Shape::Objects(members), Value::Array(list)) => {
            list.iter_mut().for_each(|element| prune(element, Shape::Object(members)));
        }
        (Shape::Texts, Value::Array(list)) => list.iter_mut().for_each(|element| prune(element, Shape::Text)),
        (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) | (Shape::Number, Value::Number(_)) => {}
        (Shape::Any | Shape::TextMap, _) => {}
        _ => *value = Value::Null,
    }
}

const WORDS: Words = Words { meant: MEANT, objects: OBJECTS };

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
            assert_eq!(WORDS.meant(written, &names(members)), expected, "{written}");
        }
    }
}

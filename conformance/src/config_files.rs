//! Files of `--authentication-config`, as bytes: whether they load, and what was read.

use crate::score::Tally;
use base64ct::{Base64, Encoding};
use claimant_k8s::ConfigError;
use claimant_k8s::config::AuthenticationConfiguration;
use serde_json::Value;

pub(crate) fn replay(cases: &[Value], tally: &mut Tally) {
    for case in cases {
        let name = case["name"].as_str().unwrap_or_default();
        match text(case) {
            Some(text) => judge(name, &text, &case["expect"], tally),
            None => tally.unsupported(name),
        }
    }
}

fn text(case: &Value) -> Option<Vec<u8>> {
    match &case["textBase64"] {
        Value::String(encoded) => Base64::decode_vec(encoded).ok(),
        _ => case["text"].as_str().map(|text| text.as_bytes().to_vec()),
    }
}

fn judge(name: &str, text: &[u8], expect: &Value, tally: &mut Tally) {
    let theirs = match expect["stage"].as_str() {
        Some("ok") => None,
        stage => Some((stage == Some("decode"), expect["error"].as_str().unwrap_or_default())),
    };
    let read = AuthenticationConfiguration::read_yaml(text);
    let loaded = AuthenticationConfiguration::from_yaml(text, &[]);
    if let (None, Ok(config)) = (theirs, &read) {
        let ours = serde_json::to_value(config).unwrap_or_default();
        let (ours, expected) = (without_defaults(&ours), without_defaults(&expect["config"]));
        if ours != expected {
            return tally.other_value(&format!("{name}: they read {expected}, we {ours}"));
        }
    }
    match (theirs, loaded) {
        (None, Err(_)) if is_internal(text) => tally.named(name, "internal-version"),
        (None, Err(why @ ConfigError::FileLimit(_))) => tally.named(&format!("{name}: {why}"), "limits"),
        (theirs, loaded) => {
            let why = loaded.err().map(|why| why.to_string());
            tally.config(name, theirs.map(|(_, why)| why), why.as_deref().map_or(Ok(()), Err));
        }
    }
}

/// Whether the file claims the version that only the API server's memory has.
fn is_internal(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains("apiserver.config.k8s.io/__internal")
}

/// Null and what is empty is the same as absent, but for a prefix; the version is that of the recording.
fn without_defaults(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name, without_defaults(member)))
            .filter(|(name, member)| match member {
                Value::Null => false,
                Value::String(text) => !text.is_empty() || *name == "prefix",
                Value::Array(elements) => !elements.is_empty(),
                _ => true,
            })
            .filter(|(name, member)| {
                *name != "apiVersion" && (*name == "anonymous" || *member != Value::Object(Default::default()))
            })
            .map(|(name, member)| (name.clone(), member))
            .collect(),
        Value::Array(elements) => elements.iter().map(without_defaults).collect(),
        other => other.clone(),
    }
}

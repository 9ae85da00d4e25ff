//! HTTP requests: which user, which tokens were asked about, and what is left of the headers.

use crate::score::Tally;
use claimant_core::{Bearer, Buffer, Limits};
use claimant_k8s::request::{Anonymous, Credential, Request, authenticate};
use claimant_k8s::{Authenticated, Authenticator, Error, Refusal, UserInfo};
use serde_json::Value;
use std::sync::Mutex;

pub(crate) fn replay(cases: &[Value], tally: &mut Tally) {
    for case in cases {
        let pairs: Vec<(&str, &str)> = case["headers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
            .collect();
        let headers: Vec<(&str, &[u8])> = pairs.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let path = case["path"].as_str().unwrap_or_default();
        let anonymous = match case["anonymous"].as_array() {
            None => Anonymous::Off,
            Some(paths) if paths.is_empty() => Anonymous::Everywhere,
            Some(paths) => Anonymous::paths(paths.iter().filter_map(|path| path.as_str())),
        };
        let tokens = Tokens::default();
        let outcome = authenticate(&Request { headers: &headers, path: &decoded(path) }, &tokens, &anonymous, 0);
        let name = case["name"].as_str().unwrap_or_default();
        let expect = &case["expect"];
        if let Ok(outcome) = &outcome {
            let seen = tokens.seen.lock().map(|seen| seen.clone()).unwrap_or_default();
            let left = left(&pairs, &outcome.credential);
            let same = seen == texts(&expect["tokensSeen"]) && left == recorded(&expect["headersAfter"]);
            if expect["verdict"] == "accept" && !same {
                tally.other_value(&format!("{name}: tokens {seen:?}, headers {left:?}"));
                continue;
            }
        }
        let user = serde_json::json!({"username": expect["username"], "groups": expect["groups"]});
        let expect = serde_json::json!({"verdict": expect["verdict"], "error": expect["error"], "user": user});
        tally.token(name, &expect, &outcome.map(|outcome| outcome.who), &Default::default());
    }
}

/// Knows `good` and `bad`, and nothing else.
#[derive(Default)]
struct Tokens {
    seen: Mutex<Vec<String>>,
}

impl Authenticator for Tokens {
    fn judge(&self, bearer: &Bearer<'_>, _now: i64) -> Result<Authenticated, Error> {
        if let Ok(mut seen) = self.seen.lock() {
            seen.push(bearer.text().to_owned());
        }
        match bearer.text() {
            "good" => {
                let user = UserInfo { username: "u".into(), groups: vec!["g".into()], ..Default::default() };
                Ok(Authenticated::of(user))
            }
            "bad" => Err(Refusal::UnknownToken.into()),
            _ => Err(Error::Unrecognized),
        }
    }

    fn authenticate(&self, token: &str, now: i64) -> Result<Authenticated, Error> {
        let mut buffer = Buffer::new();
        let limits = Limits { token_bytes: usize::MAX, ..Limits::default() };
        self.judge(&Bearer::read(token, &mut buffer, &limits).map_err(Refusal::Token)?, now)
    }
}

fn left(pairs: &[(&str, &str)], credential: &Credential) -> Vec<(String, Vec<String>)> {
    let mut left: Vec<(String, Vec<String>)> = Vec::new();
    let mut replaced = false;
    for (name, value) in pairs {
        let name = name.to_lowercase();
        let value = match (credential, name.as_str()) {
            (Credential::Authorization, "authorization") => continue,
            (Credential::SubProtocols(_), "sec-websocket-protocol") if replaced => continue,
            (Credential::SubProtocols(rest), "sec-websocket-protocol") => {
                replaced = true;
                rest.clone()
            }
            _ => (*value).to_owned(),
        };
        match left.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => left.push((name, vec![value])),
        }
    }
    left.sort();
    left
}

fn recorded(headers: &Value) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<_> =
        headers.as_object().into_iter().flatten().map(|(name, values)| (name.to_lowercase(), texts(values))).collect();
    all.sort();
    all
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|t| t.as_str()).map(ToOwned::to_owned).collect()
}

/// The path without its query, percent escapes decoded.
fn decoded(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(rest.get(..at).unwrap_or_default().as_bytes());
        match rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = rest.get(at + 3..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

//! Service-account tokens with the cluster objects that they refer to.

use crate::score::{KeyReport, Tally};
use base64ct::{Base64, Encoding};
use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::Authenticator;
use claimant_k8s::service_account::{MemoryObjects, ObjectKind, ObjectMeta, ServiceAccounts, TokenSecret};
use serde_json::Value;

const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

pub(crate) fn replay(suite: &Value, tally: &mut Tally) {
    let config = &suite["config"];
    let keys = texts(&config["publicKeysPEM"])
        .iter()
        .map(|pem| KeySet::from_pem(pem, &provider::Default, &Limits::default()).unwrap_or_default())
        .fold(KeySet::default(), KeySet::join);
    let audiences = texts(&config["apiAudiences"]);
    let mut accounts = ServiceAccounts::new(texts(&config["issuers"]), keys, audiences.clone())
        .with_objects(objects(&config["objects"]));
    if config["legacy"] == true {
        let why = "the recorded API server takes them";
        accounts = match config["lookup"] == false {
            true => accounts.with_legacy_tokens_not_looked_up(why),
            false => accounts.with_legacy_tokens(why),
        };
    }
    let now = suite["now"].as_i64().unwrap_or_default();
    for case in suite["cases"].as_array().into_iter().flatten() {
        let token = case["token"].as_str().unwrap_or_default();
        let requested = case.get("audiences").map_or_else(|| audiences.clone(), texts);
        let ours = accounts.authenticate_for(token, &requested, now);
        let label =
            format!("{}: {}", suite["name"].as_str().unwrap_or_default(), case["name"].as_str().unwrap_or_default());
        tally.token(&label, &case["expect"], &ours, &KeyReport::default());
        tally.explained(&label, &accounts, token, now, &accounts.authenticate(token, now));
    }
}

/// Tokens that a real API server issued, and its TokenReview statuses.
pub(crate) fn replay_real(file: &Value, tally: &mut Tally) {
    let issuer = file["discovery"]["issuer"].as_str().unwrap_or_default().to_owned();
    let keys = KeySet::from_jwks(file["jwks"].to_string().as_bytes(), &provider::Default, &Limits::default());
    let mut accounts =
        ServiceAccounts::new([issuer.clone()], keys.unwrap_or_default(), [issuer.clone()]).with_objects(objects(file));
    if file["legacy"] == true {
        accounts = accounts.with_legacy_tokens("the recorded API server takes them");
    }
    for case in file["cases"].as_array().into_iter().flatten() {
        let status = &case["status"];
        let mut expect = serde_json::json!({"verdict": "reject", "error": status["error"]});
        if status["authenticated"] == true {
            let mut user = status["user"].clone();
            // TokenReview's request chain adds this one.
            if let Some(groups) = user["groups"].as_array_mut() {
                groups.retain(|group| group != "system:authenticated");
            }
            expect = serde_json::json!({"verdict": "accept", "user": user, "audiences": status["audiences"]});
        }
        let requested =
            Some(texts(&case["audiences"])).filter(|a| !a.is_empty()).unwrap_or_else(|| vec![issuer.clone()]);
        let token = case["token"].as_str().unwrap_or_default();
        let now = case["now"].as_i64().or(file["now"].as_i64()).unwrap_or_default();
        let ours = accounts.authenticate_for(token, &requested, now);
        tally.token(case["name"].as_str().unwrap_or_default(), &expect, &ours, &KeyReport::default());
    }
}

fn objects(lists: &Value) -> MemoryObjects {
    let mut objects = MemoryObjects::default();
    for (list, kind) in [
        ("serviceAccounts", ObjectKind::ServiceAccount),
        ("secrets", ObjectKind::Secret),
        ("pods", ObjectKind::Pod),
        ("nodes", ObjectKind::Node),
    ] {
        for object in lists[list].as_array().into_iter().flatten() {
            let meta = &object["metadata"];
            let text = |name: &str| meta[name].as_str().unwrap_or_default();
            let deleted_at = meta["deletionTimestamp"].as_str().and_then(seconds);
            let about = ObjectMeta { uid: text("uid").to_owned(), deleted_at };
            if kind == ObjectKind::Secret {
                let token = object["data"]["token"].as_str().unwrap_or_default();
                let secret = TokenSecret {
                    meta: about,
                    token: Base64::decode_vec(token).unwrap_or_default(),
                    marked_invalid: meta["labels"][INVALID_SINCE].as_str().is_some_and(|since| !since.is_empty()),
                };
                objects.insert_token_secret(text("namespace"), text("name"), secret);
            } else {
                objects.insert(kind, text("namespace"), text("name"), about);
            }
        }
    }
    objects
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|t| t.as_str()).map(ToOwned::to_owned).collect()
}

/// Seconds since 1970 of `YYYY-MM-DDThh:mm:ssZ` (days by Howard Hinnant's civil-calendar formula).
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (mut year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    year -= i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?)
}

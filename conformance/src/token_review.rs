//! Scripted answers of a webhook, put to the real client and to ours.

use crate::score::{KeyReport, Tally};
use claimant_k8s::token_review::{
    Posting, Reply, ReviewFailure, TokenReviewer, Transport, TransportError, Unreadable, Version,
};
use claimant_k8s::{Authenticated, Error, authenticate_async};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

const TOKEN: &str = "the-token";

/// Gives the answers in turn, the last one for ever, and keeps the questions.
struct Script {
    replies: Vec<Value>,
    questions: Mutex<Vec<Value>>,
}

impl Script {
    fn questions(&self) -> Vec<Value> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Script {
    fn post<'a>(&'a self, body: &'a [u8]) -> Posting<'a> {
        Box::pin(async move {
            let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            let reply = self.replies.get(questions.len()).or(self.replies.last()).unwrap_or(&Value::Null);
            questions.push(serde_json::from_slice(body).unwrap_or_default());
            if reply.get("transportError").is_some() {
                return Err(TransportError::Failed);
            }
            let text = |name: &str| reply[name].as_str().map(ToOwned::to_owned);
            Ok(Reply {
                code: reply["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default(),
                retry_after: text("retryAfter"),
                body: text("body").unwrap_or_default().into_bytes(),
            })
        })
    }
}

pub(crate) fn replay(cases: &[Value], tally: &mut Tally) -> Result<(), String> {
    // Time stands still but for pauses, which pass at once.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    for case in cases {
        let name = case["name"].as_str().unwrap_or_default();
        let script = Arc::new(Script {
            replies: case["replies"].as_array().cloned().unwrap_or_default(),
            questions: Mutex::default(),
        });
        match reviewer(case, &script) {
            Ok(Some(reviewer)) => {
                let ours = runtime.block_on(authenticate_async(&reviewer, TOKEN, 0));
                let unread = matches!(
                    reviewer.last_failure(),
                    Some(ReviewFailure::Unreadable(Unreadable::Json | Unreadable::Folded))
                );
                if unread && case["expect"]["verdict"] != "reject" {
                    tally.named(&format!("{name}: they read the answer, we do not"), "review-json");
                } else {
                    score(name, &case["expect"], &ours, &script.questions(), tally);
                }
            }
            // Without an audience to ask for, whoever gets any token at all may pass for its user.
            Ok(None) => tally.named(&format!("{name}: they ask for no audience, we cannot"), "review-audiences"),
            Err(why) if case["expect"]["verdict"] == "bad-config" => tally.config(name, Some(&why), Err(&why)),
            Err(why) => tally.config(name, None, Err(&why)),
        }
    }
    Ok(())
}

/// As the case wants it; none where it asks for no audience.
fn reviewer(case: &Value, script: &Arc<Script>) -> Result<Option<TokenReviewer<Arc<Script>>>, String> {
    let version: Version = case["version"]
        .as_str()
        .unwrap_or_default()
        .parse()
        .map_err(|error: claimant_k8s::ConfigError| error.to_string())?;
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|t| t.as_str()).map(ToOwned::to_owned).collect()
    };
    let audiences = texts(&case["audiences"]);
    if audiences.is_empty() {
        return Ok(None);
    }
    let reviewer = TokenReviewer::new(Arc::clone(script), audiences).map_err(|error| error.to_string())?;
    Ok(Some(
        reviewer
            .with_version(version)
            .with_api_audiences(texts(&case["implicitAudiences"]))
            .with_opaque_tokens("the recorded token is none of a kind")
            .with_patience(std::time::Duration::from_secs(600)),
    ))
}

fn score(name: &str, expect: &Value, ours: &Result<Authenticated, Error>, questions: &[Value], tally: &mut Tally) {
    if let Some(wrong) = questions.iter().find(|question| **question != expect["sent"]) {
        return tally.other_value(&format!("{name}: another question: {wrong}"));
    }
    let most = expect["requests"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    if questions.len() > most {
        return tally.other_value(&format!("{name}: {} questions, they ask {most} times", questions.len()));
    }
    // Their client has one error for "no" and for "no answer"; either way there is no user.
    let ours = match ours {
        Err(Error::Unavailable(_)) if expect["verdict"] == "reject" => &Err(claimant_k8s::Refusal::UnknownToken.into()),
        other => other,
    };
    tally.token(name, expect, ours, &KeyReport::default());
}

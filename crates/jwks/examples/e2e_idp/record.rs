//! What a provider publishes, written down as fixtures for the ordinary tests.

use super::Failure;
use super::client::{Client, Document, Sort};
use super::judge::{Judge, now};
use claimant_core::Refusal;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where to write to, if anywhere: the folder that `RECORD` names.
pub struct Record {
    folder: Option<PathBuf>,
    issuer: String,
    set: Option<String>,
    documents: Vec<Value>,
    tokens: Vec<Value>,
}

impl Record {
    /// `set` is the URL of the key set, where it is not found by discovery.
    pub fn new(issuer: &str, set: Option<String>) -> Self {
        let folder = std::env::var_os("RECORD").filter(|name| !name.is_empty()).map(PathBuf::from);
        Self { folder, issuer: issuer.to_owned(), set, documents: Vec::new(), tokens: Vec::new() }
    }

    /// What is published now, which is called `stage`.
    pub fn published(&mut self, client: &Client, stage: &str) -> Result<(), Failure> {
        if self.folder.is_none() {
            return Ok(());
        }
        let set = match &self.set {
            Some(url) => url.clone(),
            None => {
                let discovery = client.discovery()?;
                let document: Value = serde_json::from_str(&discovery.text)?;
                self.documents.push(written(stage, &discovery)?);
                document.get("jwks_uri").and_then(|url| url.as_str()).ok_or("no jwks_uri")?.to_owned()
            }
        };
        self.documents.push(written(stage, &client.document(&set)?)?);
        Ok(())
    }

    /// A token of this sort as it was judged, by the keys at hand, at `stage`.
    pub fn judged(&mut self, judge: &Judge, stage: &str, sort: Sort, token: &str) -> Result<(), Failure> {
        if self.folder.is_none() {
            return Ok(());
        }
        let at = now();
        let verdict = match judge.look(token)?.0 {
            Some(outcome) => outcome.map_or_else(|why: Refusal| why.reason(), |()| "good"),
            None => "unavailable",
        };
        let judged = json!({"stage": stage, "at": at, "verdict": verdict});
        let known = self.tokens.iter_mut().find(|one| one.get("token").is_some_and(|text| text == token));
        match known.and_then(|one| one.get_mut("judged")).and_then(Value::as_array_mut) {
            Some(before) => before.push(judged),
            None => self.tokens.push(json!({
                "what": sort.what.name(), "algorithm": sort.algorithm.name(), "token": token, "judged": [judged],
            })),
        }
        Ok(())
    }

    pub fn write(self) -> Result<(), Failure> {
        let Some(folder) = self.folder else { return Ok(()) };
        std::fs::create_dir_all(&folder)?;
        let published = json!({"issuer": self.issuer, "set": self.set, "documents": self.documents});
        for (name, value) in [("published.json", published), ("tokens.json", Value::Array(self.tokens))] {
            std::fs::write(folder.join(name), serde_json::to_string_pretty(&value)? + "\n")?;
        }
        Ok(())
    }
}

/// The body is kept as the text that it was.
fn written(stage: &str, document: &Document) -> Result<Value, Failure> {
    let Document { url, headers, text } = document;
    let kept = headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let headers: serde_json::Map<String, Value> = kept.map(|(n, v)| (n.clone(), Value::from(v.clone()))).collect();
    Ok(json!({"stage": stage, "url": url, "headers": headers, "body": text}))
}

/// Headers that say something of the document.
const KEPT: [&str; 9] =
    ["age", "cache-control", "content-encoding", "content-type", "date", "etag", "expires", "last-modified", "pragma"];

//! The text of a configuration, YAML or JSON, as kube-apiserver reads it.
//!
//! A reader of another YAML accepts other files, or the same with other values, and each is a false verdict. So
//! this one follows, rule by rule, what stands behind sigs.k8s.io/yaml v1.6.0: the grammar of go.yaml.in/yaml/v2
//! v2.4.4 (libyaml's, with differences: no YAML 1.2, other rules for `:` and `?` within `[]` and `{}`, nesting of
//! at most 10 000) and its types (YAML 1.1: `no` is a boolean, `0123` a number). Only the first document counts.
//!
//! Rust's ports of libyaml follow later versions of it, and its other readers YAML 1.2: each reads some files
//! otherwise (`%YAML 1.2`, `{a: b?c}`, `"\/"`), hence a reader of our own.
//!
//! The way of a text: [`reader`] makes characters of it, [`scanner`] tokens, [`parser`] events, [`tree`] nodes,
//! and [`de`] members, for which [`resolve`] says what a scalar is. Nothing recurses as deep as the text nests.

mod de;
mod document;
mod fault;
mod json;
mod members;
mod parse_flow;
mod parser;
mod reader;
mod resolve;
mod scan_scalar;
mod scan_tag;
mod scanner;
mod split;
mod timestamp;
mod token;
mod tree;
mod write;

pub(crate) use document::member_path;
pub use document::{Document, NodeType, Place};
pub use split::{Part, documents};
pub use write::to_yaml;

use crate::null::Object;
use crate::{ConfigError, FileError};
use fault::{Fault, Mark};
use serde::Deserialize;

/// Bytes of a file. The API server has no limit of its own.
const LONGEST: usize = 4 << 20;

/// Reads an object from text. What begins with `{` is JSON and nothing else.
pub(super) fn read<T: for<'de> Deserialize<'de>>(text: &[u8]) -> Result<T, ConfigError> {
    if text.len() > LONGEST {
        return Err(Fault::limit(Mark::default(), format!("the file is longer than {LONGEST} bytes")).into());
    }
    if json::is_json(text) {
        return read_json(&json::lenient(text));
    }
    Document::read(text)?.object("")
}

fn read_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, ConfigError> {
    let Object(value) = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let why = error.to_string();
        let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why).to_owned();
        ConfigError::File(FileError { line, column, path: String::new(), why })
    })?;
    Ok(value)
}

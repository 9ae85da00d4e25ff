//! Semantic versions (semver.org, 2.0.0), as github.com/blang/semver reads them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::function::{Comparison, SemverFunction};
use super::{Arguments, Outcome, invalid};
use crate::eval::Value;

/// A semantic version.
#[derive(Clone, Debug)]
pub struct Semver {
    numbers: [u64; 3],
    /// Identifiers after `-`.
    pre: Vec<Box<str>>,
    /// Identifiers after `+`; they do not count in comparisons.
    build: Vec<Box<str>>,
}

impl Semver {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => (patch, Some(pre)),
            None => (rest, None),
        };
        let numbers = [number(major, "major")?, number(minor, "minor")?, number(patch, "patch")?];
        let identifiers = |list: Option<&str>, pre: bool| -> Result<Vec<Box<str>>, String> {
            let parts = list.into_iter().flat_map(|list| list.split('.'));
            parts.map(|part| identifier(part, pre)).collect()
        };
        Ok(Self { numbers, pre: identifiers(pre, true)?, build: identifiers(build, false)? })
    }

    /// Reads a version with a leading `v`, leading zeros, or parts left out.
    fn parse_leniently(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text
            .splitn(3, '.')
            .map(|part| {
                if part.len() <= 1 {
                    return part.to_owned();
                }
                let short = part.trim_start_matches('0');
                match short.bytes().next() {
                    Some(b) if b.is_ascii_digit() => short.to_owned(),
                    _ => format!("0{short}"),
                }
            })
            .collect();
        if parts.len() < 3 {
            if parts.last().is_some_and(|part| part.contains(['+', '-'])) {
                return Err("short version cannot contain PreRelease/Build meta data".to_owned());
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    /// The order of precedence.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let pairs = self.pre.iter().zip(&other.pre);
                let differ = pairs.map(|(a, b)| compare_identifiers(a, b));
                differ.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| self.pre.len().cmp(&other.pre.len()))
            }
        })
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre.join("."))?;
        }
        if !self.build.is_empty() {
            write!(f, "+{}", self.build.join("."))?;
        }
        Ok(())
    }
}

fn number(text: &str, what: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("Invalid character(s) found in {what} number {text:?}"));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{what} number must not contain leading zeroes {text:?}"));
    }
    text.parse().map_err(|_| format!("{what} number {text:?} out of range"))
}

fn identifier(text: &str, pre: bool) -> Result<Box<str>, String> {
    if text.is_empty() {
        return Err(if pre { "Prerelease is empty" } else { "Build meta data is empty" }.to_owned());
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if pre && digits {
        if text.len() > 1 && text.starts_with('0') {
            return Err(format!("Numeric PreRelease version must not contain leading zeroes {text:?}"));
        }
        if text.parse::<u64>().is_err() {
            return Err(format!("PreRelease number {text:?} out of range"));
        }
    } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(format!("Invalid character(s) found in {text:?}"));
    }
    Ok(text.into())
}

/// Numbers before words, numbers by value, words by their bytes.
fn compare_identifiers(a: &str, b: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match (is_number(a), is_number(b)) {
        (true, true) => a.parse::<u64>().ok().cmp(&b.parse().ok()),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

pub(super) fn call<'a>(function: SemverFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let parse = |name: &str| {
        let text = arguments.text(0).map_err(|_| arguments.no_overload(name))?;
        Ok(match arguments.get(1) {
            None | Some(Value::Bool(false)) => Semver::parse(text),
            Some(Value::Bool(true)) => Semver::parse_leniently(text),
            Some(_) => return Err(arguments.no_overload(name)),
        })
    };
    let number = |name: &str, of: fn(&[u64; 3]) -> u64| match arguments.get(0) {
        // A number beyond the range becomes negative in the API server.
        Some(Value::Semver(version)) => Ok(Value::Int(of(&version.numbers).cast_signed())),
        _ => Err(arguments.no_overload(name)),
    };
    match function {
        SemverFunction::Parse => Ok(Value::Semver(Arc::new(parse("semver")?.map_err(invalid)?))),
        SemverFunction::IsSemver => Ok(Value::Bool(parse("isSemver")?.is_ok())),
        SemverFunction::Major => number("major", |[major, _, _]| *major),
        SemverFunction::Minor => number("minor", |[_, minor, _]| *minor),
        SemverFunction::Patch => number("patch", |[_, _, patch]| *patch),
    }
}

pub(super) fn compare<'a>(function: Comparison, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let (Some(Value::Semver(a)), Some(Value::Semver(b))) = (arguments.get(0), arguments.get(1)) else {
        return Err(arguments.no_overload(function.name()));
    };
    Ok(function.answer(a.compare(b)))
}

//! Replays verdicts that were recorded from the real Kubernetes code, and scores ours against them.

// Indexing a JSON value never panics: what is absent reads as null.
#![allow(clippy::indexing_slicing)]

mod cel;
mod config_files;
mod minors;
mod oidc;
mod rbac;
mod request_info;
mod requests;
mod score;
mod service_accounts;
mod token_review;

use score::{Report, Tally};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: claimant-conformance [--verbose] [--json FILE] PATH...";

fn main() -> ExitCode {
    let (mut verbose, mut json, mut paths) = (false, None, Vec::new());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            Some("--verbose") => verbose = true,
            Some("--json") => match arguments.next() {
                Some(file) => json = Some(PathBuf::from(file)),
                None => return usage("--json needs a file"),
            },
            Some(flag) if flag.starts_with('-') => return usage(&format!("unknown option {flag}")),
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    if paths.is_empty() {
        return usage("no path given");
    }
    match run(&paths, verbose, json.as_deref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => usage(&why),
    }
}

fn usage(why: &str) -> ExitCode {
    eprintln!("claimant-conformance: {why}\n{USAGE}");
    ExitCode::from(2)
}

fn run(paths: &[PathBuf], verbose: bool, json: Option<&Path>) -> Result<bool, String> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    if files.is_empty() {
        return Err("no recordings (*.json) there".to_owned());
    }
    let mut report = Report::default();
    println!("{}", Tally::HEADINGS);
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut tally = Tally::default();
        let of_cel = value.pointer("/cases/0/expression").is_some() && value.get("claims").is_some();
        let costs = if of_cel { Some(cel::replay(&text, &mut tally)?) } else { None };
        match costs.is_none() {
            true if minors::is_of_minors(&value) => minors::replay(&value, &file, &mut tally)?,
            true => replay(&value, &mut tally)?,
            false => {}
        }
        println!("{tally} {}", file.display());
        if let Some(report) = costs {
            print!("{report}");
        }
        if verbose {
            tally.notes.iter().for_each(|note| println!("    {note}"));
        }
        report.add(file.display().to_string(), tally);
    }
    println!("{} total", report.total);
    println!("{}", report.total.share());
    println!("{:>7} tokens explained, with the verdict's own reason", report.total.explained);
    for (name, count) in &report.total.names {
        println!("{count:>7} stricter by name: {name}");
    }
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(report.total.is_good())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let complain = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        path.metadata().map_err(complain)?;
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(complain)? {
        let entry = entry.map_err(complain)?.path();
        // Links are not followed: one that points back would never end.
        if entry.is_symlink() {
            continue;
        }
        if entry.is_dir() || entry.extension().is_some_and(|e| e == "json") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// What has another format is counted as not supported yet, case by case.
fn replay(value: &serde_json::Value, tally: &mut Tally) -> Result<(), String> {
    if value.pointer("/cases/0/expect/verdict").is_some() && value.pointer("/cases/0/path").is_some() {
        requests::replay(value["cases"].as_array().map(Vec::as_slice).unwrap_or_default(), tally);
        return Ok(());
    }
    if value.get("discovery").is_some() && value.get("serviceAccounts").is_some() {
        service_accounts::replay_real(value, tally);
        return Ok(());
    }
    if let Some(cases) = value.get("webhookClient").and_then(|cases| cases.as_array()) {
        token_review::replay(cases, tally)?;
        // The endpoint's own cases are for a server.
        unsupported(&serde_json::json!({"tokenReview": value["tokenReview"]}), tally);
        return Ok(());
    }
    if let Some(cases) = value.get("requestInfo").and_then(|cases| cases.as_array()) {
        request_info::replay(cases, tally);
        return Ok(());
    }
    if value.pointer("/cases/0/expect/stage").is_some() {
        config_files::replay(value["cases"].as_array().map(Vec::as_slice).unwrap_or_default(), tally);
        return Ok(());
    }
    let suites = value.get("suites").and_then(|s| s.as_array()).map(Vec::as_slice).unwrap_or_default();
    let of_tokens = |suite: &serde_json::Value| suite.get("jwks").is_some() || suite.get("flags").is_some();
    for suite in suites {
        if suite.pointer("/config/publicKeysPEM").is_some() {
            service_accounts::replay(suite, tally);
        } else if suite.pointer("/objects/clusterRoles").is_some() {
            rbac::replay(suite, tally);
        } else if of_tokens(suite) || suite.get("configError").is_some() {
            oidc::replay(suite, tally);
        } else {
            unsupported(suite, tally);
        }
    }
    if suites.is_empty() {
        unsupported(value, tally);
    }
    Ok(())
}

/// Every entry of every list counts as a case; a file without any, as one.
fn unsupported(file: &serde_json::Value, tally: &mut Tally) {
    let lists = file.as_object().into_iter().flatten().filter_map(|(name, list)| Some((name, list.as_array()?)));
    let before = tally.unsupported;
    for (name, list) in lists {
        for (index, case) in list.iter().enumerate() {
            tally.unsupported(&format!("{name}[{index}] {}{}", case["name"], case["id"]));
        }
    }
    if tally.unsupported == before {
        tally.unsupported("another format");
    }
}

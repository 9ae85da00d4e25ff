//! Writes the recorded tokens, keys and expressions as seeds of the fuzz targets, below the folder that is named.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{env, fs, io};

/// Larger seeds only slow the fuzzer down.
const LARGEST: usize = 8 * 1024;

type Seeds = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

fn main() -> io::Result<()> {
    let out = env::args().nth(1).ok_or_else(|| io::Error::other("usage: fuzz_corpus FOLDER"))?;
    let mut seeds = Seeds::new();
    read_folder(Path::new("conformance/corpus"), &mut seeds)?;
    for (target, all) in seeds {
        let folder = Path::new(&out).join(target);
        fs::create_dir_all(&folder)?;
        println!("{target}: {} seeds", all.len());
        for (index, seed) in all.iter().enumerate() {
            fs::write(folder.join(format!("recorded-{index:05}")), seed)?;
        }
    }
    Ok(())
}

fn read_folder(folder: &Path, seeds: &mut Seeds) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(&path, seeds)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            collect(&serde_json::from_slice(&fs::read(&path)?)?, seeds);
        }
    }
    Ok(())
}

fn collect(value: &Value, seeds: &mut Seeds) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(token) if name == "token" => add_token(token, seeds),
                    Value::String(text) if name == "expression" => add(seeds, "cel_expression", text.as_str()),
                    Value::Object(_) if value.get("keys").is_some() => add(seeds, "jwks", value.to_string()),
                    _ => collect(value, seeds),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, seeds)),
        Value::String(text) if text.contains("-----BEGIN ") => add(seeds, "pem", text.as_str()),
        _ => {}
    }
}

fn add_token(token: &str, seeds: &mut Seeds) {
    add(seeds, "compact", token);
    let mut parts = token.split('.').map(Base64UrlUnpadded::decode_vec);
    if let (Some(Ok(header)), Some(Ok(payload))) = (parts.next(), parts.next()) {
        add(seeds, "whole_way", [header.as_slice(), &[0], &payload].concat());
        add(seeds, "header", header);
        add(seeds, "cel_claims", payload.as_slice());
        add(seeds, "claims", payload);
    }
}

fn add(seeds: &mut Seeds, target: &'static str, seed: impl Into<Vec<u8>>) {
    let seed = seed.into();
    if seed.len() <= LARGEST {
        seeds.entry(target).or_default().insert(seed);
    }
}

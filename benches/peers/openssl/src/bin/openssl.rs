//! `openssl serve TOKEN` works for `report`; `openssl count [FILTER]` runs all once, for callgrind.

#![allow(clippy::unwrap_used)]

#[path = "../../../src/claims.rs"]
mod claims;
#[path = "../contender.rs"]
mod contender;

use claimant_benches::{Fixture, report};
use std::io::{BufRead, Write};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["count", filter @ ..] => report::count(&contender::contenders, filter.first().unwrap_or(&"")),
        ["serve", token] => serve(token),
        _ => eprintln!("openssl serve TOKEN | openssl count [FILTER]"),
    }
}

/// Reads how often to work, answers how many nanoseconds it took, until the input ends.
fn serve(token: &str) {
    let named = |one: &Fixture| format!("{} {}", one.subject.name(), one.algorithm) == token;
    let fixture = Fixture::all().into_iter().find(named).unwrap();
    let mut josekit = contender::contenders(&fixture).remove(0);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let took = josekit.time(line.unwrap().parse().unwrap());
        writeln!(out, "{}", took.as_nanos()).unwrap();
        out.flush().unwrap();
    }
}

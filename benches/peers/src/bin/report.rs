//! `report [FILTER]` measures and writes `benches/report`; `report count [FILTER]` runs all once, for callgrind.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../claims.rs"]
mod claims;
#[path = "../contenders/mod.rs"]
mod contenders;
#[path = "../elsewhere.rs"]
mod elsewhere;

use claimant_benches::measure::Plan;
use claimant_benches::{Contender, Fixture, report};
use std::io;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["count", filter @ ..] => report::count(&contenders::contenders, filter.first().unwrap_or(&"")),
        filter => {
            let tables = report::tables(&everyone, Plan::default(), filter.first().unwrap_or(&""));
            report::write(&tables)?;
        }
    }
    Ok(())
}

fn everyone(fixture: &Fixture) -> Vec<Contender> {
    let mut all = contenders::contenders(fixture);
    all.push(elsewhere::contender("openssl", "josekit 0.10, OpenSSL", fixture));
    all
}

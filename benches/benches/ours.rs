//! `cargo bench -p claimant-benches [-- FILTER]`: ours and the bare signatures, printed as Markdown.

use claimant_benches::measure::Plan;
use claimant_benches::report::{Figures, tables};
use claimant_benches::{markdown, ours};

fn main() {
    // cargo passes options of its own, and `cargo test` runs benches that have no tests in them.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--bench") {
        let filter = words.iter().find(|word| !word.starts_with("--")).cloned().unwrap_or_default();
        let tables = tables(&ours::contenders, Plan::default(), &filter);
        print!("{}", markdown::render(&tables, &Figures::none(), &Figures::none()));
    }
}

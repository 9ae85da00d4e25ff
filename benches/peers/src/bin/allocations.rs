//! Allocations of every contender; apart from `report`, so that no counting slows what is timed.

#![allow(clippy::unwrap_used)]

#[path = "../claims.rs"]
mod claims;
#[path = "../contenders/mod.rs"]
mod contenders;

use claimant_benches::report;

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    report::allocations(&contenders::contenders, &filter, |work| allocation_counter::measure(work).count_total);
}

//! Allocations of the contenders on OpenSSL.

#![allow(clippy::unwrap_used)]

#[path = "../../../src/claims.rs"]
mod claims;
#[path = "../contender.rs"]
mod contender;

use claimant_benches::report;

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    report::allocations(&contender::contenders, &filter, |work| allocation_counter::measure(work).count_total);
}

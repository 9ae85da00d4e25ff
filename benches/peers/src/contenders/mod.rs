//! The peers that can stand in one process.

mod biscuit;
mod jsonwebtoken;
mod jwt_compact;
mod jwt_simple;

use claimant_benches::{Contender, Fixture, ours};

/// Ours and every peer that has the algorithm.
pub fn contenders(fixture: &Fixture) -> Vec<Contender> {
    let mut all = ours::contenders(fixture);
    all.extend(jsonwebtoken::contenders(fixture));
    all.extend(jwt_simple::contender(fixture));
    all.extend(biscuit::contender(fixture));
    all.extend(jwt_compact::contender(fixture));
    all
}

use claimant_core::{Policy, UnverifiedToken};

fn check(token: UnverifiedToken<'_>, policy: &Policy) {
    let _ = token.check(policy, 0);
}

fn main() {}

use claimant_core::{Policy, SignedToken};

fn twice(token: SignedToken<'_>, strict: &Policy, loose: &Policy) {
    let _ = token.check(strict, 0);
    let _ = token.check(loose, 0);
}

fn main() {}

use claimant_core::json::Object;
use claimant_core::{Refusal, SignedToken};

fn make<'a>(read: &'a Result<Object<'a>, Refusal>) -> SignedToken<'a> {
    SignedToken { claims: read }
}

fn main() {}

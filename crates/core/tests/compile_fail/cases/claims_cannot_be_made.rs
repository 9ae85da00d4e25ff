//! Claims are what a policy has passed: nobody else can make them.
use claimant_core::Claims;

fn make<'a>() -> Claims<'a> {
    Claims { object: loop {} }
}

fn main() {}

use claimant_core::Claims;
use claimant_core::json::Object;

fn make<'a>(object: &'a Object<'a>) -> Claims<'a> {
    Claims { object }
}

fn main() {}

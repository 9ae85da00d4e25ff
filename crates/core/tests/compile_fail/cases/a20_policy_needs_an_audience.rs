use claimant_core::{Audience, Policy};

fn main() {
    let _ = Policy::new("https://issuer.example");
    let _ = Policy::new("https://issuer.example", None);
}

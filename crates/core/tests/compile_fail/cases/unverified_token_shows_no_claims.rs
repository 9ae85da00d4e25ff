use claimant_core::UnverifiedToken;

fn read(token: UnverifiedToken<'_>) {
    let _ = token.header();
    let _ = token.claims();
    let _ = token.text("sub");
    let _ = token.get("sub");
    let _ = token.claims;
}

fn main() {}

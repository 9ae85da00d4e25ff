use claimant_core::SignedToken;

fn read(token: SignedToken<'_>) {
    let _ = token.claims();
    let _ = token.text("sub");
    let _ = token.get("sub");
    let _ = token.claims;
}

fn main() {}

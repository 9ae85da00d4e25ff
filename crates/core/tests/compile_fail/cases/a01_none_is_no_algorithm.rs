fn main() {
    let _ = claimant_core::Algorithm::None;
}

use claimant_core::{Algorithm, HmacAlgorithm, KeySet, PublicKey, SharedSecret, UnverifiedToken, VerifyingKey};

fn confuse(token: &UnverifiedToken<'_>, keys: &KeySet, key: &VerifyingKey, public: &PublicKey) {
    let _ = token.verify_with_secret(keys);
    let _ = token.verify_with_secret(key);
    let _ = SharedSecret::both_ends_are_mine(HmacAlgorithm::Hs256, public);
    let _ = SharedSecret::both_ends_are_mine(Algorithm::Rs256, b"a secret of thirty-two bytes....");
}

fn main() {}

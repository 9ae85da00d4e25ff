use claimant_core::{Algorithm, HmacAlgorithm, KeySet, Provider, SharedSecret, UnverifiedToken, provider};

fn confuse(token: &UnverifiedToken<'_>, keys: KeySet, secret: &SharedSecret) {
    let _ = token.verify(secret, &Algorithm::ALL);
    let _ = token.verify(&keys, &[HmacAlgorithm::Hs256]);
    let _ = provider::Default.verifier(Algorithm::Rs256, secret);
    let _ = keys.join(secret);
}

fn main() {}

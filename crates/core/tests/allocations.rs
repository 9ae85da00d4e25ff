//! In steady state a token goes from text to claims without any allocation, by every provider that can.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use claimant_core::{Algorithm, Audience, Buffer, Limits, Policy, PublicKey, TimeRules, UnverifiedToken};
use common::{fixture, providers};

#[test]
fn from_text_to_claims_without_allocation() {
    for (name, provider) in providers() {
        for algorithm in Algorithm::ALL {
            let fixture = fixture(algorithm);
            let Some(keys) = fixture.keys(provider.as_ref()) else { continue };
            let policy = Policy::new("https://issuer.example", Audience::any_of(["my-api"]).unwrap());
            let policy = policy.with_times(TimeRules::ServiceAccount);
            let mut buffer = Buffer::new();
            let mut way = || {
                let token = UnverifiedToken::parse(&fixture.token, &mut buffer, &Limits::default()).unwrap();
                let claims = token.verify(&keys, &[algorithm]).unwrap().check(&policy, common::NOW).unwrap();
                assert_eq!(claims.text("sub").unwrap().as_deref(), Some("system:serviceaccount:team-a:builder"));
            };
            way();
            let whole = allocation_counter::measure(way).count_total;
            let bare = provider.verifier(algorithm, &fixture.public_key).unwrap();
            let (input, signature) = fixture.parts();
            let verify = || bare.verify(input.as_bytes(), &signature).unwrap();
            verify();
            let signature_alone = allocation_counter::measure(verify).count_total;
            assert_eq!(whole, signature_alone, "{name} {algorithm}: ours adds allocations");
            // What the signature alone takes: ring builds an RSA key anew each time (5 allocations); graviola
            // checks itself in debug builds.
            let allocates = match name {
                "default" => matches!(fixture.public_key, PublicKey::Rsa { .. }),
                "graviola" => cfg!(debug_assertions),
                _ => false,
            };
            assert!(allocates || whole == 0, "{name} {algorithm}: {whole}");
        }
    }
}

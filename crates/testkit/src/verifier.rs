//! For whoever writes a verifier of their own (a KMS, an HSM, a FIPS module): does it refuse what it must?
//!
//! ```
//! let report = claimant_testkit::verifier::check(&claimant_core::provider::Default).unwrap();
//! assert!(report.served.contains(&claimant_core::Algorithm::Rs256));
//! ```

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::key::Curve;
use claimant_core::{Algorithm, Provider, PublicKey, Verifier};
use serde_json::Value;

/// What a provider that passes serves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Algorithms with which it verified the good signature and refused all others.
    pub served: Vec<Algorithm>,
    /// Algorithms that it says it does not serve. That is no fault.
    pub not_served: Vec<Algorithm>,
}

/// One thing that a provider gets wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{algorithm}: {what} (attack class {class})")]
#[non_exhaustive]
pub struct Fault {
    /// With which algorithm.
    pub algorithm: Algorithm,
    /// What it did.
    pub what: String,
    /// The attack class that it opens, as the project numbers them.
    pub class: &'static str,
}

/// Puts good and bad signatures of every algorithm to the provider's verifiers: signatures of other
/// algorithms with the same key (A05), numbers out of range (A06), DER and other lengths (A07), changed
/// messages, and keys of another kind (A02, A05).
///
/// # Errors
/// Every fault that was found.
pub fn check(provider: &dyn Provider) -> Result<Report, Vec<Fault>> {
    let fixtures: Vec<Fixture> = Algorithm::ALL.into_iter().filter_map(Fixture::read).collect();
    let mut report = Report { served: Vec::new(), not_served: Vec::new() };
    let mut faults = Vec::new();
    for fixture in &fixtures {
        match provider.verifier(fixture.algorithm, &fixture.key) {
            Err(_) => report.not_served.push(fixture.algorithm),
            Ok(verifier) => {
                report.served.push(fixture.algorithm);
                check_one(verifier.as_ref(), fixture, &fixtures, &mut faults);
            }
        }
        for other in Algorithm::ALL {
            let foreign = !fixture.key.algorithms().contains(&other);
            if foreign && provider.verifier(other, &fixture.key).is_ok() {
                let what = format!("made a verifier from the key of {}", fixture.algorithm);
                faults.push(Fault { algorithm: other, what, class: "A05" });
            }
        }
    }
    if faults.is_empty() { Ok(report) } else { Err(faults) }
}

fn check_one(verifier: &dyn Verifier, fixture: &Fixture, all: &[Fixture], faults: &mut Vec<Fault>) {
    let algorithm = fixture.algorithm;
    let mut fault = |what: &str, class| faults.push(Fault { algorithm, what: what.to_owned(), class });
    if verifier.verify(&fixture.message, &fixture.signature).is_err() {
        fault("refused a good signature", "none");
    }
    let mut refuse = |what: &str, class, message: &[u8], signature: &[u8]| {
        if verifier.verify(message, signature).is_ok() {
            fault(&format!("accepted {what}"), class);
        }
    };
    for at in (0..fixture.message.len()).step_by(29) {
        let mut message = fixture.message.clone();
        message.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        refuse("a changed message", "A05", &message, &fixture.signature);
    }
    for at in (0..fixture.signature.len()).step_by(7) {
        let mut signature = fixture.signature.clone();
        signature.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x80);
        refuse("a changed signature", "A05", &fixture.message, &signature);
    }
    for (what, signature) in lengths(&fixture.signature) {
        refuse(what, "A07", &fixture.message, &signature);
    }
    for other in all.iter().filter(|other| other.algorithm != algorithm) {
        refuse("the signature of another algorithm", "A05", &other.message, &other.signature);
        refuse("the signature of another message", "A05", &fixture.message, &other.signature);
    }
    for (what, signature) in curve_numbers(fixture) {
        refuse(&what, "A06", &fixture.message, &signature);
    }
}

fn lengths(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let half = good.len() / 2;
    let (r, s) = good.split_at(half);
    let integer = |number: &[u8]| {
        let padded = [&[0], number].concat();
        [&[2, u8::try_from(padded.len()).unwrap_or(0)], padded.as_slice()].concat()
    };
    let body = [integer(r), integer(s)].concat();
    let der = match u8::try_from(body.len()) {
        Ok(length @ 0..=127) => [&[0x30, length], body.as_slice()].concat(),
        Ok(length) => [&[0x30, 0x81, length], body.as_slice()].concat(),
        Err(_) => body,
    };
    vec![
        ("an empty signature", Vec::new()),
        ("a signature cut by one byte", good.get(..good.len().saturating_sub(1)).unwrap_or_default().to_vec()),
        ("a signature with a byte behind it", [good, &[0]].concat()),
        ("a signature with a byte in front", [&[0], good].concat()),
        ("a signature twice", [good, good].concat()),
        ("a signature in DER", der),
        ("zeros", vec![0; good.len()]),
        ("ones", vec![0xff; good.len()]),
    ]
}

/// r and s from zero, one, the order and its successor.
fn curve_numbers(fixture: &Fixture) -> Vec<(String, Vec<u8>)> {
    let PublicKey::Ec { curve, .. } = &fixture.key else { return Vec::new() };
    let order = match curve {
        Curve::P256 => "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        Curve::P384 => {
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973"
        }
        Curve::P521 => {
            "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409"
        }
    };
    let digits: Vec<u8> = order.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    let n: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit)).collect();
    let number = |last: u8| [vec![0; n.len() - 1], vec![last]].concat();
    // The orders end in an odd digit, so one more does not carry.
    let mut after = n.clone();
    after.iter_mut().next_back().into_iter().for_each(|last| *last += 1);
    let (zero, one) = (number(0), number(1));
    let named = [("0", zero), ("1", one), ("n", n), ("n+1", after)];
    let mut out = Vec::new();
    for (r_name, r) in &named {
        for (s_name, s) in &named {
            out.push((format!("r = {r_name}, s = {s_name}"), [r.as_slice(), s].concat()));
        }
    }
    out
}

/// A token that was signed once with a throw-away key.
struct Fixture {
    algorithm: Algorithm,
    key: PublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Fixture {
    fn read(algorithm: Algorithm) -> Option<Self> {
        let all: Value = serde_json::from_str(include_str!("fixtures.json")).ok()?;
        let one = all.get(algorithm.name())?;
        let text = |name: &str| one.get("jwk")?.get(name)?.as_str();
        let bytes = |name: &str| Base64UrlUnpadded::decode_vec(text(name)?).ok();
        let key = match text("kty")? {
            "RSA" => PublicKey::Rsa { n: bytes("n")?, e: bytes("e")? },
            "EC" => {
                let curve =
                    [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|c| Some(c.name()) == text("crv"))?;
                PublicKey::Ec { curve, point: [vec![4], bytes("x")?, bytes("y")?].concat() }
            }
            _ => PublicKey::Ed25519(bytes("x")?.try_into().ok()?),
        };
        let (message, signature) = one.get("token")?.as_str()?.rsplit_once('.')?;
        let signature = Base64UrlUnpadded::decode_vec(signature).ok()?;
        Some(Self { algorithm, key, message: message.as_bytes().to_vec(), signature })
    }
}

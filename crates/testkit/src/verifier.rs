//! For whoever writes a verifier of their own (a KMS, an HSM, a FIPS module): does it refuse what it must?
//!
//! ```
//! let report = claimant_testkit::verifier::check(&claimant_core::provider::Default).unwrap();
//! assert!(report.served.contains(&claimant_core::Algorithm::Rs256));
//! ```

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::key::Curve;
use claimant_core::{Algorithm, AsyncVerifier, Provider, PublicKey, Verifier};
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
/// algorithms with the same key (A05), numbers out of range (A06), DER and other lengths (A07), scalars of Ed25519
/// that are not reduced and points of small order (A08), changed messages, and keys of another kind (A02, A05).
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

/// The same for one verifier that has to be waited for, such as a KMS with a key of its own: give it the public key,
/// and a message with the signature that the key made. Every answer is waited for in turn, some hundreds.
///
/// ```
/// use claimant_core::{Algorithm, Answer, AsyncVerifier, PublicKey};
///
/// async fn try_out(kms: &dyn AsyncVerifier, key: &PublicKey, message: &[u8], signature: &[u8]) {
///     claimant_testkit::verifier::check_async(kms, key, message, signature).await.unwrap();
/// }
/// ```
///
/// # Errors
/// Every fault that was found; also, that the key is not of the verifier's algorithm.
pub async fn check_async<V: AsyncVerifier + ?Sized>(
    verifier: &V,
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Vec<Fault>> {
    let algorithm = verifier.algorithm();
    let mut faults = Vec::new();
    if !key.algorithms().contains(&algorithm) {
        let what = "serves an algorithm that is not of its key".to_owned();
        faults.push(Fault { algorithm, what, class: "A05" });
    }
    let own = Fixture { algorithm, key: key.clone(), message: message.to_vec(), signature: signature.to_vec() };
    let others: Vec<Fixture> = Algorithm::ALL.into_iter().filter_map(Fixture::read).collect();
    for case in cases(&own, &others) {
        let holds = verifier.verify(&case.message, &case.signature).await.is_ok();
        faults.extend(case.fault(algorithm, holds));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn check_one(verifier: &dyn Verifier, fixture: &Fixture, all: &[Fixture], faults: &mut Vec<Fault>) {
    for case in cases(fixture, all) {
        let holds = verifier.verify(&case.message, &case.signature).is_ok();
        faults.extend(case.fault(fixture.algorithm, holds));
    }
}

/// One question to a verifier. All but the first are to be refused.
struct Case {
    what: String,
    class: &'static str,
    is_good: bool,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    fn fault(self, algorithm: Algorithm, holds: bool) -> Option<Fault> {
        let what = if self.is_good { format!("refused {}", self.what) } else { format!("accepted {}", self.what) };
        (holds != self.is_good).then_some(Fault { algorithm, what, class: self.class })
    }
}

fn cases(fixture: &Fixture, all: &[Fixture]) -> Vec<Case> {
    let (message, signature) = (&fixture.message, &fixture.signature);
    let case = |what: &str, class, message: &[u8], signature: &[u8]| Case {
        what: what.to_owned(),
        class,
        is_good: false,
        message: message.to_vec(),
        signature: signature.to_vec(),
    };
    let mut cases = vec![Case { is_good: true, ..case("a good signature", "none", message, signature) }];
    for at in (0..message.len()).step_by(29) {
        let mut changed = message.clone();
        changed.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        cases.push(case("a changed message", "A05", &changed, signature));
    }
    for at in (0..signature.len()).step_by(7) {
        let mut changed = signature.clone();
        changed.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x80);
        cases.push(case("a changed signature", "A05", message, &changed));
    }
    cases.extend(lengths(signature).iter().map(|(what, signature)| case(what, "A07", message, signature)));
    for other in all.iter().filter(|other| other.algorithm != fixture.algorithm) {
        cases.push(case("the signature of another algorithm", "A05", &other.message, &other.signature));
        cases.push(case("the signature of another message", "A05", message, &other.signature));
    }
    cases.extend(curve_numbers(fixture).iter().map(|(what, signature)| case(what, "A06", message, signature)));
    cases.extend(edwards_numbers(fixture).iter().map(|(what, signature)| case(what, "A08", message, signature)));
    cases
}

/// The good signature with the order added to its scalar (RFC 8032, section 5.1.7: refused), and the points of small
/// order with a scalar that counts for nothing.
fn edwards_numbers(fixture: &Fixture) -> Vec<(String, Vec<u8>)> {
    // Little-endian: 2^252 + 27742317777372353535851937790883648493.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (PublicKey::Ed25519(_), Some((r, s))) = (&fixture.key, fixture.signature.split_at_checked(32)) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut grown = s.to_vec();
    for times in 1..=15 {
        let mut carry = 0u16;
        for (byte, more) in grown.iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(more) + carry;
            let [low, high] = sum.to_le_bytes();
            (*byte, carry) = (low, u16::from(high));
        }
        if carry > 0 {
            break;
        }
        out.push((format!("s + {times} times the order"), [r, &grown].concat()));
    }
    for point in SMALL_ORDER {
        for (name, scalar) in [("0", [0; 32]), ("the order", ORDER)] {
            out.push((format!("r of small order, s = {name}"), [point, scalar].concat()));
        }
    }
    out
}

/// The points whose order divides the cofactor of Ed25519, encoded: of order 1, 2, 4 and 4, 8 four times.
const SMALL_ORDER: [[u8; 32]; 8] = [
    ends(1, 0, 0),
    ends(0xec, 0xff, 0x7f),
    ends(0, 0, 0),
    ends(0, 0, 0x80),
    EIGHTH,
    with_sign(EIGHTH),
    OTHER_EIGHTH,
    with_sign(OTHER_EIGHTH),
];
const EIGHTH: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
    0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];
const OTHER_EIGHTH: [u8; 32] = [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
    0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
];

const fn ends(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut point = [between; 32];
    point[0] = first;
    point[31] = last;
    point
}

const fn with_sign(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
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

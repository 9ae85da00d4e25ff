//! PEM (RFC 7468) as kube-apiserver reads `--service-account-key-file`.

use super::{Curve, KeySet, PublicKey, UnusableKey, VerifyingKey};
use crate::verifier::Provider;
use crate::{Limits, Misconfigured, UnusableReason};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use spki::der::{Decode, Encode};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};

pub(super) fn read(text: &str, provider: &dyn Provider, limits: &Limits) -> Result<KeySet, Misconfigured> {
    let blocks = blocks(text)?;
    if blocks.is_empty() {
        return Err(Misconfigured::Pem { block: 0, why: "no PEM block in the text" });
    }
    if blocks.len() > limits.keys {
        return Err(Misconfigured::TooManyKeys { got: blocks.len(), limit: limits.keys });
    }
    let mut set = KeySet::default();
    for (index, (label, der)) in blocks.into_iter().enumerate() {
        let mut kid = None;
        match read_block(&label, &der, &mut kid, provider) {
            Ok(key) => set.keys.push(key),
            Err(why) => set.unusable.push(UnusableKey { index, kid, why }),
        }
    }
    Ok(set)
}

/// Whether `text` holds at least one certificate in PEM and none that is broken, as a pool of trusted
/// certificates must.
pub fn has_certificates(text: &str) -> bool {
    let Ok(blocks) = blocks(text) else { return false };
    let mut certificates = blocks.iter().filter(|(label, _)| label == "CERTIFICATE").peekable();
    certificates.peek().is_some() && certificates.all(|(_, der)| spki_of_certificate(der).is_some())
}

/// The public key information inside a certificate, which may have expired.
pub(super) fn spki_of_certificate(der: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    Some(x509_cert::Certificate::from_der(der).ok()?.tbs_certificate.subject_public_key_info)
}

/// The key material of an SPKI structure, where it is of a kind that we know.
pub(super) fn public_key(spki: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
    let bits = spki.subject_public_key.as_bytes()?;
    match spki.algorithm.oid {
        RSA => {
            let (n, e) = rsa_numbers(bits)?;
            Some(PublicKey::Rsa { n, e })
        }
        EC => {
            let curve: ObjectIdentifier = spki.algorithm.parameters.as_ref()?.decode_as().ok()?;
            let curve = match curve {
                P256 => Curve::P256,
                P384 => Curve::P384,
                P521 => Curve::P521,
                _ => return None,
            };
            Some(PublicKey::Ec { curve, point: bits.to_vec() })
        }
        _ => None,
    }
}

fn read_block(
    label: &str,
    der: &[u8],
    kid: &mut Option<String>,
    provider: &dyn Provider,
) -> Result<VerifyingKey, UnusableReason> {
    if label.ends_with("PRIVATE KEY") {
        return Err(UnusableReason::Secret);
    }
    let spki = spki_of_certificate(der)
        .or_else(|| SubjectPublicKeyInfoOwned::from_der(der).ok())
        .ok_or(UnusableReason::Unreadable)?;
    let encoded = spki.to_der().map_err(|_| UnusableReason::Unreadable)?;
    *kid = Some(Base64UrlUnpadded::encode_string(&Sha256::digest(encoded)));
    let key = public_key(&spki).ok_or(UnusableReason::Unsupported)?;
    VerifyingKey::new(kid.clone(), &key, None, provider)
}

/// PKCS#1 (RFC 8017, appendix A.1.1): a sequence of modulus and exponent.
fn rsa_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let numbers: Vec<spki::der::asn1::Uint> = Vec::from_der(der).ok()?;
    match numbers.as_slice() {
        [n, e] => Some((n.as_bytes().to_vec(), e.as_bytes().to_vec())),
        _ => None,
    }
}

/// Label and bytes of each block. Text outside the blocks is ignored, as are headers inside.
fn blocks(text: &str) -> Result<Vec<(String, Vec<u8>)>, Misconfigured> {
    let mut out = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----")) else { continue };
        let block = out.len() + 1;
        let end = format!("-----END {label}-----");
        let mut body = String::new();
        loop {
            match lines.next() {
                None => return Err(Misconfigured::Pem { block, why: "the END line is missing" }),
                Some(line) if line == end => break,
                Some(line) if line.contains(':') => {}
                Some(line) => body.push_str(line),
            }
        }
        let der = Base64::decode_vec(&body).map_err(|_| Misconfigured::Pem { block, why: "not base64" })?;
        out.push((label.to_owned(), der));
    }
    Ok(out)
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

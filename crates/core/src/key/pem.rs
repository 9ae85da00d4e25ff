//! PEM (RFC 7468) as kube-apiserver reads `--service-account-key-file`.

use super::identity::{EC, RSA};
use super::{Curve, KeySet, PublicKey, UnusableKey, VerifyingKey};
use crate::verifier::Provider;
use crate::{Limits, Misconfigured, UnusableReason};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use spki::SubjectPublicKeyInfoOwned;
use spki::der::asn1::{Null, UintRef};
use spki::der::{Decode, Encode, Header, Reader, SliceReader};

pub(super) fn read(text: &str, pkcs1: bool, provider: &dyn Provider, limits: &Limits) -> Result<KeySet, Misconfigured> {
    let mut set = KeySet::default();
    for (index, block) in Blocks::of(text).enumerate() {
        if index >= limits.keys {
            return Err(Misconfigured::TooManyKeys { got: index + 1, limit: limits.keys });
        }
        let mut kid = None;
        match read_block(&block, pkcs1, &mut kid, provider) {
            Ok(key) => set.keys.push(key),
            // The id of a key is made of its public part.
            Err(why) => set.unusable.push(UnusableKey { index, of_any_id: kid.is_none(), kid, why }),
        }
    }
    if set.keys.is_empty() && set.unusable.is_empty() {
        return Err(Misconfigured::Pem("no PEM block in the text"));
    }
    Ok(set)
}

/// Whether `text` holds at least one certificate in PEM and none that is broken, as a pool of trusted
/// certificates must. Blocks with headers do not count.
pub fn has_certificates(text: &str) -> bool {
    let mut certificates =
        Blocks::of(text).filter(|block| block.label == "CERTIFICATE" && !block.has_headers).peekable();
    certificates.peek().is_some() && certificates.all(|block| spki_of_certificate(&block.der).is_some())
}

/// The public key information inside a certificate, which may have expired.
pub(super) fn spki_of_certificate(der: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    lengths_fit(der)?;
    Some(x509_cert::Certificate::from_der(der).ok()?.tbs_certificate.subject_public_key_info)
}

/// The key material of an SPKI structure, where it is of a kind that we know.
pub(super) fn public_key(spki: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
    let bits = spki.subject_public_key.as_bytes()?;
    match spki.algorithm.oid {
        // RFC 3279, section 2.3.1: the parameters are NULL, and Go insists on it.
        RSA if spki.algorithm.parameters.as_ref().is_some_and(|any| any.decode_as::<Null>().is_ok()) => {
            let (n, e) = rsa_numbers(bits)?;
            Some(PublicKey::Rsa { n, e })
        }
        EC => {
            let curve = Curve::of_oid(spki.algorithm.parameters.as_ref()?.decode_as().ok()?)?;
            let uncompressed = bits.first() == Some(&4) && bits.len() == 1 + 2 * curve.size();
            uncompressed.then(|| PublicKey::Ec { curve, point: bits.to_vec() })
        }
        _ => None,
    }
}

fn read_block(
    block: &Block<'_>,
    pkcs1: bool,
    kid: &mut Option<String>,
    provider: &dyn Provider,
) -> Result<VerifyingKey, UnusableReason> {
    if block.label.ends_with("PRIVATE KEY") {
        return Err(UnusableReason::Secret);
    }
    if pkcs1 && block.label == "RSA PUBLIC KEY" {
        let (n, e) = rsa_numbers(&block.der).ok_or(UnusableReason::Unreadable)?;
        let key = PublicKey::Rsa { n, e };
        *kid = key.kubernetes_key_id();
        return VerifyingKey::new(kid.clone(), &key, None, provider);
    }
    let spki = spki_of_certificate(&block.der)
        .or_else(|| lengths_fit(&block.der).and_then(|()| SubjectPublicKeyInfoOwned::from_der(&block.der).ok()))
        .ok_or(UnusableReason::Unreadable)?;
    let encoded = spki.to_der().map_err(|_| UnusableReason::Unreadable)?;
    *kid = Some(Base64UrlUnpadded::encode_string(&Sha256::digest(encoded)));
    let key = public_key(&spki).ok_or(UnusableReason::UnknownKind)?;
    VerifyingKey::new(kid.clone(), &key, None, provider)
}

/// Whether every value ends before the bytes do. The readers of owned values reserve what a length claims
/// before they look whether it is there: up to 256 MiB for a certificate of a few bytes.
fn lengths_fit(der: &[u8]) -> Option<()> {
    let mut reader = SliceReader::new(der).ok()?;
    while !reader.is_finished() {
        let header = Header::decode(&mut reader).ok()?;
        if header.length > reader.remaining_len() {
            return None;
        }
        if !header.tag.is_constructed() {
            reader.read_slice(header.length).ok()?;
        }
    }
    Some(())
}

/// PKCS#1 (RFC 8017, appendix A.1.1): a sequence of modulus and exponent.
fn rsa_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let numbers: Vec<UintRef<'_>> = Vec::from_der(der).ok()?;
    match numbers.as_slice() {
        [n, e] => Some((n.as_bytes().to_vec(), e.as_bytes().to_vec())),
        _ => None,
    }
}

struct Block<'a> {
    label: &'a str,
    has_headers: bool,
    der: Vec<u8>,
}

/// The blocks of a text. Text outside of them is ignored, and so is a block that is broken, as Go does: the
/// search goes on behind its first line.
struct Blocks<'a> {
    rest: &'a str,
}

impl<'a> Blocks<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        while !self.rest.is_empty() {
            let (line, after) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = after;
            let label = line.trim_end().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----"));
            if let Some((block, after)) = label.and_then(|label| read_body(label, after)) {
                self.rest = after;
                return Some(block);
            }
        }
        None
    }
}

/// Headers first, up to the first line without a colon, then base64 up to the END line.
fn read_body<'a>(label: &'a str, text: &'a str) -> Option<(Block<'a>, &'a str)> {
    let end = format!("-----END {label}-----");
    let at = text.find(&end)?;
    let (body, after) = (text.get(..at)?, text.get(at + end.len()..)?);
    if !(body.is_empty() || body.ends_with('\n')) {
        return None;
    }
    let mut lines = body.lines().peekable();
    let mut has_headers = false;
    while lines.next_if(|line| line.contains(':')).is_some() {
        has_headers = true;
    }
    let base64: String = lines.flat_map(str::chars).filter(|c| !matches!(c, ' ' | '\t' | '\r')).collect();
    Some((Block { label, has_headers, der: Base64::decode_vec(&base64).ok()? }, after))
}

//! Names that follow from a key itself.

use super::{Curve, PublicKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use spki::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, Uint};
use spki::der::{Encode, Error};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

impl PublicKey {
    /// The SHA-256 thumbprint of the key as a JWK (RFC 7638; RFC 8037, appendix A.3), in base64url.
    pub fn thumbprint(&self) -> String {
        let text = Base64UrlUnpadded::encode_string;
        let json = match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
            Self::Ec { curve, point } => {
                let numbers = point.get(1..).unwrap_or_default();
                let (x, y) = numbers.split_at(numbers.len() / 2);
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), text(x), text(y))
            }
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        };
        text(&Sha256::digest(json))
    }

    /// The id that Kubernetes gives the key of a service-account issuer: SHA-256 of its SPKI form, in base64url.
    /// `None` for numbers that have no such form.
    pub fn kubernetes_key_id(&self) -> Option<String> {
        Some(Base64UrlUnpadded::encode_string(&Sha256::digest(self.to_spki_der().ok()?)))
    }

    /// The key as SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    fn to_spki_der(&self) -> Result<Vec<u8>, Error> {
        let pkcs1;
        let (oid, parameters, bits) = match self {
            Self::Rsa { n, e } => {
                pkcs1 = vec![Uint::new(n)?, Uint::new(e)?].to_der()?;
                (RSA, Some(AnyRef::NULL), pkcs1.as_slice())
            }
            Self::Ec { curve, point } => (EC, Some(AnyRef::from(curve.oid())), point.as_slice()),
            Self::Ed25519(bytes) => (ED25519, None, bytes.as_slice()),
        };
        SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid, parameters },
            subject_public_key: BitStringRef::from_bytes(bits)?,
        }
        .to_der()
    }
}

impl Curve {
    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Bytes of a coordinate.
    pub(super) fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(super) fn oid(self) -> &'static ObjectIdentifier {
        match self {
            Self::P256 => &P256,
            Self::P384 => &P384,
            Self::P521 => &P521,
        }
    }

    pub(super) fn of_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| *curve.oid() == oid)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }
}

pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

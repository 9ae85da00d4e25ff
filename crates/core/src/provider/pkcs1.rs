//! RSA public keys in the form that some providers load (RFC 8017, appendix A.1.1).

use spki::der::Encode;
use spki::der::asn1::Uint;

/// The sequence of modulus and exponent.
pub(super) fn rsa_public_key(n: &[u8], e: &[u8]) -> Option<Vec<u8>> {
    vec![Uint::new(n).ok()?, Uint::new(e).ok()?].to_der().ok()
}

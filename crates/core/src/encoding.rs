//! Base64url, strictly: canonical, unpadded, no white space.

use crate::Refusal;
use base64_simd::URL_SAFE_NO_PAD;

/// Appends the bytes of `text` to `out`; `part` names it in an error.
pub(crate) fn decode_into(text: &str, part: &'static str, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let start = out.len();
    match is_canonical(text).then(|| URL_SAFE_NO_PAD.decode_append(text.as_bytes(), out)) {
        Some(Ok(())) => Ok(()),
        _ => {
            out.truncate(start);
            Err(match decode_as_go(text, char::is_whitespace) {
                Some(_) => Refusal::Base64NotCanonical(part),
                None => Refusal::Base64(part),
            })
        }
    }
}

/// Whether the bits that the last character has too many are zero.
fn is_canonical(text: &str) -> bool {
    match (text.len() % 4, text.as_bytes().last()) {
        (2, Some(last)) => b"AQgw".contains(last),
        (3, Some(last)) => b"AEIMQUYcgkosw048".contains(last),
        (rest, _) => rest == 0,
    }
}

/// What Go's decoder reads: what `skip` names is dropped, and unused bits may have any value.
pub(crate) fn decode_as_go(text: &str, skip: impl Fn(char) -> bool) -> Option<Vec<u8>> {
    let mut bits: u32 = 0;
    let mut have = 0u8;
    let mut count = 0usize;
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for c in text.chars().filter(|c| !skip(*c)) {
        let value = match c {
            'A'..='Z' => u32::from(c) - u32::from('A'),
            'a'..='z' => u32::from(c) - u32::from('a') + 26,
            '0'..='9' => u32::from(c) - u32::from('0') + 52,
            '-' => 62,
            '_' => 63,
            _ => return None,
        };
        count += 1;
        bits = (bits << 6) | value;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from((bits >> have) & 0xff).ok()?);
            bits &= (1 << have) - 1;
        }
    }
    (count % 4 != 1).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a28_base64_is_canonical() {
        let mut out = Vec::new();
        assert!(decode_into("YQ", "x", &mut out).is_ok());
        assert_eq!(out, b"a");
        for odd in ["YR", "Y Q", "YQ\n", " YQ"] {
            assert_eq!(decode_into(odd, "x", &mut out), Err(Refusal::Base64NotCanonical("x")), "{odd:?}");
        }
        for bad in ["YQ==", "Y", "Y+", "Y/", "Yé"] {
            assert_eq!(decode_into(bad, "x", &mut out), Err(Refusal::Base64("x")), "{bad:?}");
        }
        assert_eq!(out, b"a");
    }
}

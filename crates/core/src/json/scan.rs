//! A checking scanner: one pass over JSON text (RFC 8259), no recursion, nothing kept but places. Every function
//! is given where it begins and says where it ended; `None` is text that is not JSON.

/// Where the next byte stands that is not white space.
#[inline]
pub(super) fn space(bytes: &[u8], at: usize) -> usize {
    // White space is rare in tokens, and all other bytes that may stand here are above it.
    match bytes.get(at) {
        Some(byte) if *byte <= b' ' => some_space(bytes, at),
        _ => at,
    }
}

#[cold]
fn some_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Behind `byte`, if it is next.
#[inline]
pub(super) fn take(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Behind a string, with its quotes; and whether it has escapes.
#[inline]
pub(super) fn string(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut at = plain_run(bytes, take(bytes, at, b'"')?);
    let mut escaped = false;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some((at + 1, escaped)),
            b'\\' => {
                escaped = true;
                at = plain_run(bytes, escape(bytes, at)?);
            }
            byte if byte < 0x20 => return None,
            _ => at += 1,
        }
    }
}

/// Behind an object that begins here. `member` is given where each member begins, and says where its value ends.
#[inline]
pub(super) fn object(bytes: &[u8], at: usize, mut member: impl FnMut(usize) -> Option<usize>) -> Option<usize> {
    let mut at = space(bytes, take(bytes, at, b'{')?);
    if let Some(behind) = take(bytes, at, b'}') {
        return Some(behind);
    }
    loop {
        at = space(bytes, member(at)?);
        if let Some(behind) = take(bytes, at, b'}') {
            return Some(behind);
        }
        at = space(bytes, take(bytes, at, b',')?);
    }
}

/// Behind a colon and the space around.
#[inline]
pub(super) fn colon(bytes: &[u8], at: usize) -> Option<usize> {
    Some(space(bytes, take(bytes, space(bytes, at), b':')?))
}

/// Behind a member's name, its colon and the space around.
#[inline]
fn name(bytes: &[u8], at: usize) -> Option<usize> {
    let (at, _) = string(bytes, at)?;
    colon(bytes, at)
}

/// Behind any value.
#[inline]
pub(super) fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'{' | b'[' => container(bytes, at),
        _ => scalar(bytes, at),
    }
}

#[inline]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string(bytes, at).map(|(at, _)| at),
        b't' => literal(bytes, at, b"true"),
        b'f' => literal(bytes, at, b"false"),
        b'n' => literal(bytes, at, b"null"),
        _ => number(bytes, at),
    }
}

/// Walks with a list of what is open, never by recursion.
fn container(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = Open::default();
    loop {
        // A value starts here.
        match bytes.get(at)? {
            b'{' => {
                at = space(bytes, at + 1);
                match take(bytes, at, b'}') {
                    Some(behind) => at = behind,
                    None => {
                        open.push(true);
                        at = name(bytes, at)?;
                        continue;
                    }
                }
            }
            b'[' => {
                at = space(bytes, at + 1);
                match take(bytes, at, b']') {
                    Some(behind) => at = behind,
                    None => {
                        open.push(false);
                        continue;
                    }
                }
            }
            _ => at = scalar(bytes, at)?,
        }
        // A value has ended: close what it closes.
        loop {
            let Some(object) = open.last() else { return Some(at) };
            at = space(bytes, at);
            if let Some(behind) = take(bytes, at, b',') {
                at = space(bytes, behind);
                if object {
                    at = name(bytes, at)?;
                }
                break;
            }
            at = take(bytes, at, if object { b'}' } else { b']' })?;
            open.pop();
        }
    }
}

/// Skips plain bytes, eight at a time, up to the first that ends or escapes a string; near the end of the text it
/// stops earlier.
#[inline]
fn plain_run(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let others = others(u64::from_le_bytes(*chunk));
        if others != 0 {
            return at + usize::try_from(others.trailing_zeros() / 8).unwrap_or_default();
        }
        at += 8;
    }
    at
}

fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => Some(at + 6),
        _ => None,
    }
}

fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = take(bytes, at, b'-').unwrap_or(at);
    at = match take(bytes, at, b'0') {
        Some(behind) => behind,
        None => digits(bytes, at)?,
    };
    if let Some(behind) = take(bytes, at, b'.') {
        at = digits(bytes, behind)?;
    }
    if let Some(behind) = take(bytes, at, b'e').or_else(|| take(bytes, at, b'E')) {
        let signed = take(bytes, behind, b'+').or_else(|| take(bytes, behind, b'-'));
        at = digits(bytes, signed.unwrap_or(behind))?;
    }
    Some(at)
}

#[inline]
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

/// Marks the high bit of bytes that are quotes, backslashes or control characters: exactly so for the lowest one
/// that is marked, which is the one that counts (above it a borrow may mark others).
#[inline]
fn others(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let quote = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote | backslash | control) & !word & HIGHS
}

/// Which containers are open, one bit each: 64 without any allocation.
#[derive(Default)]
struct Open {
    bits: u64,
    depth: u32,
    below: Vec<u64>,
}

impl Open {
    fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.below.push(self.bits);
        }
        self.bits = (self.bits << 1) | u64::from(object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.below.pop().unwrap_or_default();
        }
    }

    fn last(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.bits & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        super::super::is_valid(text)
    }

    #[test]
    fn agrees_with_serde_json_on_valid_and_broken_text() {
        let seeds = [
            r#"{"a":[1,2.5,-0,0.1e+7,{"b":null,"c":[true,false,{}]}],"d\n":"\u00e9\\ \"x\""}"#,
            r#"[[],{},[{}],"","abcdefghijklmnop\\",1E5,-1e-2]"#,
            " \t\r\n{ \"k\" : \"0123456789\u{e9}\u{1F600}\" , \"l\" : [ ] } ",
        ];
        let mut compared = 0;
        for seed in seeds {
            for at in 0..seed.len() {
                for byte in b"\"\\{}[],:0-.eE+tnu x\x01\x7f" {
                    let mut bytes = seed.as_bytes().to_vec();
                    for change in 0..3 {
                        match change {
                            0 => bytes[at] = *byte,
                            1 => bytes.insert(at, *byte),
                            _ => drop(bytes.remove(at)),
                        }
                        if let Ok(text) = std::str::from_utf8(&bytes) {
                            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
                            assert_eq!(accepts(text), theirs, "{text:?}");
                            compared += 1;
                        }
                    }
                }
            }
        }
        assert!(compared > 5_000);
    }

    #[test]
    fn the_first_byte_that_is_not_plain_is_found() {
        for byte in 0..=u8::MAX {
            let other = byte < 0x20 || byte == b'"' || byte == b'\\';
            for (filler, at) in [(0x20, 0u8), (0x7f, 3), (0x80, 6), (0xff, 7), (b'#', 5), (b']', 2)] {
                let mut chunk = [filler; 8];
                chunk[usize::from(at)] = byte;
                let found = others(u64::from_le_bytes(chunk));
                assert_eq!(
                    (found != 0, found.trailing_zeros() / 8),
                    if other { (true, u32::from(at)) } else { (false, 8) }
                );
                chunk[7] = b'"';
                let first = if other { u32::from(at) } else { 7 };
                assert_eq!(others(u64::from_le_bytes(chunk)).trailing_zeros() / 8, first, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        for depth in [1, 63, 64, 65, 127, 128, 129, 100_000] {
            let good = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let mixed = format!("{}1{}", "{\"a\":[".repeat(depth), "]}".repeat(depth));
            assert!(accepts(&good) && accepts(&mixed), "{depth}");
            assert!(!accepts(&good[1..]) && !accepts(&mixed.replacen("]}", "}]", 1)), "{depth}");
        }
    }
}

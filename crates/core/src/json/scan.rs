//! A checking scanner: one pass over JSON text (RFC 8259), no recursion, nothing kept but spans.

/// Walks over valid JSON and stops at the first byte that is not.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    /// Where the next byte stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A string, with its quotes; says whether it has escapes.
    pub(super) fn string(&mut self) -> Option<bool> {
        if !self.take(b'"') {
            return None;
        }
        let mut escaped = false;
        loop {
            self.plain_run();
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                byte if byte < 0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    /// Any value. Containers inside it are walked with a list of what is open, never by recursion.
    pub(super) fn value(&mut self) -> Option<()> {
        let mut open = Open::default();
        loop {
            // A value starts here.
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.space();
                    if !self.take(b'}') {
                        open.push(true);
                        self.name()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if !self.take(b']') {
                        open.push(false);
                        continue;
                    }
                }
                b'"' => {
                    self.string()?;
                }
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => self.number()?,
            }
            // A value has ended: close what it closes.
            loop {
                let Some(object) = open.last() else { return Some(()) };
                self.space();
                if self.take(b',') {
                    self.space();
                    if object {
                        self.name()?;
                    }
                    break;
                }
                if !self.take(if object { b'}' } else { b']' }) {
                    return None;
                }
                open.pop();
            }
        }
    }

    /// A member's name, its colon and the space around.
    fn name(&mut self) -> Option<()> {
        self.string()?;
        self.space();
        if !self.take(b':') {
            return None;
        }
        self.space();
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Skips plain bytes, eight at a time, up to the first that ends or escapes a string; near the end of the
    /// text it stops earlier.
    fn plain_run(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = 0x8080_8080_8080_8080;
        // Exact for the lowest zero byte, which is the one that counts.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        while let Some(chunk) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let quote = zero(word ^ (ONES * u64::from(b'"')));
            let backslash = zero(word ^ (ONES * u64::from(b'\\')));
            let control = zero(word & (ONES * 0xe0));
            let marked = quote | backslash | control;
            if marked != 0 {
                self.at += usize::try_from(marked.trailing_zeros() / 8).unwrap_or_default();
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' if self.bytes.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => self.at += 6,
            _ => return None,
        }
        Some(())
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        let found = self.bytes.get(self.at..self.at + word.len())? == word;
        self.at += word.len();
        found.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
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
        let mut scanner = Scanner::new(text);
        scanner.space();
        let valid = scanner.value().is_some();
        scanner.space();
        valid && scanner.is_done()
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
    fn depth_costs_no_stack() {
        for depth in [1, 63, 64, 65, 127, 128, 129, 100_000] {
            let good = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let mixed = format!("{}1{}", "{\"a\":[".repeat(depth), "]}".repeat(depth));
            assert!(accepts(&good) && accepts(&mixed), "{depth}");
            assert!(!accepts(&good[1..]) && !accepts(&mixed.replacen("]}", "}]", 1)), "{depth}");
        }
    }
}

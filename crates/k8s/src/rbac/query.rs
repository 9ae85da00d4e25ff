//! The query of a request, read as Go does, and what of it counts (meta/v1 ListOptions).

use crate::RequestError;

/// The parameters of a list or watch; of each, the first.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) field_selector: Option<String>,
    pub(super) label_selector: Option<String>,
    watch: Option<String>,
    /// `limit` and `timeoutSeconds`, where they are, are whole numbers of 64 bits.
    pub(super) numbers_are_good: bool,
}

impl Query {
    /// Parts that cannot be decoded or have a semicolon are as if they were not there.
    pub(super) fn new(query: &str) -> Result<Self, RequestError> {
        let mut this = Self { numbers_are_good: true, ..Self::default() };
        let (mut limit, mut timeout) = (None, None);
        if query.bytes().filter(|b| *b == b'&').count() >= MAX_PARAMETERS {
            return Ok(this);
        }
        for pair in query.split('&').filter(|pair| !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(key), Some(value)) = (unescape(key, true), unescape(value, true)) else {
                continue;
            };
            let place = match key.as_slice() {
                b"fieldSelector" => &mut this.field_selector,
                b"labelSelector" => &mut this.label_selector,
                b"watch" => &mut this.watch,
                b"limit" => &mut limit,
                b"timeoutSeconds" => &mut timeout,
                _ => continue,
            };
            if place.is_none() {
                *place = Some(String::from_utf8(value).map_err(|_| RequestError::NotUnicode)?);
            }
        }
        this.numbers_are_good = [limit, timeout].into_iter().flatten().all(|text| text.parse::<i64>().is_ok());
        Ok(this)
    }

    /// Whether `watch` stands there with anything but `0` or `false`.
    pub(super) fn watch(&self) -> bool {
        // Unicode's case folding has a second small s.
        self.watch.as_ref().is_some_and(|v| v != "0" && !v.replace('ſ', "s").eq_ignore_ascii_case("false"))
    }

    /// The same where another parameter cannot be read: case is folded in ASCII only then.
    pub(super) fn watch_if_unreadable(&self) -> bool {
        self.watch.as_ref().is_some_and(|v| v != "0" && !v.eq_ignore_ascii_case("false"))
    }
}

/// With more of them, Go's reader gives none at all.
const MAX_PARAMETERS: usize = 10_000;

/// Decodes percent escapes, and plus as a space; none where an escape is broken.
pub(crate) fn unescape(text: &str, plus: bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            b'+' if plus => b' ',
            other => other,
        });
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

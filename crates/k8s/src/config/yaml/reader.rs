//! Bytes to characters, piece by piece: what stands well behind the first document is never decoded, and so
//! never refused. Piece and window sizes are those of the API server's reader, since they decide what is seen.

use super::fault::{Fault, Mark};
use std::collections::VecDeque;

/// Bytes that are taken at a time.
const PIECE: usize = 512;
const BOM: char = '\u{feff}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16LittleEndian,
    Utf16BigEndian,
}

/// The characters of a text; `'\0'` is its end, which no text may hold.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    encoding: Option<Encoding>,
    /// The piece: where it begins, where its next character stands, where it ends.
    piece: usize,
    next: usize,
    piece_end: usize,
    at_end: bool,
    unread: VecDeque<char>,
    /// What stood at the front when the window was last moved.
    window_start: char,
    /// Where the next character to decode stands in the text.
    decoded: Mark,
    previous: char,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            encoding: None,
            piece: 0,
            next: 0,
            piece_end: 0,
            at_end: false,
            unread: VecDeque::new(),
            window_start: '\0',
            decoded: Mark::default(),
            previous: '\0',
        }
    }

    /// The character `ahead` of the current one, as far as it was asked for with [`need`](Self::need).
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.unread.get(ahead).copied().unwrap_or('\0')
    }

    pub(super) fn pop(&mut self) -> char {
        self.unread.pop_front().unwrap_or('\0')
    }

    /// Whether the window begins with a byte order mark. The API server asks this at the start of each line,
    /// and then leaves out the line's first character, whichever it is.
    pub(super) fn window_starts_with_bom(&self) -> bool {
        self.window_start == BOM
    }

    /// Makes `count` characters available, or as many as there are.
    pub(super) fn need(&mut self, count: usize) -> Result<(), Fault> {
        if self.unread.len() >= count {
            return Ok(());
        }
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => self.determine_encoding(),
        };
        let mut first = true;
        while self.unread.len() < count {
            if !first || self.next == self.piece_end {
                self.take_piece();
            }
            first = false;
            while self.next < self.piece_end {
                let Some((character, width)) = self.decode(encoding).map_err(|why| Fault::new(self.decoded, why))?
                else {
                    break;
                };
                self.accept(character, width)?;
            }
            if self.at_end {
                self.unread.push_back('\0');
                break;
            }
        }
        self.window_start = self.peek(0);
        Ok(())
    }

    fn determine_encoding(&mut self) -> Encoding {
        while !self.at_end && self.piece_end - self.next < 3 {
            self.take_piece();
        }
        let (encoding, width) = match self.rest() {
            [0xff, 0xfe, ..] => (Encoding::Utf16LittleEndian, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16BigEndian, 2),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            _ => (Encoding::Utf8, 0),
        };
        self.next += width;
        self.encoding = Some(encoding);
        encoding
    }

    fn take_piece(&mut self) {
        if self.at_end || (self.next == self.piece && self.piece_end - self.piece == PIECE) {
            return;
        }
        self.piece = self.next;
        if self.piece_end == self.input.len() {
            self.at_end = true;
        } else {
            self.piece_end = self.input.len().min(self.piece + PIECE);
        }
    }

    fn rest(&self) -> &[u8] {
        self.input.get(self.next..self.piece_end).unwrap_or_default()
    }

    /// The next character and its width in bytes; none where the piece ends inside it.
    fn decode(&self, encoding: Encoding) -> Result<Option<(u32, usize)>, &'static str> {
        match encoding {
            Encoding::Utf8 => decode_utf8(self.rest(), self.at_end),
            Encoding::Utf16LittleEndian => decode_utf16(self.rest(), u16::from_le_bytes, self.at_end),
            Encoding::Utf16BigEndian => decode_utf16(self.rest(), u16::from_be_bytes, self.at_end),
        }
    }

    fn accept(&mut self, value: u32, width: usize) -> Result<(), Fault> {
        let character = char::from_u32(value).filter(|c| is_allowed(*c));
        let Some(character) = character else {
            return Err(Fault::new(self.decoded, "control characters are not allowed"));
        };
        self.next += width;
        let breaks = is_break(character) && !(character == '\n' && self.previous == '\r');
        match (breaks, character) {
            (true, _) => self.decoded.break_line(),
            (false, '\n') => {}
            _ => self.decoded.column += 1,
        }
        self.previous = character;
        self.unread.push_back(character);
        Ok(())
    }
}

fn decode_utf8(rest: &[u8], at_end: bool) -> Result<Option<(u32, usize)>, &'static str> {
    let Some(&leading) = rest.first() else { return Ok(None) };
    let (width, bits, least) = match leading {
        0x00..=0x7f => return Ok(Some((u32::from(leading), 1))),
        0xc0..=0xdf => (2, leading & 0x1f, 0x80),
        0xe0..=0xef => (3, leading & 0x0f, 0x800),
        0xf0..=0xf7 => (4, leading & 0x07, 0x1_0000),
        _ => return Err("invalid leading UTF-8 octet"),
    };
    let Some(trailing) = rest.get(1..width) else {
        return if at_end { Err("incomplete UTF-8 octet sequence") } else { Ok(None) };
    };
    let mut value = u32::from(bits);
    for octet in trailing {
        if octet & 0xc0 != 0x80 {
            return Err("invalid trailing UTF-8 octet");
        }
        value = (value << 6) | u32::from(octet & 0x3f);
    }
    match value {
        _ if value < least => Err("invalid length of a UTF-8 sequence"),
        0xd800..=0xdfff | 0x11_0000.. => Err("invalid Unicode character"),
        _ => Ok(Some((value, width))),
    }
}

fn decode_utf16(rest: &[u8], unit: fn([u8; 2]) -> u16, at_end: bool) -> Result<Option<(u32, usize)>, &'static str> {
    let incomplete = |why| if at_end { Err(why) } else { Ok(None) };
    let [a, b, behind @ ..] = rest else { return incomplete("incomplete UTF-16 character") };
    let high = unit([*a, *b]);
    match high {
        0xdc00..=0xdfff => Err("unexpected low surrogate area"),
        0xd800..=0xdbff => {
            let [c, d, ..] = behind else { return incomplete("incomplete UTF-16 surrogate pair") };
            match unit([*c, *d]) {
                low @ 0xdc00..=0xdfff => {
                    Ok(Some((0x1_0000 + (u32::from(high & 0x3ff) << 10) + u32::from(low & 0x3ff), 4)))
                }
                _ => Err("expected low surrogate area"),
            }
        }
        _ => Ok(Some((u32::from(high), 2))),
    }
}

/// What YAML 1.1 calls printable, with the byte order mark.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{1_0000}'..)
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_break_or_end(c: char) -> bool {
    c == '\0' || is_break(c)
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_blank_or_end(c: char) -> bool {
    is_blank(c) || is_break_or_end(c)
}

/// A character of a directive's name, a tag's handle or an anchor.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

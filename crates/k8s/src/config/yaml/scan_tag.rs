//! Directives (section 7.1 of YAML 1.1), anchors and aliases (7.2.2.2, 7.2.2.1), and tags (7.2.3).

use super::fault::{Fault, Mark};
use super::reader::{is_blank, is_blank_or_end, is_break, is_break_or_end, is_word};
use super::scanner::Scanner;
use super::token::TokenKind;

impl Scanner<'_> {
    pub(super) fn scan_directive(&mut self) -> Result<(), Fault> {
        let start = self.mark;
        self.skip();
        self.reader.need(1)?;
        let name = self.scan_word()?;
        if name.is_empty() {
            return Err(Fault::new(start, "could not find expected directive name"));
        }
        if !is_blank_or_end(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "found unexpected non-alphabetical character"));
        }
        let kind = match name.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(Fault::new(start, "found unknown directive name")),
        };
        self.push(kind, start);
        self.reader.need(1)?;
        self.skip_blanks()?;
        self.skip_comment()?;
        if !is_break_or_end(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "did not find expected comment or line break"));
        }
        if is_break(self.reader.peek(0)) {
            self.reader.need(2)?;
            self.skip_line();
        }
        Ok(())
    }

    fn skip_blanks(&mut self) -> Result<(), Fault> {
        while is_blank(self.reader.peek(0)) {
            self.skip();
            self.reader.need(1)?;
        }
        Ok(())
    }

    fn scan_word(&mut self) -> Result<String, Fault> {
        let mut word = String::new();
        while is_word(self.reader.peek(0)) {
            word.push(self.skip());
            self.reader.need(1)?;
        }
        Ok(word)
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind, Fault> {
        self.reader.need(1)?;
        self.skip_blanks()?;
        let major = self.scan_version_number(start)?;
        if self.reader.peek(0) != '.' {
            return Err(Fault::new(start, "did not find expected digit or '.' character"));
        }
        self.skip();
        let minor = self.scan_version_number(start)?;
        Ok(TokenKind::Version { major, minor })
    }

    /// At most two digits.
    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Fault> {
        self.reader.need(1)?;
        let mut digits = String::new();
        while self.reader.peek(0).is_ascii_digit() {
            digits.push(self.skip());
            if digits.len() > 2 {
                return Err(Fault::new(start, "found extremely long version number"));
            }
            self.reader.need(1)?;
        }
        digits.parse().map_err(|_| Fault::new(start, "did not find expected version number"))
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind, Fault> {
        self.reader.need(1)?;
        self.skip_blanks()?;
        let handle = self.scan_tag_handle()?;
        if !(handle == "!" || handle.len() > 1 && handle.ends_with('!')) {
            return Err(Fault::new(start, "did not find expected '!'"));
        }
        self.reader.need(1)?;
        if !is_blank(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "did not find expected whitespace"));
        }
        self.skip_blanks()?;
        let prefix = self.scan_tag_uri("")?;
        self.reader.need(1)?;
        if !is_blank_or_end(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "did not find expected whitespace or line break"));
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    pub(super) fn scan_anchor(&mut self, alias: bool) -> Result<(), Fault> {
        let start = self.mark;
        self.skip();
        self.reader.need(1)?;
        let name = self.scan_word()?;
        let next = self.reader.peek(0);
        let ended = is_blank_or_end(next) || matches!(next, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`');
        if name.is_empty() || !ended {
            return Err(Fault::new(self.mark, "did not find expected alphabetic or numeric character"));
        }
        self.push(if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start);
        Ok(())
    }

    pub(super) fn scan_tag(&mut self) -> Result<(), Fault> {
        let start = self.mark;
        self.reader.need(2)?;
        let (mut handle, mut suffix);
        if self.reader.peek(1) == '<' {
            self.skip();
            self.skip();
            handle = String::new();
            suffix = self.scan_tag_uri("")?;
            if self.reader.peek(0) != '>' {
                return Err(Fault::new(start, "did not find the expected '>'"));
            }
            self.skip();
        } else {
            handle = self.scan_tag_handle()?;
            if handle.len() > 1 && handle.ends_with('!') {
                suffix = self.scan_tag_uri("")?;
            } else {
                suffix = self.scan_tag_uri(&handle)?;
                "!".clone_into(&mut handle);
                // The tag `!` alone.
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        self.reader.need(1)?;
        if !is_blank_or_end(self.reader.peek(0)) {
            return Err(Fault::new(self.mark, "did not find expected whitespace or line break behind a tag"));
        }
        self.push(TokenKind::Tag { handle, suffix }, start);
        Ok(())
    }

    /// `!`, `!name` or `!name!`.
    fn scan_tag_handle(&mut self) -> Result<String, Fault> {
        self.reader.need(1)?;
        if self.reader.peek(0) != '!' {
            return Err(Fault::new(self.mark, "did not find expected '!'"));
        }
        let mut handle = String::from(self.skip());
        self.reader.need(1)?;
        handle.push_str(&self.scan_word()?);
        if self.reader.peek(0) == '!' {
            handle.push(self.skip());
        }
        Ok(handle)
    }

    /// What a tag's handle stands before; `head` was read as a handle and belongs to it, but for its `!`.
    fn scan_tag_uri(&mut self, head: &str) -> Result<String, Fault> {
        let mut bytes = head.strip_prefix('!').unwrap_or(head).as_bytes().to_vec();
        let mut found = !head.is_empty();
        self.reader.need(1)?;
        loop {
            match self.reader.peek(0) {
                '%' => self.scan_uri_escape(&mut bytes)?,
                c if is_word(c) || ";/?:@&=+$,.!~*'()[]".contains(c) => {
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(self.skip().encode_utf8(&mut buffer).as_bytes());
                }
                _ => break,
            }
            found = true;
            self.reader.need(1)?;
        }
        if !found {
            return Err(Fault::new(self.mark, "did not find expected tag URI"));
        }
        // Only the tags of YAML's own types mean something, so that it does not count what takes the place of
        // bytes that are no text.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// One character, as percent escapes of its UTF-8 octets.
    fn scan_uri_escape(&mut self, into: &mut Vec<u8>) -> Result<(), Fault> {
        let mut left = None;
        while left != Some(0) {
            self.reader.need(3)?;
            let digit = |ahead| self.reader.peek(ahead).to_digit(16).and_then(|d| u8::try_from(d).ok());
            let (Some(high), Some(low)) = (digit(1), digit(2)) else {
                return Err(Fault::new(self.mark, "did not find URI escaped octet"));
            };
            if self.reader.peek(0) != '%' {
                return Err(Fault::new(self.mark, "did not find URI escaped octet"));
            }
            let octet = (high << 4) | low;
            let width = match (left, octet) {
                (None, 0x00..=0x7f) => 1,
                (None, 0xc0..=0xdf) => 2,
                (None, 0xe0..=0xef) => 3,
                (None, 0xf0..=0xf7) => 4,
                (None, _) => return Err(Fault::new(self.mark, "found an incorrect leading UTF-8 octet")),
                (Some(left), 0x80..=0xbf) => left,
                (Some(_), _) => return Err(Fault::new(self.mark, "found an incorrect trailing UTF-8 octet")),
            };
            into.push(octet);
            for _ in 0..3 {
                self.skip();
            }
            left = Some(width - 1);
        }
        Ok(())
    }
}

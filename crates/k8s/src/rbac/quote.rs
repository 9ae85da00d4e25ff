//! Text in quotation marks, as Go's `%q` writes it.

use std::fmt::{self, Write};

/// Displays as a quoted text.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{b}' => f.write_str("\\v")?,
                '\u{c}' => f.write_str("\\f")?,
                ' '..='~' => f.write_char(c)?,
                c if is_printable(c) => f.write_char(c)?,
                '\0'..='\u{7f}' => write!(f, "\\x{:02x}", u32::from(c))?,
                '\u{80}'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
                _ => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char('"')
    }
}

/// The debug form of text leaves what can be printed as it is, a combining mark only behind another letter.
fn is_printable(c: char) -> bool {
    let mut buffer = [0; 4];
    let alone = c.encode_utf8(&mut buffer);
    alone.escape_debug().eq([c]) || ['a', c].iter().collect::<String>().escape_debug().eq(['a', c])
}

#[cfg(test)]
mod tests {
    use super::Quoted;

    #[test]
    fn what_can_be_printed_stays() {
        for (text, quoted) in [
            ("", r#""""#),
            ("it's é\u{301} 日本 😀", "\"it's é\u{301} 日本 😀\""),
            ("\u{301}", "\"\u{301}\""),
            ("a\"b\\c\n\r\t\u{7}\u{8}\u{b}\u{c}", r#""a\"b\\c\n\r\t\a\b\v\f""#),
            ("\0\u{1f}\u{7f}", r#""\x00\x1f\x7f""#),
            ("\u{80}\u{a0}\u{200b}\u{feff}\u{e000}\u{10ffff}", r#""\u0080\u00a0\u200b\ufeff\ue000\U0010ffff""#),
        ] {
            assert_eq!(Quoted(text).to_string(), quoted);
        }
    }
}

//! Tokens of the CEL grammar.

use super::literal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An operator or bracket; its text says which.
    Symbol(&'static str),
    Ident,
    /// `` `name` ``
    EscapedIdent,
    Int,
    Uint,
    Float,
    String,
    Bytes,
    True,
    False,
    Null,
    In,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'s str,
    pub(crate) offset: usize,
}

/// No token begins here.
#[derive(Debug)]
pub(crate) struct Unrecognized {
    pub(crate) offset: usize,
    pub(crate) text: String,
}

/// Splits `source` into tokens; white space and comments are dropped. The last token is `End`.
pub(crate) fn tokenize(source: &str) -> Result<Vec<Token<'_>>, Unrecognized> {
    let mut tokens = Vec::new();
    let mut offset = 0;
    while let Some(rest) = source.get(offset..).filter(|rest| !rest.is_empty()) {
        let skipped = skip(rest);
        if skipped > 0 {
            offset += skipped;
            continue;
        }
        let (kind, length) =
            token(rest).ok_or_else(|| Unrecognized { offset, text: rest.chars().take(1).collect() })?;
        let text = rest.get(..length).unwrap_or(rest);
        tokens.push(Token { kind, text, offset });
        offset += length;
    }
    tokens.push(Token { kind: TokenKind::End, text: "<EOF>", offset: source.len() });
    Ok(tokens)
}

/// Length of the white space or the comment at the front.
fn skip(rest: &str) -> usize {
    let blank = rest.len() - rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']).len();
    if blank == 0 && rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    blank
}

fn token(rest: &str) -> Option<(TokenKind, usize)> {
    if let Some(found) = literal::scan_string(rest) {
        return Some(found);
    }
    if let Some(found) = number(rest) {
        return Some(found);
    }
    let first = rest.chars().next()?;
    if first.is_ascii_alphabetic() || first == '_' {
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let kind = match rest.get(..length)? {
            "true" => TokenKind::True,
            "false" => TokenKind::False,
            "null" => TokenKind::Null,
            "in" => TokenKind::In,
            _ => TokenKind::Ident,
        };
        return Some((kind, length));
    }
    if first == '`' {
        let inner = rest.get(1..)?;
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-/ ".contains(c)))?;
        let closed = end > 0 && inner.get(end..)?.starts_with('`');
        return closed.then_some((TokenKind::EscapedIdent, end + 2));
    }
    SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| (TokenKind::Symbol(symbol), symbol.len()))
}

/// The longest number at the front.
fn number(rest: &str) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    if rest.starts_with("0x") {
        let hex = bytes.iter().skip(2).take_while(|b| b.is_ascii_hexdigit()).count();
        if hex > 0 {
            return Some(match at(2 + hex) {
                b'u' | b'U' => (TokenKind::Uint, 3 + hex),
                _ => (TokenKind::Int, 2 + hex),
            });
        }
    }
    let whole = digits(0);
    let mut length = whole;
    let mut float = false;
    if at(length) == b'.' && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
        float = true;
    } else if whole == 0 {
        return None;
    }
    if matches!(at(length), b'e' | b'E') {
        let sign = usize::from(matches!(at(length + 1), b'+' | b'-'));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
            float = true;
        }
    }
    Some(match at(length) {
        _ if float => (TokenKind::Float, length),
        b'u' | b'U' => (TokenKind::Uint, length + 1),
        _ => (TokenKind::Int, length),
    })
}

/// Longer symbols stand before their prefixes.
const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%",
];

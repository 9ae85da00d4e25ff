//! Strings: the standard functions and version 2 of the extension, but for `format`.

use super::function::TextFunction;
use super::lists::index_of;
use super::{Arguments, Outcome, invalid};
use crate::error::EvalError;
use crate::eval::{Meter, Text, Value};

pub(super) fn call<'a>(function: TextFunction, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    if function == TextFunction::Join {
        return join(arguments, meter);
    }
    if let (TextFunction::IndexOf | TextFunction::LastIndexOf, Some(Value::List(list)), 2) =
        (function, arguments.get(0), arguments.len())
    {
        let last = function == TextFunction::LastIndexOf;
        return index_of(list, arguments.value(1)?, last, meter);
    }
    let name = name(function);
    let text = arguments.text(0).map_err(|_| arguments.no_overload(name))?;
    meter.allocate(text.len())?;
    Ok(match function {
        TextFunction::Contains => Value::Bool(text.contains(&**arguments.text(1)?)),
        TextFunction::StartsWith => Value::Bool(text.starts_with(&**arguments.text(1)?)),
        TextFunction::EndsWith => Value::Bool(text.ends_with(&**arguments.text(1)?)),
        TextFunction::CharAt => char_at(text, arguments.int(1)?)?,
        TextFunction::IndexOf | TextFunction::LastIndexOf => {
            Value::Int(find(text, arguments, function == TextFunction::LastIndexOf)?)
        }
        TextFunction::LowerAscii => Value::from(text.to_ascii_lowercase()),
        TextFunction::UpperAscii => Value::from(text.to_ascii_uppercase()),
        TextFunction::Replace => replace(text, arguments, meter)?,
        TextFunction::Split => split(text, arguments, meter)?,
        TextFunction::Substring => substring(text, arguments)?,
        TextFunction::Trim => Value::String(part(text, |t| t.trim_matches(is_space))),
        TextFunction::Quote => Value::from(quote(text)),
        TextFunction::Join => return Err(EvalError::Internal("join is handled above")),
    })
}

fn name(function: TextFunction) -> &'static str {
    match function {
        TextFunction::Contains => "contains",
        TextFunction::StartsWith => "startsWith",
        TextFunction::EndsWith => "endsWith",
        TextFunction::CharAt => "charAt",
        TextFunction::IndexOf => "indexOf",
        TextFunction::LastIndexOf => "lastIndexOf",
        TextFunction::LowerAscii => "lowerAscii",
        TextFunction::UpperAscii => "upperAscii",
        TextFunction::Replace => "replace",
        TextFunction::Split => "split",
        TextFunction::Substring => "substring",
        TextFunction::Trim => "trim",
        TextFunction::Join => "join",
        TextFunction::Quote => "strings.quote",
    }
}

/// A part of a text, borrowed where the text is.
fn part<'a>(text: &Text<'a>, of: impl for<'t> Fn(&'t str) -> &'t str) -> Text<'a> {
    match text {
        Text::Borrowed(text) => Text::Borrowed(of(text)),
        Text::Shared(text) => Text::from(of(text).to_owned()),
    }
}

fn out_of_range(index: i64) -> EvalError {
    invalid(format!("index out of range: {index}"))
}

/// The byte position of a character, or of the end.
fn position(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    let mut positions = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    positions.nth(index)
}

fn char_at<'a>(text: &Text<'a>, index: i64) -> Outcome<'a> {
    let at = position(text, index).ok_or_else(|| out_of_range(index))?;
    let c = text.get(at..).and_then(|rest| rest.chars().next());
    Ok(Value::from(c.map(String::from).unwrap_or_default()))
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// `indexOf` and `lastIndexOf`, counted in characters.
fn find(text: &str, arguments: Arguments<'_, '_>, last: bool) -> Result<i64, EvalError> {
    let wanted = arguments.text(1)?;
    let size = length(text);
    let offset = match (arguments.len(), last) {
        (3, _) => arguments.int(2)?,
        (_, false) => 0,
        (_, true) if wanted.is_empty() => return Ok(size),
        (_, true) if text.len() < wanted.len() => return Ok(-1),
        (_, true) => size - 1,
    };
    if offset < 0 {
        return Err(out_of_range(offset));
    }
    if wanted.is_empty() {
        return Ok(offset.min(size));
    }
    if offset >= size {
        return Ok(-1);
    }
    let start = position(text, offset).ok_or_else(|| out_of_range(offset))?;
    let found = if last {
        // The match may begin at the offset, but no later.
        let end = start.saturating_add(wanted.len());
        let end = (end..=end + 4).find(|e| text.is_char_boundary(*e)).unwrap_or(text.len());
        let head = text.get(..end.min(text.len())).unwrap_or(text);
        head.rmatch_indices(&**wanted).map(|(at, _)| at).find(|at| *at <= start)
    } else {
        text.get(start..).and_then(|rest| rest.find(&**wanted)).map(|at| at + start)
    };
    Ok(found.and_then(|at| text.get(..at)).map_or(-1, length))
}

fn replace<'a>(text: &Text<'a>, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let (old, new) = (arguments.text(1)?, arguments.text(2)?);
    let count = match arguments.len() {
        4 => usize::try_from(arguments.int(3)?).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let matches = if old.is_empty() { text.chars().count() + 1 } else { text.matches(&**old).take(count).count() };
    meter.allocate(text.len().saturating_add(matches.min(count).saturating_mul(new.len())))?;
    Ok(Value::from(text.replacen(&**old, new, count)))
}

fn split<'a>(text: &Text<'a>, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let separator = arguments.text(1)?;
    let limit = match arguments.len() {
        3 => arguments.int(2)?,
        _ => -1,
    };
    let limit = match limit {
        0 => return Ok(Value::string_list([])),
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let count = if separator.is_empty() { text.chars().count() } else { text.matches(&**separator).count() + 1 };
    meter.allocate_values(count.min(limit))?;
    let parts = match text {
        Text::Borrowed(text) => pieces(text, separator, limit).map(Text::Borrowed).collect(),
        Text::Shared(text) => pieces(text, separator, limit).map(|p| Text::from(p.to_owned())).collect::<Vec<_>>(),
    };
    Ok(Value::string_list(parts))
}

fn pieces<'t>(text: &'t str, separator: &str, limit: usize) -> std::vec::IntoIter<&'t str> {
    if !separator.is_empty() {
        return text.splitn(limit, separator).collect::<Vec<_>>().into_iter();
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if pieces.len() + 1 == limit {
            pieces.push(rest);
            break;
        }
        let (one, more) = rest.split_at(c.len_utf8());
        pieces.push(one);
        rest = more;
    }
    pieces.into_iter()
}

fn substring<'a>(text: &Text<'a>, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let start = arguments.int(1)?;
    let end = match arguments.len() {
        3 => Some(arguments.int(2)?),
        _ => None,
    };
    if let Some(end) = end.filter(|end| start > *end) {
        return Err(invalid(format!("invalid substring range. start: {start}, end: {end}")));
    }
    let from = position(text, start).ok_or_else(|| out_of_range(start))?;
    let to = match end {
        Some(end) => position(text, end).ok_or_else(|| out_of_range(end))?,
        None => text.len(),
    };
    Ok(Value::String(part(text, |t| t.get(from..to).unwrap_or(""))))
}

fn join<'a>(arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let list = arguments.list(0).map_err(|_| arguments.no_overload("join"))?;
    let separator = match arguments.len() {
        2 => arguments.text(1)?.as_str(),
        _ => "",
    };
    let mut joined = String::new();
    for (i, element) in list.iter().enumerate() {
        let element = element?;
        let Value::String(text) = &element else {
            return Err(match i {
                0 => arguments.no_overload("join"),
                _ => invalid(format!("join: invalid input: {}", element.notation())),
            });
        };
        meter.allocate(text.len().saturating_add(separator.len()))?;
        if i > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Value::from(joined))
}

/// White space as Go sees it.
fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// A CEL string literal of the text.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

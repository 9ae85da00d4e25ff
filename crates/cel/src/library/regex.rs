//! Regular expressions with the syntax and meaning of RE2: `matches`, `find`, `findAll`.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::function::PatternFunction;
use super::{Arguments, Outcome, invalid, pattern};
use crate::eval::{Meter, Text, Value};

/// The most memory that a compiled pattern may take.
const SIZE_LIMIT: usize = 16 << 20;

/// Compiles a pattern of RE2.
pub(crate) fn compile(text: &str) -> Result<Regex, String> {
    let translated = pattern::translate(text).map_err(|error| format!("error parsing regexp: {error}: `{text}`"))?;
    RegexBuilder::new(&translated)
        .size_limit(SIZE_LIMIT)
        .nest_limit(1_000)
        .build()
        .map_err(|_| format!("error parsing regexp: expression too large: `{text}`"))
}

pub(super) fn call<'a>(function: PatternFunction, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let name = match function {
        PatternFunction::Matches => "matches",
        PatternFunction::Find => "find",
        PatternFunction::FindAll => "findAll",
    };
    let refuse = |_| arguments.no_overload(name);
    arguments.text(0).map_err(refuse)?;
    let regex = compile(arguments.text(1).map_err(refuse)?).map_err(invalid)?;
    match function {
        PatternFunction::Matches => Ok(Value::Bool(regex.is_match(arguments.text(0)?.as_bytes()))),
        PatternFunction::Find => find(&regex, arguments, false, meter),
        PatternFunction::FindAll => find(&regex, arguments, true, meter),
    }
}

/// The first match, or all of them, with a pattern that is compiled already.
pub(crate) fn find<'a>(regex: &Regex, arguments: Arguments<'_, 'a>, all: bool, meter: &mut Meter) -> Outcome<'a> {
    let text = arguments.text(0)?;
    // Go looks for matches between characters only.
    let mut matches =
        regex.find_iter(text.as_bytes()).map(|m| m.range()).filter(|range| text.is_char_boundary(range.start));
    if !all {
        let range = matches.next().unwrap_or(0..0);
        return Ok(Value::String(cut(text, range)));
    }
    let limit = match arguments.len() {
        3 => usize::try_from(arguments.int(2)?).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let mut found = Vec::new();
    // An empty match right after another match does not count.
    let mut end = None;
    for range in matches {
        let follows = range.is_empty() && end == Some(range.start);
        end = Some(range.end);
        if follows {
            continue;
        }
        if found.len() >= limit {
            break;
        }
        meter.allocate_values(1)?;
        meter.allocate(range.len())?;
        found.push(cut(text, range));
    }
    Ok(Value::string_list(found))
}

/// A part of a text, borrowed where the text is.
fn cut<'a>(text: &Text<'a>, range: Range<usize>) -> Text<'a> {
    match text {
        Text::Borrowed(text) => Text::Borrowed(text.get(range).unwrap_or("")),
        Text::Shared(text) => Text::from(text.get(range).unwrap_or("").to_owned()),
    }
}

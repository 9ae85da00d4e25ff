//! Points in time and durations: their texts, and their parts.

use super::function::TimePart;
use super::{Arguments, Outcome, invalid, zone};
use crate::error::EvalError;
use crate::eval::{Civil, Timestamp, Value, days_from_date};

/// A part of a point in time, in UTC or a zone; or a duration in a unit.
pub(super) fn part<'a>(part: TimePart, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    match (arguments.get(0), arguments.get(1)) {
        (Some(Value::Timestamp(time)), None) => Ok(Value::Int(of_time(*time, 0, part))),
        (Some(Value::Timestamp(time)), Some(Value::String(name))) => {
            let offset = zone::offset(name, *time).map_err(invalid)?;
            Ok(Value::Int(of_time(*time, offset, part)))
        }
        (Some(Value::Duration(nanos)), None) => {
            of_duration(*nanos, part).map(Value::Int).ok_or_else(EvalError::no_overload)
        }
        _ => Err(EvalError::no_overload()),
    }
}

fn of_time(time: Timestamp, offset: i64, part: TimePart) -> i64 {
    let civil: Civil = time.civil(offset);
    match part {
        TimePart::FullYear => civil.year,
        TimePart::Month => civil.month - 1,
        TimePart::DayOfYear => civil.day_of_year,
        TimePart::DayOfMonth => civil.day - 1,
        TimePart::Date => civil.day,
        TimePart::DayOfWeek => civil.weekday,
        TimePart::Hours => civil.hour,
        TimePart::Minutes => civil.minute,
        TimePart::Seconds => civil.second,
        TimePart::Milliseconds => i64::from(time.nanos / 1_000_000),
    }
}

fn of_duration(nanos: i64, part: TimePart) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match part {
        TimePart::Hours => nanos / (3600 * SECOND),
        TimePart::Minutes => nanos / (60 * SECOND),
        TimePart::Seconds => nanos / SECOND,
        TimePart::Milliseconds => nanos / 1_000_000,
        _ => return None,
    })
}

/// Reads a duration as Go does: `1h30m`, `-1.5s`, `0`. Gives nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    /// The size of the most negative duration.
    const LIMIT: u64 = 1 << 63;
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let unit: u64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let mut value = whole.checked_mul(unit).filter(|v| *v <= LIMIT)?;
        value = value.checked_add(fraction_of(fraction, unit)).filter(|v| *v <= LIMIT)?;
        total = total.checked_add(value).filter(|t| *t <= LIMIT)?;
        rest = next;
    }
    if negative {
        return 0i64.checked_sub_unsigned(total);
    }
    i64::try_from(total).ok()
}

/// Digits at the front, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// `0.digits` of a unit. Digits beyond what 63 bits hold do not count.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value: u128 = 0;
    let mut scale: u128 = 1;
    for digit in digits.bytes().take(18) {
        value = value * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    u64::try_from(value * u128::from(unit) / scale).unwrap_or(0)
}

/// Reads a point in time as Go reads RFC 3339: the hour may have one digit, the fraction of the
/// second may follow a comma.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let mut rest = text;
    let mut number = |before: &str, least: usize, most: usize| -> Option<i64> {
        rest = rest.strip_prefix(before)?;
        let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, after) = rest.split_at(count);
        rest = after;
        digits.parse().ok()
    };
    let year = number("", 4, 4)?;
    let month = number("-", 2, 2)?;
    let day = number("-", 2, 2)?;
    let hour = number("T", 1, 2)?;
    let minute = number(":", 2, 2)?;
    let second = number(":", 2, 2)?;
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(after) => match digits(after) {
            ("", _) => return None,
            (fraction, after) => (fraction, after),
        },
        None => ("", rest),
    };
    let offset = zone_offset(rest)?;
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range {
        return None;
    }
    let nanos = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction)).parse().ok()?;
    let days = days_from_date(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - i64::from(offset);
    Timestamp::new(seconds, nanos, offset)
}

/// `Z`, or `+hh:mm`.
fn zone_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |digits: &str| -> Option<i32> {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_date(next_year, next, 1) - days_from_date(year, month, 1)
}

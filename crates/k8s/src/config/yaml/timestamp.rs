//! Dates and times as go.yaml.in/yaml/v2 reads them; only the tag `!!timestamp` asks.

/// Whether a date, or a date and a time, stands here: `2026-1-2`, `2026-1-2T3:4:5.6Z`, `2026-1-2t3:4:5+01:00` or
/// `2026-1-2 3:4:5.6`.
pub(super) fn is_timestamp(text: &str) -> bool {
    date(text).is_some_and(|rest| match rest.as_bytes().first() {
        None => true,
        Some(b'T' | b't') => rest.get(1..).and_then(time).is_some_and(is_zone),
        Some(b' ') => time(rest.trim_start_matches(' ')) == Some(""),
        Some(_) => false,
    })
}

fn date(text: &str) -> Option<&str> {
    let (year, rest) = text.split_once('-')?;
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let (month, rest) = number(rest)?;
    let (day, rest) = number(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(rest)
}

fn time(text: &str) -> Option<&str> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = number(rest.strip_prefix(':')?)?;
    let (second, rest) = number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = rest.strip_prefix(['.', ',']).filter(|f| f.starts_with(|c: char| c.is_ascii_digit()));
    Some(fraction.map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit())))
}

fn is_zone(text: &str) -> bool {
    let offset = |offset: &str| {
        let (hours, minutes) = offset.split_once(':')?;
        let two = |text: &str| number(text).filter(|(_, rest)| text.len() == 2 && rest.is_empty()).map(|(n, _)| n);
        Some(two(hours)? <= 24 && two(minutes)? <= 60)
    };
    text == "Z" || text.strip_prefix(['+', '-']).and_then(offset) == Some(true)
}

/// One or two digits.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

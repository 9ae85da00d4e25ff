//! Conversions between numbers, and how Go writes a double.
#![allow(clippy::as_conversions, reason = "each cast is checked or saturates as it should")]

/// The integer part, if it lies within the range of cel-go: its ends are out.
pub(crate) fn double_to_int(value: f64) -> Option<i64> {
    let inside = value > i64::MIN as f64 && value < i64::MAX as f64;
    inside.then_some(value as i64)
}

/// The integer part, if it lies within the range of cel-go.
pub(crate) fn double_to_uint(value: f64) -> Option<u64> {
    (value >= 0.0 && value < u64::MAX as f64).then_some(value as u64)
}

/// The integer that the double is.
pub(crate) fn lossless_int(value: f64) -> Option<i64> {
    double_to_int(value).filter(|i| *i as f64 == value)
}

/// The integer that the double is.
pub(crate) fn lossless_uint(value: f64) -> Option<u64> {
    double_to_uint(value).filter(|u| *u as f64 == value)
}

pub(crate) fn int_to_double(value: i64) -> f64 {
    value as f64
}

pub(crate) fn uint_to_double(value: u64) -> f64 {
    value as f64
}

pub(crate) fn usize_to_double(value: usize) -> f64 {
    value as f64
}

/// The integer part of a cost; what is beyond the range becomes the middle of it, as Go has it on
/// amd64.
pub(crate) fn to_cost(value: f64) -> u64 {
    const MIDDLE: u64 = 1 << 63;
    if value < u64::MAX as f64 { value as u64 } else { MIDDLE }
}

/// Go's `%g`: the shortest digits that read back as the same number, with an exponent where the
/// number is very small or very large.
pub(crate) fn format_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{value}")
}

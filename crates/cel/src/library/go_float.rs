//! Numbers as text, as Go reads them.

/// Reads a number as `strconv.ParseFloat` does: decimal or hexadecimal, `inf`, `nan`.
pub(super) fn parse(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, text.get(1..)?),
        b'+' => (1.0, text.get(1..)?),
        _ => (1.0, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" if unsigned.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    if let Some(hex) = lower.strip_prefix("0x") {
        return hexadecimal(hex).map(|value| sign * value);
    }
    let plain = lower.bytes().all(|b| b.is_ascii_digit() || b".e+-".contains(&b));
    let value = plain.then(|| lower.parse::<f64>().ok()).flatten()?;
    value.is_finite().then_some(sign * value)
}

/// `10^exponent` as Go's `math.Pow10` puts it together.
pub(super) fn power_of_ten(exponent: i32) -> f64 {
    let literal = |exponent: i32| format!("1e{exponent}").parse::<f64>().unwrap_or(f64::INFINITY);
    match exponent {
        0..=308 => literal(exponent / 32 * 32) * literal(exponent % 32),
        -323..=-1 => literal(exponent / 32 * 32) / literal(-exponent % 32),
        309.. => f64::INFINITY,
        _ => 0.0,
    }
}

/// `1.8p3`, after the `0x`. The exponent has to be there.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0f64;
    let mut shift = 0i32;
    for (i, c) in whole.chars().chain(fraction.chars()).enumerate() {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
        shift -= if i >= whole.len() { 4 } else { 0 };
    }
    let scaled = value * 2.0f64.powi(exponent.saturating_add(shift));
    scaled.is_finite().then_some(scaled)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn forms_of_go_are_read() {
        assert_eq!(parse("1.5"), Some(1.5));
        assert_eq!(parse("0x1p4"), Some(16.0));
        assert_eq!(parse("-0x1.8p1"), Some(-3.0));
        assert_eq!(parse("-Inf"), Some(f64::NEG_INFINITY));
        assert!(parse("NaN").is_some_and(f64::is_nan));
        for bad in ["", "abc", "1e999", "0x1", "1_0", "- 1", "+nan", "."] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

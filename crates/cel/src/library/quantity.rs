//! Quantities of Kubernetes: `1.5Gi`, `100m`, `1e3`.
//!
//! As in k8s.io/apimachinery/pkg/api/resource, a quantity is a small number while it can be one
//! and a decimal of any size otherwise; some functions answer for small ones only.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::decimal::{self, Decimal};
use super::function::{Comparison, QuantityFunction};
use super::{Arguments, Outcome, go_float, invalid};
use crate::error::EvalError;
use crate::eval::{Value, int_to_double};

/// A number with a unit.
#[derive(Clone, Debug)]
pub struct Quantity {
    amount: Amount,
    notation: Notation,
    /// Whether it is the result of a calculation. The API server cannot compare anything with
    /// such a one on the right side of `==`.
    computed: bool,
    /// The text that was read, where the API server keeps it.
    written: Option<Box<str>>,
}

#[derive(Clone, Debug)]
enum Amount {
    /// `value * 10^scale`
    Small {
        value: i64,
        scale: i64,
    },
    Big(Decimal),
}

/// How a quantity was written, and is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// `1e3`
    Exponent,
    /// `1k`
    Decimal,
    /// `1Ki`
    Binary,
}

/// A value below a billionth is rounded up to it.
const PLACES: i64 = 9;

impl Quantity {
    fn parse(text: &str) -> Result<Self, EvalError> {
        const WRONG: &str = "quantities must match the regular expression \
                             '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        const SUFFIX: &str = "unable to parse quantity's suffix";
        let parts = Parts::read(text).ok_or_else(|| invalid(WRONG))?;
        let (exponent, notation) = suffix(parts.suffix).ok_or_else(|| invalid(SUFFIX))?;
        let whole = match parts.whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let digits = format!("{whole}{}", parts.fraction);
        let places = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
        let size = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if notation != Notation::Binary {
            let scale = exponent - places;
            // Eighteen digits always fit.
            if 18 - size >= 0 && scale >= -PLACES {
                let value: i64 = digits.parse().unwrap_or(0);
                let value = if parts.negative { -value } else { value };
                let amount = Amount::Small { value, scale };
                let plain = !digits.starts_with('0') && !digits.ends_with("000");
                let written = (scale % 3 == 0 && plain).then(|| text.into());
                return Ok(Self { amount, notation, computed: false, written });
            }
        } else if parts.fraction.is_empty() && 15 - size - exponent * 3 / 10 > 0 {
            let value: i64 = digits.parse().unwrap_or(0);
            let shifted = u32::try_from(exponent).ok().and_then(|e| value.checked_mul(1 << e));
            if let Some(shifted) = shifted {
                let shifted = if parts.negative { -shifted } else { shifted };
                let amount = Amount::Small { value: shifted, scale: 0 };
                let written = (value & 7 != 0).then(|| text.into());
                return Ok(Self { amount, notation, computed: false, written });
            }
        }
        Self::parse_big(&digits, places, exponent, notation, parts.negative)
    }

    fn parse_big(
        digits: &str,
        places: i64,
        exponent: i64,
        notation: Notation,
        negative: bool,
    ) -> Result<Self, EvalError> {
        /// No number is written out that is longer than this.
        const LONGEST: i64 = 100_000;
        if exponent.saturating_abs() > LONGEST {
            return Err(invalid("unable to parse numeric part of quantity"));
        }
        let mut number = Decimal::new(false, digits, places);
        if notation == Notation::Binary {
            let factor = u32::try_from(exponent).ok().and_then(|e| 1u64.checked_shl(e));
            number = number.times(factor.unwrap_or(1));
        } else {
            number.scale -= exponent;
        }
        let mut number = if number.is_zero() { number } else { number.at_scale(PLACES) };
        let mut notation = notation;
        if notation == Notation::Binary {
            let most = Decimal::from_int(i64::MAX, 0);
            if number.compare(&most) == Ordering::Greater {
                number = most;
            }
            let below_one = number.compare(&Decimal::from_int(1, 0)) == Ordering::Less;
            if below_one && !number.is_zero() {
                notation = Notation::Decimal;
            }
        }
        let number = if negative { number.negated() } else { number };
        Ok(Self { amount: Amount::Big(number), notation, computed: false, written: None })
    }

    fn decimal(&self) -> Decimal {
        match &self.amount {
            Amount::Small { value, scale } => Decimal::from_int(*value, -scale),
            Amount::Big(number) => number.clone(),
        }
    }

    fn is_zero(&self) -> bool {
        match &self.amount {
            Amount::Small { value, .. } => *value == 0,
            Amount::Big(number) => number.is_zero(),
        }
    }

    fn sign(&self) -> i64 {
        match &self.amount {
            Amount::Small { value, .. } => value.signum(),
            Amount::Big(number) => number.sign(),
        }
    }

    /// Whether the amounts are equal; `None` where the API server cannot tell.
    pub(crate) fn equal(&self, other: &Self) -> Option<bool> {
        (!other.computed).then(|| self.compare(other) == Ordering::Equal)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.decimal().compare(&other.decimal())
    }

    /// The whole number, where the quantity is small and is one.
    fn as_int(&self) -> Option<i64> {
        match &self.amount {
            Amount::Small { value, scale } => {
                let power = 10i64.checked_pow(u32::try_from(*scale).ok()?);
                match power {
                    Some(power) => value.checked_mul(power),
                    None => (*value == 0).then_some(0),
                }
            }
            Amount::Big(_) => None,
        }
    }

    fn as_double(&self) -> f64 {
        let (base, exponent) = match &self.amount {
            Amount::Small { value, scale } => (int_to_double(*value), *scale),
            Amount::Big(number) => {
                let digits = decimal::text(&number.digits);
                let base = go_float::parse(&digits).unwrap_or(0.0);
                (if number.negative { -base } else { base }, -number.scale)
            }
        };
        let exponent = i32::try_from(exponent).unwrap_or(i32::MAX);
        if exponent == 0 { base } else { base * go_float::power_of_ten(exponent) }
    }

    fn add(&self, other: &Self, negate: bool) -> Self {
        let sum = match (&self.amount, &other.amount) {
            (Amount::Small { value: a, scale: s }, Amount::Small { value: b, scale: t }) => {
                add_small((*a, *s), (if negate { b.wrapping_neg() } else { *b }, *t))
            }
            _ => None,
        };
        let amount = match sum {
            Some((value, scale)) => Amount::Small { value, scale },
            None => {
                let other = other.decimal();
                let other = if negate { other.negated() } else { other };
                Amount::Big(self.decimal().add(&other))
            }
        };
        let notation = if self.is_zero() { other.notation } else { self.notation };
        Self { amount, notation, computed: true, written: None }
    }
}

/// Sum of two `value * 10^scale`, if it fits.
fn add_small((a, s): (i64, i64), (b, t): (i64, i64)) -> Option<(i64, i64)> {
    if b == 0 {
        return Some((a, s));
    }
    if a == 0 {
        return Some((b, t));
    }
    let low = s.min(t);
    let widen = |value: i64, scale: i64| value.checked_mul(10i64.checked_pow(u32::try_from(scale - low).ok()?)?);
    Some((widen(a, s)?.checked_add(widen(b, t)?)?, low))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        let number = self.decimal();
        let limit = Decimal::from_int(1024, 0);
        let magnitude = if number.negative { number.clone().negated() } else { number.clone() };
        let whole = number.rounded_up(0).compare(&number) == Ordering::Equal;
        let sign = if number.negative { "-" } else { "" };
        let binary = self.notation == Notation::Binary;
        if binary && whole && magnitude.compare(&limit) != Ordering::Less {
            let mut digits = magnitude.rounded_up(0).whole_digits();
            let mut power = 0usize;
            while let Some(divided) = Decimal::divided_by_1024(&digits) {
                digits = divided;
                power += 1;
            }
            let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(power).unwrap_or(&"");
            return write!(f, "{sign}{}{suffix}", decimal::text(&digits));
        }
        let (mut digits, mut exponent) = magnitude.without_zeros();
        while exponent.rem_euclid(3) != 0 {
            digits.push(0);
            exponent -= 1;
        }
        let suffix = match (self.notation, exponent) {
            (_, 0) => String::new(),
            (Notation::Exponent, exponent) => format!("e{exponent}"),
            (_, exponent) => match exponent {
                -9 => "n",
                -6 => "u",
                -3 => "m",
                3 => "k",
                6 => "M",
                9 => "G",
                12 => "T",
                15 => "P",
                18 => "E",
                _ => "",
            }
            .to_owned(),
        };
        write!(f, "{sign}{}{suffix}", decimal::text(&digits))
    }
}

/// The parts of a quantity's text.
struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

impl<'t> Parts<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let digits = |text: &'t str| text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let (whole, rest) = digits(rest);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", rest),
        };
        let letters = |c: char| "eEinumkKMGTP".contains(c);
        let tail = suffix.trim_start_matches(letters);
        let tail = tail.strip_prefix(['-', '+']).unwrap_or(tail);
        let known = tail.bytes().all(|b| b.is_ascii_digit());
        known.then_some(Self { negative, whole, fraction, suffix })
    }
}

/// Exponent of two or of ten, and the notation.
fn suffix(text: &str) -> Option<(i64, Notation)> {
    let decimal = |exponent| Some((exponent, Notation::Decimal));
    let binary = |exponent| Some((exponent, Notation::Binary));
    match text {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let exponent = text.strip_prefix(['e', 'E']).filter(|e| !e.is_empty())?;
            Some((exponent.parse().ok()?, Notation::Exponent))
        }
    }
}

pub(super) fn call<'a>(function: QuantityFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let text = |name: &str| arguments.text(0).map_err(|_| arguments.no_overload(name));
    let quantity = |name: &str| match arguments.get(0) {
        Some(Value::Quantity(quantity)) => Ok(quantity),
        _ => Err(arguments.no_overload(name)),
    };
    let sum = |name: &str, negate: bool| {
        let left = quantity(name)?;
        let sum = match arguments.get(1) {
            Some(Value::Quantity(right)) => left.add(right, negate),
            Some(Value::Int(value)) => {
                let amount = Amount::Small { value: *value, scale: 0 };
                let notation = Notation::Exponent;
                let right = Quantity { amount, notation, computed: false, written: None };
                left.add(&right, negate)
            }
            _ => return Err(arguments.no_overload(name)),
        };
        Ok(Value::Quantity(Arc::new(sum)))
    };
    Ok(match function {
        QuantityFunction::Parse => Value::Quantity(Arc::new(Quantity::parse(text("quantity")?)?)),
        QuantityFunction::IsQuantity => Value::Bool(Quantity::parse(text("isQuantity")?).is_ok()),
        QuantityFunction::Sign => Value::Int(quantity("sign")?.sign()),
        QuantityFunction::AsApproximateFloat => Value::Double(quantity("asApproximateFloat")?.as_double()),
        QuantityFunction::AsInteger => {
            let whole = quantity("asInteger")?.as_int();
            Value::Int(whole.ok_or_else(|| invalid("cannot convert value to integer"))?)
        }
        QuantityFunction::IsInteger => Value::Bool(quantity("isInteger")?.as_int().is_some()),
        QuantityFunction::Add => sum("add", false)?,
        QuantityFunction::Sub => sum("sub", true)?,
    })
}

pub(super) fn compare<'a>(function: Comparison, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let (Some(Value::Quantity(a)), Some(Value::Quantity(b))) = (arguments.get(0), arguments.get(1)) else {
        return Err(arguments.no_overload(function.name()));
    };
    Ok(function.answer(a.compare(b)))
}

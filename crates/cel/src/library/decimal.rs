//! Decimal numbers of any size.

use std::cmp::Ordering;

/// `digits * 10^-scale`, negative or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    /// Without leading zeros; empty for zero. Most significant digit first.
    pub(super) digits: Vec<u8>,
    pub(super) scale: i64,
}

impl Decimal {
    pub(super) fn new(negative: bool, digits: &str, scale: i64) -> Self {
        let digits = digits.bytes().map(|b| b.saturating_sub(b'0')).collect();
        Self { negative, digits, scale }.trimmed()
    }

    pub(super) fn from_int(value: i64, scale: i64) -> Self {
        Self::new(value < 0, &value.unsigned_abs().to_string(), scale)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn sign(&self) -> i64 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.is_zero();
        self
    }

    fn trimmed(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|d| **d == 0).count();
        self.digits.drain(..zeros);
        self.negative &= !self.digits.is_empty();
        self
    }

    /// The same number with another scale, which must not be smaller.
    fn with_scale(&self, scale: i64) -> Vec<u8> {
        let zeros = usize::try_from(scale - self.scale).unwrap_or(0);
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            digits.extend(std::iter::repeat_n(0, zeros));
        }
        digits
    }

    pub(super) fn times(&self, factor: u64) -> Self {
        let mut out = Vec::with_capacity(self.digits.len() + 20);
        let mut carry: u128 = 0;
        for digit in self.digits.iter().rev() {
            carry += u128::from(*digit) * u128::from(factor);
            out.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
        while carry > 0 {
            out.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
        out.reverse();
        Self { digits: out, ..self.clone() }.trimmed()
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.with_scale(scale), other.with_scale(scale));
        let (digits, negative) = if self.negative == other.negative {
            (add_digits(&a, &b), self.negative)
        } else if compare_digits(&a, &b) == Ordering::Less {
            (subtract_digits(&b, &a), other.negative)
        } else {
            (subtract_digits(&a, &b), self.negative)
        };
        Self { negative, digits, scale }.trimmed()
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match self.sign().cmp(&other.sign()) {
            Ordering::Equal => {}
            order => return order,
        }
        // The place of the first digit decides before any digit is written out.
        let size = |n: &Self| i64::try_from(n.digits.len()).unwrap_or(i64::MAX) - n.scale;
        let order = if self.is_zero() {
            Ordering::Equal
        } else {
            size(self).cmp(&size(other)).then_with(|| {
                let length = self.digits.len().max(other.digits.len());
                let digit = |n: &Self, i: usize| n.digits.get(i).copied().unwrap_or(0);
                (0..length)
                    .map(|i| digit(self, i).cmp(&digit(other, i)))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
        };
        if self.negative { order.reverse() } else { order }
    }

    /// The number with exactly so many decimal places, rounded away from zero.
    pub(super) fn at_scale(&self, places: i64) -> Self {
        let rounded = self.rounded_up(places);
        let digits = rounded.with_scale(places);
        Self { digits, scale: places, ..rounded }
    }

    /// The number with at most so many decimal places, rounded away from zero.
    pub(super) fn rounded_up(&self, places: i64) -> Self {
        let Some(excess) = usize::try_from(self.scale - places).ok().filter(|e| *e > 0) else {
            return self.clone();
        };
        let kept = self.digits.len().saturating_sub(excess);
        let (head, tail) = self.digits.split_at(kept);
        let mut digits = head.to_vec();
        if tail.iter().any(|d| *d != 0) {
            digits = add_digits(&digits, &[1]);
        }
        Self { negative: self.negative, digits, scale: places }.trimmed()
    }

    /// The whole number, if it is one, and how often ten divides it: `1200` is `12` and 2.
    pub(super) fn without_zeros(&self) -> (Vec<u8>, i64) {
        let zeros = self.digits.iter().rev().take_while(|d| **d == 0).count();
        let kept = self.digits.len() - zeros;
        let digits = self.digits.get(..kept).unwrap_or(&[]).to_vec();
        (digits, i64::try_from(zeros).unwrap_or(0) - self.scale)
    }

    /// The quotient by 1 024, if the number is whole and divides.
    pub(super) fn divided_by_1024(digits: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(digits.len());
        let mut rest: u32 = 0;
        for digit in digits {
            rest = rest * 10 + u32::from(*digit);
            out.push(u8::try_from(rest / 1024).unwrap_or(0));
            rest %= 1024;
        }
        if rest != 0 {
            return None;
        }
        let zeros = out.iter().take_while(|d| **d == 0).count();
        out.drain(..zeros);
        Some(out)
    }

    /// The digits of a number that has no decimal places.
    pub(super) fn whole_digits(&self) -> Vec<u8> {
        self.with_scale(0)
    }
}

pub(super) fn text(digits: &[u8]) -> String {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

fn compare_digits(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn add_digits(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(a.len().max(b.len()) + 1);
    let mut carry = 0;
    let digit = |n: &[u8], i: usize| n.len().checked_sub(i + 1).and_then(|at| n.get(at)).copied();
    for i in 0..a.len().max(b.len()) {
        let sum = digit(a, i).unwrap_or(0) + digit(b, i).unwrap_or(0) + carry;
        out.push(sum % 10);
        carry = sum / 10;
    }
    if carry > 0 {
        out.push(carry);
    }
    out.reverse();
    out
}

/// `a - b`, where `a` is not smaller.
fn subtract_digits(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(a.len());
    let mut borrow = 0;
    let digit = |n: &[u8], i: usize| n.len().checked_sub(i + 1).and_then(|at| n.get(at)).copied();
    for i in 0..a.len() {
        let minuend = digit(a, i).unwrap_or(0) + 10;
        let difference = minuend - digit(b, i).unwrap_or(0) - borrow;
        out.push(difference % 10);
        borrow = u8::from(difference < 10);
    }
    out.reverse();
    out
}

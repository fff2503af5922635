//! The one rounding rule, the one apportioning rule, and rates that use them.

use crate::money::{Money, MoneyError, parse_decimal, write_decimal};
use crate::written_as_text;

const PPM_PER_PERCENT: i64 = 10_000;
const PPM_OF_ONE: i64 = 100 * PPM_PER_PERCENT;

/// Divides and rounds to the nearest integer, a tie to the even one (banker's rounding).
///
/// Ties go to the even neighbour because always rounding them up would let the sum of many small taxes
/// and discounts drift away from the tax or discount of the sum. Every amount in Vitrine that does not
/// come out even is rounded here.
///
/// # Panics
///
/// When the denominator is zero, as integer division does.
pub fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let (numerator, denominator) =
        if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
    let below = numerator.div_euclid(denominator);
    let rest = numerator.rem_euclid(denominator);
    match rest.cmp(&(denominator - rest)) {
        std::cmp::Ordering::Less => below,
        std::cmp::Ordering::Greater => below + 1,
        std::cmp::Ordering::Equal => below + below.rem_euclid(2),
    }
}

/// Splits an amount by weights so that the parts add up to it exactly.
///
/// Each part is its exact share rounded towards zero; what is left over goes, one minor unit each, to the
/// largest remainders, and among equal ones to the earlier. When all weights are zero the shares are
/// equal. No weights, or a negative one, are an error.
pub fn apportion(total: Money, weights: &[i64]) -> Result<Vec<Money>, MoneyError> {
    if weights.is_empty() || weights.iter().any(|&weight| weight < 0) {
        return Err(MoneyError::BadWeights);
    }
    let all_zero = weights.iter().all(|&weight| weight == 0);
    let weights: Vec<i128> =
        weights.iter().map(|&weight| if all_zero { 1 } else { i128::from(weight) }).collect();
    let sum: i128 = weights.iter().sum();
    let amount = i128::from(total.minor()).abs();

    let mut parts: Vec<i128> = weights.iter().map(|weight| amount * weight / sum).collect();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|&line| std::cmp::Reverse(amount * weights[line] % sum));
    let mut left_over = amount - parts.iter().sum::<i128>();
    for line in by_remainder {
        if left_over == 0 {
            break;
        }
        parts[line] += 1;
        left_over -= 1;
    }

    let sign = if total.is_negative() { -1 } else { 1 };
    parts
        .into_iter()
        .map(|part| narrow(part * sign).map(|minor| Money::new(minor, total.currency())))
        .collect()
}

/// A fraction from 0 to 1 in parts per million, written as a percentage such as `8.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    ppm: i64,
}

impl Rate {
    /// No part at all.
    pub const ZERO: Self = Self { ppm: 0 };

    /// Reads a percentage from `0` to `100` with at most four decimals, exactly.
    pub fn parse_percent(percent: &str) -> Result<Self, MoneyError> {
        parse_decimal(percent, 4)
            .ok()
            .and_then(Self::from_ppm)
            .ok_or_else(|| MoneyError::NotARate(percent.to_owned()))
    }

    fn try_new(percent: &str) -> Result<Self, MoneyError> {
        Self::parse_percent(percent)
    }

    /// A rate of 0 to 1,000,000 parts per million.
    pub fn from_ppm(ppm: i64) -> Option<Self> {
        (0..=PPM_OF_ONE).contains(&ppm).then_some(Self { ppm })
    }

    /// The parts per million: 190,000 for 19 %.
    pub fn ppm(self) -> i64 {
        self.ppm
    }

    /// The percentage without superfluous zeros: `19`, `8.1`.
    pub fn percent_string(self) -> String {
        let text = write_decimal(self.ppm, 4);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl Money {
    /// The part of the amount that a rate gives, rounded.
    pub fn part(self, rate: Rate) -> Self {
        self.scaled(rate.ppm, PPM_OF_ONE)
    }

    /// The tax inside a gross amount, `gross * rate / (1 + rate)`, rounded.
    pub fn tax_included(self, rate: Rate) -> Self {
        self.scaled(rate.ppm, PPM_OF_ONE + rate.ppm)
    }

    // The factor is never above one, so the result always fits.
    fn scaled(self, numerator: i64, denominator: i64) -> Self {
        let exact = i128::from(self.minor()) * i128::from(numerator);
        let minor = round_half_even(exact, i128::from(denominator));
        Self::new(narrow(minor).unwrap_or(self.minor()), self.currency())
    }
}

fn narrow(minor: i128) -> Result<i64, MoneyError> {
    i64::try_from(minor).map_err(|_| MoneyError::Overflow)
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.percent_string())
    }
}

written_as_text!(computed Rate, MoneyError);

//! The one rounding rule, the one apportioning rule, and rates that use them.

use crate::money::{Money, MoneyError, parse_decimal, write_decimal};
use crate::{described_as_text, written_as_text};

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
described_as_text!(Rate, "Percentage.", "^[0-9]+(\\.[0-9]+)?$", "19");

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: &str) -> Rate {
        Rate::parse_percent(percent).unwrap()
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        let rounded = [(1, 2), (3, 2), (5, 2), (-1, 2), (-3, 2), (5, -2), (7, 3), (8, 3), (6, 3)]
            .map(|(numerator, denominator)| round_half_even(numerator, denominator));
        assert_eq!(rounded, [0, 2, 2, 0, -2, -2, 2, 3, 2]);
    }

    #[test]
    fn left_over_units_go_to_the_largest_remainders_first() {
        let parts = |minor: i64, weights: &[i64]| -> Vec<i64> {
            apportion(Money::eur(minor), weights).unwrap().into_iter().map(Money::minor).collect()
        };
        assert_eq!(parts(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(parts(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(parts(10, &[1, 8, 1]), [1, 8, 1]);
        assert_eq!(parts(5, &[3, 3, 2]), [2, 2, 1]);
        assert_eq!(parts(1, &[1, 2]), [0, 1]);
        assert_eq!(parts(5, &[0, 0]), [3, 2]);
        assert_eq!(parts(5, &[0, 1, 0]), [0, 5, 0]);
        assert_eq!(parts(0, &[4, 5]), [0, 0]);
    }

    #[test]
    fn nothing_to_share_among_is_an_error() {
        assert_eq!(apportion(Money::eur(1), &[]), Err(MoneyError::BadWeights));
        assert_eq!(apportion(Money::eur(1), &[2, -1]), Err(MoneyError::BadWeights));
    }

    #[test]
    fn a_rate_is_written_without_superfluous_zeros() {
        for (read, written) in
            [("19", "19"), ("8.10", "8.1"), ("0", "0"), ("100", "100"), ("0.0001", "0.0001")]
        {
            assert_eq!(rate(read).percent_string(), written);
        }
        assert_eq!(rate("8.1").ppm(), 81_000);
        assert_eq!(serde_json::to_string(&rate("8.1")).unwrap(), r#""8.1""#);
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "-1", "100.1", "8,1", "8.12345", "19%", "1e1"] {
            assert_eq!(Rate::parse_percent(text), Err(MoneyError::NotARate(text.to_owned())));
        }
    }

    #[test]
    fn taxes_are_those_of_the_receipt() {
        assert_eq!(Money::eur(119_900).tax_included(rate("19")), Money::eur(19_144));
        assert_eq!(Money::eur(10_000).part(rate("19")), Money::eur(1_900));
        assert_eq!(Money::eur(5).part(rate("10")), Money::eur(0));
        assert_eq!(Money::eur(15).part(rate("10")), Money::eur(2));
        assert_eq!(Money::eur(i64::MAX).part(rate("100")), Money::eur(i64::MAX));
    }
}

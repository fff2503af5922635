//! Amounts of money in minor units, and their currencies.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{described_as_text, written_as_text};

/// What is wrong with an amount, a currency or a rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The code is not a currency that amounts can be given in.
    #[error("`{0}` is no ISO 4217 currency code with minor units (such as EUR)")]
    UnknownCurrency(String),
    /// The text is not a decimal number.
    #[error("`{0}` is not a decimal number (such as 499 or 499.00)")]
    NotDecimal(String),
    /// The text has more decimals than the currency.
    #[error("`{text}` has more decimals than {currency} has ({})", .currency.exponent())]
    TooManyDecimals {
        /// The text found.
        text: String,
        /// The currency it was read in.
        currency: Currency,
    },
    /// Two amounts of different currencies were put together.
    #[error("{left} and {right} cannot be put together")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// The text is not a rate.
    #[error("`{0}` is not a percentage from 0 to 100 with at most four decimals")]
    NotARate(String),
    /// An amount cannot be apportioned by these weights.
    #[error("an amount can only be apportioned to at least one weight, none of them negative")]
    BadWeights,
}

/// A currency of ISO 4217, such as EUR.
///
/// Only currencies with minor units are accepted, so gold (`XAU`) and the test code (`XTS`) are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// United Arab Emirates dirham.
    pub const AED: Self = Self(iso_currency::Currency::AED);
    /// Swiss franc.
    pub const CHF: Self = Self(iso_currency::Currency::CHF);
    /// Euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    /// Pound sterling.
    pub const GBP: Self = Self(iso_currency::Currency::GBP);
    /// Japanese yen, which has no minor unit.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);
    /// Polish zloty.
    pub const PLN: Self = Self(iso_currency::Currency::PLN);
    /// Swedish krona.
    pub const SEK: Self = Self(iso_currency::Currency::SEK);
    /// United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// Reads an upper-case alphabetic code.
    pub fn try_new(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }

    /// The alphabetic code, such as `EUR`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of decimals: JPY 0, EUR 2, KWD 3.
    pub fn exponent(self) -> u8 {
        self.0.exponent().and_then(|exponent| u8::try_from(exponent).ok()).unwrap_or(0)
    }

    fn as_str(&self) -> &'static str {
        self.code()
    }
}

written_as_text!(Currency, MoneyError);
described_as_text!(Currency, "Currency of ISO 4217.", "^[A-Z]{3}$", "EUR");

// By code, because the order of the table in `iso_currency` is not a promise.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An exact amount: minor units (cents) and their currency.
///
/// There is no `std::ops::Add`: adding can fail, and a price must not wrap or mix currencies silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units, such as cents.
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units, such as 49900 for 499.00 EUR.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// An amount in euro cents.
    pub fn eur(minor: i64) -> Self {
        Self::new(minor, Currency::EUR)
    }

    /// An amount in Swedish öre.
    pub fn sek(minor: i64) -> Self {
        Self::new(minor, Currency::SEK)
    }

    /// Reads a decimal number exactly: `499`, `499.5`, `499.00`, `-5`.
    ///
    /// More decimals than the currency has are an error, even when they are zeros.
    pub fn parse(decimal: &str, currency: Currency) -> Result<Self, MoneyError> {
        let places = u32::from(currency.exponent());
        match parse_decimal(decimal, places) {
            Ok(minor) => Ok(Self::new(minor, currency)),
            Err(DecimalProblem::Malformed) => Err(MoneyError::NotDecimal(decimal.to_owned())),
            Err(DecimalProblem::TooFine) => {
                Err(MoneyError::TooManyDecimals { text: decimal.to_owned(), currency })
            }
            Err(DecimalProblem::TooLarge) => Err(MoneyError::Overflow),
        }
    }

    /// The amount in minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a plain decimal with all its decimals, such as `499.00`, for JSON-LD and feeds.
    pub fn to_decimal(self) -> String {
        write_decimal(self.minor, usize::from(self.currency.exponent()))
    }

    /// The sum, when the currencies agree.
    pub fn try_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, when the currencies agree.
    pub fn try_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The amount `quantity` times.
    pub fn times(self, quantity: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// Whether the amount is above zero.
    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.minor < 0
    }

    fn combine(self, other: Self, with: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let minor = with(self.minor, other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

/// Why a decimal number could not be read.
pub(crate) enum DecimalProblem {
    /// Not digits, an optional sign and at most one point between digits.
    Malformed,
    /// More decimals than asked for.
    TooFine,
    /// Does not fit into 64 bits.
    TooLarge,
}

/// Reads a decimal number as an integer of 10^-places.
pub(crate) fn parse_decimal(text: &str, places: u32) -> Result<i64, DecimalProblem> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(DecimalProblem::Malformed),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(DecimalProblem::Malformed);
    }
    let missing = usize::try_from(places)
        .ok()
        .and_then(|places| places.checked_sub(fraction.len()))
        .ok_or(DecimalProblem::TooFine)?;
    let padding = std::iter::repeat_n(b'0', missing);
    // Digits are added below zero when the number is negative, so that i64::MIN can be read back.
    whole
        .bytes()
        .chain(fraction.bytes())
        .chain(padding)
        .try_fold(0_i64, |value, byte| {
            let digit = i64::from(byte - b'0');
            let shifted = value.checked_mul(10)?;
            if negative { shifted.checked_sub(digit) } else { shifted.checked_add(digit) }
        })
        .ok_or(DecimalProblem::TooLarge)
}

/// Writes an integer of 10^-places as a decimal number with all its decimals.
pub(crate) fn write_decimal(value: i64, places: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_knows_its_decimals() {
        for (code, exponent) in [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(Currency::try_new(code).unwrap().exponent(), exponent, "{code}");
        }
    }

    #[test]
    fn codes_that_no_amount_can_be_given_in_are_refused() {
        for code in ["", "eur", "EURO", "XAU", "XTS", "ABC"] {
            assert_eq!(Currency::try_new(code), Err(MoneyError::UnknownCurrency(code.to_owned())));
        }
    }

    #[test]
    fn currencies_are_ordered_by_code() {
        let mut currencies = [Currency::USD, Currency::AED, Currency::SEK, Currency::CHF];
        currencies.sort();
        assert_eq!(currencies.map(Currency::code), ["AED", "CHF", "SEK", "USD"]);
    }

    #[test]
    fn a_decimal_is_read_exactly() {
        let cases = [
            ("499", Currency::EUR, 49_900),
            ("499.00", Currency::EUR, 49_900),
            ("499.5", Currency::EUR, 49_950),
            ("-5", Currency::EUR, -500),
            ("-0.01", Currency::EUR, -1),
            ("0", Currency::EUR, 0),
            ("129800", Currency::JPY, 129_800),
            ("92233720368547758.07", Currency::EUR, i64::MAX),
            ("-92233720368547758.08", Currency::EUR, i64::MIN),
        ];
        for (text, currency, minor) in cases {
            assert_eq!(Money::parse(text, currency), Ok(Money::new(minor, currency)), "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".", "5.", ".5", "+5", "1,5", "1e3", "--5", "1.2.3", " 5", "٥", "5 €"] {
            assert_eq!(Money::parse(text, Currency::EUR), Err(MoneyError::NotDecimal(text.to_owned())));
        }
    }

    #[test]
    fn more_decimals_than_the_currency_has_are_refused() {
        let fine = Money::parse("1.999", Currency::EUR).unwrap_err();
        assert_eq!(fine.to_string(), "`1.999` has more decimals than EUR has (2)");
        assert!(matches!(Money::parse("5.0", Currency::JPY), Err(MoneyError::TooManyDecimals { .. })));
        assert_eq!(Money::parse("92233720368547758.08", Currency::EUR), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_decimal_is_written_with_all_its_decimals() {
        assert_eq!(Money::eur(49_900).to_decimal(), "499.00");
        assert_eq!(Money::eur(-5).to_decimal(), "-0.05");
        assert_eq!(Money::new(129_800, Currency::JPY).to_decimal(), "129800");
        assert_eq!(Money::sek(1).to_string(), "0.01 SEK");
    }

    #[test]
    fn currencies_do_not_mix() {
        let mismatch = MoneyError::CurrencyMismatch { left: Currency::EUR, right: Currency::SEK };
        assert_eq!(Money::eur(1).try_add(Money::sek(1)), Err(mismatch.clone()));
        assert_eq!(Money::eur(1).try_sub(Money::sek(1)), Err(mismatch));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(Money::eur(i64::MAX).try_add(Money::eur(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::eur(i64::MIN).try_sub(Money::eur(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::eur(i64::MAX).times(2), Err(MoneyError::Overflow));
        assert_eq!(Money::eur(1_999).times(3), Ok(Money::eur(5_997)));
    }

    #[test]
    fn zero_has_no_sign() {
        assert!(Money::eur(1).is_positive() && Money::eur(-1).is_negative());
        let zero = Money::zero(Currency::EUR);
        assert!(!zero.is_positive() && !zero.is_negative());
    }

    #[test]
    fn json_is_checked() {
        let json = r#"{"minor":1999,"currency":"EUR"}"#;
        assert_eq!(serde_json::to_string(&Money::eur(1_999)).unwrap(), json);
        for wrong in [
            r#"{"minor":19.99,"currency":"EUR"}"#,
            r#"{"minor":1999,"currency":"EURO"}"#,
            r#"{"minor":1999}"#,
            r#"{"minor":1999,"currency":"EUR","major":19}"#,
        ] {
            assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
        }
    }
}

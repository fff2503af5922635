//! Why a cart has no price.

use vitrine_core::{Country, Currency, MoneyError, TaxClass};

/// A cart that can't be priced: its data or the rules are wrong, or the rules don't cover its destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Two lines have one id.
    #[error("lines: id `{0}` is given twice")]
    DuplicateLine(String),
    /// A quantity that cannot be sold.
    #[error("lines.{line}.quantity must be 1 to {most} (found {found})", most = crate::Line::MOST)]
    Quantity {
        /// The line's id.
        line: String,
        /// The quantity found.
        found: u32,
    },
    /// An amount of a line is below zero or too large to be counted with.
    #[error("lines.{line}.{field} is out of range")]
    Amount {
        /// The line's id.
        line: String,
        /// The field.
        field: &'static str,
    },
    /// The lines together are too much to be counted with.
    #[error("lines: the sum is out of range")]
    Sum,
    /// An amount of a line is not in the cart's currency.
    #[error("lines.{line}.{field} is in {found}, the cart in {currency}")]
    Currency {
        /// The line's id.
        line: String,
        /// The field.
        field: &'static str,
        /// The amount's currency.
        found: Currency,
        /// The cart's currency.
        currency: Currency,
    },
    /// The tax table has no such country: nothing must be sold there untaxed by accident.
    #[error("taxes: there is no table for {0}")]
    NoTaxTable(Country),
    /// The tax table of a country has no rate for a class.
    #[error("taxes.{country}.rates has no class `{class}`")]
    NoTaxRate {
        /// The country.
        country: Country,
        /// The class.
        class: TaxClass,
    },
    /// The tax table of a country is by region and has no such region.
    #[error("taxes.{country}.regions has no region `{region}`")]
    UnknownRegion {
        /// The country.
        country: Country,
        /// The region.
        region: String,
    },
    /// Counting went wrong; limits on lines make this a bug.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

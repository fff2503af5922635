//! What is to be priced, and what is known about the purchase.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vitrine_core::{CategoryId, Country, Currency, Money, ProductId, Sku, TaxClass, Timestamp};

use crate::{Exhausted, Limited, MethodId, PriceError};

/// Above this many minor units in a cart nothing is priced: sums and taxes stay far inside 64 bits.
const MOST_MINOR: i64 = 1_000_000_000_000_000;

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names the line in its cart; lines are worked through in the order of their ids.
    pub id: String,
    /// The variant.
    pub sku: Sku,
    /// Its product.
    pub product: ProductId,
    /// Every category it is in; those above too, if rules shall reach it through them.
    pub categories: Vec<CategoryId>,
    /// Units.
    pub quantity: u32,
    /// What one unit costs before promotions, with or without tax as [`Facts::prices_include_tax`] says.
    pub unit_price: Money,
    /// A higher price that the unit price is shown against; with one, the goods count as reduced.
    pub compare_at: Option<Money>,
    /// How it is taxed, unless it has parts.
    pub tax_class: TaxClass,
    /// Weight of one unit, grams.
    pub weight_g: u32,
    /// Of a bundle what one unit consists of; its price is taxed part by part, in proportion to their values.
    pub parts: Vec<Part>,
}

/// A part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The variant.
    pub sku: Sku,
    /// Units of it in one bundle.
    pub quantity: u32,
    /// How it is taxed.
    pub tax_class: TaxClass,
    /// What one unit costs alone.
    pub value: Money,
}

/// What is to be priced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart {
    /// What the shopper put in.
    pub lines: Vec<Line>,
    /// Goods that rules may give away and that are in stock, with what a line has; quantity and id are not looked at.
    pub gifts: Vec<Line>,
}

/// Where the goods go, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The country.
    pub country: Country,
    /// Its part by the second half of ISO 3166-2, as `CA` of `US-CA`.
    pub region: Option<String>,
    /// The postcode as the shopper wrote it.
    pub postcode: Option<String>,
}

impl Destination {
    /// A country of which nothing more is known.
    pub fn country(country: Country) -> Self {
        Self { country, region: None, postcode: None }
    }
}

/// What other modules know of the shopper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopperFacts {
    /// Whether the shopper has ordered nothing yet.
    pub first_order: bool,
    /// Groups the shopper is in.
    pub groups: BTreeSet<String>,
}

/// What is known about a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The storefront's country, which promotions are for.
    pub country: Country,
    /// The cart's currency.
    pub currency: Currency,
    /// Whether prices contain the tax; otherwise it comes on top.
    ///
    /// Prices with tax stay as they are when the destination has other rates than the storefront's country: the
    /// shopper pays what the page said, and the tax inside is the destination's.
    pub prices_include_tax: bool,
    /// Where the goods go; decides on taxes and delivery.
    pub destination: Destination,
    /// How they go there; without it the cheapest way is assumed.
    pub delivery_method: Option<MethodId>,
    /// How they are paid, an opaque code.
    pub payment_method: Option<String>,
    /// Who buys.
    pub shopper: ShopperFacts,
    /// Codes as the shopper entered them.
    pub codes: Vec<String>,
    /// What is used up.
    pub exhausted: BTreeMap<Limited, Exhausted>,
    /// The moment.
    pub now: Timestamp,
}

impl Line {
    /// Most units of a line.
    pub const MOST: u32 = 100_000;

    /// What the line costs before promotions, minor units. Only of checked lines.
    pub(crate) fn minor(&self) -> i64 {
        self.unit_price.minor().saturating_mul(i64::from(self.quantity))
    }

    fn check(&self, currency: Currency) -> Result<(), PriceError> {
        if !(1..=Self::MOST).contains(&self.quantity) {
            return Err(PriceError::Quantity { line: self.id.clone(), found: self.quantity });
        }
        let prices = [("unit_price", Some(self.unit_price)), ("compare_at", self.compare_at)];
        let values = self.parts.iter().map(|part| ("parts.value", Some(part.value)));
        for (field, amount) in prices.into_iter().chain(values) {
            let Some(amount) = amount else { continue };
            let found = amount.currency();
            if found != currency {
                return Err(PriceError::Currency { line: self.id.clone(), field, found, currency });
            }
            if !(0..=MOST_MINOR).contains(&amount.minor()) {
                return Err(PriceError::Amount { line: self.id.clone(), field });
            }
        }
        Ok(())
    }
}

impl Cart {
    /// The lines by id, once all are found to be in order.
    pub(crate) fn checked(&self, currency: Currency) -> Result<Vec<&Line>, PriceError> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(twice) = lines.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(PriceError::DuplicateLine(twice[0].id.clone()));
        }
        let mut sum = 0i64;
        for line in &lines {
            line.check(currency)?;
            sum = sum.saturating_add(line.minor());
        }
        if sum > MOST_MINOR {
            return Err(PriceError::Sum);
        }
        for gift in &self.gifts {
            Line { quantity: 1, ..gift.clone() }.check(currency)?;
        }
        Ok(lines)
    }
}

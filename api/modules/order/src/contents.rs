//! What was bought, as it was bought: nothing of it changes when goods, prices or addresses do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Locale, Money, ProductId, Sku};
use vitrine_pricing::{MethodId, Quote};

use crate::Error;

/// How the shop reaches who bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// Address for mail.
    pub email: String,
    /// International form, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Where somebody lives; which fields a country has says its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Address {
    /// Who.
    pub name: String,
    /// A firm, if it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Street and number, first line.
    pub line1: String,
    /// Second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Postcode, where the country has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Town.
    pub city: String,
    /// The second half of ISO 3166-2, where the country's addresses have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The country.
    pub country: Country,
}

/// Goods, with the words they were sold under. Prices and taxes stand in the quote under the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The line of the cart; a gift's begins with `gift:`.
    pub id: String,
    /// The variant.
    pub sku: Sku,
    /// Its product.
    pub product: ProductId,
    /// Its name in the order's language.
    pub name: String,
    /// What was chosen, by option.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Units.
    pub quantity: u32,
    /// Pieces of each SKU in one unit; of what is no bundle the variant itself.
    pub pieces: Vec<(Sku, i64)>,
}

/// When the goods should arrive, in days of the destination's calendar, `2026-12-01`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Promised {
    /// Not before.
    pub earliest: String,
    /// Not after.
    pub latest: String,
}

/// All that was bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The language it was bought in.
    pub locale: Locale,
    /// Who bought.
    pub contact: Contact,
    /// Where it goes.
    pub shipping: Address,
    /// Whom the bill is for.
    pub billing: Address,
    /// The goods.
    pub lines: Vec<OrderLine>,
    /// What they cost, and why.
    pub quote: Quote,
    /// How they get there.
    pub delivery: MethodId,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Promised>,
    /// How they are paid.
    pub payment: String,
}

/// Units of lines: of a shipment, a return or a withdrawal.
pub type Units = BTreeMap<String, u32>;

impl Contents {
    /// Pieces of each SKU that units of lines consist of.
    pub fn pieces(&self, units: &Units) -> BTreeMap<Sku, i64> {
        let mut pieces: BTreeMap<Sku, i64> = BTreeMap::new();
        for line in &self.lines {
            let units = units.get(&line.id).copied().unwrap_or_default();
            for (sku, per_unit) in line.pieces.iter().filter(|_| units > 0) {
                *pieces.entry(sku.clone()).or_default() += per_unit * i64::from(units);
            }
        }
        pieces
    }

    /// What was charged for units of lines, taxes included; delivery is not in it.
    ///
    /// A part of a line is rounded down, so that parts never add up to more than the line.
    ///
    /// # Errors
    /// [`Error::Nothing`] if no units are named, [`Error::Units`] if a line has fewer.
    pub fn charged(&self, units: &Units) -> Result<Money, Error> {
        let what = "paid back";
        let mut minor = 0_i64;
        let named = units.iter().filter(|(_, units)| **units > 0);
        for (id, wanted) in named.clone() {
            let line = self.quote.lines.iter().find(|line| line.id == *id);
            let left = line.map_or(0, |line| line.quantity);
            let Some(line) = line.filter(|_| *wanted <= left) else {
                return Err(Error::Units { line: id.clone(), what, wanted: *wanted, left });
            };
            let on_top = if self.quote.tax_included { 0 } else { sum(line.taxes.iter().map(|tax| tax.tax)) };
            let whole = i128::from(line.total.minor()) + i128::from(on_top);
            let part = whole * i128::from(*wanted) / i128::from(line.quantity.max(1));
            minor = minor.saturating_add(i64::try_from(part).unwrap_or(i64::MAX));
        }
        if named.count() == 0 {
            return Err(Error::Nothing { what });
        }
        Ok(Money::new(minor, self.quote.totals.total.currency()))
    }

    /// Units of all lines.
    pub fn units(&self) -> Units {
        self.lines.iter().map(|line| (line.id.clone(), line.quantity)).collect()
    }
}

fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::minor).fold(0, i64::saturating_add)
}

/// The customer as limits of promotions know one: a hash of the mail address, the same in every spelling of letters.
pub fn customer_of(email: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("vitrine 2026-11 customer by mail address");
    hasher.update(email.trim().to_lowercase().as_bytes());
    hasher.finalize().to_hex().to_string()
}

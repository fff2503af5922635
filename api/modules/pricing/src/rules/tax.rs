//! Tax tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Rate, TaxClass};

use crate::{Destination, PriceError};

/// Taxes by destination.
///
/// Tax is rounded once for each rate of an order, on the sum of all that is taxed at it, delivery included, and then
/// apportioned to lines and delivery. Japan demands exactly this of a qualified invoice (National Tax Agency, Q&A on
/// the invoice system: one rounding for each rate). The US leaves item or invoice to the seller (Streamlined Sales
/// and Use Tax Agreement, section 324(B)), and EU law leaves the level to the member states (Court of Justice,
/// C-484/06 Ahold), which allow the sum. What is exactly between two units goes as [`Ties`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxRules {
    /// The table of each country that goods are delivered to.
    pub countries: BTreeMap<Country, CountryTax>,
}

/// The taxes of a country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryTax {
    /// The rate of each class; 0 % for what is not taxed.
    pub rates: BTreeMap<TaxClass, Rate>,
    /// How delivery is taxed.
    #[serde(default)]
    pub delivery: DeliveryTax,
    /// Where a tax goes that is exactly between two minor units.
    #[serde(default)]
    pub ties: Ties,
    /// Parts of the country with rates of their own, as the states of the US; if there are any, a destination's
    /// region must be among them, and as long as it is not known the tax is not final.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, RegionTax>,
}

/// The taxes of a part of a country; what it does not state is as in its country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionTax {
    /// Rates that differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<TaxClass, Rate>,
    /// How delivery is taxed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryTax>,
}

/// How delivery is taxed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryTax {
    /// As the goods, in proportion to what they cost: it goes with the main supply (in Germany UStAE 3.10).
    #[default]
    Goods,
    /// At the rate of a class.
    Class(TaxClass),
    /// Not at all.
    Exempt,
}

/// Where a tax goes that is exactly between two minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// To the even one, as every other amount in the engine.
    #[default]
    Even,
    /// Up: what the Streamlined Sales and Use Tax Agreement demands in the US (section 324(A): up to the next cent
    /// whenever the third decimal is greater than four).
    Up,
}

/// The taxes of one destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jurisdiction<'a> {
    country: Country,
    table: &'a CountryTax,
    region: Option<&'a RegionTax>,
    /// Whether more of the destination could change the rates.
    pub(crate) is_final: bool,
}

impl TaxRules {
    /// Whether the tables cover a destination.
    ///
    /// # Errors
    /// When its country has no table, or its region is not in that.
    pub fn covers(&self, destination: &Destination) -> Result<(), PriceError> {
        self.jurisdiction(destination).map(|_| ())
    }

    pub(crate) fn jurisdiction(&self, destination: &Destination) -> Result<Jurisdiction<'_>, PriceError> {
        let country = destination.country;
        let table = self.countries.get(&country).ok_or(PriceError::NoTaxTable(country))?;
        if table.regions.is_empty() {
            return Ok(Jurisdiction { country, table, region: None, is_final: true });
        }
        let Some(region) = &destination.region else {
            return Ok(Jurisdiction { country, table, region: None, is_final: false });
        };
        let unknown = || PriceError::UnknownRegion { country, region: region.clone() };
        let region = table.regions.get(region).ok_or_else(unknown)?;
        Ok(Jurisdiction { country, table, region: Some(region), is_final: true })
    }
}

impl<'a> Jurisdiction<'a> {
    pub(crate) fn rate(&self, class: &TaxClass) -> Result<Rate, PriceError> {
        let regional = self.region.and_then(|region| region.rates.get(class));
        let missing = || PriceError::NoTaxRate { country: self.country, class: class.clone() };
        regional.or_else(|| self.table.rates.get(class)).copied().ok_or_else(missing)
    }

    pub(crate) fn delivery(&self) -> &'a DeliveryTax {
        self.region.and_then(|region| region.delivery.as_ref()).unwrap_or(&self.table.delivery)
    }

    pub(crate) fn ties(&self) -> Ties {
        self.table.ties
    }
}

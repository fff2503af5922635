//! All that a checkout needs of deliveries and taxes.

use std::collections::BTreeMap;

use vitrine_core::{Country, Timestamp};
use vitrine_pricing::{DeliveryRules, TaxRules};

use crate::{Calendar, DeliverySetup, Promise, Warehouse, promise};

/// The deliveries and taxes of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Zones, methods and rates, for [`price`](vitrine_pricing::price).
    pub delivery: DeliveryRules,
    /// Taxes, for [`price`](vitrine_pricing::price).
    pub taxes: TaxRules,
    /// Where goods are sent from.
    pub warehouses: Vec<Warehouse>,
    /// When countries work.
    pub calendars: BTreeMap<Country, Calendar>,
}

impl Rules {
    /// Rules made of what is written down.
    pub fn new(setup: DeliverySetup, taxes: TaxRules) -> Self {
        let DeliverySetup { warehouses, calendars, zones, methods } = setup;
        Self { delivery: DeliveryRules { zones, methods }, taxes, warehouses, calendars }
    }

    /// When an order of a moment arrives in a country, by an offer that takes so many days
    /// ([`Offer::days`](vitrine_pricing::Offer)); `None` if no warehouse sends there.
    pub fn promise(&self, country: Country, days: (u16, u16), now: Timestamp) -> Option<Promise> {
        let named = self.warehouses.iter().find(|warehouse| warehouse.serves.contains(&country));
        let warehouse =
            named.or_else(|| self.warehouses.iter().find(|warehouse| warehouse.serves.is_empty()))?;
        let usual = Calendar::default();
        let calendar = |country| self.calendars.get(&country).unwrap_or(&usual);
        promise(now, warehouse, calendar(warehouse.country), calendar(country), days)
    }
}

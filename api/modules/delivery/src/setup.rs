//! Deliveries and taxes as they are written down: `delivery.toml` and `taxes.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vitrine_core::Country;
use vitrine_pricing::{DeliveryRules, Invalid, Method, TaxRules, TextError, Zone, read_toml};

use crate::{Calendar, Warehouse};

/// What stands in a `delivery.toml`: how goods reach the shopper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliverySetup {
    /// Where goods are sent from.
    pub warehouses: Vec<Warehouse>,
    /// When a country works; Monday to Friday without holidays, if it is not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub calendars: BTreeMap<Country, Calendar>,
    /// Where goods are delivered to.
    pub zones: Vec<Zone>,
    /// How, in the order shown.
    pub methods: Vec<Method>,
}

/// Reads a `delivery.toml` and checks it.
///
/// # Errors
/// All that is wrong, with line, column and key.
pub fn read_delivery(text: &str) -> Result<DeliverySetup, Vec<TextError>> {
    read_toml(text, DeliverySetup::check)
}

/// Reads a `taxes.toml`, a table for each country, and checks it.
///
/// # Errors
/// All that is wrong, with line, column and key.
pub fn read_taxes(text: &str) -> Result<TaxRules, Vec<TextError>> {
    read_toml(text, TaxRules::check)
}

impl DeliverySetup {
    /// What prices need of it.
    pub fn rules(&self) -> DeliveryRules {
        DeliveryRules { zones: self.zones.clone(), methods: self.methods.clone() }
    }

    /// All that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let mut found = self.rules().check();
        let mut wrong = |field: String, what: &str| found.push(Invalid { field, what: what.to_owned() });
        for (country, calendar) in &self.calendars {
            if calendar.working_days.is_empty() {
                wrong(format!("calendars.{country}.working_days"), "must name at least one day");
            }
        }
        let (mut ids, mut served, mut for_all) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (number, warehouse) in self.warehouses.iter().enumerate() {
            let field = |key: &str| format!("warehouses[{number}].{key}");
            if !ids.insert(&warehouse.id) {
                wrong(field("id"), "is given twice");
            }
            if warehouse.handling_days > 90 {
                wrong(field("handling_days"), "must be at most 90");
            }
            for country in warehouse.serves.iter().filter(|country| !served.insert(**country)) {
                wrong(field("serves"), &format!("names {country}, which another warehouse serves"));
            }
            for_all += usize::from(warehouse.serves.is_empty());
            if warehouse.serves.is_empty() && for_all > 1 {
                wrong(field("serves"), "must name countries: another warehouse serves all the rest");
            }
        }
        found
    }
}

//! What is wrong with rules, by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vitrine_core::{Country, Currency, Locale, Rate};

use crate::{
    Action, Amounts, Bundle, BuyGet, CountryTax, Coupon, DeliveryRules, DeliveryTax, Limits, Method, Off,
    Promotion, TaxRules, Tiers,
};

/// Above this nothing that a rule states is meant seriously, minor units.
const MOST_MINOR: i64 = 1_000_000_000_000;
const MOST_UNITS: u32 = 10_000;
const MOST_LABEL: usize = 200;

/// A field of a rule that cannot be as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Invalid {
    /// Where it stands: `action.tiers[1].off`.
    pub field: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.what)
    }
}

/// Collects what is wrong below a field.
struct Found(Vec<Invalid>);

impl Found {
    fn unless(&mut self, fine: bool, field: &str, what: impl Into<String>) {
        if !fine {
            self.0.push(Invalid { field: field.to_owned(), what: what.into() });
        }
    }

    fn amounts(&mut self, amounts: &Amounts, least: i64, field: &str) {
        self.unless(!amounts.is_empty(), field, "must name at least one currency");
        for amount in amounts.iter() {
            let field = format!("{field}.{}", amount.currency());
            let what = format!("must be {least} minor units to {MOST_MINOR} (found {})", amount.minor());
            self.unless((least..=MOST_MINOR).contains(&amount.minor()), &field, what);
        }
    }

    fn rate(&mut self, rate: Rate, field: &str) {
        self.unless(rate > Rate::ZERO, field, "must be above 0");
    }

    fn units(&mut self, units: u32, field: &str) {
        let what = format!("must be 1 to {MOST_UNITS} (found {units})");
        self.unless((1..=MOST_UNITS).contains(&units), field, what);
    }

    fn limits(&mut self, limits: Limits, field: &str) {
        for (name, limit) in [("total", limits.total), ("per_customer", limits.per_customer)] {
            self.unless(limit != Some(0), &format!("{field}.{name}"), "must be at least 1");
        }
    }

    fn labels(&mut self, labels: &BTreeMap<Locale, String>) {
        for (locale, label) in labels {
            let length = label.trim().chars().count();
            let what = format!("must be 1 to {MOST_LABEL} characters (found {length})");
            self.unless((1..=MOST_LABEL).contains(&length), &format!("labels.{locale}"), what);
        }
    }

    fn off(&mut self, off: &Off, field: &str) {
        match off {
            Off::Percent(rate) => self.rate(*rate, &format!("{field}.percent")),
            Off::Fixed(amounts) => self.amounts(amounts, 1, &format!("{field}.fixed")),
        }
    }
}

impl Promotion {
    /// All that is wrong with it; nothing, if it can be used.
    pub fn check(&self) -> Vec<Invalid> {
        let mut found = Found(Vec::new());
        found.labels(&self.labels);
        if let (Some(start), Some(end)) = (self.starts_at, self.ends_at) {
            found.unless(start < end, "ends_at", "must be after starts_at");
        }
        let conditions = &self.conditions;
        if let Some(least) = &conditions.min_subtotal {
            found.amounts(least, 1, "conditions.min_subtotal");
        }
        if let Some(least) = conditions.min_quantity {
            found.units(least, "conditions.min_quantity");
        }
        for (field, words) in
            [("groups", &conditions.groups), ("payment_methods", &conditions.payment_methods)]
        {
            let named = words.iter().all(|word| !word.trim().is_empty());
            found.unless(named, &format!("conditions.{field}"), "must not have an empty entry");
        }
        self.action.check(&mut found);
        found.limits(self.limits, "limits");
        found.0
    }
}

impl Coupon {
    /// All that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let mut found = Found(Vec::new());
        found.limits(self.limits, "limits");
        found.0
    }
}

impl Action {
    fn check(&self, found: &mut Found) {
        match self {
            Self::Percent(rule) => found.rate(rule.off, "action.percent.off"),
            Self::Fixed(rule) => found.amounts(&rule.off, 1, "action.fixed.off"),
            Self::Tiers(rule) => rule.check(found),
            Self::BuyGet(rule) => rule.check(found),
            Self::Bundle(rule) => rule.check(found),
            Self::Gift(rule) => found.units(rule.quantity, "action.gift.quantity"),
            Self::FreeDelivery(rule) => {
                if let Some(up_to) = &rule.up_to {
                    found.amounts(up_to, 1, "action.free_delivery.up_to");
                }
            }
        }
    }
}

impl Tiers {
    fn check(&self, found: &mut Found) {
        found.unless(!self.tiers.is_empty(), "action.tiers.tiers", "must have at least one tier");
        for (number, tier) in self.tiers.iter().enumerate() {
            let field = format!("action.tiers.tiers[{number}]");
            let states_one = tier.from_quantity.is_some() != tier.from_subtotal.is_some();
            found.unless(states_one, &field, "must state either from_quantity or from_subtotal");
            if let Some(from) = tier.from_quantity {
                found.units(from, &format!("{field}.from_quantity"));
            }
            if let Some(from) = &tier.from_subtotal {
                found.amounts(from, 0, &format!("{field}.from_subtotal"));
            }
            found.off(&tier.off, &format!("{field}.off"));
        }
        for (number, pair) in self.tiers.windows(2).enumerate() {
            let [lower, higher] = pair else { continue };
            let rises = match (&lower.from_subtotal, &higher.from_subtotal) {
                (Some(lower), Some(higher)) => lower
                    .iter()
                    .all(|least| higher.minor(least.currency()).is_none_or(|minor| minor > least.minor())),
                (None, None) => lower.from_quantity < higher.from_quantity,
                _ => false,
            };
            let field = format!("action.tiers.tiers[{}]", number + 1);
            found.unless(rises, &field, "must begin above the tier before it, and count the same");
        }
    }
}

impl BuyGet {
    fn check(&self, found: &mut Found) {
        found.units(self.buy_quantity, "action.buy_get.buy_quantity");
        found.units(self.get_quantity, "action.buy_get.get_quantity");
        found.rate(self.off, "action.buy_get.off");
        found.unless(self.times != Some(0), "action.buy_get.times", "must be at least 1");
    }
}

impl Bundle {
    fn check(&self, found: &mut Found) {
        found.unless(!self.parts.is_empty(), "action.bundle.parts", "must have at least one part");
        for (number, part) in self.parts.iter().enumerate() {
            found.units(part.quantity, &format!("action.bundle.parts[{number}].quantity"));
        }
        found.amounts(&self.price, 0, "action.bundle.price");
        found.unless(self.times != Some(0), "action.bundle.times", "must be at least 1");
    }
}

impl TaxRules {
    /// All that is wrong with the tables.
    pub fn check(&self) -> Vec<Invalid> {
        let tables = self.countries.iter();
        tables.flat_map(|(country, table)| table.check(*country)).collect()
    }
}

impl CountryTax {
    /// All that is wrong with the table of a country.
    pub fn check(&self, country: Country) -> Vec<Invalid> {
        let mut found = Found(Vec::new());
        found.unless(!self.rates.is_empty(), &format!("{country}.rates"), "must have at least one class");
        let mut delivery = |taxed: Option<&DeliveryTax>, field: String| {
            if let Some(DeliveryTax::Class(class)) = taxed {
                let known = self.rates.contains_key(class);
                found.unless(known, &field, format!("names the class `{class}`, which has no rate"));
            }
        };
        delivery(Some(&self.delivery), format!("{country}.delivery"));
        for (region, table) in &self.regions {
            delivery(table.delivery.as_ref(), format!("{country}.regions.{region}.delivery"));
        }
        for (region, table) in &self.regions {
            let field = format!("{country}.regions.{region}");
            let plain = (1..=3).contains(&region.len())
                && region.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            found.unless(plain, &field, "must be the second half of an ISO 3166-2 code, such as CA");
            for class in table.rates.keys().filter(|class| !self.rates.contains_key(class)) {
                found.unless(
                    false,
                    &format!("{field}.rates.{class}"),
                    format!("is a class that {country} lacks"),
                );
            }
        }
        found.0
    }
}

impl DeliveryRules {
    /// All that is wrong with zones and ways of delivery.
    pub fn check(&self) -> Vec<Invalid> {
        let mut found = Found(Vec::new());
        let mut zones = BTreeSet::new();
        for (number, zone) in self.zones.iter().enumerate() {
            found.unless(zones.insert(&zone.id), &format!("zones[{number}].id"), "is given twice");
        }
        let mut methods = BTreeSet::new();
        for (number, method) in self.methods.iter().enumerate() {
            let field = format!("methods[{number}]");
            found.unless(methods.insert(&method.id), &format!("{field}.id"), "is given twice");
            let mut own = Found(Vec::new());
            method.check(&mut own, |zone| zones.contains(zone));
            found
                .0
                .extend(own.0.into_iter().map(|at| Invalid { field: format!("{field}.{}", at.field), ..at }));
        }
        found.0
    }
}

impl Method {
    fn check(&self, found: &mut Found, is_zone: impl Fn(&crate::ZoneId) -> bool) {
        found.labels(&self.labels);
        let mut seen = BTreeSet::new();
        for (number, rates) in self.zones.iter().enumerate() {
            let field = format!("zones[{number}]");
            let known = is_zone(&rates.zone);
            found.unless(
                known,
                &format!("{field}.zone"),
                format!("names `{}`, which is no zone", rates.zone),
            );
            found.unless(seen.insert(&rates.zone), &format!("{field}.zone"), "is given twice");
            let (least, most) = rates.days;
            found.unless(
                least <= most && most <= 365,
                &format!("{field}.days"),
                "must be [least, most], at most 365",
            );
            if let Some(from) = &rates.free_from {
                found.amounts(from, 0, &format!("{field}.free_from"));
            }
            found.unless(!rates.rates.is_empty(), &format!("{field}.rates"), "must have at least one rate");
            let currencies: BTreeSet<Currency> =
                rates.rates.iter().flat_map(|step| step.price.iter()).map(|price| price.currency()).collect();
            for (number, step) in rates.rates.iter().enumerate() {
                let field = format!("{field}.rates[{number}]");
                found.amounts(&step.price, 0, &format!("{field}.price"));
                if let Some(from) = &step.from_subtotal {
                    found.amounts(from, 0, &format!("{field}.from_subtotal"));
                }
                for missing in currencies.iter().filter(|currency| step.price.minor(**currency).is_none()) {
                    let what = format!("has no {missing}, which other rates of the zone have");
                    found.unless(false, &format!("{field}.price"), what);
                }
            }
        }
    }
}

//! Promotion prices that pages show, from the same rules as the cart's.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_core::{Country, Currency, Money, Timestamp};

use crate::evaluate::Ground;
use crate::select::select;
use crate::{
    Class, DeliveryRules, Destination, Facts, Line, PriceError, Promotion, PromotionId, Rules, ShopperFacts,
    TaxRules,
};

/// What a page may show instead of a variant's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPrice {
    /// What one unit costs.
    pub price: Money,
    /// The promotions that make it so, in the order they apply.
    pub promotions: Vec<PromotionId>,
}

/// What one unit alone costs anybody by automatic promotions; `None` if these don't change its price.
///
/// Only promotions on units count that ask nothing of shopper or payment and have no limit: a page can't know whether
/// these hold. Where a gift or free delivery may take the place of a promotion that does not combine with it, the
/// page promises the smaller reduction. The line's quantity is not looked at.
///
/// # Errors
/// When the line's data is wrong.
pub fn shown_price(
    line: &Line,
    promotions: &[Arc<Promotion>],
    country: Country,
    currency: Currency,
    now: Timestamp,
) -> Result<Option<ShownPrice>, PriceError> {
    let for_anybody: Vec<Arc<Promotion>> =
        promotions.iter().filter(|promotion| promotion.is_for_anybody()).cloned().collect();
    if for_anybody.is_empty() {
        return Ok(None);
    }
    let facts = facts(country, currency, now);
    let shown = shown_by(line, &for_anybody, &facts)?;
    let kept: Vec<Arc<Promotion>> =
        for_anybody.iter().filter(|one| !may_be_displaced(one, &for_anybody, &facts)).cloned().collect();
    if kept.len() == for_anybody.len() {
        return Ok(shown);
    }
    let otherwise = shown_by(line, &kept, &facts)?;
    Ok(shown.zip(otherwise).map(|(a, b)| if a.price.minor() > b.price.minor() { a } else { b }))
}

/// Whether something goes before a promotion and keeps it away, of which a page can't know whether it is given.
fn may_be_displaced(promotion: &Promotion, all: &[Arc<Promotion>], facts: &Facts) -> bool {
    let order = |one: &Promotion| (Reverse(one.priority), one.id.clone());
    all.iter().any(|other| {
        let is_unsure = other.class() == Class::Delivery || other.gift().is_some();
        let is_here = other.starts_at.is_none_or(|start| start <= facts.now)
            && other.ends_at.is_none_or(|end| facts.now < end)
            && (other.countries.is_empty() || other.countries.contains(&facts.country));
        is_unsure && is_here && order(other) < order(promotion) && !other.combines(promotion)
    })
}

/// Anybody, of whom nothing is known.
fn facts(country: Country, currency: Currency, now: Timestamp) -> Facts {
    Facts {
        country,
        currency,
        prices_include_tax: true,
        destination: Destination::country(country),
        delivery_method: None,
        payment_method: None,
        shopper: ShopperFacts::default(),
        codes: Vec::new(),
        exhausted: BTreeMap::new(),
        now,
    }
}

/// What one unit alone costs by these promotions.
fn shown_by(
    line: &Line,
    promotions: &[Arc<Promotion>],
    facts: &Facts,
) -> Result<Option<ShownPrice>, PriceError> {
    let currency = facts.currency;
    let cart = crate::Cart { lines: vec![Line { quantity: 1, ..line.clone() }], gifts: Vec::new() };
    let lines = cart.checked(currency)?;
    let (taxes, delivery) = (TaxRules::default(), DeliveryRules::default());
    let rules = Rules { promotions, coupons: &[], taxes: &taxes, delivery: &delivery };
    let ground = Ground { lines: &lines, gifts: &[], facts, delivery: None };
    let selection = select(&ground, &rules)?;
    let mut shown = ShownPrice { price: line.unit_price, promotions: Vec::new() };
    for (candidate, given) in &selection.chosen {
        if candidate.promotion.class() == Class::Product && given.off() > 0 {
            shown.price = shown.price.try_sub(Money::new(given.off(), currency))?;
            shown.promotions.push(candidate.promotion.id.clone());
        }
    }
    Ok((!shown.promotions.is_empty()).then_some(shown))
}

/// The next moment at which an automatic promotion begins or ends: until then shown prices stay as they are.
pub fn next_change(promotions: &[Arc<Promotion>], now: Timestamp) -> Option<Timestamp> {
    let automatic = promotions.iter().filter(|promotion| promotion.is_for_anybody());
    let moments = automatic.flat_map(|promotion| [promotion.starts_at, promotion.ends_at]);
    moments.flatten().filter(|moment| *moment > now).min()
}

impl Promotion {
    /// Whether it asks nothing of shopper or payment and has no limit, so that pages may show what it gives.
    pub fn is_for_anybody(&self) -> bool {
        let conditions = &self.conditions;
        self.enabled
            && !self.by_code
            && self.limits.is_empty()
            && !conditions.first_order
            && conditions.groups.is_empty()
            && conditions.payment_methods.is_empty()
    }
}

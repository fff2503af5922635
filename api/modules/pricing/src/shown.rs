//! Promotion prices that pages show, from the same rules as the cart's.

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
/// these hold. The line's quantity is not looked at.
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
        promotions.iter().filter(|promotion| is_for_anybody(promotion)).cloned().collect();
    if for_anybody.is_empty() {
        return Ok(None);
    }
    let cart = crate::Cart { lines: vec![Line { quantity: 1, ..line.clone() }], gifts: Vec::new() };
    let lines = cart.checked(currency)?;
    let facts = Facts {
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
    };
    let (taxes, delivery) = (TaxRules::default(), DeliveryRules::default());
    let rules = Rules { promotions: &for_anybody, coupons: &[], taxes: &taxes, delivery: &delivery };
    let ground = Ground { lines: &lines, gifts: &[], facts: &facts, delivery: None };
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
    let automatic = promotions.iter().filter(|promotion| promotion.enabled && is_for_anybody(promotion));
    let moments = automatic.flat_map(|promotion| [promotion.starts_at, promotion.ends_at]);
    moments.flatten().filter(|moment| *moment > now).min()
}

fn is_for_anybody(promotion: &Promotion) -> bool {
    let conditions = &promotion.conditions;
    !promotion.by_code
        && promotion.limits.is_empty()
        && !conditions.first_order
        && conditions.groups.is_empty()
        && conditions.payment_methods.is_empty()
}

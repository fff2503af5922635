//! The one function that prices a cart.

use std::collections::BTreeMap;

use vitrine_core::{Money, MoneyError};

use crate::evaluate::{Given, Ground};
use crate::select::{Candidate, select};
use crate::tax::taxes;
use crate::{
    AppliedPromotion, Cart, ChosenDelivery, Discount, Facts, Limited, Line, PriceError, PricedLine,
    Promotion, Quote, Rule, Rules, Step, Totals, Use, delivery,
};

/// Prices a cart: what each line, delivery and all together cost by the rules, and why.
///
/// # Errors
/// When the cart's data is wrong (an id twice, a price in another currency or out of range), or when the tax tables
/// don't cover the destination.
pub fn price(cart: &Cart, rules: &Rules<'_>, facts: &Facts) -> Result<Quote, PriceError> {
    let lines = cart.checked(facts.currency)?;
    let jurisdiction = rules.taxes.jurisdiction(&facts.destination)?;
    let mut ground = Ground { lines: &lines, gifts: &cart.gifts, facts, delivery: None };
    let mut steps = Vec::new();
    let mut delivery = delivery::quote(&ground, rules.delivery, &mut steps)?;
    let method = delivery.chosen.as_ref().map(|chosen| (chosen.method.clone(), chosen.price.minor()));
    ground.delivery = method.as_ref().map(|(method, price)| (method, *price));
    let selection = select(&ground, rules)?;

    let discounted = discount(&ground, &selection.chosen, delivery.chosen.as_mut(), &mut steps)?;
    let totals: Vec<(&Line, Money)> =
        lines.iter().zip(&discounted).map(|(line, after)| (*line, after.total)).collect();
    let charged = delivery.chosen.as_ref().map(|chosen| chosen.total);
    let taxes = taxes(&totals, charged, &jurisdiction, facts.prices_include_tax)?;
    for tax in &taxes.by_rate {
        let after = tax.net.try_add(tax.tax)?;
        steps.push(Step { rule: Rule::Tax(tax.rate), line: None, before: tax.net, after });
    }
    if let Some(chosen) = delivery.chosen.as_mut() {
        chosen.taxes = taxes.delivery;
    }
    let mut priced: BTreeMap<&str, PricedLine> = BTreeMap::new();
    for ((line, after), taxes) in lines.iter().zip(discounted).zip(taxes.lines) {
        priced.insert(&line.id, PricedLine { taxes, ..after });
    }
    let in_order = cart.lines.iter().filter_map(|line| priced.remove(line.id.as_str()));
    let mut quote = Quote {
        lines: in_order.collect(),
        promotions: applied(&ground, &selection.chosen, facts),
        uses: uses(&selection.chosen),
        codes: selection.codes,
        skipped: selection.skipped,
        delivery,
        taxes: taxes.by_rate,
        tax_included: facts.prices_include_tax,
        tax_final: jurisdiction.is_final,
        totals: Totals::zero(facts),
        steps,
    };
    quote.lines.extend(gifts(&selection.chosen, facts));
    quote.totals = Totals::of(&quote, facts)?;
    Ok(quote)
}

type Chosen<'a> = (Candidate<'a>, Given<'a>);

/// The lines with their discounts, by id; delivery's are added to it, and every step to the steps.
fn discount(
    ground: &Ground<'_>,
    chosen: &[Chosen<'_>],
    mut delivery: Option<&mut ChosenDelivery>,
    steps: &mut Vec<Step>,
) -> Result<Vec<PricedLine>, MoneyError> {
    let mut lines: Vec<PricedLine> =
        ground.lines.iter().map(|line| undiscounted(line)).collect::<Result<_, _>>()?;
    for (Candidate { promotion, .. }, given) in chosen {
        let id = &promotion.id;
        for (line, off) in lines.iter_mut().zip(&given.lines).filter(|(_, off)| **off != 0) {
            let step = take(&mut line.total, &mut line.discounts, promotion, *off)?;
            steps.push(Step { line: Some(line.id.clone()), ..step });
        }
        if let Some(delivery) = delivery.as_deref_mut().filter(|_| given.delivery != 0) {
            steps.push(take(&mut delivery.total, &mut delivery.discounts, promotion, given.delivery)?);
        }
        if let Some((gift, quantity)) = given.gift {
            let before = gift.unit_price.times(i64::from(quantity))?;
            let (rule, after) = (Rule::Promotion(id.clone()), Money::zero(ground.currency()));
            steps.push(Step { rule, line: Some(gift_id(promotion)), before, after });
        }
    }
    Ok(lines)
}

fn undiscounted(line: &Line) -> Result<PricedLine, MoneyError> {
    let subtotal = line.unit_price.times(i64::from(line.quantity))?;
    Ok(PricedLine {
        id: line.id.clone(),
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        compare_at: line.compare_at,
        subtotal,
        discounts: Vec::new(),
        total: subtotal,
        taxes: Vec::new(),
        gift_of: None,
    })
}

fn take(
    total: &mut Money,
    discounts: &mut Vec<Discount>,
    promotion: &Promotion,
    off: i64,
) -> Result<Step, MoneyError> {
    let amount = Money::new(off, total.currency());
    let before = *total;
    *total = before.try_sub(amount)?;
    discounts.push(Discount { promotion: promotion.id.clone(), amount });
    Ok(Step { rule: Rule::Promotion(promotion.id.clone()), line: None, before, after: *total })
}

fn gift_id(promotion: &Promotion) -> String {
    format!("gift:{}", promotion.id)
}

/// Gifts cost nothing and are shown against what they cost otherwise, so they are in no sum.
fn gifts(chosen: &[Chosen<'_>], facts: &Facts) -> Vec<PricedLine> {
    let zero = Money::zero(facts.currency);
    let gifts = chosen.iter().filter_map(|(candidate, given)| {
        let (gift, quantity) = given.gift?;
        Some(PricedLine {
            id: gift_id(candidate.promotion),
            sku: gift.sku.clone(),
            quantity,
            unit_price: zero,
            compare_at: Some(gift.unit_price),
            subtotal: zero,
            discounts: Vec::new(),
            total: zero,
            taxes: Vec::new(),
            gift_of: Some(candidate.promotion.id.clone()),
        })
    });
    gifts.collect()
}

fn applied(ground: &Ground<'_>, chosen: &[Chosen<'_>], facts: &Facts) -> Vec<AppliedPromotion> {
    let applied = chosen.iter().map(|(candidate, given)| AppliedPromotion {
        promotion: candidate.promotion.id.clone(),
        class: candidate.promotion.class(),
        code: candidate.entered().and_then(|entered| facts.codes.get(entered)).cloned(),
        amount: Money::new(given.off(), ground.currency()),
    });
    applied.collect()
}

fn uses(chosen: &[Chosen<'_>]) -> Vec<Use> {
    let mut uses = Vec::new();
    for (Candidate { promotion, coupon, .. }, _) in chosen {
        if !promotion.limits.is_empty() {
            let limited = Limited::Promotion(promotion.id.clone());
            uses.push(Use { limited, limits: promotion.limits });
        }
        if let Some(coupon) = coupon {
            uses.push(Use { limited: Limited::Coupon(coupon.code.clone()), limits: coupon.limits });
        }
    }
    if chosen.iter().any(|(candidate, _)| candidate.promotion.conditions.first_order) {
        uses.push(Use::first_order());
    }
    uses.sort_by(|a, b| a.limited.cmp(&b.limited));
    uses
}

impl Totals {
    fn zero(facts: &Facts) -> Self {
        let zero = Money::zero(facts.currency);
        Self { goods: zero, delivery: zero, discounts: zero, tax: zero, total: zero }
    }

    fn of(quote: &Quote, facts: &Facts) -> Result<Self, MoneyError> {
        let zero = Self::zero(facts);
        let goods = sum(zero.goods, quote.lines.iter().map(|line| line.subtotal))?;
        let delivery = quote.delivery.chosen.as_ref().map_or(zero.delivery, |chosen| chosen.price);
        let discounts = sum(zero.discounts, quote.promotions.iter().map(|promotion| promotion.amount))?;
        let tax = sum(zero.tax, quote.taxes.iter().map(|tax| tax.tax))?;
        let before_tax = goods.try_add(delivery)?.try_sub(discounts)?;
        let total = if quote.tax_included { before_tax } else { before_tax.try_add(tax)? };
        Ok(Self { goods, delivery, discounts, tax, total })
    }
}

fn sum(zero: Money, mut amounts: impl Iterator<Item = Money>) -> Result<Money, MoneyError> {
    amounts.try_fold(zero, Money::try_add)
}

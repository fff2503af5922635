//! Which ways of delivery take a cart to its destination, and what they cost.

use vitrine_core::{Money, MoneyError};

use crate::evaluate::Ground;
use crate::{
    ChosenDelivery, DeliveryProblem, DeliveryQuote, DeliveryRules, Method, MethodZone, Offer, Rule, Selector,
    Step,
};

/// What a way of delivery costs before it may be free.
struct Priced<'a> {
    offer: Offer,
    method: &'a Method,
    /// What the rate says.
    rate: Money,
}

/// The ways of delivery, and the one that is in the total before promotions.
///
/// Without a chosen one the cheapest is assumed, so that a cart shows what it will cost; of several the first.
pub(crate) fn quote(
    ground: &Ground<'_>,
    rules: &DeliveryRules,
    steps: &mut Vec<Step>,
) -> Result<DeliveryQuote, MoneyError> {
    let zone = rules.zone(&ground.facts.destination);
    let mut quote = DeliveryQuote {
        zone: zone.map(|zone| zone.id.clone()),
        offers: Vec::new(),
        chosen: None,
        problem: None,
    };
    if ground.lines.is_empty() {
        return Ok(quote);
    }
    let Some(zone) = zone else {
        quote.problem = Some(DeliveryProblem::NoZone);
        return Ok(quote);
    };
    let priced: Vec<Priced<'_>> = rules
        .methods
        .iter()
        .filter_map(|method| {
            let rates = method.zones.iter().find(|rates| rates.zone == zone.id)?;
            price(ground, method, rates).transpose()
        })
        .collect::<Result<_, _>>()?;
    let wanted = ground.facts.delivery_method.as_ref();
    let chosen = match wanted {
        Some(wanted) => priced.iter().find(|priced| priced.method.id == *wanted),
        None => priced.iter().min_by_key(|priced| priced.offer.price.minor()),
    };
    quote.problem = match (chosen, priced.is_empty()) {
        (Some(_), _) => None,
        (None, true) => Some(DeliveryProblem::NoMethod),
        (None, false) => Some(DeliveryProblem::NotOffered),
    };
    quote.chosen = chosen.map(|priced| {
        explain(priced, steps);
        ChosenDelivery {
            method: priced.method.id.clone(),
            assumed: wanted.is_none(),
            price: priced.offer.price,
            discounts: Vec::new(),
            total: priced.offer.price,
            taxes: Vec::new(),
        }
    });
    quote.offers = priced.into_iter().map(|priced| priced.offer).collect();
    Ok(quote)
}

fn price<'a>(
    ground: &Ground<'_>,
    method: &'a Method,
    rates: &MethodZone,
) -> Result<Option<Priced<'a>>, MoneyError> {
    let currency = ground.currency();
    let subtotal = Money::new(ground.subtotal(&Selector::default()), currency);
    let weights = ground.lines.iter().map(|line| u64::from(line.weight_g) * u64::from(line.quantity));
    let weight: u64 = weights.sum();
    let matching = rates.rates.iter().filter(|step| {
        let least = step.from_subtotal.as_ref().map(|from| from.minor(currency));
        step.up_to_g.is_none_or(|most| weight <= most)
            && least.is_none_or(|least| least.is_some_and(|least| subtotal.minor() >= least))
    });
    let Some(rate) = matching.filter_map(|step| step.price.get(currency)).min_by_key(|price| price.minor())
    else {
        return Ok(None);
    };
    let free_from = rates.free_from.as_ref().and_then(|from| from.get(currency));
    let missing = free_from.map(|from| from.try_sub(subtotal)).transpose()?;
    let is_free = missing.is_some_and(|missing| !missing.is_positive());
    let offer = Offer {
        method: method.id.clone(),
        price: if is_free { Money::zero(currency) } else { rate },
        free_in: missing.filter(|_| !is_free && rate.is_positive()),
        days: rates.days,
    };
    Ok(Some(Priced { offer, method, rate }))
}

fn explain(priced: &Priced<'_>, steps: &mut Vec<Step>) {
    let (id, rate) = (&priced.method.id, priced.rate);
    let zero = Money::zero(rate.currency());
    steps.push(Step { rule: Rule::Delivery(id.clone()), line: None, before: zero, after: rate });
    if priced.offer.price != rate {
        let rule = Rule::FreeFrom(id.clone());
        steps.push(Step { rule, line: None, before: rate, after: priced.offer.price });
    }
}

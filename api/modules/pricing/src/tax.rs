//! Taxes of lines and delivery: once for each rate, then apportioned.

use std::collections::BTreeMap;

use vitrine_core::{Money, MoneyError, Rate, apportion, round_half_even};

use crate::rules::tax::Jurisdiction;
use crate::{DeliveryTax, Line, LineTax, PriceError, TaxOfRate, Ties};

/// What is taxed: a line of these goods, or delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Line(usize),
    Delivery,
}

/// A part of a price that is taxed at one rate.
#[derive(Clone, Copy, Debug)]
struct Taxed {
    owner: Owner,
    rate: Rate,
    of: Money,
}

/// The taxes of a cart.
#[derive(Debug, Default)]
pub(crate) struct Taxes {
    /// Of each line.
    pub(crate) lines: Vec<Vec<LineTax>>,
    pub(crate) delivery: Vec<LineTax>,
    pub(crate) by_rate: Vec<TaxOfRate>,
}

/// Taxes lines, each with what it costs after discounts, and delivery.
pub(crate) fn taxes(
    lines: &[(&Line, Money)],
    delivery: Option<Money>,
    jurisdiction: &Jurisdiction<'_>,
    included: bool,
) -> Result<Taxes, PriceError> {
    let mut taxed = Vec::with_capacity(lines.len() + 1);
    for (number, (line, total)) in lines.iter().enumerate() {
        let shares = shares(line, *total, jurisdiction)?;
        taxed.extend(shares.into_iter().map(|(rate, of)| Taxed { owner: Owner::Line(number), rate, of }));
    }
    if let Some(price) = delivery {
        let shares = delivery_shares(&taxed, price, jurisdiction)?;
        taxed.extend(shares.into_iter().map(|(rate, of)| Taxed { owner: Owner::Delivery, rate, of }));
    }
    let mut by_rate: BTreeMap<Rate, Vec<Taxed>> = BTreeMap::new();
    for part in taxed {
        by_rate.entry(part.rate).or_default().push(part);
    }
    let mut taxes = Taxes { lines: vec![Vec::new(); lines.len()], ..Taxes::default() };
    for (rate, parts) in by_rate {
        taxes.add(rate, &parts, jurisdiction.ties(), included)?;
    }
    Ok(taxes)
}

impl Taxes {
    fn add(&mut self, rate: Rate, parts: &[Taxed], ties: Ties, included: bool) -> Result<(), PriceError> {
        let Some(first) = parts.first() else { return Ok(()) };
        let mut sum = Money::zero(first.of.currency());
        for part in parts {
            sum = sum.try_add(part.of)?;
        }
        let tax = tax_of(sum, rate, ties, included)?;
        let net = if included { sum.try_sub(tax)? } else { sum };
        let weights: Vec<i64> = parts.iter().map(|part| part.of.minor()).collect();
        for (part, tax) in parts.iter().zip(apportion(tax, &weights)?) {
            let of_line = LineTax { rate, of: part.of, tax };
            let list = match part.owner {
                Owner::Line(number) => self.lines.get_mut(number),
                Owner::Delivery => Some(&mut self.delivery),
            };
            list.into_iter().for_each(|list| list.push(of_line));
        }
        self.by_rate.push(TaxOfRate { rate, net, tax });
        Ok(())
    }
}

/// The tax on a sum, or inside it: the one place where taxes are rounded.
fn tax_of(sum: Money, rate: Rate, ties: Ties, included: bool) -> Result<Money, MoneyError> {
    const ONE: i128 = 1_000_000;
    let ppm = i128::from(rate.ppm());
    let numerator = i128::from(sum.minor()) * ppm;
    let denominator = if included { ONE + ppm } else { ONE };
    let minor = match ties {
        Ties::Even => round_half_even(numerator, denominator),
        Ties::Up => (2 * numerator + denominator).div_euclid(2 * denominator),
    };
    let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
    Ok(Money::new(minor, sum.currency()))
}

/// A line's price by rates: one, or for a bundle those of its parts in proportion to their values.
fn shares(
    line: &Line,
    total: Money,
    jurisdiction: &Jurisdiction<'_>,
) -> Result<Vec<(Rate, Money)>, PriceError> {
    if line.parts.is_empty() {
        return Ok(vec![(jurisdiction.rate(&line.tax_class)?, total)]);
    }
    let mut values: BTreeMap<Rate, i64> = BTreeMap::new();
    for part in &line.parts {
        let value = part.value.times(i64::from(part.quantity))?.minor();
        let sum = values.entry(jurisdiction.rate(&part.tax_class)?).or_default();
        *sum = sum.checked_add(value).ok_or(MoneyError::Overflow)?;
    }
    Ok(split(total, &values)?)
}

fn delivery_shares(
    goods: &[Taxed],
    price: Money,
    jurisdiction: &Jurisdiction<'_>,
) -> Result<Vec<(Rate, Money)>, PriceError> {
    match jurisdiction.delivery() {
        DeliveryTax::Exempt => return Ok(vec![(Rate::ZERO, price)]),
        DeliveryTax::Class(class) => return Ok(vec![(jurisdiction.rate(class)?, price)]),
        DeliveryTax::Goods => {}
    }
    let mut values: BTreeMap<Rate, i64> = BTreeMap::new();
    for part in goods {
        *values.entry(part.rate).or_default() += part.of.minor();
    }
    if values.values().all(|value| *value == 0) {
        // Goods that cost nothing give no proportion; the highest of their rates can't be too little tax.
        let highest = values.keys().next_back().copied();
        return Ok(highest.map(|rate| (rate, price)).into_iter().collect());
    }
    Ok(split(price, &values)?)
}

fn split(total: Money, values: &BTreeMap<Rate, i64>) -> Result<Vec<(Rate, Money)>, MoneyError> {
    let weights: Vec<i64> = values.values().copied().collect();
    Ok(values.keys().copied().zip(apportion(total, &weights)?).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_where_the_country_says() {
        let five = Rate::parse_percent("5").unwrap();
        let tax = |minor, ties| tax_of(Money::eur(minor), five, ties, false).unwrap().minor();
        assert_eq!([tax(10, Ties::Even), tax(10, Ties::Up)], [0, 1]);
        assert_eq!([tax(30, Ties::Even), tax(30, Ties::Up)], [2, 2]);
        assert_eq!([tax(9, Ties::Even), tax(9, Ties::Up), tax(11, Ties::Up)], [0, 0, 1]);
    }

    #[test]
    fn the_tax_inside_is_that_of_the_receipt() {
        let nineteen = Rate::parse_percent("19").unwrap();
        let tax = tax_of(Money::eur(119_900), nineteen, Ties::Even, true).unwrap();
        assert_eq!(tax, Money::eur(119_900).tax_included(nineteen));
    }
}

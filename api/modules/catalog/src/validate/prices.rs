//! Rules of one variant's prices.

use vitrine_core::{Money, TaxClass};

use super::{CountryFacts, FieldPath, Known, Problem, Problems};
use crate::input::ProductInput;
use crate::price::{Amount, PriceInput};

/// All that is wrong with the prices of a variant of a tax class in a country; an empty field means its base price.
pub fn validate_price(price: &PriceInput, class: &TaxClass, facts: &CountryFacts) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_price(price, facts, &FieldPath::root(), &mut problems);
    tax_class(class, facts, &mut problems);
    problems.0
}

/// Prices of a known variant: `field` is its `prices`.
pub(super) fn check(
    input: &ProductInput,
    index: usize,
    known: &Known<'_>,
    field: &FieldPath,
    problems: &mut Problems,
) {
    let Some(prices) = input.product.variants.get(index).and_then(|variant| input.prices.get(&variant.sku))
    else {
        return;
    };
    for (country, price) in prices {
        let field = field.key(country);
        match known.country(*country) {
            None => problems
                .error(&field, format!("unknown country {country} (known: {})", known.country_codes())),
            Some(facts) => {
                check_price(price, facts, &field, problems);
                tax_class(&input.product.tax_class, facts, problems);
            }
        }
    }
}

/// Once for each country, however many variants are sold there.
fn tax_class(class: &TaxClass, facts: &CountryFacts, problems: &mut Problems) {
    if facts.tax_classes.contains(class) {
        return;
    }
    let (field, country) = (FieldPath::root().key("tax_class"), facts.country);
    let what =
        format!("{country} has no tax rate for '{class}' (known: {})", super::list(&facts.tax_classes));
    if !problems.0.iter().any(|problem| problem.field == field && problem.what == what) {
        problems.error(&field, what);
    }
}

fn check_price(price: &PriceInput, facts: &CountryFacts, field: &FieldPath, problems: &mut Problems) {
    let country = facts.country;
    problems.error_if(price.base.is_none() && price.windows.is_empty(), field, || {
        format!("price for {country} is empty (leave the country out where the variant is not sold)")
    });
    if let Some(amount) = &price.base {
        check_amount(amount, facts, field, problems);
    }
    for (index, window) in price.windows.iter().enumerate() {
        let field = field.key("windows").index(index);
        check_amount(&window.amount, facts, &field, problems);
        if let Some(until) = window.until.filter(|until| *until <= window.from) {
            let what = format!(
                "price for {country} must end after it begins (found from {} until {})",
                window.from.to_rfc3339(),
                until.to_rfc3339()
            );
            problems.error(&field.key("until"), what);
        }
        let twin = price.windows[..index].iter().any(|earlier| earlier.from == window.from);
        problems.error_if(twin, &field.key("from"), || {
            format!("two prices for {country} begin at {}", window.from.to_rfc3339())
        });
    }
}

fn check_amount(amount: &Amount, facts: &CountryFacts, field: &FieldPath, problems: &mut Problems) {
    let (country, decimal) = (facts.country, |minor| Money::new(minor, facts.currency).to_decimal());
    problems.error_if(amount.minor <= 0, field, || {
        format!("price for {country} must be greater than 0 (found {})", decimal(amount.minor))
    });
    if let Some(compare_at) = amount.compare_at.filter(|compare_at| *compare_at <= amount.minor) {
        let what = format!(
            "compare_at for {country} must be greater than the price {} (found {})",
            decimal(amount.minor),
            decimal(compare_at)
        );
        problems.error(&field.key("compare_at"), what);
    }
}

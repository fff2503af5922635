//! Which ways of delivery are offered, and what they cost.

use vitrine_core::{Currency, Money};
use vitrine_pricing::{DeliveryProblem, Destination, Facts, Line, On, PriceError, RateStep};

use super::world::*;

fn by(method: &str) -> Facts {
    Facts { delivery_method: Some(method.parse().unwrap()), ..facts() }
}

#[test]
fn the_cheapest_way_is_assumed() {
    let quote = Shop::new([]).price(&[line("a", 1, 1_000)], &facts()).delivery;
    let way = quote.chosen.unwrap();
    assert_eq!((way.method.as_str(), way.assumed, way.price), ("parcel", true, eur(490)));
    let offers: Vec<(&str, i64)> =
        quote.offers.iter().map(|offer| (offer.method.as_str(), offer.price.minor())).collect();
    assert_eq!(offers, [("parcel", 490), ("freight", 3_900)]);
    assert_eq!(quote.offers[0].free_in, Some(eur(4_000)));
    assert_eq!((quote.offers[1].free_in, quote.offers[0].days), (None, (2, 4)));
}

#[test]
fn a_chosen_way_is_not_assumed() {
    let way = Shop::new([]).price(&[line("a", 1, 1_000)], &by("freight")).delivery.chosen.unwrap();
    assert_eq!((way.method.as_str(), way.assumed, way.price), ("freight", false, eur(3_900)));
}

#[test]
fn it_is_free_from_a_threshold_that_no_discount_takes_away() {
    let shop = Shop::new([promotion("p", percent("50", On::Order))]);
    let quote = shop.price(&[line("a", 1, 5_000)], &facts());
    assert_eq!(quote.totals.delivery, eur(0));
    assert_eq!(quote.delivery.offers[0].free_in, None);
    let steps: Vec<String> = quote.steps.iter().take(2).map(ToString::to_string).collect();
    assert_eq!(
        steps,
        ["delivery by parcel: 0.00 EUR -> 4.90 EUR", "free threshold of parcel: 4.90 EUR -> 0.00 EUR"]
    );
}

#[test]
fn what_is_too_heavy_does_not_go() {
    let heavy = Line { weight_g: 20_000, ..line("a", 2, 1_000) };
    let mut shop = Shop::new([]);
    let quote = shop.price(std::slice::from_ref(&heavy), &facts());
    assert_eq!(quote.delivery.chosen.unwrap().method.as_str(), "freight");
    let quote = shop.price(std::slice::from_ref(&heavy), &by("parcel"));
    assert_eq!((quote.delivery.chosen, quote.delivery.problem), (None, Some(DeliveryProblem::NotOffered)));
    shop.delivery.methods.truncate(1);
    let quote = shop.price(&[heavy], &facts());
    assert_eq!((quote.totals.delivery, quote.delivery.problem), (eur(0), Some(DeliveryProblem::NoMethod)));
}

#[test]
fn rates_go_by_weight_and_subtotal() {
    let mut shop = Shop::new([]);
    let step = |up_to_g, from: Option<i64>, minor| RateStep {
        up_to_g,
        from_subtotal: from.map(amount),
        price: amount(minor),
    };
    let zone = &mut shop.delivery.methods[0].zones[0];
    zone.free_from = None;
    zone.rates =
        vec![step(None, None, 1_500), step(Some(2_000), None, 500), step(Some(5_000), Some(9_000), 300)];
    let price =
        |quantity, minor| shop.price(&[line("a", quantity, minor)], &by("parcel")).totals.delivery.minor();
    assert_eq!(
        [price(1, 100), price(2, 100), price(3, 100), price(3, 3_000), price(6, 3_000)],
        [500, 500, 1_500, 300, 1_500]
    );
}

#[test]
fn what_is_in_no_zone_is_told() {
    let mut shop = Shop::new([]);
    shop.delivery.zones.retain(|zone| zone.country != country("DE"));
    let quote = shop.price(&[line("a", 1, 1_000)], &facts());
    assert_eq!((quote.delivery.problem, quote.totals.total), (Some(DeliveryProblem::NoZone), eur(1_000)));
}

#[test]
fn a_currency_without_a_price_is_not_offered() {
    let facts =
        Facts { currency: Currency::USD, destination: Destination::country(country("DE")), ..facts() };
    let dollars = Line { unit_price: Money::new(100, Currency::USD), ..line("a", 1, 0) };
    let quote = Shop::new([]).price(std::slice::from_ref(&dollars), &facts);
    assert_eq!(quote.delivery.problem, Some(DeliveryProblem::NoMethod));
}

#[test]
fn wrong_lines_are_named() {
    let shop = Shop::new([]);
    let wrong = |lines: &[Line]| shop.try_price(lines, &facts()).unwrap_err().to_string();
    assert_eq!(wrong(&[line("a", 1, 1), line("a", 1, 1)]), "lines: id `a` is given twice");
    assert_eq!(wrong(&[line("a", 0, 1)]), "lines.a.quantity must be 1 to 100000 (found 0)");
    assert_eq!(wrong(&[line("a", 1, -1)]), "lines.a.unit_price is out of range");
    let franc = Line { compare_at: Some(Money::new(1, Currency::CHF)), ..line("a", 1, 1) };
    assert_eq!(wrong(&[franc]), "lines.a.compare_at is in CHF, the cart in EUR");
    let huge = [line("a", 100_000, 900_000_000_000_000)];
    assert_eq!(shop.try_price(&huge, &facts()).unwrap_err(), PriceError::Sum);
    assert_eq!(wrong(&[line("a", 1, i64::MAX)]), "lines.a.unit_price is out of range");
}

//! Prices that pages show.

use std::sync::Arc;

use vitrine_core::{Currency, Timestamp};
use vitrine_pricing::{Conditions, Limits, Line, On, Promotion, next_change, shown_price};

use super::world::*;

fn shown_at(promotions: &[Promotion], line: &Line, now: Timestamp) -> Option<i64> {
    let promotions: Vec<Arc<Promotion>> = promotions.iter().cloned().map(Arc::new).collect();
    let shown = shown_price(line, &promotions, country("DE"), Currency::EUR, now).unwrap();
    shown.map(|shown| shown.price.minor())
}

fn shown(promotion: Promotion) -> Option<i64> {
    shown_at(&[promotion], &line("a", 7, 1_000), NOW)
}

#[test]
fn a_promotion_on_units_is_shown_and_is_what_the_cart_takes() {
    let sale = [promotion("sale", percent("15", On::Units)), promotion("more", fixed(33, On::Units))];
    let unit = shown_at(&sale, &line("a", 1, 999), NOW).unwrap();
    // `more` has the smaller id and goes first.
    assert_eq!(unit, 966 - 145);
    let quote = Shop::new(sale).price(&[line("a", 3, 999)], &facts());
    assert_eq!(quote.lines[0].total, eur(3 * unit));
}

#[test]
fn what_a_page_can_not_know_is_not_shown() {
    let sale = || promotion("sale", percent("10", On::Units));
    assert_eq!(shown(sale()), Some(900));
    assert_eq!(shown(Promotion { by_code: true, ..sale() }), None);
    assert_eq!(shown(Promotion { enabled: false, ..sale() }), None);
    assert_eq!(shown(Promotion { countries: [country("CH")].into(), ..sale() }), None);
    assert_eq!(shown(Promotion { limits: Limits { total: Some(5), per_customer: None }, ..sale() }), None);
    assert_eq!(shown(promotion("order", percent("10", On::Order))), None);
    let asks = |conditions: Conditions| shown(Promotion { conditions, ..sale() });
    assert_eq!(asks(Conditions { first_order: true, ..Conditions::default() }), None);
    assert_eq!(asks(Conditions { min_quantity: Some(2), ..Conditions::default() }), None);
    assert_eq!(asks(Conditions { min_subtotal: Some(amount(1_000)), ..Conditions::default() }), Some(900));
    assert_eq!(asks(Conditions { groups: ["club".to_owned()].into(), ..Conditions::default() }), None);
}

#[test]
fn it_holds_until_the_next_promotion_begins_or_ends() {
    let mut sale = promotion("sale", percent("10", On::Units));
    (sale.starts_at, sale.ends_at) = (Some(NOW.plus_days(1)), Some(NOW.plus_days(2)));
    let promotions = [Arc::new(sale.clone())];
    assert_eq!(next_change(&promotions, NOW), Some(NOW.plus_days(1)));
    assert_eq!(next_change(&promotions, NOW.plus_days(1)), Some(NOW.plus_days(2)));
    assert_eq!(next_change(&promotions, NOW.plus_days(2)), None);
    let at = |now| shown_at(std::slice::from_ref(&sale), &line("a", 1, 1_000), now);
    assert_eq!([at(NOW), at(NOW.plus_days(1)), at(NOW.plus_days(2))], [None, Some(900), None]);
}

#[test]
fn what_free_delivery_may_take_the_place_of_is_not_promised() {
    let alone = |promotion: Promotion| Promotion { combines_with: [].into(), ..promotion };
    let sale = alone(promotion("sale", percent("10", On::Units)));
    let delivery = |priority| Promotion { priority, ..alone(promotion("free", free_delivery())) };
    let one = line("a", 1, 1_000);
    assert_eq!(shown_at(&[sale.clone(), delivery(1)], &one, NOW), None);
    assert_eq!(shown_at(&[sale.clone(), delivery(-1)], &one, NOW), Some(900));
    let over = Promotion { ends_at: Some(NOW), ..delivery(1) };
    assert_eq!(shown_at(&[sale.clone(), over], &one, NOW), Some(900));
    let cart = Shop::new([sale, delivery(1)]).price(&[one], &facts());
    assert_eq!((applied(&cart), cart.lines[0].total), (vec!["free"], eur(1_000)));
}

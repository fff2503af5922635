//! What each action takes off, and which promotions combine.

use vitrine_core::{Currency, Money};
use vitrine_pricing::{
    Action, Amounts, Bundle, BundlePart, BuyGet, Class, Conditions, Fixed, FreeDelivery, Off, On, Percent,
    Selector, Tier, Tiers,
};

use super::world::*;

fn goods_off(action: Action, lines: &[vitrine_pricing::Line]) -> i64 {
    let quote = Shop::new([promotion("p", action)]).price(lines, &facts());
    quote.totals.discounts.minor()
}

#[test]
fn nothing_applies_and_the_price_is_the_goods() {
    let quote = Shop::new([]).price(&[line("a", 2, 1_999), line("b", 1, 100)], &facts());
    assert_eq!(quote.totals.goods, eur(4_098));
    assert_eq!(quote.totals.total, eur(4_098 + 490));
    assert_eq!(quote.taxes.len(), 1);
    assert_eq!(quote.totals.tax, eur(4_588).tax_included(rate("19")));
    assert!(quote.promotions.is_empty() && quote.skipped.is_empty() && quote.uses.is_empty());
}

#[test]
fn an_empty_cart_costs_nothing() {
    let quote = Shop::new([promotion("p", percent("10", On::Order))]).price(&[], &facts());
    assert_eq!((quote.totals.total, quote.delivery.problem), (eur(0), None));
    assert_eq!(quote.skipped[0].refusal.code(), "nothing_matches");
}

#[test]
fn a_percentage_on_units_is_rounded_for_one_unit() {
    // 10 % of 9.99 is 1.00 for a unit, so three cost three times 8.99.
    assert_eq!(goods_off(percent("10", On::Units), &[line("a", 3, 999)]), 300);
    assert_eq!(goods_off(percent("15", On::Units), &[line("a", 3, 333)]), 150);
}

#[test]
fn a_percentage_on_the_order_is_rounded_once() {
    assert_eq!(goods_off(percent("15", On::Order), &[line("a", 3, 333)]), 150);
    let quote = Shop::new([promotion("p", percent("10", On::Order))])
        .price(&[line("a", 1, 333), line("b", 1, 333), line("c", 1, 333)], &facts());
    let offs: Vec<i64> = quote.lines.iter().map(|line| line.discounts[0].amount.minor()).collect();
    assert_eq!(offs, [34, 33, 33]);
}

#[test]
fn an_amount_takes_at_most_what_there_is() {
    assert_eq!(goods_off(fixed(500, On::Units), &[line("a", 2, 300), line("b", 1, 900)]), 600 + 500);
    assert_eq!(goods_off(fixed(500, On::Order), &[line("a", 1, 300)]), 300);
    let only_a = Action::Fixed(Fixed { off: amount(500), on: On::Order, of: of(&["a"]) });
    assert_eq!(goods_off(only_a, &[line("a", 1, 300), line("b", 1, 900)]), 300);
}

#[test]
fn the_last_tier_reached_holds() {
    let tiers = |on| {
        let tier = |from, percent: &str| Tier {
            from_quantity: Some(from),
            from_subtotal: None,
            off: Off::Percent(rate(percent)),
        };
        Action::Tiers(Tiers { tiers: vec![tier(2, "5"), tier(4, "10")], on, of: Selector::default() })
    };
    for (quantity, off) in [(1, 0), (2, 10), (3, 15), (4, 40), (9, 90)] {
        assert_eq!(goods_off(tiers(On::Units), &[line("a", quantity, 100)]), off);
    }
    let by_subtotal = Action::Tiers(Tiers {
        tiers: vec![
            Tier { from_quantity: None, from_subtotal: Some(amount(1_000)), off: Off::Fixed(amount(100)) },
            Tier { from_quantity: None, from_subtotal: Some(amount(2_000)), off: Off::Fixed(amount(300)) },
        ],
        on: On::Order,
        of: Selector::default(),
    });
    for (minor, off) in [(999, 0), (1_000, 100), (1_999, 100), (2_000, 300)] {
        assert_eq!(goods_off(by_subtotal.clone(), &[line("a", 1, minor)]), off);
    }
}

#[test]
fn the_cheapest_of_three_is_free() {
    let lines = [line("a", 1, 300), line("b", 1, 200), line("c", 1, 100)];
    assert_eq!(goods_off(buy_get(2, 1), &lines), 100);
    assert_eq!(goods_off(buy_get(2, 1), &lines[..2]), 0);
    let more = [line("a", 2, 1_000), line("b", 2, 900), line("c", 2, 100)];
    assert_eq!(goods_off(buy_get(2, 1), &more), 200);
    assert_eq!(goods_off(buy_get(2, 1), &[line("a", 100_000, 10)]), 333_330);
}

#[test]
fn what_is_bought_and_what_is_given_may_differ() {
    let pillow_for_bed = |buy: &[&str], get: &[&str], times| {
        Action::BuyGet(BuyGet {
            buy: of(buy),
            buy_quantity: 1,
            get: of(get),
            get_quantity: 2,
            off: rate("50"),
            times,
        })
    };
    let lines = [line("bed", 2, 50_000), line("pillow", 5, 2_000)];
    assert_eq!(goods_off(pillow_for_bed(&["bed"], &["pillow"], None), &lines), 4 * 1_000);
    assert_eq!(goods_off(pillow_for_bed(&["bed"], &["pillow"], Some(1)), &lines), 2 * 1_000);
    // What only can be bought is bought, so that what can be given is left to be given.
    assert_eq!(goods_off(pillow_for_bed(&["bed", "pillow"], &["pillow"], Some(1)), &lines), 2 * 1_000);
    assert_eq!(goods_off(pillow_for_bed(&["bed"], &["bed", "pillow"], Some(1)), &lines), 2 * 1_000);
}

fn set_for(parts: &[(&[&str], u32)], price: i64, times: Option<u32>) -> Action {
    let parts = parts.iter().map(|(products, quantity)| BundlePart { of: of(products), quantity: *quantity });
    Action::Bundle(Bundle { parts: parts.collect(), price: amount(price), times })
}

#[test]
fn goods_together_cost_one_price() {
    let lines = [line("bed", 2, 50_000), line("pillow", 5, 2_000)];
    let set = set_for(&[(&["bed"], 1), (&["pillow"], 2)], 50_000, None);
    let quote = Shop::new([promotion("set", set)]).price(&lines, &facts());
    assert_eq!(quote.totals.discounts, eur(2 * 4_000));
    assert_eq!(quote.totals.goods.minor() - 8_000, 2 * 50_000 + 2_000);
    let once = set_for(&[(&["bed"], 1), (&["pillow"], 2)], 50_000, Some(1));
    assert_eq!(goods_off(once, &lines), 4_000);
}

#[test]
fn a_set_is_made_only_if_it_gets_cheaper() {
    assert_eq!(goods_off(set_for(&[(&["a"], 3)], 1_000, None), &[line("a", 3, 333)]), 0);
    let any_three = Action::Bundle(Bundle {
        parts: vec![BundlePart { of: Selector::default(), quantity: 3 }],
        price: amount(1_000),
        times: None,
    });
    // Of six the three dear ones become a set; the three cheap ones cost less than a set.
    assert_eq!(goods_off(any_three, &[line("a", 3, 500), line("b", 3, 100)]), 500);
}

#[test]
fn a_units_part_of_a_sets_price_is_whole() {
    let quote = Shop::new([promotion("set", set_for(&[(&["a"], 3)], 1_000, None))])
        .price(&[line("a", 7, 500)], &facts());
    assert_eq!(quote.lines[0].total, eur(2 * 1_000 + 500));
}

#[test]
fn a_unit_takes_part_in_one_set() {
    let promotions = [promotion("one", buy_get(1, 1)), promotion("two", buy_get(1, 1))];
    let quote = Shop::new(promotions.clone()).price(&[line("a", 2, 100)], &facts());
    assert_eq!((applied(&quote), quote.totals.discounts), (vec!["one"], eur(100)));
    let quote = Shop::new(promotions).price(&[line("a", 3, 100)], &facts());
    assert_eq!(quote.totals.discounts, eur(100));
}

#[test]
fn a_gift_is_a_line_that_costs_nothing() {
    let mut shop = Shop::new([promotion("thanks", gift("SOCKS"))]);
    let without = shop.price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(without.skipped[0].refusal.code(), "gift_unavailable");
    shop.gifts = vec![line("socks", 1, 700)];
    let quote = shop.price(&[line("a", 1, 1_000)], &facts());
    let given = &quote.lines[1];
    assert_eq!((given.id.as_str(), given.quantity, given.total), ("gift:thanks", 1, eur(0)));
    assert_eq!(given.compare_at, Some(eur(700)));
    assert_eq!(quote.totals, without.totals);
    assert!(
        quote
            .steps
            .iter()
            .any(|step| step.to_string() == "promotion thanks on gift:thanks: 7.00 EUR -> 0.00 EUR")
    );
}

#[test]
fn delivery_can_be_taken_over() {
    let quote = Shop::new([promotion("p", free_delivery())]).price(&[line("a", 1, 1_000)], &facts());
    let way = quote.delivery.chosen.unwrap();
    assert_eq!((way.price, way.total), (eur(490), eur(0)));
    let up_to = FreeDelivery { up_to: Some(amount(500)), ..FreeDelivery::default() };
    let freight = vitrine_pricing::Facts { delivery_method: Some("freight".parse().unwrap()), ..facts() };
    let shop = Shop::new([promotion("p", Action::FreeDelivery(up_to))]);
    assert_eq!(shop.price(&[line("a", 1, 1_000)], &freight).delivery.chosen.unwrap().total, eur(3_400));
    let parcel_only = FreeDelivery { methods: ["parcel".parse().unwrap()].into(), ..FreeDelivery::default() };
    let shop = Shop::new([promotion("p", Action::FreeDelivery(parcel_only))]);
    assert_eq!(shop.price(&[line("a", 1, 1_000)], &freight).totals.discounts, eur(0));
}

#[test]
fn classes_apply_one_after_another() {
    let quote = Shop::new([
        promotion("delivery", free_delivery()),
        promotion("order", fixed(100, On::Order)),
        promotion("units", percent("50", On::Units)),
    ])
    .price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(applied(&quote), ["units", "order", "delivery"]);
    assert_eq!(quote.totals.total, eur(400));
    let steps: Vec<String> = quote.steps.iter().map(ToString::to_string).collect();
    assert_eq!(
        steps,
        [
            "delivery by parcel: 0.00 EUR -> 4.90 EUR",
            "promotion units on a: 10.00 EUR -> 5.00 EUR",
            "promotion order on a: 5.00 EUR -> 4.00 EUR",
            "promotion delivery: 4.90 EUR -> 0.00 EUR",
            "tax 19%: 3.36 EUR -> 4.00 EUR",
        ]
    );
}

#[test]
fn promotions_of_a_class_take_from_what_is_left() {
    let quote =
        Shop::new([promotion("a", percent("10", On::Order)), promotion("b", percent("10", On::Order))])
            .price(&[line("x", 1, 10_000)], &facts());
    assert_eq!(quote.totals.discounts, eur(1_900));
}

#[test]
fn an_exclusive_one_stands_alone() {
    let mut exclusive = promotion("exclusive", percent("5", On::Units));
    exclusive.combines_with.clear();
    let other = promotion("other", percent("50", On::Units));
    // Of equal priority the smaller id is first.
    let shop = Shop::new([other.clone(), exclusive.clone()]);
    assert_eq!(applied(&shop.price(&[line("a", 1, 1_000)], &facts())), ["exclusive"]);
    let quote = Shop::new([vitrine_pricing::Promotion { priority: 1, ..other }, exclusive])
        .price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(applied(&quote), ["other"]);
    assert_eq!(quote.skipped[0].refusal.code(), "not_combinable");
}

#[test]
fn both_must_agree_to_combine() {
    let mut one = promotion("one", percent("5", On::Units));
    one.combines_with = [Class::Order].into();
    let two = promotion("two", fixed(100, On::Order));
    let same_class = promotion("same", percent("5", On::Units));
    let quote = Shop::new([one, two, same_class]).price(&[line("a", 1, 1_000)], &facts());
    // `one` would go with `two`, but `same` is before it.
    assert_eq!(applied(&quote), ["one", "two"]);
    assert_eq!(quote.skipped[0].promotion.as_str(), "same");
}

#[test]
fn one_that_gives_nothing_is_in_nobodys_way() {
    let mut useless = promotion(
        "a-useless",
        Action::Percent(Percent { off: rate("50"), on: On::Units, of: of(&["elsewhere"]) }),
    );
    useless.combines_with.clear();
    useless.priority = 9;
    let quote = Shop::new([useless, promotion("b", percent("10", On::Units))])
        .price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(applied(&quote), ["b"]);
}

#[test]
fn one_that_would_make_an_earlier_one_useless_is_not_taken() {
    let mut first = promotion("first", fixed(100, On::Order));
    first.priority = 1;
    let all_off = promotion("free", percent("100", On::Units));
    let quote = Shop::new([first, all_off]).price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(applied(&quote), ["first"]);
}

#[test]
fn thresholds_look_at_prices_before_promotions() {
    let mut order = promotion("order", fixed(100, On::Order));
    order.conditions = Conditions { min_subtotal: Some(amount(1_000)), ..Conditions::default() };
    let quote = Shop::new([order, promotion("units", percent("50", On::Units))])
        .price(&[line("a", 1, 1_000)], &facts());
    assert_eq!(applied(&quote), ["units", "order"]);
}

#[test]
fn every_currency_states_its_own_amounts() {
    let both = Amounts::try_of([eur(500), Money::new(800, Currency::JPY)]).unwrap();
    let rule = Fixed { off: both, on: On::Order, of: Selector::default() };
    let shop = Shop::new([promotion("p", Action::Fixed(rule))]);
    let in_currency = |code: &str, currency: Currency| {
        let facts = vitrine_pricing::Facts {
            currency,
            destination: vitrine_pricing::Destination::country(country(code)),
            ..facts()
        };
        let line = vitrine_pricing::Line { unit_price: Money::new(2_000, currency), ..line("a", 1, 0) };
        shop.price(&[line], &facts)
    };
    assert_eq!(in_currency("JP", Currency::JPY).totals.discounts.minor(), 800);
    let swiss = in_currency("CH", Currency::CHF);
    assert_eq!(swiss.skipped[0].refusal.code(), "wrong_currency");
}

#[test]
fn reduced_goods_can_be_left_out() {
    let of = Selector { except_reduced: true, ..Selector::default() };
    let action = Action::Percent(Percent { off: rate("10"), on: On::Order, of });
    let reduced = vitrine_pricing::Line { compare_at: Some(eur(2_000)), ..line("b", 1, 1_000) };
    assert_eq!(goods_off(action, &[line("a", 1, 1_000), reduced]), 100);
}

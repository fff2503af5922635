//! What holds of every price.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use vitrine_core::{Currency, Money};
use vitrine_pricing::{
    Action, Amounts, Bundle, BundlePart, BuyGet, Class, Conditions, CountryTax, DeliveryTax, Destination,
    Facts, Fixed, FreeDelivery, Line, Off, On, Part, Percent, Promotion, Quote, Selector, TaxRules, Tier,
    Tiers, Ties, shown_price,
};

use super::world::*;

const CURRENCIES: [&str; 5] = ["EUR", "JPY", "KWD", "CHF", "USD"];

/// The same minor units in every currency.
fn amounts(minor: i64) -> Amounts {
    Amounts::try_of(CURRENCIES.map(|code| Money::new(minor, code.parse().unwrap()))).unwrap()
}

fn selector() -> impl Strategy<Value = Selector> {
    let products = prop::collection::btree_set("[a-e]", 0..3);
    let some = (products, any::<bool>()).prop_map(|(products, except_reduced)| Selector {
        products: products.iter().map(|id| id.parse().unwrap()).collect(),
        except_reduced,
        ..Selector::default()
    });
    prop_oneof![2 => Just(Selector::default()), 1 => some]
}

fn on() -> impl Strategy<Value = On> {
    prop_oneof![Just(On::Units), Just(On::Order)]
}

fn off_rate() -> impl Strategy<Value = vitrine_core::Rate> {
    (1i64..=1_000_000).prop_map(|ppm| vitrine_core::Rate::from_ppm(ppm).unwrap())
}

fn action() -> impl Strategy<Value = Action> {
    let percent =
        (off_rate(), on(), selector()).prop_map(|(off, on, of)| Action::Percent(Percent { off, on, of }));
    let fixed = (1i64..20_000, on(), selector())
        .prop_map(|(off, on, of)| Action::Fixed(Fixed { off: amounts(off), on, of }));
    let tiers = (1u32..4, off_rate(), 1i64..5_000, on(), selector()).prop_map(|(from, rate, off, on, of)| {
        let tier = |from, off| Tier { from_quantity: Some(from), from_subtotal: None, off };
        let tiers = vec![tier(from, Off::Percent(rate)), tier(from + 3, Off::Fixed(amounts(off)))];
        Action::Tiers(Tiers { tiers, on, of })
    });
    let buy_get = (selector(), 1u32..4, selector(), 1u32..3, off_rate(), prop::option::of(1u32..4)).prop_map(
        |(buy, buy_quantity, get, get_quantity, off, times)| {
            Action::BuyGet(BuyGet { buy, buy_quantity, get, get_quantity, off, times })
        },
    );
    let part = (selector(), 1u32..4).prop_map(|(of, quantity)| BundlePart { of, quantity });
    let bundle = (prop::collection::vec(part, 1..3), 0i64..20_000, prop::option::of(1u32..4))
        .prop_map(|(parts, price, times)| Action::Bundle(Bundle { parts, price: amounts(price), times }));
    let delivery = prop::option::of(1i64..1_000).prop_map(|up_to| {
        Action::FreeDelivery(FreeDelivery { up_to: up_to.map(amounts), ..FreeDelivery::default() })
    });
    prop_oneof![percent, fixed, tiers, buy_get, bundle, delivery, Just(gift("SOCKS"))]
}

fn promotions() -> impl Strategy<Value = Vec<Promotion>> {
    let classes = prop_oneof![2 => Just(ALL.to_vec()), 1 => prop::sample::subsequence(ALL.to_vec(), 0..=3)];
    let one = (action(), classes, -2i32..3, prop::option::weighted(0.3, 0i64..30_000), any::<bool>());
    prop::collection::vec(one, 0..7).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(number, (action, classes, priority, least, by_code))| Promotion {
                combines_with: classes.into_iter().collect(),
                priority,
                by_code,
                conditions: Conditions { min_subtotal: least.map(amounts), ..Conditions::default() },
                ..promotion(&format!("p{number}"), action)
            })
            .collect()
    })
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let one = (
        1u32..8,
        0i64..30_000,
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec((0i64..900, any::<bool>()), 0..3),
    );
    prop::collection::vec(one, 0..5).prop_map(|all| {
        let class = |reduced| if reduced { "reduced" } else { "standard" }.parse().unwrap();
        let named = all.into_iter().zip(["a", "b", "c", "d", "e"]);
        named
            .map(|((quantity, minor, reduced, compared, parts), id)| Line {
                tax_class: class(reduced),
                compare_at: compared.then(|| eur(minor + 1)),
                parts: parts
                    .into_iter()
                    .map(|(value, reduced)| Part {
                        sku: "PART".parse().unwrap(),
                        quantity: 1,
                        tax_class: class(reduced),
                        value: eur(value),
                    })
                    .collect(),
                ..line(id, quantity, minor)
            })
            .collect()
    })
}

/// Lines of euros in another currency, minor unit for minor unit.
fn in_currency(lines: &[Line], currency: Currency) -> Vec<Line> {
    let money = |amount: Money| Money::new(amount.minor(), currency);
    let line = |line: &Line| Line {
        unit_price: money(line.unit_price),
        compare_at: line.compare_at.map(money),
        parts: line.parts.iter().map(|part| Part { value: money(part.value), ..part.clone() }).collect(),
        ..line.clone()
    };
    lines.iter().map(line).collect()
}

fn tables() -> impl Strategy<Value = TaxRules> {
    let delivery = prop_oneof![
        Just(DeliveryTax::Goods),
        Just(DeliveryTax::Class("reduced".parse().unwrap())),
        Just(DeliveryTax::Exempt)
    ];
    (off_rate(), off_rate(), delivery, any::<bool>()).prop_map(|(standard, reduced, delivery, up)| {
        let rates: BTreeMap<_, _> = [("standard", standard), ("reduced", reduced)]
            .map(|(class, rate)| (class.parse().unwrap(), rate))
            .into();
        let ties = if up { Ties::Up } else { Ties::Even };
        let table = CountryTax { rates, delivery, ties, regions: BTreeMap::new() };
        TaxRules { countries: [(country("DE"), table)].into() }
    })
}

/// A shop, a cart and facts in any currency, prices with tax or without.
fn worlds() -> impl Strategy<Value = (Shop, Vec<Line>, Facts)> {
    let currency = prop::sample::select(CURRENCIES.to_vec());
    (promotions(), lines(), tables(), currency, any::<bool>(), any::<bool>()).prop_map(
        |(promotions, lines, taxes, currency, included, freight)| {
            let currency: Currency = currency.parse().unwrap();
            let mut shop = Shop::new(promotions);
            shop.taxes = taxes;
            shop.gifts = in_currency(&[line("socks", 1, 700)], currency);
            shop.coupons =
                shop.promotions.iter().map(|one| coupon(one.id.as_str(), one.id.as_str())).collect();
            for zone in shop.delivery.methods.iter_mut().flat_map(|method| &mut method.zones) {
                zone.free_from = zone.free_from.as_ref().map(|_| amounts(25_000));
                zone.rates
                    .iter_mut()
                    .for_each(|step| step.price = amounts(if step.up_to_g.is_some() { 490 } else { 3_900 }));
            }
            let codes = shop.coupons.iter().map(|coupon| coupon.code.to_string()).collect();
            let facts = Facts {
                currency,
                prices_include_tax: included,
                delivery_method: freight.then(|| "freight".parse().unwrap()),
                destination: Destination::country(country("DE")),
                codes,
                ..facts()
            };
            (shop, in_currency(&lines, currency), facts)
        },
    )
}

/// A quote without what tells of promotions that don't apply.
fn effect(quote: &Quote) -> Quote {
    Quote { skipped: Vec::new(), codes: Vec::new(), ..quote.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_price_adds_up_and_is_never_below_zero((shop, lines, facts) in worlds()) {
        shop.price(&lines, &facts);
    }

    #[test]
    fn no_promotion_makes_a_cart_dearer((mut shop, lines, facts) in worlds()) {
        let with = shop.price(&lines, &facts);
        shop.promotions.clear();
        let without = shop.price(&lines, &facts);
        prop_assert_eq!(with.totals.goods, without.totals.goods);
        prop_assert_eq!(with.totals.delivery, without.totals.delivery);
        // Tax on top may shift between rates by the rounding of each.
        let slack = if facts.prices_include_tax { 0 } else { 3 };
        prop_assert!(with.totals.total.minor() <= without.totals.total.minor() + slack);
    }

    #[test]
    fn a_code_more_takes_nothing_away((shop, lines, mut facts) in worlds()) {
        let worth = |quote: &Quote| {
            let gifts = quote.lines.iter().filter(|line| line.gift_of.is_some());
            let gifts: i64 = gifts.filter_map(|line| line.compare_at).map(Money::minor).sum();
            quote.totals.discounts.minor() + gifts
        };
        let all = shop.price(&lines, &facts);
        facts.codes.pop();
        prop_assert!(worth(&all) >= worth(&shop.price(&lines, &facts)));
    }

    #[test]
    fn the_order_of_lines_and_promotions_changes_nothing((mut shop, mut lines, facts) in worlds()) {
        let forth = shop.price(&lines, &facts);
        lines.reverse();
        shop.promotions.reverse();
        shop.coupons.reverse();
        let mut back = shop.price(&lines, &facts);
        let gifts = back.lines.split_off(lines.len());
        back.lines.reverse();
        back.lines.extend(gifts);
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn a_useless_promotion_changes_nothing((mut shop, lines, facts) in worlds(), action in action(), priority in -3i32..4) {
        let without = shop.price(&lines, &facts);
        let mut useless = Promotion { priority, combines_with: Default::default(), ..promotion("useless", action) };
        match priority.rem_euclid(3) {
            0 => useless.conditions.of = of(&["elsewhere"]),
            1 => useless.conditions.min_subtotal = Some(amounts(1_000_000_000)),
            _ => useless.action = Action::Percent(Percent { off: rate("50"), on: On::Units, of: of(&["elsewhere"]) }),
        }
        shop.promotions.push(Arc::new(useless));
        prop_assert_eq!(effect(&shop.price(&lines, &facts)), effect(&without));
    }

    #[test]
    fn what_does_not_combine_never_stands_together((shop, lines, facts) in worlds()) {
        let quote = shop.price(&lines, &facts);
        let chosen: Vec<&Promotion> = quote
            .promotions
            .iter()
            .map(|applied| &**shop.promotions.iter().find(|one| one.id == applied.promotion).unwrap())
            .collect();
        for (number, one) in chosen.iter().enumerate() {
            prop_assert!(chosen.len() == 1 || !one.combines_with.is_empty(), "exclusive, and not alone");
            for other in &chosen[number + 1..] {
                prop_assert!(one.combines(other));
            }
        }
    }

    #[test]
    fn every_promotion_that_applies_gives_something((shop, lines, facts) in worlds()) {
        let quote = shop.price(&lines, &facts);
        for applied in &quote.promotions {
            let gift = quote.lines.iter().any(|line| line.gift_of.as_ref() == Some(&applied.promotion));
            prop_assert!(gift || applied.amount.is_positive());
        }
        let opened = quote.codes.iter().filter(|answer| answer.refused.is_none()).count();
        let by_code = quote.promotions.iter().filter(|applied| applied.code.is_some()).count();
        prop_assert_eq!(opened, by_code);
    }

    #[test]
    fn a_shown_price_is_what_one_unit_alone_costs((mut shop, lines, facts) in worlds()) {
        let Some(line) = lines.first() else { return Ok(()) };
        shop.promotions.retain(|one| !one.by_code && one.class() != Class::Delivery && one.gift().is_none());
        let shown = shown_price(line, &shop.promotions, facts.country, facts.currency, facts.now).unwrap();
        let one = Line { quantity: 1, ..line.clone() };
        let quote = shop.price(&[one], &facts);
        let units = quote.promotions.iter().filter(|applied| applied.class == Class::Product);
        let off: i64 = units.map(|applied| applied.amount.minor()).sum();
        let price = shown.map_or(line.unit_price, |shown| shown.price);
        prop_assert_eq!(price.minor(), line.unit_price.minor() - off);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Of promotions for everybody, what a page shows of a product is what the cart takes for it, at any moment and
    /// whatever codes, groups and limits others ask for.
    #[test]
    fn a_page_shows_what_the_cart_takes(
        promotions in promotions(),
        spans in prop::collection::vec((prop::option::of(0i64..9), prop::option::of(1i64..9)), 7),
        refused in prop::collection::vec(0u8..4, 7),
        minor in 0i64..30_000,
        compared in any::<bool>(),
        now in 0i64..9,
    ) {
        let day = |n: i64| NOW.plus_days(n);
        let is_sure = |one: &Promotion| one.class() != Class::Delivery && one.gift().is_none();
        let promotions: Vec<Promotion> = promotions
            .into_iter()
            .filter(is_sure)
            .zip(spans.into_iter().zip(refused))
            .map(|(promotion, ((from, days), refused))| {
                let mut promotion = Promotion {
                    starts_at: from.map(day),
                    ends_at: days.map(|days| day(from.unwrap_or(0) + days)),
                    ..promotion
                };
                // Some ask what this shopper is not; none of these may show.
                match refused {
                    0 => promotion.conditions.first_order = true,
                    1 => promotion.conditions.groups = ["club".to_owned()].into(),
                    _ => {}
                }
                promotion
            })
            .collect();
        let line = Line { compare_at: compared.then(|| eur(minor + 100)), ..line("a", 1, minor) };
        let all: Vec<Arc<Promotion>> = promotions.iter().cloned().map(Arc::new).collect();
        let shown = shown_price(&line, &all, country("DE"), Currency::EUR, day(now)).unwrap();
        let shown = shown.map_or(line.unit_price, |shown| shown.price);
        let quote = Shop::new(promotions.clone()).price(&[line], &Facts { now: day(now), ..facts() });
        let of_goods = |id: &vitrine_pricing::PromotionId| {
            promotions.iter().any(|promotion| promotion.id == *id && promotion.class() == Class::Product)
        };
        let line = &quote.lines[0];
        let off: i64 =
            line.discounts.iter().filter(|one| of_goods(&one.promotion)).map(|one| one.amount.minor()).sum();
        prop_assert_eq!(shown.minor(), line.unit_price.minor() - off, "{:#?}", quote);
    }
}

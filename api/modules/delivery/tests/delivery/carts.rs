//! Carts of the demo shop, priced by its own files in every country.

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_core::{Country, Money, Timestamp};
use vitrine_pricing::{Cart, Destination, Facts, Line, Promotion, Quote, Rules, ShopperFacts, price};
use vitrine_promotion::{PromotionFile, read_promotions};

use super::sample::{content, sample, to};

fn promotions() -> PromotionFile {
    read_promotions(&content("commerce/promotions.toml")).unwrap()
}

/// A line of what is in one category and costs so much in the currency's whole units.
fn line(id: &str, category: &str, quantity: u32, price: Money, weight_g: u32) -> Line {
    Line {
        id: id.to_owned(),
        sku: id.to_uppercase().parse().unwrap(),
        product: id.parse().unwrap(),
        categories: vec![category.parse().unwrap()],
        quantity,
        unit_price: price,
        compare_at: None,
        tax_class: "standard".parse().unwrap(),
        weight_g,
        parts: Vec::new(),
    }
}

struct Purchase<'a> {
    country: &'a str,
    currency: &'a str,
    destination: Destination,
    codes: &'a [&'a str],
    at: &'a str,
    /// Price of a pillow in whole units.
    pillow: i64,
}

/// Prices a mattress that costs ten pillows, and three pillows.
fn buy(purchase: &Purchase<'_>) -> Quote {
    let (rules, file) = (sample(), promotions());
    let country = Country::try_new(purchase.country).unwrap();
    let here =
        |promotion: &Promotion| promotion.countries.is_empty() || promotion.countries.contains(&country);
    let promotions: Vec<Arc<Promotion>> = file.promotions.into_iter().filter(here).map(Arc::new).collect();
    let currency = purchase.currency.parse().unwrap();
    let whole = |units: i64| Money::parse(&units.to_string(), currency).unwrap();
    let lines = vec![
        line("mattress", "mattresses", 1, whole(10 * purchase.pillow), 20_000),
        line("pillow", "pillows", 3, whole(purchase.pillow), 1_500),
    ];
    let facts = Facts {
        country,
        currency,
        prices_include_tax: purchase.country != "US",
        destination: purchase.destination.clone(),
        delivery_method: None,
        payment_method: None,
        shopper: ShopperFacts { first_order: true, ..ShopperFacts::default() },
        codes: purchase.codes.iter().map(|code| (*code).to_owned()).collect(),
        exhausted: BTreeMap::new(),
        now: Timestamp::parse_rfc3339(purchase.at).unwrap(),
    };
    let rules = Rules {
        promotions: &promotions,
        coupons: &file.coupons,
        taxes: &rules.taxes,
        delivery: &rules.delivery,
    };
    let gift =
        Line { sku: "ARC-M".parse().unwrap(), ..line("arc-m", "pillows", 1, whole(purchase.pillow), 1_350) };
    price(&Cart { lines, gifts: vec![gift] }, &rules, &facts).unwrap()
}

fn told(quote: &Quote) -> Vec<String> {
    quote.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn on_a_usual_day_in_germany_two_pillows_are_half_price() {
    let quote = buy(&Purchase {
        country: "DE",
        currency: "EUR",
        destination: to("DE", None, Some("10115")),
        codes: &["welcome10"],
        at: "2026-11-10",
        pillow: 80,
    });
    assert_eq!(
        told(&quote),
        [
            "delivery by parcel: 0.00 EUR -> 4.90 EUR",
            "free threshold of parcel: 4.90 EUR -> 0.00 EUR",
            "promotion pillows-for-a-mattress on pillow: 240.00 EUR -> 160.00 EUR",
            "promotion welcome on mattress: 800.00 EUR -> 720.00 EUR",
            "promotion welcome on pillow: 160.00 EUR -> 144.00 EUR",
            "tax 19%: 726.05 EUR -> 864.00 EUR",
        ]
    );
    let missing: Vec<(&str, &str)> =
        quote.skipped.iter().map(|skipped| (skipped.promotion.as_str(), skipped.refusal.code())).collect();
    assert_eq!(missing, [("pillow-as-a-gift", "subtotal_too_low")]);
}

#[test]
fn on_black_friday_the_code_waits() {
    let quote = buy(&Purchase {
        country: "DE",
        currency: "EUR",
        destination: to("DE", None, Some("25980")),
        codes: &["WELCOME10", "SHIPFREE"],
        at: "2026-11-27T08:00:00+01:00",
        pillow: 80,
    });
    let refused: Vec<&str> = quote
        .codes
        .iter()
        .map(|code| code.refused.as_ref().map_or("applied", |refusal| refusal.code()))
        .collect();
    // The sale combines with delivery only, and that costs something to the islands.
    assert_eq!(refused, ["not_combinable", "applied"]);
    assert_eq!(quote.totals.delivery, Money::eur(1_290));
    assert_eq!(quote.totals.total, Money::eur(104_000 - 3_600));
}

#[test]
fn a_dear_cart_brings_a_pillow() {
    let quote = buy(&Purchase {
        country: "CH",
        currency: "CHF",
        destination: to("CH", None, None),
        codes: &["AUTUMN20"],
        at: "2026-11-10",
        pillow: 140,
    });
    assert_eq!(quote.lines.last().unwrap().id, "gift:pillow-as-a-gift");
    let used: Vec<String> = quote.uses.iter().map(|one| one.limited.to_string()).collect();
    assert_eq!(used, ["promotion:autumn-20", "promotion:pillow-as-a-gift", "coupon:AUTUMN20"]);
    assert_eq!(quote.totals.discounts, Money::new(14_000 + 2_000, "CHF".parse().unwrap()));
}

#[test]
fn every_country_has_a_price_that_adds_up() {
    for (country, currency, pillow) in [
        ("DE", "EUR", 79),
        ("CH", "CHF", 89),
        ("GB", "GBP", 69),
        ("JP", "JPY", 12_800),
        ("AE", "AED", 349),
        ("US", "USD", 85),
    ] {
        for (at, codes) in [
            ("2026-11-10", &["WELCOME10", "SHIPFREE"][..]),
            ("2026-11-28", &[]),
            ("2027-02-01", &["AUTUMN20"]),
        ] {
            let destination = to(country, (country == "US").then_some("NY"), None);
            let quote = buy(&Purchase { country, currency, destination, codes, at, pillow });
            let totals = quote.totals;
            let on_top = if quote.tax_included { 0 } else { totals.tax.minor() };
            let sum = totals.goods.minor() + totals.delivery.minor() - totals.discounts.minor() + on_top;
            assert_eq!(sum, totals.total.minor(), "{country} {at}");
            assert!(totals.tax.is_positive() && quote.delivery.chosen.is_some(), "{country} {at}");
            assert_eq!(quote.tax_included, country != "US");
        }
    }
}

use vitrine_core::{Currency, Sku};

use super::*;
use crate::fixture::{NOW, Shop, Stock, choosable, day, plain, read};

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn priced(price: &serde_json::Value, base: &str) -> PriceView<'static> {
    let mut cloud = plain(1, "cloud");
    for layer in &mut cloud.offers {
        layer.offer = read(serde_json::json!({ "prices": { "0": price } }));
    }
    let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
    let shared = shop.shared(base, 1).unwrap();
    shop.maker(base).price(&shared.variants[0])
}

/// 500 until day 90, then 400 instead of 500.
fn reduced() -> serde_json::Value {
    serde_json::json!({
        "base": { "minor": 40_000, "compare_at": 50_000 },
        "since": day(NOW - 10),
        "past": [{ "minor": 50_000, "until": day(NOW - 10) }],
    })
}

fn shop() -> Shop {
    Stock { products: vec![choosable(1, "cloud")], ..Stock::default() }.open()
}

#[test]
fn a_reduced_price_names_what_it_was_what_is_saved_and_the_lowest_of_thirty_days() {
    let shop = shop();
    let words = &shop.maker("/de/").site.words;
    let price = priced(&reduced(), "/de/");
    assert_eq!(price.text, words.money(euro(40_000)));
    assert_eq!(price.compare_at.as_deref(), Some(words.money(euro(50_000)).as_str()));
    let said = |found: Option<std::borrow::Cow<'_, str>>| {
        found.map(|text| text.replace(['\u{2068}', '\u{2069}'], ""))
    };
    assert_eq!(said(price.save), Some(format!("save_amount {}", words.money(euro(10_000)))));
    assert_eq!(said(price.prior), Some(format!("prior_price {}", words.money(euro(50_000)))));
}

#[test]
fn the_lowest_earlier_price_stands_only_where_the_country_asks_for_it() {
    let price = priced(&reduced(), "/ch-de/");
    assert!(price.compare_at.is_some());
    assert_eq!(price.prior, None, "Switzerland of the fixture does not");
}

#[test]
fn a_price_without_a_reduction_is_only_a_price() {
    for price in [
        serde_json::json!({ "base": { "minor": 40_000 } }),
        serde_json::json!({ "base": { "minor": 40_000, "compare_at": 40_000 } }),
        serde_json::json!({ "base": { "minor": 40_000, "compare_at": 30_000 } }),
    ] {
        let made = priced(&price, "/de/");
        assert_eq!((made.compare_at, made.save, made.prior), (None, None, None), "{price}");
    }
}

#[test]
fn stars_are_rounded_to_the_nearest_half() {
    let shop = shop();
    let maker = shop.maker("/de/");
    let halves = |tenths| maker.rating(Rating { tenths, count: 3 }, false).halves;
    for tenths in 0..=50u8 {
        let nearest = (0..=10u8).min_by_key(|halves| (i16::from(*halves) * 5 - i16::from(tenths)).abs());
        assert_eq!(Some(halves(tenths)), nearest, "{tenths} tenths");
    }
    let rating = maker.rating(Rating { tenths: 46, count: 1234 }, true);
    assert_eq!(rating.value, "4,6", "as German writes it");
    assert!(rating.count.starts_with("review_count"), "{}", rating.count);
    assert_eq!(maker.rating(Rating { tenths: 46, count: 1234 }, false).count, "1.234");
}

#[test]
fn each_state_of_stock_has_its_words() {
    let shop = shop();
    let maker = shop.maker("/de/");
    let said = |state| maker.availability(state).text.into_owned();
    assert_eq!(said(Availability::In), "availability_in");
    assert_eq!(said(Availability::Low), "availability_low");
    assert_eq!(said(Availability::Backorder), "availability_backorder");
    assert_eq!(said(Availability::Out), "availability_out");
}

#[test]
fn a_variant_is_said_in_the_words_of_its_values_and_by_their_ids_where_there_are_none() {
    let shop = shop();
    let record = &shop.records[&1];
    let blue =
        record.product.variants.iter().find(|one| one.sku == Sku::try_new("CLOUD-SB").unwrap()).unwrap();
    assert_eq!(shop.maker("/de/").variant_words(record, blue), "klein, blue");
}

#[test]
fn the_stores_own_brand_is_not_said() {
    let shop = shop();
    let maker = shop.maker("/de/");
    assert_eq!(maker.brand("Shop"), None);
    assert_eq!(maker.brand(""), None);
    assert_eq!(maker.brand("Other").as_deref(), Some("Other"));
}

#[test]
fn the_page_on_returns_is_waited_for() {
    let shop = shop();
    let mut needs = BTreeSet::new();
    let point = shop.maker("/de/").returns_point(&mut needs).unwrap();
    assert_eq!(point.url, None);
    assert_eq!(needs, BTreeSet::from([EntityKey::absent(vitrine_core::EntityKind::Page, RETURNS_PAGE)]));
}

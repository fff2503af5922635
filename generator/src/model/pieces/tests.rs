use serde_json::json;
use vitrine_catalog::{ExternalPicture, Rating};

use super::*;
use crate::fixture::{Shop, Stock, choosable, day, page, plain, read};

fn one(record: ProductRecord) -> Shop {
    Stock { products: vec![record], ..Stock::default() }.open()
}

/// Sources of pictures in the order of a gallery, by name of their file.
fn order(shop: &Shop, leads: u16) -> Vec<String> {
    let shared = shop.shared("/de/", 1).unwrap();
    let html = gallery(&shop.maker("/de/"), &shared, leads).unwrap();
    let images = html.as_str().split("<img src=\"").skip(1).filter_map(|part| part.split('"').next());
    images.map(str::to_owned).collect()
}

fn external(url: &str) -> MediaRef {
    let picture: ExternalPicture =
        read(json!({ "url": url, "widths": [4000], "width": 4000, "height": 2000 }));
    MediaRef::External(picture)
}

#[test]
fn a_gallery_begins_with_the_picture_of_the_variant() {
    let mut cloud = plain(1, "cloud");
    cloud.product.media = ["https://a/1", "https://a/2", "https://a/3"].map(external).to_vec();
    let shop = one(cloud);
    assert_eq!(order(&shop, 0)[..3], ["https://a/1", "https://a/2", "https://a/3"]);
    assert_eq!(order(&shop, 2)[..3], ["https://a/3", "https://a/1", "https://a/2"]);
    assert_eq!(order(&shop, 9)[..3], ["https://a/1", "https://a/2", "https://a/3"], "a number too high");
}

#[test]
fn only_the_first_picture_of_a_gallery_is_loaded_at_once() {
    let shop = one(choosable(1, "cloud"));
    let shared = shop.shared("/de/", 1).unwrap();
    let html = gallery(&shop.maker("/de/"), &shared, 0).unwrap();
    assert_eq!(html.as_str().matches("fetchpriority=\"high\"").count(), 1);
    let first = html.as_str().find("<img").unwrap();
    assert!(
        html.as_str().find("fetchpriority").unwrap()
            < html.as_str()[first + 4..].find("<img").unwrap() + first + 4
    );
}

fn bundle(parts: serde_json::Value) -> Shop {
    let mut set = plain(1, "set");
    set.product.variants[0].parts = read(parts);
    Stock { products: vec![set, choosable(2, "cloud"), plain(3, "star")], ..Stock::default() }.open()
}

#[test]
fn a_part_is_said_with_its_choices_and_shown_with_its_picture() {
    let shop = bundle(json!([{ "sku": "CLOUD-MB", "quantity": 1 }, { "sku": "STAR-1", "quantity": 2 }]));
    let shared = shop.shared("/de/", 1).unwrap();
    let mut needs = BTreeSet::new();
    let parts = parts(&shop.maker("/de/"), &shared.variants[0], &mut needs);
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_ref()).collect();
    assert_eq!(names, ["cloud de, mittel, blue", "star de"]);
    assert_eq!(parts[0].url.as_deref(), Some("/de/p/cloud-de/cloud-mb/"));
    assert_eq!((parts[0].picture.is_some(), parts[1].picture.is_some()), (true, false));
    assert!(needs.contains(&EntityKey::new(Kind::Product, 3)) && needs.contains(&media_key("blue.jpg")));
}

#[test]
fn a_part_that_is_not_sold_alone_here_has_no_link() {
    let shop = bundle(json!([{ "sku": "CLOUD-MB", "quantity": 1 }]));
    let shared = shop.shared("/ch-de/", 1).unwrap();
    let parts = parts(&shop.maker("/ch-de/"), &shared.variants[0], &mut BTreeSet::new());
    assert_eq!((parts.len(), parts[0].url.as_deref()), (1, None));
}

fn reviewed(count: u32) -> ProductRecord {
    let mut cloud = plain(1, "cloud");
    let review = |number: u32| -> Review {
        let lang = if number.is_multiple_of(2) { "de" } else { "fr" };
        let date = day(i64::from(number));
        read(
            json!({ "rating": 1 + number % 5, "date": date, "lang": lang, "title": format!("No {number}.") }),
        )
    };
    cloud.reviews = (0..count).map(review).collect();
    cloud.rating = Rating::of(&cloud.reviews);
    cloud
}

fn reviews_of(record: ProductRecord, base: &str) -> String {
    let shop = one(record);
    reviews(&shop.maker(base), &shop.records[&1]).unwrap().as_str().to_owned()
}

#[test]
fn the_theme_gets_the_newest_reviews_in_order() {
    let record = reviewed(20);
    let dates: Vec<_> = newest(&record).into_iter().map(|review| review.date).collect();
    let expected = (0..20).rev().take(REVIEWS_SHOWN).map(day);
    assert_eq!(dates, expected.collect::<Vec<_>>());
    assert_eq!(newest(&reviewed(1)).len(), 1);
}

#[test]
fn a_review_in_another_language_says_which() {
    let html = reviews_of(reviewed(2), "/de/");
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is missing in {html}"));
    assert!(at("lang=\"fr\"") < at("No 1.") && at("No 1.") < at("No 0."), "{html}");
    assert_eq!(html.matches("<li lang=").count(), 1, "{html}");
    assert!(html.contains("verified_buyer"), "who gave no name");
}

#[test]
fn the_spread_of_stars_is_shown_from_ten_reviews_on() {
    let bars = |count| reviews_of(reviewed(count), "/de/").matches("<tr").count();
    assert_eq!((bars(9), bars(10)), (0, 5));
}

#[test]
fn without_reviews_there_is_nothing() {
    assert_eq!(reviews_of(reviewed(0), "/de/"), "");
    let mut rated = plain(1, "cloud");
    rated.rating = Some(Rating { tenths: 40, count: 12 });
    assert_eq!(reviews_of(rated, "/de/"), "", "a sum without texts stands at the top of the page only");
}

#[test]
fn promises_name_returns_guarantee_and_delivery() {
    let mut cloud = plain(1, "cloud");
    cloud.product.attributes = read(json!({ "guarantee": { "number": "10" } }));
    let texts = json!({ "de": { "title": "Rückgabe", "slug": "rueckgabe" } });
    let stock = Stock { products: vec![cloud], ..Stock::default() };
    let shop = stock.with_page(page(5, "returns", json!({ "kind": "page" }), texts)).open();
    let mut needs = BTreeSet::new();
    let made = points(&shop.maker("/de/"), &shop.records[&1], &mut needs);
    let titles: Vec<&str> = made.iter().map(|point| point.title.split(' ').next().unwrap()).collect();
    assert_eq!(titles, ["point_returns_title", "point_guarantee_title", "free_delivery_from"]);
    assert_eq!(made[0].url.as_deref(), Some("/de/rueckgabe/"));
    assert!(needs.contains(&EntityKey::new(Kind::Content, 5)));
}

#[test]
fn delivery_is_free_named_or_free_from_an_amount() {
    let title = |change: fn(&mut serde_json::Value)| {
        let mut stock = Stock { products: vec![plain(1, "cloud")], ..Stock::default() };
        stock.countries.iter_mut().for_each(|country| change(&mut country["delivery"][0]));
        let shop = stock.open();
        let points = points(&shop.maker("/de/"), &shop.records[&1], &mut BTreeSet::new());
        points.last().map(|point| point.title.to_string()).unwrap_or_default()
    };
    assert!(title(|_| {}).starts_with("free_delivery_from"));
    assert_eq!(title(|method| method["free_from"] = json!(null)), "delivery_parcel");
    let free = |method: &mut serde_json::Value| {
        method["free_from"] = json!(null);
        method["price"]["minor"] = json!(0);
    };
    assert_eq!(title(free), "free_delivery");
}

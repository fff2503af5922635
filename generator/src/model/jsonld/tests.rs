use std::sync::Arc;

use serde_json::{Value, json};
use vitrine_catalog::Availability;

use super::super::{Alternates, product_pages};
use crate::fixture::{Shop, Stock, choosable, plain, read, rendered, structured};

/// The product document on the page whose path ends in `page`.
fn document(shop: &Shop, page: &str) -> Value {
    let shared = shop.shared("/de/", 1).unwrap();
    let alternates = Arc::new(Alternates::new(Vec::new()));
    let drafts = product_pages(&shop.maker("/de/"), &shared, &alternates).unwrap();
    let draft = drafts.iter().find(|draft| draft.path.ends_with(page)).unwrap();
    structured(&rendered(draft)).into_iter().find(|one| one["@type"] != "BreadcrumbList").unwrap()
}

fn several() -> Shop {
    let mut cloud = choosable(1, "cloud");
    cloud.product.variants[0].gtin = Some("4000000000013".to_owned());
    cloud.availability.insert(cloud.product.variants[1].sku.clone(), Availability::Out);
    cloud.rating = Some(read(json!({ "tenths": 46, "count": 12 })));
    Stock { products: vec![cloud], ..Stock::default() }.open()
}

#[test]
fn the_page_of_a_product_with_variants_is_a_group_that_names_all_of_them() {
    let shop = several();
    let group = document(&shop, "/p/cloud-de/");
    assert_eq!((&group["@type"], &group["productGroupID"]), (&json!("ProductGroup"), &json!("cloud")));
    assert_eq!(group["variesBy"], json!(["https://schema.org/size", "https://schema.org/color"]));
    assert_eq!(group["brand"]["name"], "Shop");
    assert_eq!(group["aggregateRating"]["ratingValue"], "4.6");
    assert_eq!(group["image"].as_array().map(Vec::len), Some(2));
    let variants = group["hasVariant"].as_array().unwrap();
    let urls: Vec<&str> =
        variants.iter().map(|one| one["url"].as_str().or(one["offers"]["url"].as_str()).unwrap()).collect();
    let url = |sku: &str| format!("https://shop.example/de/p/cloud-de/{sku}/");
    assert_eq!(urls, [url("cloud-sw"), url("cloud-sb"), url("cloud-mw"), url("cloud-mb")]);
    let full: Vec<&Value> = variants.iter().filter(|one| one.get("offers").is_some()).collect();
    assert_eq!(full.len(), 1, "only the one shown is described in full");
    assert_eq!((&full[0]["gtin"], &full[0]["size"]), (&json!("4000000000013"), &json!("klein")));
}

#[test]
fn the_page_of_a_variant_offers_it_and_points_to_its_group() {
    let product = document(&several(), "/cloud-sb/");
    assert_eq!((&product["@type"], &product["sku"]), (&json!("Product"), &json!("CLOUD-SB")));
    assert_eq!(product["url"], "https://shop.example/de/p/cloud-de/cloud-sb/");
    assert_eq!(product["name"], "cloud de, klein, blue");
    assert_eq!(product["isVariantOf"]["productGroupID"], "cloud");
    assert_eq!(product["offers"]["availability"], "OutOfStock");
    assert_eq!(product["offers"]["price"], "1.10");
    assert_eq!(product["offers"]["priceCurrency"], "EUR");
    assert_eq!(product.get("hasVariant"), None);
}

#[test]
fn an_only_variant_is_offered_at_the_page_that_exists() {
    let shop = Stock { products: vec![plain(1, "cloud")], ..Stock::default() }.open();
    let product = document(&shop, "/p/cloud-de/");
    assert_eq!(product["@type"], "Product");
    assert_eq!(product["offers"]["url"], "https://shop.example/de/p/cloud-de/");
    assert_eq!(product["name"], "cloud de");
    assert_eq!(product.get("aggregateRating"), None);
    assert_eq!(product.get("image"), None);
}

#[test]
fn an_offer_says_what_delivery_and_returns_cost() {
    let mut cheap = plain(1, "cloud");
    for layer in &mut cheap.offers {
        layer.offer = read(json!({ "prices": { "0": { "base": { "minor": 4999 } } } }));
    }
    let shipping =
        |shop: &Shop| document(shop, "/p/cloud-de/")["offers"]["shippingDetails"]["shippingRate"].clone();
    let rate = |value: &str| json!({ "@type": "MonetaryAmount", "value": value, "currency": "EUR" });
    let shop = Stock { products: vec![cheap], ..Stock::default() }.open();
    assert_eq!(shipping(&shop), rate("4.90"));
    let shop = Stock { products: vec![plain(1, "cloud")], ..Stock::default() }.open();
    assert_eq!(shipping(&shop), rate("0.00"), "from 50 on it is free");
    let policy = &document(&shop, "/p/cloud-de/")["offers"]["hasMerchantReturnPolicy"];
    assert_eq!((&policy["merchantReturnDays"], &policy["applicableCountry"]), (&json!(30), &json!("DE")));
    assert_eq!(policy["returnFees"], "FreeReturn");
}

#[test]
fn each_state_of_stock_has_its_word_of_schema_org() {
    let said = |state| {
        let mut cloud = plain(1, "cloud");
        cloud.availability.insert(cloud.product.variants[0].sku.clone(), state);
        let shop = Stock { products: vec![cloud], ..Stock::default() }.open();
        document(&shop, "/p/cloud-de/")["offers"]["availability"].clone()
    };
    assert_eq!(said(Availability::In), "InStock");
    assert_eq!(said(Availability::Low), "LimitedAvailability");
    assert_eq!(said(Availability::Backorder), "BackOrder");
    assert_eq!(said(Availability::Out), "OutOfStock");
}

#[test]
fn a_home_page_says_who_runs_the_shop() {
    let shop = Stock::default().open();
    let maker = shop.maker("/ch-fr/");
    let organization = super::organization(&maker);
    assert_eq!(organization["@type"], "OnlineStore");
    assert_eq!(organization["url"], "https://shop.example/ch-fr/");
    assert_eq!(organization["address"]["addressCountry"], "DE");
    assert_eq!((organization.get("telephone"), organization.get("sameAs")), (None, None));
    assert_eq!(super::website(&maker)["inLanguage"], "fr-CH");
}

#[test]
fn a_text_without_questions_is_no_faq() {
    assert_eq!(super::faq(&[]), None);
    let questions =
        [vitrine_content::markdown::FaqText { question: "Soft?".into(), answer_html: "<p>Yes</p>".into() }];
    let faq = super::faq(&questions).unwrap();
    assert_eq!(faq["mainEntity"][0]["name"], "Soft?");
    assert_eq!(faq["mainEntity"][0]["acceptedAnswer"]["text"], "<p>Yes</p>");
}

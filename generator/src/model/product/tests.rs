use serde_json::json;
use vitrine_core::EntityKind;

use super::super::card;
use super::*;
use crate::fixture::{NOW, Shop, Stock, category, choosable, day, page, plain, read, rendered, structured};

fn pages<'a>(shop: &'a Shop, base: &str, shared: &Arc<ProductShared<'a>>) -> Vec<Draft<'a>> {
    product_pages(&shop.maker(base), shared, &Arc::new(Alternates::new(Vec::new()))).unwrap()
}

fn paths(shop: &Shop, base: &str) -> Vec<String> {
    let Some(shared) = shop.shared(base, 1) else { return Vec::new() };
    pages(shop, base, &shared).into_iter().map(|draft| draft.path).collect()
}

fn one(record: ProductRecord) -> Shop {
    Stock { products: vec![record], ..Stock::default() }.open()
}

#[test]
fn several_variants_have_pages_beside_the_products_own() {
    let path = |rest: &str| format!("/de/p/cloud-de/{rest}");
    let shop = one(choosable(1, "cloud"));
    let expected = ["", "cloud-sw/", "cloud-sb/", "cloud-mw/", "cloud-mb/"].map(path);
    assert_eq!(paths(&shop, "/de/"), expected);
    assert_eq!(paths(&shop, "/ch-de/"), [""; 0], "it is not sold there");
    assert_eq!(paths(&one(plain(1, "cloud")), "/de/"), [path("")]);
}

#[test]
fn the_plan_and_the_pages_agree_on_what_is_shown() {
    let mut draft = plain(1, "cloud");
    draft.product.status = read(json!("draft"));
    let mut over = plain(1, "cloud");
    over.product.unpublish_at = Some(day(NOW));
    let mut silent = plain(1, "cloud");
    silent.texts.clear();
    let mut abroad = plain(1, "cloud");
    abroad.product.variants[0].not_in = read(json!(["CH"]));
    for record in [plain(1, "cloud"), choosable(1, "cloud"), draft, over, silent, abroad] {
        let shop = one(record);
        for base in ["/de/", "/ch-de/", "/ch-fr/"] {
            let path = shop.shared(base, 1).map(|shared| shared.path.clone());
            assert_eq!(shop.maker(base).view.product_path(1), path, "{base}");
        }
    }
}

#[test]
fn the_page_of_a_variant_keeps_its_number_and_its_canonical_address_is_the_products() {
    let mut cloud = choosable(1, "cloud");
    cloud.product.variants.remove(0);
    let shop = one(cloud);
    let shared = shop.shared("/de/", 1).unwrap();
    let drafts = pages(&shop, "/de/", &shared);
    let subs: Vec<u16> = drafts.iter().map(|draft| draft.page.sub()).collect();
    assert_eq!(subs, [0, 2, 3, 4]);
    for draft in &drafts {
        let html = rendered(draft);
        assert!(
            html.contains("<link rel=\"canonical\" href=\"https://shop.example/de/p/cloud-de/\">"),
            "{}",
            draft.path
        );
    }
}

#[test]
fn the_first_variant_that_can_be_bought_leads() {
    let mut cloud = choosable(1, "cloud");
    let skus: Vec<Sku> = cloud.product.variants.iter().map(|variant| variant.sku.clone()).collect();
    let leading = |record: &ProductRecord| {
        let shop = one(record.clone());
        shop.shared("/de/", 1).unwrap().leading().variant.sku.clone()
    };
    assert_eq!(leading(&cloud), skus[0]);
    cloud.availability.insert(skus[0].clone(), Availability::Out);
    assert_eq!(leading(&cloud), skus[1]);
    cloud.availability.extend(skus.iter().map(|sku| (sku.clone(), Availability::Out)));
    assert_eq!(leading(&cloud), skus[0], "where nothing can be bought the first is shown");
}

#[test]
fn a_card_says_from_where_prices_differ_and_nothing_of_reductions_then() {
    let card = |record: ProductRecord| {
        let shop = one(record);
        let html = card(&shop.maker("/de/"), &shop.shared("/de/", 1).unwrap()).unwrap();
        html.as_str().replace(['\u{2068}', '\u{2069}'], "")
    };
    let mut varied = choosable(1, "cloud");
    assert!(card(varied.clone()).contains("price_from 1,00"), "{}", card(varied));
    varied = choosable(1, "cloud");
    varied.offers[0].offer.prices = read(json!({ "0": { "base": { "minor": 100, "compare_at": 150 } } }));
    let html = card(varied);
    assert!(!html.contains("price_from") && html.contains("1,50"), "{html}");
}

#[test]
fn a_page_is_recorded_with_all_that_it_shows() {
    let mut bundle = plain(1, "bundle");
    bundle.product.variants[0].parts =
        read(json!([{ "sku": "CLOUD-SB", "quantity": 2 }, { "sku": "NONE", "quantity": 1 }]));
    bundle.product.related = read(json!(["star", "unknown"]));
    bundle.product.categories = read(json!([{ "id": "low" }, { "id": "other" }]));
    let stock = Stock {
        products: vec![bundle, choosable(2, "cloud"), plain(3, "star")],
        categories: vec![
            category(1, "beds", "", 0),
            category(2, "low", "beds", 0),
            category(3, "other", "", 0),
        ],
        ..Stock::default()
    };
    let texts = json!({ "de": { "title": "Versand", "slug": "versand" } });
    let shop = stock.with_page(page(8, "shipping", json!({ "kind": "page" }), texts)).open();
    let shared = shop.shared("/de/", 1).unwrap();
    let drafts = pages(&shop, "/de/", &shared);
    let expected = BTreeSet::from([
        EntityKey::new(Kind::Product, 2),
        EntityKey::new(Kind::Product, 3),
        EntityKey::new(Kind::Category, 1),
        EntityKey::new(Kind::Category, 2),
        EntityKey::new(Kind::Content, 8),
        EntityKey::absent(EntityKind::Product, "unknown"),
        EntityKey::absent(EntityKind::Page, "returns"),
        EntityKey::absent_sku(&Sku::try_new("NONE").unwrap()),
        // The picture of the part.
        media_key("blue.jpg"),
    ]);
    assert_eq!(*drafts[0].needs, expected);
    let html = rendered(&drafts[0]);
    assert!(html.contains("href=\"/de/p/cloud-de/cloud-sb/\""), "a part leads to its variant: {html}");
}

#[test]
fn a_part_that_is_the_only_variant_leads_to_its_products_page() {
    let mut bundle = plain(1, "bundle");
    bundle.product.variants[0].parts = read(json!([{ "sku": "STAR-1", "quantity": 2 }]));
    let shop = Stock { products: vec![bundle, plain(2, "star")], ..Stock::default() }.open();
    let html = rendered(&pages(&shop, "/de/", &shop.shared("/de/", 1).unwrap())[0]);
    assert!(html.contains("href=\"/de/p/star-de/\"") && !html.contains("star-1/"), "{html}");
}

#[test]
fn what_a_page_waits_for_is_part_of_its_fingerprint() {
    let fingerprint = |categories: serde_json::Value| {
        let mut cloud = plain(1, "cloud");
        cloud.product.categories = read(categories);
        let mut hidden = [category(1, "one", "", 0), category(2, "two", "", 0)];
        hidden.iter_mut().for_each(|record| record.texts.clear());
        let shop = Stock { products: vec![cloud], categories: hidden.to_vec(), ..Stock::default() }.open();
        let shared = shop.shared("/de/", 1).unwrap();
        let drafts = pages(&shop, "/de/", &shared);
        (rendered(&drafts[0]), drafts[0].fingerprint)
    };
    let (one, two) = (fingerprint(json!([{ "id": "one" }])), fingerprint(json!([{ "id": "two" }])));
    assert_eq!(one.0, two.0, "neither category is shown");
    assert_ne!(one.1, two.1);
}

#[test]
fn a_page_ends_with_its_own_price_or_with_the_card_of_another_product() {
    let changing = |id: &str, seq, at| {
        let mut record = plain(seq, id);
        let window = json!({ "minor": 90, "from": day(at) });
        for layer in &mut record.offers {
            layer.offer.prices = read(json!({ "0": { "base": { "minor": 100 }, "windows": [window] } }));
        }
        record
    };
    let ends = |mut record: ProductRecord, related: &str| {
        record.product.related = read(json!([related]));
        let products = vec![record, changing("star", 2, NOW + 3), plain(3, "moon")];
        let shop = Stock { products, ..Stock::default() }.open();
        pages(&shop, "/de/", &shop.shared("/de/", 1).unwrap())[0].valid_until
    };
    assert_eq!(ends(plain(1, "cloud"), "moon"), None);
    assert_eq!(ends(plain(1, "cloud"), "star"), Some(day(NOW + 3)));
    assert_eq!(ends(changing("cloud", 1, NOW + 5), "moon"), Some(day(NOW + 5)));
    assert_eq!(ends(changing("cloud", 1, NOW + 5), "star"), Some(day(NOW + 3)));
}

#[test]
fn a_breadcrumb_leads_from_home_over_the_first_category() {
    let mut cloud = plain(1, "cloud");
    cloud.product.categories = read(json!([{ "id": "low" }, { "id": "other" }]));
    let categories =
        vec![category(1, "beds", "", 0), category(2, "low", "beds", 0), category(3, "other", "", 0)];
    let shop = Stock { products: vec![cloud], categories, ..Stock::default() }.open();
    let html = rendered(&pages(&shop, "/ch-fr/", &shop.shared("/ch-fr/", 1).unwrap())[0]);
    let documents = structured(&html);
    let trail = documents.iter().find(|one| one["@type"] == "BreadcrumbList").unwrap();
    let steps: Vec<&str> = trail["itemListElement"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["item"].as_str())
        .collect();
    let url = |rest: &str| format!("https://shop.example/ch-fr/{rest}");
    assert_eq!(steps, [url(""), url("c/beds-fr/"), url("c/low-fr/")]);
}

use vitrine_catalog::ProductRecord;

use super::*;
use crate::fixture::{Shop, Stock, category, day, locale, plain, read, rendered};

/// What stands in elements of a name.
fn elements<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let open = format!("<{name}>");
    xml.split(open.as_str()).skip(1).filter_map(|part| part.split("</").next()).collect()
}

fn shop(products: Vec<ProductRecord>) -> Shop {
    let categories = vec![category(1, "beds", "", 0), category(2, "low", "beds", 0)];
    Stock { products, categories, ..Stock::default() }.open()
}

fn shelves(shop: &Shop) -> Vec<Shelf<'_>> {
    let records = shop.index.tree().map(|(record, _)| record);
    records.map(|record| Shelf::new(&shop.sites, &shop.index, shop.as_of, record)).collect()
}

/// The shard of an edition, if there is one.
fn shard(shop: &Shop, base: &str, number: i64) -> Option<String> {
    let products = ProductShard::new(&shop.sites, &shop.index, shop.as_of, number);
    let records = shop.records.values();
    let pictures = OnceLock::from(
        records.map(|record| (record.seq, record.product.media.clone())).collect::<ProductPictures>(),
    );
    products.draft(&shop.maker(base), &pictures).as_ref().map(rendered)
}

#[test]
fn urls_are_escaped_and_ascii() {
    let mut xml = String::new();
    escape("https://a.example/枕/?a=1&b=<\">", &mut xml);
    assert_eq!(xml, "https://a.example/%E6%9E%95/?a=1&amp;b=&lt;&quot;&gt;");
}

#[test]
fn a_product_is_listed_with_its_alternates_and_pictures() {
    let mut cloud = plain(3, "cloud");
    cloud.product.media = read(serde_json::json!(["white.jpg", "missing.jpg"]));
    let shop = shop(vec![cloud]);
    let xml = shard(&shop, "/ch-fr/", 1).unwrap();
    assert_eq!(elements(&xml, "loc"), ["https://shop.example/ch-fr/p/cloud-fr/"]);
    assert_eq!(elements(&xml, "lastmod"), [day(50).to_rfc3339()]);
    assert_eq!(elements(&xml, "image:loc").len(), 1, "only pictures that exist");
    let tags: Vec<&str> =
        xml.split("hreflang=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
    assert_eq!(tags, ["de-CH", "fr-CH", "de", "x-default"]);
}

#[test]
fn a_shard_that_shows_nothing_here_is_no_file() {
    let mut german = plain(3, "cloud");
    german.texts.retain(|layer| layer.lang == locale("de"));
    let shop = shop(vec![german]);
    assert!(shard(&shop, "/ch-fr/", 1).is_none());
    assert!(shard(&shop, "/de/", 1).is_some());
}

#[test]
fn the_index_names_the_shards_that_exist_and_when_each_changed() {
    let mut late = plain(SHARD_PRODUCTS + 1, "late");
    late.changed_at = day(77);
    let mut hidden = plain(5 * SHARD_PRODUCTS, "hidden");
    hidden.product.not_in = read(serde_json::json!(["DE"]));
    let shop = shop(vec![plain(1, "first"), plain(SHARD_PRODUCTS, "second"), late, hidden]);
    let xml = rendered(&sitemap_index(&shop.maker("/de/")));
    let file = |name: &str| format!("https://shop.example/de/{name}");
    assert_eq!(
        elements(&xml, "loc"),
        [file("sitemap-site.xml"), file("sitemap-products-1.xml"), file("sitemap-products-2.xml")]
    );
    let dates = [40, 50, 77].map(|number| day(number).to_rfc3339());
    assert_eq!(elements(&xml, "lastmod"), dates);
    for number in [1, 2] {
        assert!(shard(&shop, "/de/", number).is_some(), "shard {number} is there");
    }
}

#[test]
fn the_site_shard_has_content_pages_and_every_page_of_every_listing() {
    let mut products: Vec<ProductRecord> = (1..=30).map(|seq| plain(seq, &format!("bed-{seq}"))).collect();
    for record in &mut products {
        record.product.categories = read(serde_json::json!([{ "id": "low" }]));
    }
    // Of 30 products Switzerland sells 20: a page less.
    for record in products.iter_mut().skip(20) {
        record.product.not_in = read(serde_json::json!(["CH"]));
    }
    let shop = shop(products);
    let shelves = shelves(&shop);
    let paths = |base: &str| -> Vec<String> {
        let xml = rendered(&site_shard(&shop.maker(base), &shelves));
        let urls = elements(&xml, "loc").into_iter();
        urls.map(|url| url.trim_start_matches("https://shop.example").to_owned()).collect()
    };
    assert_eq!(
        paths("/de/"),
        ["/de/", "/de/c/beds-de/", "/de/c/beds-de/2/", "/de/c/low-de/", "/de/c/low-de/2/"]
    );
    assert_eq!(paths("/ch-fr/"), ["/ch-fr/", "/ch-fr/c/beds-fr/", "/ch-fr/c/low-fr/"]);
    let xml = rendered(&site_shard(&shop.maker("/de/"), &shelves));
    let second = xml.lines().find(|line| line.contains("<loc>https://shop.example/de/c/low-de/2/")).unwrap();
    assert!(second.contains("hreflang=\"de\"") && !second.contains("hreflang=\"de-CH\""), "{second}");
}

//! A store with one country, and items that a PIM would send; shared with the tests of the API.

use vitrine_catalog::{Catalog, ProductInput};
use vitrine_core::{Origin, StoreId, Timestamp};
use vitrine_db::{Db, Run};
use vitrine_store::Stores;

/// What items of the feed need: a product type and a category.
pub(crate) const SCHEMA: &str =
    r#"{"schema":{"attribute":{},"type":{"bed":{"options":[],"attributes":[],"required":[]}},"texts":{}}}"#;
pub(crate) const CATEGORY: &str = r#"{"category":{"id":"beds","texts":{"de":{"name":"Betten","slug":"betten","description":"d","body":"b"}}}}"#;

pub(crate) fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

/// A store that sells in Germany and Austria.
pub(crate) async fn open(db: &Db, id: &str) {
    let organization = serde_json::json!({
        "legal_name": "Tiny GmbH", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE",
        "email": "hello@tiny.example", "phone": null, "same_as": []
    });
    let config = serde_json::json!({
        "id": id, "name": "Tiny", "origin": "https://tiny.example", "default_country": "DE", "logo": null,
        "icon_color": null, "organization": organization, "fallback": {}
    });
    let country = |code: &str| {
        serde_json::json!({
            "country": code, "currency": "EUR", "time_zone": "Europe/Berlin", "locales":
            [{"locale": format!("de-{code}"), "path": format!("/{}/", code.to_lowercase())}],
            "tax": {"included": true, "rates": {"standard": "19"}}
        })
    };
    let countries = ["DE", "AT"].map(|code| serde_json::from_value(country(code)).unwrap());
    let run = Run { origin: Origin::Files, now: Timestamp::from_ms(0), force: false };
    let mut tx = db.begin().await.unwrap();
    Stores::put_config_in(&mut tx, &run, &serde_json::from_value(config).unwrap()).await.unwrap();
    Stores::put_countries_in(&mut tx, &store(id), &run, &countries).await.unwrap();
    tx.commit().await.unwrap();
}

/// A product as an item.
pub(crate) fn product(id: &str, price: &str) -> String {
    format!(
        r#"{{"product":{{"id":"{id}","type":"bed","tax_class":"standard","categories":[{{"id":"beds"}}],"variants":[{{"sku":"T-{id}","prices":{{"DE":"{price}"}}}}],"texts":{{"de":{{"name":"{id}","slug":"{id}","summary":"s","description":"d","body":"b"}}}}}}}}"#
    )
}

/// A delivery's body with items.
pub(crate) fn items(id: &str, items: &[String]) -> String {
    format!(r#"{{"id":"{id}","items":[{}]}}"#, items.join(","))
}

/// The first delivery a store gets, with what all others need.
pub(crate) fn first_items(id: &str, products: &[String]) -> String {
    let needed = [SCHEMA.to_owned(), CATEGORY.to_owned()];
    items(id, &[&needed[..], products].concat())
}

/// Ids and German prices, in cents, of what is in the catalog, by id.
pub(crate) async fn prices(db: &Db, id: &str) -> Vec<(String, i64)> {
    let all = Catalog::products_for_export(db, &store(id), Origin::Feed, 0, 100).await.unwrap();
    let price = |input: &ProductInput| {
        let base = input
            .prices
            .values()
            .flat_map(|countries| countries.values())
            .find_map(|price| price.base.as_ref());
        base.map_or(0, |amount| amount.minor)
    };
    let mut found: Vec<_> =
        all.iter().map(|(_, input)| (input.product.id.to_string(), price(input))).collect();
    found.sort();
    found
}

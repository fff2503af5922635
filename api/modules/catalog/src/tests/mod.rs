//! The door on both databases, and the rules of validation.

mod bundles;
mod categories;
mod edit;
mod put;
mod read;
mod roundtrip;
mod validate;

use serde_json::{Value, json};
use vitrine_core::{Change, ChangeKind, Country, Locale, Origin, ProductId, Sku, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Outcome, Run};

use crate::{Catalog, MODULE, ProductInput, ProductRecord, Put};

const DAY: i64 = 86_400_000;

fn day(n: i64) -> Timestamp {
    Timestamp::from_ms(n * DAY)
}

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn nimbus() -> StoreId {
    store("nimbus")
}

fn sku(text: &str) -> Sku {
    Sku::try_new(text).unwrap()
}

fn product_id(text: &str) -> ProductId {
    ProductId::try_new(text).unwrap()
}

fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

fn lang(tag: &str) -> Locale {
    Locale::try_new(tag).unwrap()
}

fn files(n: i64) -> Run {
    Run { origin: Origin::Files, now: day(n), force: false }
}

fn admin(n: i64) -> Run {
    Run { origin: Origin::Admin, now: day(n), force: false }
}

/// A product with a German text and variants at 100 in DE.
fn product(id: &str, slug: &str, skus: &[&str]) -> ProductInput {
    let variants: Vec<Value> = skus.iter().map(|sku| json!({ "sku": sku })).collect();
    let prices: serde_json::Map<String, Value> = skus
        .iter()
        .map(|sku| ((*sku).to_owned(), json!({ "DE": { "base": { "minor": 10_000 } } })))
        .collect();
    serde_json::from_value(json!({
        "product": { "id": id, "type": "mattress", "tax_class": "standard", "variants": variants },
        "texts": { "de": { "name": id, "slug": slug } },
        "prices": prices,
    }))
    .unwrap()
}

async fn put(db: &Db, store: &StoreId, run: &Run, inputs: &[ProductInput]) -> Put<ProductId> {
    let mut tx = db.begin().await.unwrap();
    let put = Catalog::put_products_in(&mut tx, store, run, inputs).await.unwrap();
    tx.commit().await.unwrap();
    put
}

async fn remove(db: &Db, store: &StoreId, run: &Run, ids: &[&str]) -> Put<ProductId> {
    let ids: Vec<_> = ids.iter().map(|id| product_id(id)).collect();
    let mut tx = db.begin().await.unwrap();
    let put = Catalog::remove_in(&mut tx, store, run, &ids).await.unwrap();
    tx.commit().await.unwrap();
    put
}

async fn all(db: &Db, store: &StoreId) -> Vec<ProductRecord> {
    Catalog::products(db, store, 0, 1_000_000).await.unwrap()
}

async fn one(db: &Db, store: &StoreId, id: &str) -> ProductRecord {
    let found = all(db, store).await.into_iter().find(|record| record.product.id.as_str() == id);
    found.unwrap_or_else(|| panic!("product {id}"))
}

fn outcomes(put: &Put<ProductId>) -> Vec<(&str, Outcome)> {
    put.outcomes.iter().map(|(id, outcome)| (id.as_str(), *outcome)).collect()
}

fn errors(put: &Put<ProductId>) -> Vec<String> {
    put.errors.iter().map(|(id, error)| format!("{id}: {error}")).collect()
}

fn kinds(changes: &[Change]) -> Vec<(&str, ChangeKind)> {
    changes.iter().map(|change| (change.entity.id.as_str(), change.kind)).collect()
}

async fn on_both(body: impl AsyncFn(Db)) {
    for_each_backend(&[&vitrine_db::MODULE, &vitrine_store::MODULE, &MODULE], body).await;
}

/// Something in a transaction of its own.
async fn edit<T>(db: &Db, body: impl AsyncFnOnce(&mut vitrine_db::Tx) -> Result<T, crate::Error>) -> T {
    let mut tx = db.begin().await.unwrap();
    let result = body(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    result
}

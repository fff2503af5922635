//! What is sold out says so on its pages.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "shop/recorder.rs"]
mod recorder;
#[path = "shop/scene.rs"]
mod scene;
mod shop;

use scene::Scene;
use shop::{quiet, waiting};
use vitrine_catalog::{Availability, Catalog, ProductInput};
use vitrine_core::{Clock as _, Origin, Reason, Sku, StoreId};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Module, Run};
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, Location, StockRule, Write};

const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_queue::MODULE,
    &vitrine_generator::MODULE,
    &vitrine_workers::MODULE,
];

fn pillow() -> Sku {
    Sku::try_new("PILLOW").unwrap()
}

async fn count(scene: &Scene, store: &StoreId, name: &str, quantity: i64) {
    count_of(scene, store, name, "PILLOW", quantity).await;
}

async fn count_of(scene: &Scene, store: &StoreId, name: &str, sku: &str, quantity: i64) {
    let mut tx = scene.db.begin().await.unwrap();
    let line = AdjustmentLine { sku: sku.parse().unwrap(), location: "berlin".parse().unwrap(), quantity };
    let kind = AdjustmentKind::Count;
    let adjustment = Adjustment { id: name, kind, reason: "counted", by: "a test", lines: &[line] };
    Inventory::adjust_in(&mut tx, store, &adjustment, &Write::at(scene.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
}

async fn shown(db: &Db, store: &StoreId) -> Availability {
    let all = Catalog::products(db, store, 0, 10).await.unwrap();
    all.iter().find_map(|record| record.availability.get(&pillow())).copied().unwrap()
}

async fn open(scene: &Scene) -> StoreId {
    let store = quiet(&scene.db, "a").await;
    let run = Run { origin: Origin::Files, now: scene.clock.now(), force: false };
    let input: ProductInput = serde_json::from_value(serde_json::json!({
        "product": { "id": "pillow", "type": "pillow", "status": "published", "tax_class": "standard",
            "variants": [{ "sku": "PILLOW" }] },
        "texts": { "de": { "name": "Kissen", "slug": "kissen" } },
        "prices": { "PILLOW": { "DE": { "base": { "minor": 4000 } } } },
    }))
    .unwrap();
    let parts = serde_json::json!([{ "sku": "PILLOW", "quantity": 2 }, { "sku": "SHEET", "quantity": 1 }]);
    let set: ProductInput = serde_json::from_value(serde_json::json!({
        "product": { "id": "set", "type": "pillow", "status": "published", "tax_class": "standard",
            "variants": [{ "sku": "SET", "parts": parts }, { "sku": "LONE" }] },
        "texts": { "de": { "name": "Set", "slug": "set" } },
        "prices": {},
    }))
    .unwrap();
    let mut tx = scene.db.begin().await.unwrap();
    Catalog::put_products_in(&mut tx, &store, &run, &[input, set]).await.unwrap();
    let berlin = Location { id: "berlin".parse().unwrap(), name: "Berlin".to_owned(), priority: 1 };
    Inventory::put_location_in(&mut tx, &store, &berlin).await.unwrap();
    tx.commit().await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_state_becomes_a_revision_that_asks_for_pages() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let store = open(&scene).await;
        count(&scene, &store, "first", 5).await;
        scene.rounds().await;
        assert_eq!(shown(&db, &store).await, Availability::In);
        scene.queue.take();
        count(&scene, &store, "second", 0).await;
        // The state, that it ran low, and the revision that the state makes.
        assert_eq!(scene.rounds().await, 3);
        assert_eq!(shown(&db, &store).await, Availability::Out);
        let requests = scene.queue.take();
        assert!(!requests.is_empty());
        assert!(requests.iter().all(|request| request.reason == Reason::AvailabilityChanged));
        assert!(waiting(&db).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_now_counts_and_not_what_an_event_said() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let store = open(&scene).await;
        for (name, quantity) in [("one", 5), ("two", 0), ("three", 9)] {
            count(&scene, &store, name, quantity).await;
        }
        scene.rounds().await;
        assert_eq!(shown(&db, &store).await, Availability::In);
        let revision = vitrine_store::Stores::revision(&db, &store).await.unwrap();
        count(&scene, &store, "four", 7).await;
        scene.rounds().await;
        assert_eq!(
            vitrine_store::Stores::revision(&db, &store).await.unwrap(),
            revision,
            "counts make no pages"
        );
    })
    .await;
}

/// States of the bundle's product, as pages show them.
async fn shown_of_set(db: &Db, store: &StoreId) -> [Availability; 2] {
    let all = Catalog::products(db, store, 0, 10).await.unwrap();
    let set = all.iter().find(|record| record.product.id.as_str() == "set").unwrap();
    ["SET", "LONE"].map(|sku| set.availability[&sku.parse::<Sku>().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_as_scarce_as_its_scarcest_part() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let store = open(&scene).await;
        let lone = Availability::In;
        count(&scene, &store, "pillows", 5).await;
        count_of(&scene, &store, "sheets", "SHEET", 3).await;
        scene.rounds().await;
        assert_eq!(shown_of_set(&db, &store).await, [Availability::In, lone]);
        scene.queue.take();

        count_of(&scene, &store, "no sheets", "SHEET", 0).await;
        scene.rounds().await;
        assert_eq!(shown_of_set(&db, &store).await, [Availability::Out, lone]);
        assert_eq!(shown(&db, &store).await, Availability::In, "the other part is as it was");
        let requests = scene.queue.take();
        assert!(!requests.is_empty());
        assert!(requests.iter().all(|request| request.reason == Reason::AvailabilityChanged));

        count_of(&scene, &store, "sheets again", "SHEET", 3).await;
        scene.rounds().await;
        assert_eq!(shown_of_set(&db, &store).await, [Availability::In, lone]);
        let mut tx = db.begin().await.unwrap();
        let rule = StockRule { sku: pillow(), location: "berlin".parse().unwrap(), backorder: 0, low_at: 2 };
        Inventory::set_rules_in(&mut tx, &store, &[rule], &Write::at(scene.clock.now())).await.unwrap();
        tx.commit().await.unwrap();
        count(&scene, &store, "a pair", 2).await;
        scene.rounds().await;
        assert_eq!(shown_of_set(&db, &store).await, [Availability::Low, lone]);
        count(&scene, &store, "none", 0).await;
        count(&scene, &store, "a single one", 1).await;
        scene.rounds().await;
        assert_eq!(shown_of_set(&db, &store).await, [Availability::Out, lone], "it takes two of them");
        assert_eq!(shown(&db, &store).await, Availability::Low);
    })
    .await;
}

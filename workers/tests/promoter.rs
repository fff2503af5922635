//! Pages show the prices that automatic promotions make.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod shop;

use std::sync::Arc;

use serde_json::{Value, json};
use shop::quiet;
use vitrine_catalog::{Catalog, CategoryInput, ProductInput};
use vitrine_core::{ChangeKind, Clock as _, Country, FixedClock, Origin, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Module, Outcome, Run};
use vitrine_pricing::Promotion;
use vitrine_promotion::Promotions;
use vitrine_store::{Stores, Write};
use vitrine_workers::Promoter;

const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_queue::MODULE,
    &vitrine_generator::MODULE,
    &vitrine_workers::MODULE,
];
const DAY: i64 = 86_400_000;
const TODAY: i64 = 20_000;

fn day(n: i64) -> Timestamp {
    Timestamp::from_ms((TODAY + n) * DAY)
}

struct Street {
    db: Db,
    store: StoreId,
    clock: Arc<FixedClock>,
}

impl Street {
    async fn open(db: &Db) -> Self {
        let store = quiet(db, "a").await;
        Self { db: db.clone(), store, clock: Arc::new(FixedClock::new(day(0))) }
    }

    fn run(&self) -> Run {
        Run { origin: Origin::Files, now: self.clock.now(), force: false }
    }

    /// Products of one variant, `(id, category, price)` in DE and FR.
    async fn put(&self, products: &[(String, &str, i64)]) {
        let input = |(id, category, minor): &(String, &str, i64)| -> ProductInput {
            let sku = id.to_uppercase();
            serde_json::from_value(json!({
                "product": { "id": id, "type": "thing", "status": "published", "tax_class": "standard",
                    "categories": [{ "id": category }], "variants": [{ "sku": sku }] },
                "texts": { "de": { "name": id, "slug": id } },
                "prices": { sku: { "DE": { "base": { "minor": minor } }, "FR": { "base": { "minor": minor } } } },
            }))
            .unwrap()
        };
        let inputs: Vec<ProductInput> = products.iter().map(input).collect();
        let mut tx = self.db.begin().await.unwrap();
        let put = Catalog::put_products_in(&mut tx, &self.store, &self.run(), &inputs).await.unwrap();
        assert!(put.errors.is_empty(), "{:?}", put.errors);
        let write = Write::at(self.clock.now());
        Stores::bump_in(&mut tx, &self.store, &put.changes, &write).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn put_categories(&self, categories: Value) {
        let inputs: Vec<CategoryInput> = serde_json::from_value(categories).unwrap();
        let mut tx = self.db.begin().await.unwrap();
        let put = Catalog::put_categories_in(&mut tx, &self.store, &self.run(), &inputs).await.unwrap();
        let write = Write::at(self.clock.now());
        Stores::bump_in(&mut tx, &self.store, &put.changes, &write).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The promotions there are from now on.
    async fn promote(&self, promotions: Value) {
        let promotions: Vec<Promotion> = serde_json::from_value(promotions).unwrap();
        let mut tx = self.db.begin().await.unwrap();
        let outcomes = Promotions::put_in(&mut tx, &self.store, &self.run(), &promotions).await.unwrap();
        assert!(!outcomes.contains(&Outcome::Conflict));
        let keep = promotions.iter().map(|promotion| promotion.id.clone()).collect();
        Promotions::retain_in(&mut tx, &self.store, &self.run(), &keep).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn promoter(&self) -> Promoter {
        Promoter::new(self.db.clone(), self.clock.clone())
    }

    /// Products whose promotion prices changed.
    async fn caught_up(&self) -> usize {
        self.promoter().catch_up().await.unwrap()
    }

    /// What a page shows at a moment: price, compared with, lowest of 30 days.
    async fn shown(&self, id: &str, code: &str, at: Timestamp) -> (i64, Option<i64>, Option<i64>) {
        let all = Catalog::products(&self.db, &self.store, 0, 10_000).await.unwrap();
        let record = all.iter().find(|record| record.product.id.as_str() == id).unwrap();
        let price = record.offer(Country::try_new(code).unwrap()).unwrap().offer.prices[&0].at(at).unwrap();
        (price.amount.minor, price.amount.compare_at, price.prior)
    }
}

fn tenth(id: &str, more: &Value) -> Value {
    let mut promotion =
        json!({ "id": id, "combines_with": ["product"], "action": { "percent": { "off": "10" } } });
    for (key, value) in more.as_object().unwrap() {
        promotion[key] = value.clone();
    }
    promotion
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_is_on_the_pages_of_its_countries_in_its_time() {
    for_each_backend(MODULES, async |db| {
        let street = Street::open(&db).await;
        street.put(&[("pillow".into(), "all", 1_000), ("sheet".into(), "all", 555)]).await;
        assert_eq!(street.caught_up().await, 0);
        let (starts, ends) = (day(3).to_rfc3339(), day(5).to_rfc3339());
        let times = json!({ "starts_at": starts, "ends_at": ends, "countries": ["DE"] });
        street.promote(json!([tenth("sale", &times)])).await;
        let before = Stores::revision(&db, &street.store).await.unwrap();
        assert_eq!(street.caught_up().await, 2);
        let changes = Stores::changes_since(&db, &street.store, before, 10).await.unwrap();
        assert!(changes.iter().all(|one| one.change.kind == ChangeKind::Price), "{changes:?}");
        assert_eq!(street.caught_up().await, 0, "its own changes are no news");

        assert_eq!(street.shown("pillow", "DE", day(2)).await, (1_000, None, None));
        assert_eq!(street.shown("pillow", "DE", day(3)).await, (900, Some(1_000), Some(1_000)));
        assert_eq!(street.shown("sheet", "DE", day(4)).await, (499, Some(555), Some(555)));
        assert_eq!(street.shown("pillow", "FR", day(4)).await, (1_000, None, None));
        assert_eq!(street.shown("pillow", "DE", day(5)).await, (1_000, None, None));

        // Taken back while it holds: what it was counts among the prices of the next 30 days.
        street.clock.advance_ms(4 * DAY);
        street.promote(json!([])).await;
        assert_eq!(street.caught_up().await, 2);
        assert_eq!(street.shown("pillow", "DE", day(4)).await, (1_000, None, None));
        street.clock.advance_ms(4 * DAY);
        street.promote(json!([tenth("again", &json!({}))])).await;
        assert_eq!(street.caught_up().await, 2);
        assert_eq!(street.shown("pillow", "DE", day(8)).await, (900, Some(1_000), Some(900)));
        assert_eq!(street.shown("pillow", "FR", day(8)).await, (900, Some(1_000), Some(1_000)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn products_and_categories_that_change_are_followed() {
    for_each_backend(MODULES, async |db| {
        let street = Street::open(&db).await;
        let category =
            |id: &str, parent: Value| json!({ "category": { "id": id, "parent": parent }, "texts": {} });
        street.put_categories(json!([category("bed", Value::Null), category("soft", json!("bed"))])).await;
        let of_bed = json!({ "percent": { "off": "10", "of": { "categories": ["bed"] } } });
        street.promote(json!([tenth("sale", &json!({ "action": of_bed }))])).await;
        assert_eq!(street.caught_up().await, 0);
        street.put(&[("pillow".into(), "soft", 1_000), ("lamp".into(), "light", 1_000)]).await;
        assert_eq!(street.shown("pillow", "DE", day(0)).await.0, 1_000, "until somebody has looked");
        assert_eq!(street.caught_up().await, 1);
        assert_eq!(street.shown("pillow", "DE", day(0)).await.0, 900);
        assert_eq!(street.shown("lamp", "DE", day(0)).await.0, 1_000);

        street.clock.advance_ms(DAY);
        street.put(&[("pillow".into(), "soft", 2_000)]).await;
        assert_eq!(
            street.shown("pillow", "DE", day(1)).await,
            (2_000, None, None),
            "never a price of another"
        );
        assert_eq!(street.caught_up().await, 1);
        assert_eq!(street.shown("pillow", "DE", day(1)).await.0, 1_800);

        street.clock.advance_ms(DAY);
        street.put_categories(json!([category("soft", Value::Null)])).await;
        assert_eq!(street.caught_up().await, 1);
        assert_eq!(street.shown("pillow", "DE", day(2)).await.0, 2_000, "not in that category any more");
    })
    .await;
}

/// Without promotions nobody follows the catalog; the first one must find what came in the meantime.
#[tokio::test(flavor = "multi_thread")]
async fn a_promoter_that_had_nothing_to_follow_misses_nothing() {
    for_each_backend(MODULES, async |db| {
        let street = Street::open(&db).await;
        let mut promoter = street.promoter();
        street.put(&[("pillow".into(), "all", 1_000)]).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 0);
        street.put(&[("sheet".into(), "all", 500)]).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 0);
        street.promote(json!([tenth("sale", &json!({}))])).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 2, "also what came while there was nothing to follow");
        assert_eq!(street.shown("sheet", "DE", day(0)).await.0, 450);
        street.put(&[("lamp".into(), "all", 2_000)]).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 1, "from now on the catalog is followed");

        street.clock.advance_ms(DAY);
        street.promote(json!([])).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 3);
        street.put(&[("quilt".into(), "all", 9_000)]).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 0);
        street.promote(json!([tenth("again", &json!({}))])).await;
        assert_eq!(promoter.catch_up().await.unwrap(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pages_can_not_know_changes_nothing() {
    for_each_backend(MODULES, async |db| {
        let street = Street::open(&db).await;
        street.put(&[("pillow".into(), "all", 1_000)]).await;
        let order = json!({ "percent": { "off": "10", "on": "order" } });
        street
            .promote(json!([
                tenth("code", &json!({ "by_code": true })),
                tenth("few", &json!({ "limits": { "total": 5 } })),
                tenth("first", &json!({ "conditions": { "first_order": true } })),
                tenth("off", &json!({ "enabled": false })),
                tenth("order", &json!({ "action": order })),
            ]))
            .await;
        let before = Stores::revision(&db, &street.store).await.unwrap();
        assert_eq!(street.caught_up().await, 0);
        assert_eq!(Stores::revision(&db, &street.store).await.unwrap(), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_promoters_walk_through_a_catalog_of_batches() {
    for_each_backend(MODULES, async |db| {
        let street = Street::open(&db).await;
        let products: Vec<(String, &str, i64)> =
            (0..1_201).map(|number| (format!("p{number}"), "all", 1_000 + number)).collect();
        street.put(&products).await;
        street.promote(json!([tenth("sale", &json!({}))])).await;
        let mut promoters = [street.promoter(), street.promoter(), street.promoter()];
        let [one, two, three] = &mut promoters;
        let (one, two, three) = tokio::join!(one.catch_up(), two.catch_up(), three.catch_up());
        assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 1_201, "each product once");
        for number in [0, 499, 500, 1_200] {
            let (minor, compared, _) = street.shown(&format!("p{number}"), "FR", day(0)).await;
            // Rounded half to even, as everywhere.
            let whole = 1_000 + number;
            assert_eq!(compared, Some(whole));
            assert!((minor * 10 - whole * 9).abs() <= 5, "{minor} of {whole}");
        }
        assert_eq!(street.caught_up().await, 0);
    })
    .await;
}

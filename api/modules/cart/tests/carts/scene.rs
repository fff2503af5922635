//! A small shop with stock and rules.

use std::sync::Arc;

use serde_json::{Value, json};
use vitrine_cart::{Carts, Change, Shopper, Storefront};
use vitrine_catalog::{Catalog, CategoryInput, ProductInput};
use vitrine_core::{Country, FixedClock, Origin, Sku, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Run};
use vitrine_delivery::{Deliveries, read_delivery, read_taxes};
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, Location, Write};
use vitrine_promotion::{Promotions, read_promotions};
use vitrine_store::Stores;

pub(crate) const NOW: &str = "2026-11-26T10:00:00Z";

const DELIVERY: &str = r#"
[[warehouses]]
id = "berlin"
country = "DE"
time_zone = "Europe/Berlin"
cutoff = "14:00"

[calendars.DE]
working_days = ["mon", "tue", "wed", "thu", "fri"]
holidays = []

[[zones]]
id = "de"
country = "DE"

[[methods]]
id = "parcel"
labels = { de = "Paket" }

[[methods.zones]]
zone = "de"
days = [2, 4]
free_from = { EUR = 500 }
rates = [{ price = { EUR = "4.90" } }]
"#;
const TAXES: &str = "[DE.rates]\nstandard = \"19\"\n";
const PROMOTIONS: &str = r#"
[[promotions]]
id = "ten"
labels = { de = "Zehn Prozent" }
by_code = true
combines_with = ["product", "delivery"]
action.percent = { off = "10", on = "order" }

[[coupons]]
code = "TEN"
promotion = "ten"

[[promotions]]
id = "first-ten"
labels = { de = "Fünf Euro für die Ersten" }
by_code = true
combines_with = ["product", "delivery"]
action.fixed = { off = { EUR = 5 }, on = "order" }
limits = { total = 10, per_customer = 1 }

[[coupons]]
code = "FIRST"
promotion = "first-ten"
"#;

pub(crate) struct Scene {
    pub(crate) db: Db,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) carts: Carts,
    pub(crate) store: StoreId,
}

pub(crate) fn sku(text: &str) -> Sku {
    Sku::try_new(text).unwrap()
}

pub(crate) fn germany() -> Country {
    Country::try_new("DE").unwrap()
}

pub(crate) fn add(text: &str, quantity: u32) -> Change {
    Change::Add { sku: sku(text), quantity }
}

pub(crate) fn nobody() -> Shopper {
    Shopper::default()
}

/// Runs a test on both databases.
pub(crate) async fn each(body: impl AsyncFn(Scene)) {
    let modules = [
        &vitrine_db::MODULE,
        &vitrine_store::MODULE,
        &vitrine_catalog::MODULE,
        &vitrine_inventory::MODULE,
        &vitrine_promotion::MODULE,
        &vitrine_delivery::MODULE,
        &vitrine_cart::MODULE,
    ];
    for_each_backend(&modules, async |db| body(Scene::new(db).await).await).await;
}

impl Scene {
    pub(crate) async fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::parse_rfc3339(NOW).unwrap()));
        let promotions = Promotions::new(db.clone(), clock.clone());
        let deliveries = Deliveries::new(db.clone(), clock.clone());
        let carts = Carts::new(db.clone(), clock.clone(), promotions, deliveries);
        let scene = Self { db, clock, carts, store: StoreId::try_new("nimbus").unwrap() };
        scene.set_up().await;
        scene
    }

    fn run(&self) -> Run {
        Run { origin: Origin::Files, now: vitrine_core::Clock::now(&*self.clock), force: false }
    }

    pub(crate) fn at(&self) -> Storefront<'_> {
        Storefront { store: &self.store, country: germany() }
    }

    async fn set_up(&self) {
        let mut tx = self.db.begin().await.unwrap();
        let config = json!({
            "id": "nimbus", "name": "Nimbus", "origin": "https://nimbus.example", "default_country": "DE",
            "organization": { "legal_name": "Nimbus", "street": "Musterstraße 1", "postcode": "10115",
                "city": "Berlin", "country": "DE", "email": "hello@nimbus.example" },
        });
        Stores::put_config_in(&mut tx, &self.run(), &from(config)).await.unwrap();
        let country = json!({
            "country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin",
            "locales": [{ "locale": "de-DE", "path": "/de/" }],
            "tax": { "included": true, "rates": { "standard": "19" } }, "payment_methods": ["card", "set_aside", "transfer", "cash"],
        });
        Stores::put_countries_in(&mut tx, &self.store, &self.run(), &[from(country)]).await.unwrap();
        let category = |id: &str, parent: Option<&str>| -> CategoryInput {
            from(json!({ "category": { "id": id, "parent": parent, "rank": 1 },
                "texts": { "de": { "name": id, "slug": id } } }))
        };
        let categories = [category("bedding", None), category("pillows", Some("bedding"))];
        Catalog::put_categories_in(&mut tx, &self.store, &self.run(), &categories).await.unwrap();
        let delivery = read_delivery(DELIVERY).unwrap();
        Deliveries::put_in(&mut tx, &self.store, &self.run(), &delivery).await.unwrap();
        let taxes = read_taxes(TAXES).unwrap();
        Deliveries::put_taxes_in(&mut tx, &self.store, &self.run(), &taxes).await.unwrap();
        let rules = read_promotions(PROMOTIONS).unwrap();
        Promotions::put_in(&mut tx, &self.store, &self.run(), &rules.promotions).await.unwrap();
        Promotions::put_coupons_in(&mut tx, &self.store, &self.run(), &rules.coupons).await.unwrap();
        let berlin = Location { id: "berlin".parse().unwrap(), name: "Berlin".to_owned(), priority: 1 };
        Inventory::put_location_in(&mut tx, &self.store, &berlin).await.unwrap();
        tx.commit().await.unwrap();
        self.sell("pillow", 4_000).await;
        self.sell("duvet", 20_000).await;
        self.bundle("set", &[("pillow", 2), ("duvet", 1)], 25_000).await;
        self.stock("pillow", 10).await;
        self.stock("duvet", 3).await;
    }

    /// Sells one variant of a product for so many cents.
    pub(crate) async fn sell(&self, id: &str, minor: i64) {
        self.put(id, json!([{ "sku": id.to_uppercase(), "weight_g": 900 }]), minor).await;
    }

    pub(crate) async fn bundle(&self, id: &str, parts: &[(&str, u32)], minor: i64) {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(part, quantity)| json!({ "sku": part.to_uppercase(), "quantity": quantity }))
            .collect();
        self.put(id, json!([{ "sku": id.to_uppercase(), "parts": parts }]), minor).await;
    }

    async fn put(&self, id: &str, variants: Value, minor: i64) {
        let prices = json!({ id.to_uppercase(): { "DE": { "base": { "minor": minor } } } });
        let input: ProductInput = from(json!({
            "product": { "id": id, "type": "bedding", "status": "published", "tax_class": "standard",
                "categories": [{ "id": "pillows", "rank": 1 }], "variants": variants },
            "texts": { "de": { "name": id, "slug": id } },
            "prices": prices,
        }));
        let mut tx = self.db.begin().await.unwrap();
        let put = Catalog::put_products_in(&mut tx, &self.store, &self.run(), &[input]).await.unwrap();
        assert!(put.errors.is_empty(), "{:?}", put.errors);
        tx.commit().await.unwrap();
    }

    /// Withdraws a product.
    pub(crate) async fn withdraw(&self, id: &str) {
        let mut tx = self.db.begin().await.unwrap();
        Catalog::remove_in(&mut tx, &self.store, &self.run(), &[id.parse().unwrap()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Sets what is on hand of a product.
    pub(crate) async fn stock(&self, id: &str, quantity: i64) {
        let mut tx = self.db.begin().await.unwrap();
        let line =
            AdjustmentLine { sku: sku(&id.to_uppercase()), location: "berlin".parse().unwrap(), quantity };
        let name = format!("count-{id}-{quantity}");
        let adjustment = Adjustment {
            id: &name,
            kind: AdjustmentKind::Count,
            reason: "counted",
            by: "a test",
            lines: &[line],
        };
        let write = Write::at(vitrine_core::Clock::now(&*self.clock));
        Inventory::adjust_in(&mut tx, &self.store, &adjustment, &write).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

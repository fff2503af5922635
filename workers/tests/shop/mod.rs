//! Stores with countries, and what they leave in the outbox.

#![allow(dead_code, reason = "each test binary uses a part")]

use vitrine_core::{Change, ChangeKind, Country, Entity, EntityKind, Origin, Revision, StoreId, Timestamp};
use vitrine_db::{Db, Module, Run};
use vitrine_store::{CountryConfig, StoreConfig, Stores, Write};

pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_queue::MODULE,
    &vitrine_generator::MODULE,
    &vitrine_workers::MODULE,
];

pub(crate) fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

pub(crate) fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// A country with its time zone and schedule.
pub(crate) fn scheduled(code: &str, zone: &str, schedule: &str) -> CountryConfig {
    let json = format!(
        r#"{{"country":"{code}","currency":"EUR","time_zone":"{zone}","schedule":"{schedule}","locales":[],"tax":{{"included":true,"rates":{{}}}}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// Makes a store that sells in these countries, or changes its countries; a revision each time.
pub(crate) async fn open(db: &Db, id: &str, countries: &[CountryConfig]) -> StoreId {
    let json = format!(
        r#"{{"id":"{id}","name":"{id}","origin":"https://{id}.example","default_country":"DE","organization":{{"legal_name":"x","street":"x","postcode":"x","city":"x","country":"DE","email":"x"}}}}"#
    );
    let config: StoreConfig = serde_json::from_str(&json).unwrap();
    let run = Run { origin: Origin::Files, now: Timestamp::from_ms(1), force: false };
    let mut tx = db.begin().await.unwrap();
    Stores::put_config_in(&mut tx, &run, &config).await.unwrap();
    Stores::put_countries_in(&mut tx, &config.id, &run, countries).await.unwrap();
    let changes = [Change::new(Entity::new(EntityKind::Store, id), ChangeKind::Changed)];
    Stores::bump_in(&mut tx, &config.id, &changes, &Write::at(run.now)).await.unwrap();
    tx.commit().await.unwrap();
    config.id
}

/// Makes a store that sells in DE, FR and JP, with an outbox that has passed everything on.
pub(crate) async fn quiet(db: &Db, id: &str) -> StoreId {
    let zones = [("DE", "Europe/Berlin"), ("FR", "Europe/Paris"), ("JP", "Asia/Tokyo")];
    let store = open(db, id, &zones.map(|(code, zone)| scheduled(code, zone, "never"))).await;
    hush(db).await;
    store
}

/// Forgets everything that waits in the outbox.
pub(crate) async fn hush(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("DELETE FROM db_outbox").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Changes a product, as seen in some countries; none means all.
pub(crate) async fn change(db: &Db, store: &StoreId, kind: ChangeKind, codes: &[&str], at: i64) -> Revision {
    let countries = codes.iter().map(|code| country(code)).collect();
    let change = Change::new(Entity::new(EntityKind::Product, "cloud"), kind).within(countries);
    let mut tx = db.begin().await.unwrap();
    let write = Write::at(Timestamp::from_ms(at));
    let revision = Stores::bump_in(&mut tx, store, &[change], &write).await.unwrap();
    tx.commit().await.unwrap();
    revision
}

/// Ids of the events that wait, as `store id`, sorted.
pub(crate) async fn waiting(db: &Db) -> Vec<String> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT store, id FROM db_outbox WHERE published_at IS NULL")
            .fetch_all(db.reader())
            .await
            .unwrap();
    let mut ids: Vec<String> = rows.into_iter().map(|(store, id)| format!("{store} {id}")).collect();
    ids.sort();
    ids
}

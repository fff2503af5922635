//! What is written is handed out, at once and to its store only.

use std::sync::Arc;

use vitrine_core::{FixedClock, Origin, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Outcome, Run};
use vitrine_delivery::{Deliveries, DeliverySetup, Error, MODULE, read_delivery, read_taxes};

const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
const RUN: Run = Run { origin: Origin::Files, now: NOW, force: false };

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn setup(price: &str) -> DeliverySetup {
    read_delivery(&format!(
        "zones = [{{ id = \"de\", country = \"DE\" }}]\n[[methods]]\nid = \"parcel\"\n\
         zones = [{{ zone = \"de\", days = [1, 2], rates = [{{ price = {{ EUR = \"{price}\" }} }}] }}]"
    ))
    .unwrap()
}

async fn put(db: &Db, shop: &str, run: &Run, setup: &DeliverySetup) -> Outcome {
    let mut tx = db.begin().await.unwrap();
    let outcome = Deliveries::put_in(&mut tx, &store(shop), run, setup).await.unwrap();
    tx.commit().await.unwrap();
    outcome
}

fn door(db: &Db) -> Deliveries {
    Deliveries::new(db.clone(), Arc::new(FixedClock::new(NOW)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_is_handed_out_at_once() {
    for_each_backend(&[&MODULE], async |db| {
        let deliveries = door(&db);
        assert_eq!(*deliveries.rules(&store("a")).await.unwrap(), Default::default());
        for price in ["4.90", "5.90", "6.90"] {
            put(&db, "a", &RUN, &setup(price)).await;
            assert_eq!(deliveries.rules(&store("a")).await.unwrap().delivery, setup(price).rules());
        }
        assert_eq!(deliveries.rules(&store("b")).await.unwrap().delivery, Default::default());
        let before = deliveries.rules(&store("a")).await.unwrap();
        assert!(Arc::ptr_eq(&before, &deliveries.rules(&store("a")).await.unwrap()), "from memory");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_keep_to_their_own() {
    for_each_backend(&[&MODULE], async |db| {
        let deliveries = door(&db);
        let admin = Run { origin: Origin::Admin, ..RUN };
        assert_eq!(put(&db, "a", &RUN, &setup("4.90")).await, Outcome::Added);
        assert_eq!(put(&db, "a", &RUN, &setup("4.90")).await, Outcome::Unchanged);
        assert_eq!(put(&db, "a", &admin, &setup("5.90")).await, Outcome::Conflict);
        assert_eq!(put(&db, "a", &Run { force: true, ..admin }, &setup("5.90")).await, Outcome::Changed);
        assert_eq!(put(&db, "a", &RUN, &setup("4.90")).await, Outcome::Conflict);
        let stored = deliveries.get(&store("a")).await.unwrap().unwrap();
        assert_eq!((stored.rule, stored.provenance.origin), (setup("5.90"), Origin::Admin));
        assert_eq!(deliveries.get(&store("b")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tax_tables_are_a_countrys() {
    for_each_backend(&[&MODULE], async |db| {
        let deliveries = door(&db);
        let taxes = read_taxes("[DE.rates]\nstandard = \"19\"\n[CH.rates]\nstandard = \"8.1\"\n").unwrap();
        let mut tx = db.begin().await.unwrap();
        let written = Deliveries::put_taxes_in(&mut tx, &store("a"), &RUN, &taxes).await.unwrap();
        tx.commit().await.unwrap();
        let codes: Vec<&str> = written.iter().map(|(country, _)| country.code()).collect();
        assert_eq!(codes, ["CH", "DE"]);
        assert_eq!(deliveries.rules(&store("a")).await.unwrap().taxes, taxes);
        let mut tx = db.begin().await.unwrap();
        let keep = ["DE".parse().unwrap()].into();
        let gone = Deliveries::retain_taxes_in(&mut tx, &store("a"), &RUN, &keep).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(gone, [("CH".parse().unwrap(), Outcome::Removed)]);
        assert_eq!(deliveries.rules(&store("a")).await.unwrap().taxes.countries.len(), 1);
        let listed = deliveries.list_taxes(&store("a")).await.unwrap();
        assert_eq!((listed.len(), listed[0].0.code()), (1, "DE"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_not_written() {
    for_each_backend(&[&MODULE], async |db| {
        let mut wrong = setup("4.90");
        wrong.zones.clear();
        let mut tx = db.begin().await.unwrap();
        let error = Deliveries::put_in(&mut tx, &store("a"), &RUN, &wrong).await.unwrap_err();
        tx.commit().await.unwrap();
        assert!(matches!(error, Error::Invalid { what: "delivery", .. }));
        assert_eq!(error.to_string(), "delivery: methods[0].zones[0].zone names `de`, which is no zone");
        assert_eq!(door(&db).get(&store("a")).await.unwrap(), None);
    })
    .await;
}

//! Documents with provenance, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use vitrine_core::{Origin, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Documents, Module, NewDocument, Outcome, Run};

const MODULE: Module = Module { name: "demo", steps: &[("1", vitrine_db::documents_ddl!("demo_document"))] };
const DOCUMENTS: Documents = Documents { table: "demo_document" };

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn run(origin: Origin, ms: i64) -> Run {
    Run { origin, now: Timestamp::from_ms(ms), force: false }
}

fn document(id: &str, lang: &str, doc: &str) -> NewDocument {
    NewDocument { kind: "page", id: id.to_owned(), lang: lang.to_owned(), doc: doc.to_owned() }
}

async fn put(db: &Db, store: &StoreId, run: Run, items: &[NewDocument]) -> Vec<Outcome> {
    let mut tx = db.begin().await.unwrap();
    let outcomes = DOCUMENTS.put_in(&mut tx, store, &run, items).await.unwrap();
    tx.commit().await.unwrap();
    outcomes
}

async fn listed(db: &Db, store: &StoreId) -> Vec<(String, String, i64, String, i64)> {
    let mut snapshot = db.snapshot().await.unwrap();
    let documents = DOCUMENTS.list(&mut snapshot, store, "page").await.unwrap();
    documents.into_iter().map(|d| (d.id, d.lang, d.seq, d.doc, d.changed_at.ms())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_put_changes_nothing_and_numbers_stay() {
    for_each_backend(&[&MODULE], async |db| {
        let (shop, files) = (store("a"), Origin::Files);
        let items = [document("x", "", "1"), document("x", "de", "2"), document("y", "", "3")];
        assert_eq!(put(&db, &shop, run(files, 1), &items).await, [Outcome::Added; 3]);
        assert_eq!(put(&db, &shop, run(files, 2), &items).await, [Outcome::Unchanged; 3]);
        let changed = [document("x", "de", "4"), document("w", "", "5"), document("x", "fr", "6")];
        assert_eq!(
            put(&db, &shop, run(files, 3), &changed).await,
            [Outcome::Changed, Outcome::Added, Outcome::Added]
        );
        let expected = [
            ("w", "", 3, "5", 3),
            ("x", "", 1, "1", 1),
            ("x", "de", 1, "4", 3),
            ("x", "fr", 1, "6", 3),
            ("y", "", 2, "3", 1),
        ];
        let listed = listed(&db, &shop).await;
        let found: Vec<_> =
            listed.iter().map(|d| (d.0.as_str(), d.1.as_str(), d.2, d.3.as_str(), d.4)).collect();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_never_reused() {
    for_each_backend(&[&MODULE], async |db| {
        let (shop, files) = (store("a"), run(Origin::Files, 1));
        put(&db, &shop, files, &[document("x", "", "1")]).await;
        let mut tx = db.begin().await.unwrap();
        let removed =
            DOCUMENTS.remove_entities_in(&mut tx, &shop, &files, "page", &BTreeSet::new()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(removed, [("x".to_owned(), Outcome::Removed)]);
        put(&db, &shop, files, &[document("y", "", "1")]).await;
        assert_eq!(listed(&db, &shop).await[0].2, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_keep_out_of_each_others_rows() {
    for_each_backend(&[&MODULE], async |db| {
        let shop = store("a");
        put(&db, &shop, run(Origin::Feed, 1), &[document("x", "", "1")]).await;
        let files = run(Origin::Files, 2);
        assert_eq!(put(&db, &shop, files, &[document("x", "", "2")]).await, [Outcome::Conflict]);
        let mut tx = db.begin().await.unwrap();
        let removed =
            DOCUMENTS.remove_missing_in(&mut tx, &shop, &files, "page", &BTreeSet::new()).await.unwrap();
        assert!(removed.is_empty());
        let removed =
            DOCUMENTS.remove_entities_in(&mut tx, &shop, &files, "page", &BTreeSet::new()).await.unwrap();
        assert!(removed.is_empty());
        tx.rollback().await.unwrap();
        let forced = Run { force: true, ..files };
        assert_eq!(put(&db, &shop, forced, &[document("x", "", "2")]).await, [Outcome::Changed]);
        assert_eq!(put(&db, &shop, files, &[document("x", "", "3")]).await, [Outcome::Changed]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_elsewhere_holds_back_changes_and_removal() {
    for_each_backend(&[&MODULE], async |db| {
        let (shop, files) = (store("a"), run(Origin::Files, 1));
        put(&db, &shop, files, &[document("x", "", "1"), document("x", "de", "1")]).await;
        let mut tx = db.begin().await.unwrap();
        sqlx::query("UPDATE demo_document SET edited = 'admin', doc = '9' WHERE lang = 'de'")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(put(&db, &shop, files, &[document("x", "de", "1")]).await, [Outcome::Unchanged]);
        assert_eq!(put(&db, &shop, files, &[document("x", "de", "2")]).await, [Outcome::Conflict]);
        let mut tx = db.begin().await.unwrap();
        let nothing = BTreeSet::new();
        let removed = DOCUMENTS.remove_entities_in(&mut tx, &shop, &files, "page", &nothing).await.unwrap();
        assert_eq!(removed, [("x".to_owned(), Outcome::Conflict)]);
        let forced = Run { force: true, ..files };
        let removed = DOCUMENTS.remove_entities_in(&mut tx, &shop, &forced, "page", &nothing).await.unwrap();
        assert_eq!(removed, [("x".to_owned(), Outcome::Removed)]);
        tx.commit().await.unwrap();
        assert!(listed(&db, &shop).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_same_document_twice_the_last_counts() {
    for_each_backend(&[&MODULE], async |db| {
        let shop = store("a");
        let items = [document("x", "", "1"), document("x", "", "2")];
        assert_eq!(
            put(&db, &shop, run(Origin::Files, 1), &items).await,
            [Outcome::Unchanged, Outcome::Added]
        );
        assert_eq!(listed(&db, &shop).await[0].3, "2");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_item_stays_as_it_was() {
    for_each_backend(&[&MODULE], async |db| {
        let (shop, files) = (store("a"), run(Origin::Files, 1));
        let items = [document("x", "", "1"), document("y", "", "1")];
        let mut tx = db.begin().await.unwrap();
        let mut plan = DOCUMENTS.plan_in(&mut tx, &shop, &files, &items).await.unwrap();
        plan.drop_item(0);
        plan.write_in(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(listed(&db, &shop).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_do_not_touch() {
    for_each_backend(&[&MODULE], async |db| {
        let (a, b, files) = (store("a"), store("b"), run(Origin::Files, 1));
        put(&db, &a, files, &[document("x", "", "a")]).await;
        assert_eq!(put(&db, &b, files, &[document("x", "", "b")]).await, [Outcome::Added]);
        let mut tx = db.begin().await.unwrap();
        DOCUMENTS.remove_entities_in(&mut tx, &a, &files, "page", &BTreeSet::new()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(listed(&db, &b).await[0].3, "b");
        assert!(listed(&db, &a).await.is_empty());
    })
    .await;
}

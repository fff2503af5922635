//! The audit log, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use vitrine_access::{Access, AuditQuery, Deed, Grant, MODULE, NewToken, Scope};
use vitrine_core::{FixedClock, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;

const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);

async fn grant(access: &Access, store: &str, name: &str) -> Grant {
    let new = NewToken { name: name.into(), scopes: "stock".parse().unwrap(), life_ms: 86_400_000 };
    let issued = access.create(&StoreId::try_new(store).unwrap(), &new).await.unwrap();
    access.authorise(&issued.text.reveal(), Scope::Stock).await.unwrap()
}

async fn record(db: &Db, by: &Grant, request: &str, deeds: &[Deed]) {
    let mut tx = db.begin().await.unwrap();
    Access::record_in(&mut tx, by, request, NOW, deeds).await.unwrap();
    tx.commit().await.unwrap();
}

fn counted(entity: &str, before: i64, after: i64) -> Deed {
    Deed::new("stock_adjusted", entity, json!({ "on_hand": before }), json!({ "on_hand": after }))
}

#[tokio::test(flavor = "multi_thread")]
async fn deeds_are_read_latest_first_by_page_and_by_what_they_were_done_to() {
    for_each_backend(&[&MODULE], async |db| {
        let access = Access::new(db.clone(), Arc::new(FixedClock::new(NOW)));
        let (depot, office) = (grant(&access, "one", "depot").await, grant(&access, "one", "office").await);
        record(&db, &depot, "r-1", &[counted("A@berlin", 1, 2), counted("B@berlin", 3, 4)]).await;
        record(&db, &office, "r-2", &[Deed::new("stock_adjusted", "A@berlin", Value::Null, json!(5))]).await;
        record(&db, &grant(&access, "two", "depot").await, "r-3", &[counted("A@berlin", 0, 9)]).await;
        record(&db, &office, "r-4", &[]).await;

        let numbers = async |query: AuditQuery| -> Vec<i64> {
            let found = access.audit(&depot.store, &query).await.unwrap();
            found.iter().map(|deed| deed.number).collect()
        };
        let all = AuditQuery { limit: 10, ..AuditQuery::default() };
        assert_eq!(numbers(all.clone()).await, [3, 2, 1]);
        assert_eq!(numbers(AuditQuery { limit: 2, ..all.clone() }).await, [3, 2]);
        assert_eq!(numbers(AuditQuery { before: Some(2), ..all.clone() }).await, [1]);
        let of = |entity: &str| Some(entity.to_owned());
        assert_eq!(numbers(AuditQuery { entity: of("A@berlin"), ..all.clone() }).await, [3, 1]);
        let query = AuditQuery { entity: of("A@berlin"), token: Some(depot.token.clone()), ..all.clone() };
        assert_eq!(numbers(query).await, [1]);
        assert_eq!(numbers(AuditQuery { action: of("price_set"), ..all.clone() }).await, [0_i64; 0]);

        let first = access.audit(&depot.store, &AuditQuery { before: Some(2), ..all }).await.unwrap();
        let told = serde_json::to_value(&first[0]).unwrap();
        assert_eq!(
            told,
            json!({ "number": 1, "at": NOW, "token": depot.token, "name": "depot", "request": "r-1",
                "action": "stock_adjusted", "entity": "A@berlin", "before": { "on_hand": 1 },
                "after": { "on_hand": 2 } })
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gaps_whoever_comes_together_or_gives_up() {
    for_each_backend(&[&MODULE], async |db| {
        let access = Access::new(db.clone(), Arc::new(FixedClock::new(NOW)));
        let by = grant(&access, "one", "depot").await;
        let tasks: Vec<_> = (0..12)
            .map(|number| {
                let (db, by) = (db.clone(), by.clone());
                tokio::spawn(async move {
                    let mut tx = db.begin().await.unwrap();
                    let deeds = [counted("A@berlin", number, number + 1)];
                    Access::record_in(&mut tx, &by, "r", NOW, &deeds).await.unwrap();
                    match number % 3 {
                        0 => tx.rollback().await.unwrap(),
                        _ => tx.commit().await.unwrap(),
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let query = AuditQuery { limit: 200, ..AuditQuery::default() };
        let numbers: Vec<i64> =
            access.audit(&by.store, &query).await.unwrap().iter().map(|deed| deed.number).collect();
        assert_eq!(numbers, (1..=8).rev().collect::<Vec<_>>());
    })
    .await;
}

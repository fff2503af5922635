//! Connections that the server gives up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use sqlx::Row as _;
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Backend, Db, sql};

/// Longer than a connection lies idle before it is asked whether it lives.
const IDLE: Duration = Duration::from_millis(1_200);
/// Connections of the pool that are opened.
const OPEN: usize = 6;

async fn one(db: &Db) -> Result<i64, sqlx::Error> {
    sql("SELECT CAST(1 AS BIGINT) AS one".to_owned()).fetch_one(db.reader()).await?.try_get("one")
}

/// Nobody who comes after a quiet second meets a connection that is dead, as after a restart of the server.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_cut_while_idle_are_replaced_unseen() {
    for_each_backend(&[&vitrine_db::MODULE], async |db| {
        let mut held = Vec::new();
        for _ in 0..OPEN {
            let Ok(Ok(connection)) =
                tokio::time::timeout(Duration::from_millis(500), db.reader().acquire()).await
            else {
                break;
            };
            held.push(connection);
        }
        drop(held);
        if db.backend() == Backend::Postgres {
            let cut = "SELECT COUNT(pg_terminate_backend(pid)) AS cut FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'";
            let row = sql(cut.to_owned()).fetch_one(db.reader()).await.unwrap();
            assert!(row.try_get::<i64, _>("cut").unwrap() >= 4, "connections should have been cut");
        }
        tokio::time::sleep(IDLE).await;
        for _ in 0..2 * OPEN {
            assert_eq!(one(&db).await.unwrap(), 1);
        }
    })
    .await;
}

//! What is kept in memory as long as it is the database's, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicI64, Ordering};

use vitrine_core::{StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{AnyConnection, Db, DbError, Module, OfStore, Outcome, Remembered, Versions};

const MODULE: Module = Module {
    name: "demo",
    steps: &[(
        "1",
        "CREATE TABLE demo_version (store TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (store));\n",
    )],
};
const VERSIONS: Versions = Versions { table: "demo_version", column: "version", topic: "demo_rules" };

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

/// A version, with how often one was read.
#[derive(Debug)]
struct Read {
    version: i64,
    reads: i64,
}

static READS: AtomicI64 = AtomicI64::new(0);

impl OfStore for Read {
    type Error = DbError;

    async fn load_in(snapshot: &mut AnyConnection, store: &StoreId) -> Result<Self, DbError> {
        if store.as_str() == "broken" {
            return Err(sqlx::Error::RowNotFound.into());
        }
        let version = VERSIONS.of_in(snapshot, store).await?;
        Ok(Self { version, reads: READS.fetch_add(1, Ordering::Relaxed) + 1 })
    }
}

async fn raise(db: &Db, id: &str, outcomes: &[Outcome]) {
    let mut tx = db.begin().await.unwrap();
    VERSIONS.raise_in(&mut tx, &store(id), outcomes).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_again_only_after_a_version_was_raised() {
    for_each_backend(&[&MODULE], async |db| {
        let remembered: Remembered<Read> = Remembered::new(VERSIONS);
        let get = async |id: &str, at| {
            let read = remembered.get(&db, &store(id), Timestamp::from_ms(at)).await.unwrap();
            (read.version, read.reads)
        };
        let (first, other) = (get("a", 0).await, get("b", 5_000).await);
        assert_eq!((first.0, other.0), (0, 0));
        assert_eq!(get("a", 999).await, first);
        assert_eq!(get("a", 5_000).await, first, "the versions are compared, nothing is read");

        raise(&db, "a", &[Outcome::Unchanged, Outcome::Conflict]).await;
        assert_eq!(get("a", 9_000).await, first);
        raise(&db, "a", &[Outcome::Unchanged, Outcome::Changed]).await;
        assert_eq!(get("a", 9_001).await.0, 1, "at once where it was made");
        assert_eq!(get("b", 9_001).await, other);
        assert!(remembered.get(&db, &store("broken"), Timestamp::from_ms(0)).await.is_err());
    })
    .await;
}

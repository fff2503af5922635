//! SQL of rules; one text for SQLite and PostgreSQL.

use std::sync::Arc;

use sqlx::Row;
use vitrine_core::StoreId;
use vitrine_db::{AnyConnection, Db, Outcome, Run, Tx};
use vitrine_pricing::Promotion;

use crate::cache::{StoreRules, TOPIC};
use crate::{DOCUMENTS, Error, PROMOTION, stored};

/// Raises the version of a store's promotions and tells who caches them, if something was written.
pub(crate) async fn changed_in(tx: &mut Tx, store: &StoreId, outcomes: &[Outcome]) -> Result<(), Error> {
    if !outcomes.iter().any(|outcome| outcome.writes()) {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO promotion_version (store, version) VALUES ($1, 1)
         ON CONFLICT (store) DO UPDATE SET version = promotion_version.version + 1",
    )
    .bind(store.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(tx.wake(TOPIC).await?)
}

/// Locks the row that every change of a store's rules raises.
pub(crate) async fn lock_in(tx: &mut Tx, store: &StoreId) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO promotion_version (store, version) VALUES ($1, 0)
         ON CONFLICT (store) DO UPDATE SET version = promotion_version.version",
    )
    .bind(store.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn version(db: &Db, store: &StoreId) -> Result<i64, Error> {
    let mut connection = db.reader().acquire().await?;
    version_in(&mut connection, store).await
}

async fn version_in(connection: &mut AnyConnection, store: &StoreId) -> Result<i64, Error> {
    let row = sqlx::query("SELECT version FROM promotion_version WHERE store = $1")
        .bind(store.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

/// All promotions of a store that are not switched off.
pub(crate) async fn load(db: &Db, store: &StoreId) -> Result<StoreRules, Error> {
    let mut snapshot = db.snapshot().await?;
    let mut rules = StoreRules { version: version_in(&mut snapshot, store).await?, ..StoreRules::default() };
    for stored in stored::list::<Promotion>(&mut snapshot, store, PROMOTION).await? {
        let promotion = Arc::new(stored.rule);
        if !promotion.enabled {
            continue;
        }
        if promotion.by_code {
            rules.by_code.insert(promotion.id.clone(), promotion);
        } else {
            rules.automatic.push(promotion);
        }
    }
    Ok(rules)
}

pub(crate) async fn remove_in(
    tx: &mut Tx,
    store: &StoreId,
    run: &Run,
    kind: &str,
    id: &str,
) -> Result<Outcome, Error> {
    let Some(document) = DOCUMENTS.get(tx, store, kind, &[id]).await?.pop() else {
        return Ok(Outcome::Unchanged);
    };
    if document.provenance.origin != run.origin && !run.force {
        return Ok(Outcome::Conflict);
    }
    sqlx::query("DELETE FROM promotion_document WHERE store = $1 AND kind = $2 AND id = $3")
        .bind(store.as_str())
        .bind(kind)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(Outcome::Removed)
}

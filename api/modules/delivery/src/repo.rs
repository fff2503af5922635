//! SQL of rules; one text for SQLite and PostgreSQL.

use sqlx::Row;
use vitrine_core::{Country, StoreId};
use vitrine_db::{AnyConnection, Db, Outcome, Tx};
use vitrine_pricing::TaxRules;

use crate::cache::TOPIC;
use crate::{DOCUMENTS, DeliverySetup, Error, Rules, SETUP, TAX};

/// Raises the version of a store's deliveries and tells who caches them, if something was written.
pub(crate) async fn changed_in(tx: &mut Tx, store: &StoreId, outcomes: &[Outcome]) -> Result<(), Error> {
    if !outcomes.iter().any(|outcome| outcome.writes()) {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO delivery_version (store, version) VALUES ($1, 1)
         ON CONFLICT (store) DO UPDATE SET version = delivery_version.version + 1",
    )
    .bind(store.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(tx.wake(TOPIC).await?)
}

pub(crate) async fn version(db: &Db, store: &StoreId) -> Result<i64, Error> {
    let mut connection = db.reader().acquire().await?;
    version_in(&mut connection, store).await
}

async fn version_in(connection: &mut AnyConnection, store: &StoreId) -> Result<i64, Error> {
    let row = sqlx::query("SELECT version FROM delivery_version WHERE store = $1")
        .bind(store.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

/// All rules of a store with their version.
pub(crate) async fn load(db: &Db, store: &StoreId) -> Result<(i64, Rules), Error> {
    let mut snapshot = db.snapshot().await?;
    let version = version_in(&mut snapshot, store).await?;
    let setup = DOCUMENTS.get(&mut snapshot, store, SETUP, &[SETUP]).await?;
    let setup: Option<DeliverySetup> =
        setup.first().map(|document| serde_json::from_str(&document.doc)).transpose()?;
    let mut taxes = TaxRules::default();
    for document in DOCUMENTS.list(&mut snapshot, store, TAX).await? {
        taxes.countries.insert(Country::try_new(&document.id)?, serde_json::from_str(&document.doc)?);
    }
    Ok((version, Rules::new(setup.unwrap_or_default(), taxes)))
}

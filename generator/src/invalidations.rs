//! What a CDN must still forget: written with the ledger, dropped when the CDN has confirmed.

use sqlx::Row;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{Db, DbError};

use crate::error::BuildError;

/// Paths that a CDN must forget, oldest first; what of them is confirmed is dropped by [`Invalidations::done`].
#[derive(Clone, Copy, Debug)]
pub struct Invalidations;

/// A path that a CDN must forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The target's number.
    pub target: i64,
    /// The path, with a leading slash, not encoded.
    pub path: String,
    /// The storefront.
    pub country: Country,
    /// When the object behind it was replaced.
    pub at: Timestamp,
    /// W3C `traceparent` of the change that replaced it.
    pub trace: Option<String>,
}

impl Invalidations {
    /// Woken after each commit that made paths stale.
    pub const TOPIC: &'static str = "invalidations";

    /// The paths of a store that wait, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(db: &Db, store: &StoreId, limit: usize) -> Result<Vec<Stale>, BuildError> {
        let rows = sqlx::query(
            "SELECT target, path, country, at, trace FROM generator_invalidation WHERE store = $1 ORDER BY at LIMIT $2",
        )
        .bind(store.as_str())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db.reader())
        .await?;
        rows.iter()
            .map(|row| {
                let country: &str = row.try_get(2)?;
                Ok(Stale {
                    target: row.try_get(0)?,
                    path: row.try_get(1)?,
                    country: Country::try_new(country).map_err(|_| BuildError::State("country"))?,
                    at: Timestamp::from_ms(row.try_get(3)?),
                    trace: row.try_get(4)?,
                })
            })
            .collect()
    }

    /// Drops what the CDN has confirmed, unless a path was replaced once more meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn done(db: &Db, store: &StoreId, confirmed: &[Stale]) -> Result<(), BuildError> {
        let mut tx = db.begin_soft().await?;
        // In one order wherever rows are written, or two that drain at once wait for each other.
        let mut sorted: Vec<&Stale> = confirmed.iter().collect();
        sorted.sort_by_key(|stale| (stale.target, &stale.path));
        for stale in sorted {
            sqlx::query(
                "DELETE FROM generator_invalidation WHERE store = $1 AND target = $2 AND path = $3 AND at = $4",
            )
            .bind(store.as_str())
            .bind(stale.target)
            .bind(&stale.path)
            .bind(stale.at.ms())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }
}

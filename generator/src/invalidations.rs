//! What a CDN must still forget: written with the ledger, dropped when the CDN has confirmed.

use std::collections::BTreeMap;

use sqlx::Row;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{Db, DbError, InList, sql};

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

    /// The countries of a store for which paths wait, each with the moment its oldest was replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn countries(db: &Db, store: &StoreId) -> Result<Vec<(Country, Timestamp)>, BuildError> {
        let rows = sqlx::query(
            "SELECT country, MIN(at) FROM generator_invalidation WHERE store = $1 GROUP BY country ORDER BY country",
        )
        .bind(store.as_str())
        .fetch_all(db.reader())
        .await?;
        rows.iter().map(|row| Ok((country(row.try_get(0)?)?, Timestamp::from_ms(row.try_get(1)?)))).collect()
    }

    /// The paths of a country that wait, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(
        db: &Db,
        store: &StoreId,
        country: Country,
        limit: usize,
    ) -> Result<Vec<Stale>, BuildError> {
        let rows = sqlx::query(
            "SELECT target, path, at, trace FROM generator_invalidation WHERE store = $1 AND country = $2
             ORDER BY at LIMIT $3",
        )
        .bind(store.as_str())
        .bind(country.code())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db.reader())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Stale {
                    target: row.try_get(0)?,
                    path: row.try_get(1)?,
                    country,
                    at: Timestamp::from_ms(row.try_get(2)?),
                    trace: row.try_get(3)?,
                })
            })
            .collect()
    }

    /// Drops what the CDN has confirmed, unless a path was replaced once more meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn done(db: &Db, store: &StoreId, confirmed: &[Stale]) -> Result<(), BuildError> {
        let mut moments: BTreeMap<(i64, i64), Vec<String>> = BTreeMap::new();
        for stale in confirmed {
            moments.entry((stale.target, stale.at.ms())).or_default().push(stale.path.clone());
        }
        let mut tx = db.begin_soft().await?;
        // In one order wherever rows are written, or two that drain at once wait for each other.
        for ((target, at), mut paths) in moments {
            paths.sort_unstable();
            for list in InList::chunks(&paths) {
                let text = format!(
                    "DELETE FROM generator_invalidation WHERE store = $1 AND target = $2 AND at = $3 AND path IN {}",
                    list.sql(4)
                );
                let query = sql(text).bind(store.as_str().to_owned()).bind(target).bind(at);
                list.bind(query).execute(&mut *tx).await?;
            }
        }
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }

    /// Paths that CDNs were told in a month, `2026-11`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used(db: &Db, store: &StoreId, month: &str) -> Result<u64, BuildError> {
        let row = sqlx::query("SELECT paths FROM generator_invalidation_use WHERE store = $1 AND month = $2")
            .bind(store.as_str())
            .bind(month)
            .fetch_optional(db.reader())
            .await?;
        let paths: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
        Ok(u64::try_from(paths).unwrap_or_default())
    }

    /// Counts paths that a CDN is about to be told, if all told in the month then are at most `allowed`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(
        db: &Db,
        store: &StoreId,
        month: &str,
        paths: u64,
        allowed: Option<u64>,
    ) -> Result<bool, BuildError> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let allowed = allowed.map_or(i64::MAX, number);
        let mut tx = db.begin_soft().await?;
        let counted = sqlx::query(
            "INSERT INTO generator_invalidation_use (store, month, paths)
             SELECT $1, $2, $3 WHERE $3 <= $4
             ON CONFLICT (store, month) DO UPDATE SET paths = generator_invalidation_use.paths + excluded.paths
             WHERE generator_invalidation_use.paths + excluded.paths <= $4",
        )
        .bind(store.as_str())
        .bind(month)
        .bind(number(paths))
        .bind(allowed)
        .execute(&mut *tx)
        .await?;
        tx.commit().await.map_err(DbError::from)?;
        Ok(counted.rows_affected() > 0)
    }
}

fn country(code: &str) -> Result<Country, BuildError> {
    Country::try_new(code).map_err(|_| BuildError::State("country"))
}

//! Products as their sources would state them.

use sqlx::Row;
use vitrine_core::{Origin, StoreId};
use vitrine_db::Db;

use crate::Catalog;
use crate::error::Error;
use crate::input::ProductInput;
use crate::repo::{self, Which};

impl Catalog {
    /// At most `limit` products of an origin with numbers above `after_seq`, each with its number.
    ///
    /// What was put comes back equal, so putting it again changes nothing; what was edited since comes as it is now.
    pub async fn products_for_export(
        db: &Db,
        store: &StoreId,
        origin: Origin,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ProductInput)>, Error> {
        let mut snapshot = db.snapshot().await?;
        let rows = sqlx::query(
            "SELECT seq FROM catalog_product WHERE store = $1 AND origin = $2 AND seq > $3 ORDER BY seq LIMIT $4",
        )
        .bind(store.as_str())
        .bind(origin.as_str())
        .bind(after_seq)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *snapshot)
        .await?;
        let seqs = rows.iter().map(|row| row.try_get("seq")).collect::<Result<Vec<i64>, _>>()?;
        let products = repo::load(&mut snapshot, store, Which::Seqs(&seqs)).await?;
        Ok(products.into_iter().map(|(seq, stored)| (seq, stored.layers.input())).collect())
    }
}

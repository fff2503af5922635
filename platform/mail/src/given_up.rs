//! Letters that were given up: somebody should know, mend the cause, and have them tried again.

use sqlx::Row;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, sql};

use crate::deliveries::{COLUMNS, KEY, bind, pending};
use crate::{Deliveries, Delivery, MailError, Pending};

impl Deliveries {
    /// Letters that were given up, latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead(db: &Db, store: &StoreId, limit: u32) -> Result<Vec<Pending>, MailError> {
        dead(&mut *db.reader().acquire().await?, store, i64::from(limit)).await
    }

    /// How many letters of all stores were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_count(db: &Db) -> Result<u64, MailError> {
        let query = sql("SELECT COUNT(*) AS dead FROM mail_delivery WHERE state = 'dead'".to_owned());
        let dead: i64 = query.fetch_one(db.reader()).await?.try_get("dead")?;
        Ok(u64::try_from(dead).unwrap_or_default())
    }

    /// Has letters that were given up tried again as if for the first time: the one of a [name](Delivery::name), or all
    /// of a store. Tells how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_dead(
        db: &Db,
        store: &StoreId,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<u64, MailError> {
        let mut tx = db.begin().await?;
        let mut letters: Vec<Delivery> =
            dead(&mut tx, store, i64::MAX).await?.into_iter().map(|one| one.delivery).collect();
        letters.retain(|one| name.is_none_or(|name| one.name() == name));
        // Whoever else retries them takes them in the same order.
        letters.sort();
        let mut retried = 0;
        for letter in &letters {
            let query = sql(format!(
                "UPDATE mail_delivery SET state = 'waiting', attempts = 0, free_at = $5, changed_at = $5 \
                 WHERE {KEY} AND state = 'dead'"
            ));
            retried += bind(query, letter).bind(now.ms()).execute(&mut *tx).await?.rows_affected();
        }
        if retried > 0 {
            tx.wake(Self::TOPIC);
        }
        tx.commit().await?;
        Ok(retried)
    }
}

async fn dead(
    connection: &mut AnyConnection,
    store: &StoreId,
    limit: i64,
) -> Result<Vec<Pending>, MailError> {
    let query = sql(format!(
        "SELECT {COLUMNS} FROM mail_delivery WHERE store = $1 AND state = 'dead' \
         ORDER BY changed_at DESC LIMIT $2"
    ));
    let query = query.bind(store.as_str().to_owned()).bind(limit);
    query.fetch_all(connection).await?.iter().map(pending).collect()
}

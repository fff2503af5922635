//! SQL of events that are to be announced; one text for SQLite and PostgreSQL.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{Db, DbError, Event, InList, Tx, sql};

/// Woken after each commit that has something to announce.
pub(crate) const TOPIC: &str = "announcements";

/// An event to be announced.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) store: StoreId,
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) entity: String,
    pub(super) version: i64,
    pub(super) payload: String,
    pub(super) trace: Option<String>,
    pub(super) at: Timestamp,
}

/// What versions of an entity count in: all events of orders, whatever happened to them.
fn stream(kind: &str) -> &str {
    kind.split('_').next().unwrap_or(kind)
}

/// Writes down that an event is to be announced, unless it is there already.
pub(crate) async fn push_in(tx: &mut Tx, event: &Event) -> Result<(), DbError> {
    let query = sqlx::query(
        "INSERT INTO workers_announcement (store, id, kind, stream, entity, version, payload, trace, at, free_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT (store, id) DO NOTHING",
    );
    let query = query.bind(event.store.as_str().to_owned()).bind(event.id.clone()).bind(event.kind.clone());
    let query = query.bind(stream(&event.kind).to_owned()).bind(event.entity.clone()).bind(event.version);
    let query = query.bind(event.payload.clone()).bind(event.trace.clone()).bind(event.at.ms());
    if query.execute(&mut **tx).await?.rows_affected() > 0 {
        tx.wake(TOPIC);
    }
    Ok(())
}

/// Claims events until a time: of each entity the oldest that is not announced, if nobody is at it.
pub(super) async fn claim(
    db: &Db,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Row>, DbError> {
    let open = "announced_at IS NULL AND free_at <= $2";
    let query = sql(format!(
        "UPDATE workers_announcement SET free_at = $1 WHERE {open} AND (store, id) IN \
         (SELECT store, id FROM workers_announcement AS e WHERE {open} AND NOT EXISTS \
           (SELECT 1 FROM workers_announcement AS earlier WHERE earlier.store = e.store \
            AND earlier.stream = e.stream AND earlier.entity = e.entity AND earlier.version < e.version \
            AND earlier.announced_at IS NULL) \
          ORDER BY at LIMIT $3) \
         RETURNING store, id, kind, entity, version, payload, trace, at"
    ));
    let mut tx = db.begin_soft().await?;
    let query = query.bind(until.ms()).bind(now.ms()).bind(i64::from(limit));
    let rows = query.fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let mut rows = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|a, b| (a.at, a.version, &a.id).cmp(&(b.at, b.version, &b.id)));
    Ok(rows)
}

/// Gives claimed events back.
pub(super) async fn release(db: &Db, rows: &[Row]) -> Result<(), DbError> {
    mark(db, rows, "free_at = $1", 0).await
}

/// Marks events as announced.
pub(super) async fn announced(db: &Db, rows: &[Row], now: Timestamp) -> Result<(), DbError> {
    mark(db, rows, "announced_at = $1", now.ms()).await
}

async fn mark(db: &Db, rows: &[Row], what: &str, value: i64) -> Result<(), DbError> {
    let mut tx = db.begin_soft().await?;
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|a, b| (&a.store, &a.id).cmp(&(&b.store, &b.id)));
    for of_store in sorted.chunk_by(|a, b| a.store == b.store) {
        let ids: Vec<&str> = of_store.iter().map(|row| row.id.as_str()).collect();
        let Some(first) = of_store.first() else { continue };
        for list in InList::chunks(&ids) {
            let query = sql(format!(
                "UPDATE workers_announcement SET {what} WHERE store = $2 AND announced_at IS NULL AND id IN {}",
                list.sql(3)
            ));
            let query = list.bind(query.bind(value).bind(first.store.as_str().to_owned()));
            query.execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Forgets what was announced before a time, at most so much; returns how much.
pub(super) async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let mut tx = db.begin_soft().await?;
    let query = sqlx::query(
        "DELETE FROM workers_announcement WHERE (store, id) IN \
         (SELECT store, id FROM workers_announcement WHERE announced_at < $1 LIMIT $2)",
    );
    let done = query.bind(before.ms()).bind(i64::from(limit)).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

fn row(row: &AnyRow) -> Result<Row, DbError> {
    let store: String = row.try_get("store")?;
    let corrupt = |_| DbError::Corrupt { table: "workers_announcement", what: store.clone() };
    Ok(Row {
        store: StoreId::try_new(&store).map_err(corrupt)?,
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        entity: row.try_get("entity")?,
        version: row.try_get("version")?,
        payload: row.try_get("payload")?,
        trace: row.try_get("trace")?,
        at: Timestamp::from_ms(row.try_get("at")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_happens_to_an_order_is_one_stream() {
        assert_eq!(["order_placed", "order_shipped"].map(stream), ["order"; 2]);
        assert_eq!(["stock_ran_low", "odd"].map(stream), ["stock", "odd"]);
    }
}

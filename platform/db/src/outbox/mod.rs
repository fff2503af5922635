//! The outbox: events that commit with the rows they tell of, and are relayed afterwards.
//!
//! An event is relayed because it is 'not yet published', never because it lies behind a cursor: transactions commit
//! in another order than they began. A relay claims events for a while; if it dies, another claims them again, so an
//! event may be relayed twice and is never lost. Events of one entity keep their order: while one is claimed or waits
//! after a failure, later versions of the same entity wait with it, and only those.

mod relayed;

pub use relayed::{Blocked, OutboxClaim};

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};

use crate::{Db, DbError, Module, Tx};

/// The tables of this crate; must be migrated before those of all others.
pub const MODULE: Module = Module {
    name: "db",
    steps: &[
        ("1-outbox", include_str!("../../migrations/1-outbox.sql")),
        ("2-idempotency", include_str!("../../migrations/2-idempotency.sql")),
    ],
};

const COLUMNS: &str = "store, id, kind, entity, version, payload, trace, created_at, attempts";

/// An event to be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEvent<'a> {
    /// Whose.
    pub store: &'a StoreId,
    /// Unique in the store; an event with an id that is there is not pushed again.
    pub id: &'a str,
    /// What happened, in past tense: `revised`.
    pub kind: &'a str,
    /// What it happened to; events of one kind and entity are relayed in the order of their versions.
    pub entity: &'a str,
    /// Version of the entity after the event.
    pub version: i64,
    /// JSON.
    pub payload: &'a str,
    /// W3C `traceparent` of the write.
    pub trace: Option<&'a str>,
    /// When it happened.
    pub at: Timestamp,
}

/// An event that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub store: StoreId,
    /// Unique in the store.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// What it happened to.
    pub entity: String,
    /// Version of the entity after the event.
    pub version: i64,
    /// JSON.
    pub payload: String,
    /// W3C `traceparent` of the write.
    pub trace: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// How often relaying it has failed.
    pub attempts: u32,
}

/// What is not published yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When the oldest event happened.
    pub oldest: Timestamp,
    /// When the first of the events can be claimed; long ago if nobody holds it and it has not failed.
    pub free_at: Timestamp,
}

/// The outbox.
#[derive(Clone, Copy, Debug)]
pub struct Outbox;

impl Outbox {
    /// Woken after each commit that pushed an event.
    pub const TOPIC: &'static str = "outbox";

    /// Pushes an event within the transaction that makes it true; `false` if there is one with this id already.
    pub async fn push_in(tx: &mut Tx, event: &NewEvent<'_>) -> Result<bool, DbError> {
        let query = sqlx::query(
            "INSERT INTO db_outbox (store, id, kind, entity, version, payload, trace, created_at, attempts) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (store, id) DO NOTHING",
        );
        let query = query.bind(event.store.as_str().to_owned()).bind(event.id.to_owned());
        let query = query.bind(event.kind.to_owned()).bind(event.entity.to_owned()).bind(event.version);
        let query = query.bind(event.payload.to_owned()).bind(event.trace.map(ToOwned::to_owned));
        let pushed = query.bind(event.at.ms()).execute(&mut **tx).await?.rows_affected() > 0;
        if pushed {
            tx.wake(Self::TOPIC);
        }
        Ok(pushed)
    }

    /// What is not published yet; cheap, for looking without being woken. `None` where everything is.
    pub async fn waiting(db: &Db) -> Result<Option<Waiting>, DbError> {
        let query = sqlx::query_as(
            "SELECT MIN(created_at), MIN(COALESCE(claimed_until, 0)) FROM db_outbox WHERE published_at IS NULL",
        );
        let (oldest, free_at): (Option<i64>, Option<i64>) = query.fetch_one(db.reader()).await?;
        let waiting = |(oldest, free_at)| Waiting {
            oldest: Timestamp::from_ms(oldest),
            free_at: Timestamp::from_ms(free_at),
        };
        Ok(oldest.zip(free_at).map(waiting))
    }

    /// Drops events published before a time, at most so many; returns how many.
    pub async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, DbError> {
        let mut tx = db.begin_soft().await?;
        let query = sqlx::query(
            "DELETE FROM db_outbox WHERE (store, id) IN \
             (SELECT store, id FROM db_outbox WHERE published_at < $1 LIMIT $2)",
        );
        let done = query.bind(before.ms()).bind(i64::from(limit)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}

fn event(row: &AnyRow) -> Result<Event, DbError> {
    let store: String = row.try_get("store")?;
    let attempts: i64 = row.try_get("attempts")?;
    Ok(Event {
        store: StoreId::try_new(&store).map_err(|_| DbError::Corrupt { table: "db_outbox", what: store })?,
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        entity: row.try_get("entity")?,
        version: row.try_get("version")?,
        payload: row.try_get("payload")?,
        trace: row.try_get("trace")?,
        at: Timestamp::from_ms(row.try_get("created_at")?),
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests;

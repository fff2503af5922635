//! The relay's side of the outbox: claim, then published, failed or given back.

use std::collections::BTreeMap;

use sqlx::Row;
use vitrine_core::{StoreId, Timestamp};

use super::{COLUMNS, Event, Outbox, event};
use crate::{Backend, Db, DbError, InList, Tx, sql};

/// Claims come one after the other: two that overlap could take versions of one entity apart from each other.
const POSTGRES_TURN: &str = "SELECT pg_advisory_xact_lock(7423160922)";
/// Wait after the first failure, doubled after each further one.
const FIRST_RETRY_MS: i64 = 1_000;
const LONGEST_RETRY_MS: i64 = 5 * 60 * 1_000;
/// Characters of an error that are kept.
const ERROR_LENGTH: usize = 500;

/// Who claims, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxClaim<'a> {
    /// Names the relay; unique among all processes.
    pub owner: &'a str,
    /// The time now.
    pub now: Timestamp,
    /// When others may claim the events, if nothing is said about them until then.
    pub until: Timestamp,
    /// Most events at once.
    pub limit: u32,
}

/// An event that failed and waits to be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The event.
    pub event: Event,
    /// Why it failed last.
    pub error: String,
    /// When it is tried again.
    pub retry_at: Timestamp,
}

impl Outbox {
    /// Claims events that are not published, claimed by nobody and waiting for nothing.
    ///
    /// Those of one kind and entity are the oldest that there are, without a gap. Sorted by store, kind, entity and
    /// version.
    pub async fn claim_in(tx: &mut Tx, claim: &OutboxClaim<'_>) -> Result<Vec<Event>, DbError> {
        if tx.backend() == Backend::Postgres {
            sqlx::query(POSTGRES_TURN).execute(&mut **tx).await?;
        }
        let free = "published_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $3)";
        let query = sql(format!(
            "UPDATE db_outbox SET claimed_by = $1, claimed_until = $2 WHERE {free} AND (store, id) IN \
             (SELECT store, id FROM db_outbox AS e WHERE {free} AND NOT EXISTS \
               (SELECT 1 FROM db_outbox AS earlier WHERE earlier.store = e.store AND earlier.kind = e.kind \
                AND earlier.entity = e.entity AND earlier.version < e.version \
                AND earlier.published_at IS NULL AND earlier.claimed_until > $3) \
              ORDER BY version LIMIT $4) \
             RETURNING {COLUMNS}"
        ));
        let query = query.bind(claim.owner.to_owned()).bind(claim.until.ms()).bind(claim.now.ms());
        let rows = query.bind(i64::from(claim.limit)).fetch_all(&mut **tx).await?;
        let mut events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        events.sort_by(|a, b| {
            let key = |event: &Event| (event.store.clone(), event.kind.clone(), event.entity.clone());
            (key(a), a.version).cmp(&(key(b), b.version))
        });
        Ok(events)
    }

    /// Marks events as published and returns how many were not yet.
    ///
    /// Whoever has them claimed by now: they are published.
    pub async fn published_in(tx: &mut Tx, events: &[Event], now: Timestamp) -> Result<u64, DbError> {
        let mut marked = 0;
        for (store, ids) in by_store(events) {
            for list in InList::chunks(&ids) {
                let query = sql(format!(
                    "UPDATE db_outbox SET published_at = $1, claimed_by = NULL, claimed_until = NULL, \
                     last_error = NULL WHERE store = $2 AND published_at IS NULL AND id IN {}",
                    list.sql(3)
                ));
                let query = list.bind(query.bind(now.ms()).bind(store.as_str().to_owned()));
                marked += query.execute(&mut **tx).await?.rows_affected();
            }
        }
        Ok(marked)
    }

    /// Gives claimed events back untouched: whatever stood in the way was not theirs.
    pub async fn release_in(tx: &mut Tx, owner: &str, events: &[Event]) -> Result<(), DbError> {
        for (store, ids) in by_store(events) {
            for list in InList::chunks(&ids) {
                let query = sql(format!(
                    "UPDATE db_outbox SET claimed_by = NULL, claimed_until = NULL \
                     WHERE claimed_by = $1 AND store = $2 AND published_at IS NULL AND id IN {}",
                    list.sql(3)
                ));
                let query = list.bind(query.bind(owner.to_owned()).bind(store.as_str().to_owned()));
                query.execute(&mut **tx).await?;
            }
        }
        Ok(())
    }

    /// Notes that a claimed event can't be relayed, and when it is tried again; returns that time.
    ///
    /// The wait doubles from one second to five minutes. Later versions of the entity wait with it: those that the
    /// owner has claimed are given back.
    pub async fn failed_in(
        tx: &mut Tx,
        owner: &str,
        event: &Event,
        error: &str,
        now: Timestamp,
    ) -> Result<Timestamp, DbError> {
        let retry_at = retry_at(now, event.attempts);
        let error: String = error.chars().filter(|c| *c != '\0').take(ERROR_LENGTH).collect();
        let query = sqlx::query(
            "UPDATE db_outbox SET attempts = attempts + 1, last_error = $1, claimed_by = NULL, claimed_until = $2 \
             WHERE store = $3 AND id = $4 AND claimed_by = $5 AND published_at IS NULL",
        );
        let query = query.bind(error).bind(retry_at.ms()).bind(event.store.as_str().to_owned());
        query.bind(event.id.clone()).bind(owner.to_owned()).execute(&mut **tx).await?;
        let query = sqlx::query(
            "UPDATE db_outbox SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by = $1 AND store = $2 \
             AND kind = $3 AND entity = $4 AND version > $5 AND published_at IS NULL",
        );
        let query = query.bind(owner.to_owned()).bind(event.store.as_str().to_owned());
        let query = query.bind(event.kind.clone()).bind(event.entity.clone()).bind(event.version);
        query.execute(&mut **tx).await?;
        Ok(retry_at)
    }

    /// Events that failed and are not published yet, of all stores, oldest first.
    pub async fn blocked(db: &Db, limit: u32) -> Result<Vec<Blocked>, DbError> {
        let query = sql(format!(
            "SELECT {COLUMNS}, last_error, claimed_until FROM db_outbox \
             WHERE published_at IS NULL AND attempts > 0 ORDER BY created_at LIMIT $1"
        ));
        let rows = query.bind(i64::from(limit)).fetch_all(db.reader()).await?;
        let blocked = rows.iter().map(|row| {
            let (error, until): (Option<String>, Option<i64>) =
                (row.try_get("last_error")?, row.try_get("claimed_until")?);
            let event = event(row)?;
            let retry_at = until.map_or(event.at, Timestamp::from_ms);
            Ok(Blocked { event, error: error.unwrap_or_default(), retry_at })
        });
        blocked.collect()
    }
}

/// When an event is tried again that has failed `before` times before this one.
fn retry_at(now: Timestamp, before: u32) -> Timestamp {
    let doubled = FIRST_RETRY_MS.saturating_mul(1i64.checked_shl(before.min(32)).unwrap_or(i64::MAX));
    now.plus_ms(doubled.min(LONGEST_RETRY_MS))
}

fn by_store(events: &[Event]) -> BTreeMap<&StoreId, Vec<&str>> {
    let mut stores: BTreeMap<&StoreId, Vec<&str>> = BTreeMap::new();
    for event in events {
        stores.entry(&event.store).or_default().push(&event.id);
    }
    stores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let wait = |before| retry_at(Timestamp::from_ms(7), before).ms() - 7;
        assert_eq!([wait(0), wait(1), wait(3), wait(8)], [1_000, 2_000, 8_000, 256_000]);
        assert_eq!([wait(9), wait(31), wait(u32::MAX)], [LONGEST_RETRY_MS; 3]);
    }
}

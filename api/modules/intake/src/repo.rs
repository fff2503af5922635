//! SQL of deliveries; one text for SQLite and PostgreSQL.

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, StoreId, Timestamp};
use vitrine_db::{Db, Tx};

use crate::domain::{Conclusion, Delivery, State};
use crate::{Body, Error, Source};

/// Heads of stores' lines that are looked at together.
const HEADS: i64 = 64;

/// A delivery that this process works on.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) store: StoreId,
    pub(crate) id: String,
    pub(crate) source: Source,
    pub(crate) attempt: i64,
    pub(crate) trace: Option<String>,
}

/// Who holds a delivery, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold<'a> {
    pub(crate) owner: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) until: Timestamp,
}

/// Remembers a signed request; `false` if it came before.
pub(crate) async fn see_in(
    tx: &mut Tx,
    store: &StoreId,
    request: ContentHash,
    forget_at: Timestamp,
) -> Result<bool, Error> {
    let seen = sqlx::query(
        "INSERT INTO intake_seen (store, request, forget_at) VALUES ($1, $2, $3)
         ON CONFLICT (store, request) DO NOTHING",
    )
    .bind(store.as_str())
    .bind(request.hex())
    .bind(forget_at.ms())
    .execute(&mut **tx)
    .await?;
    Ok(seen.rows_affected() == 1)
}

/// Stores a delivery at the end of its store's line; `false` if there is one with its id.
pub(crate) async fn insert_in(
    tx: &mut Tx,
    store: &StoreId,
    body: &Body,
    trace: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    // The row stays locked until the commit, so numbers are committed in their order.
    let (seq,): (i64,) = sqlx::query_as(
        "INSERT INTO intake_counter (store, seq) VALUES ($1, 1)
         ON CONFLICT (store) DO UPDATE SET seq = intake_counter.seq + 1 RETURNING seq",
    )
    .bind(store.as_str())
    .fetch_one(&mut **tx)
    .await?;
    let (feed, items) = match &body.source {
        Source::Feed(address) => (Some(address.clone()), None),
        Source::Items(lines) => (None, Some(lines.join("\n"))),
    };
    let stored = sqlx::query(
        "INSERT INTO intake_delivery
         (store, id, seq, state, feed, items, body_hash, trace, received_at, due_at, attempts)
         VALUES ($1, $2, $3, 'received', $4, $5, $6, $7, $8, $8, 0) ON CONFLICT (store, id) DO NOTHING",
    )
    .bind(store.as_str())
    .bind(&body.id)
    .bind(seq)
    .bind(feed)
    .bind(items)
    .bind(body.source.hash().hex())
    .bind(trace)
    .bind(now.ms())
    .execute(&mut **tx)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// State and hash of a delivery that is there.
pub(crate) async fn known_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &str,
) -> Result<Option<(State, String)>, Error> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT state, body_hash FROM intake_delivery WHERE store = $1 AND id = $2")
            .bind(store.as_str())
            .bind(id)
            .fetch_optional(&mut **tx)
            .await?;
    row.map(|(state, hash)| Ok((state.parse()?, hash))).transpose()
}

pub(crate) async fn delivery(db: &Db, store: &StoreId, id: &str) -> Result<Option<Delivery>, Error> {
    let row = sqlx::query(
        "SELECT id, state, attempts, received_at, finished_at, outcome, error
         FROM intake_delivery WHERE store = $1 AND id = $2",
    )
    .bind(store.as_str())
    .bind(id)
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(seen).transpose()
}

fn seen(row: &AnyRow) -> Result<Delivery, Error> {
    let outcome: Option<String> = row.try_get("outcome")?;
    let outcome = outcome.map(|json| serde_json::from_str(&json)).transpose();
    Ok(Delivery {
        id: row.try_get("id")?,
        state: row.try_get::<String, _>("state")?.parse()?,
        attempts: row.try_get("attempts")?,
        received_at: Timestamp::from_ms(row.try_get("received_at")?),
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(Timestamp::from_ms),
        outcome: outcome.map_err(|error| Error::Corrupt(error.to_string()))?,
        error: row.try_get("error")?,
    })
}

/// The first unfinished delivery of each store, if its time has come.
///
/// A store's deliveries are worked off in order: an older state of a product must not be written over a newer one.
pub(crate) async fn heads(db: &Db, now: Timestamp) -> Result<Vec<(StoreId, String)>, Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT store, id FROM intake_delivery AS head
         WHERE state IN ('received', 'running') AND due_at <= $1 AND NOT EXISTS (
             SELECT 1 FROM intake_delivery AS earlier
             WHERE earlier.store = head.store AND earlier.seq < head.seq AND earlier.state IN ('received', 'running'))
         ORDER BY due_at LIMIT $2",
    )
    .bind(now.ms())
    .bind(HEADS)
    .fetch_all(db.reader())
    .await?;
    let store = |text: String| StoreId::try_new(&text).map_err(|_| Error::Corrupt(text));
    rows.into_iter().map(|(text, id)| Ok((store(text)?, id))).collect()
}

/// Takes a delivery whose time has come; `None` if somebody else did.
pub(crate) async fn claim(
    db: &Db,
    store: &StoreId,
    id: &str,
    hold: Hold<'_>,
) -> Result<Option<Claimed>, Error> {
    let mut tx = db.begin().await?;
    let row = sqlx::query(
        "UPDATE intake_delivery SET state = 'running', attempts = attempts + 1, owner = $1, due_at = $2
         WHERE store = $3 AND id = $4 AND state IN ('received', 'running') AND due_at <= $5
         RETURNING feed, items, attempts, trace",
    )
    .bind(hold.owner)
    .bind(hold.until.ms())
    .bind(store.as_str())
    .bind(id)
    .bind(hold.now.ms())
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    row.map(|row| {
        let (feed, items): (Option<String>, Option<String>) = (row.try_get("feed")?, row.try_get("items")?);
        let source = match (feed, items) {
            (Some(address), _) => Source::Feed(address),
            (None, items) => Source::Items(items.unwrap_or_default().lines().map(str::to_owned).collect()),
        };
        let (attempt, trace) = (row.try_get("attempts")?, row.try_get("trace")?);
        Ok(Claimed { store: store.clone(), id: id.to_owned(), source, attempt, trace })
    })
    .transpose()
}

/// Holds a delivery longer; `false` if it is somebody else's by now.
pub(crate) async fn extend(db: &Db, claimed: &Claimed, hold: Hold<'_>) -> Result<bool, Error> {
    let mut tx = db.begin_soft().await?;
    let held = sqlx::query(
        "UPDATE intake_delivery SET due_at = $1
         WHERE store = $2 AND id = $3 AND owner = $4 AND attempts = $5 AND state = 'running'",
    )
    .bind(hold.until.ms())
    .bind(claimed.store.as_str())
    .bind(&claimed.id)
    .bind(hold.owner)
    .bind(claimed.attempt)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(held.rows_affected() == 1)
}

/// Writes down how a try ended; `false` if the delivery is somebody else's by now.
pub(crate) async fn conclude(
    db: &Db,
    claimed: &Claimed,
    conclusion: &Conclusion,
    owner: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let (state, due_at, outcome, why) = match conclusion {
        Conclusion::Done(outcome) => (State::Done, now, Some(outcome), None),
        Conclusion::Again { after_ms, why } => (State::Received, now.plus_ms(*after_ms), None, Some(why)),
        Conclusion::Failed { why } => (State::Failed, now, None, Some(why)),
    };
    let outcome = outcome.map(serde_json::to_string).transpose();
    let outcome = outcome.map_err(|error| Error::Corrupt(error.to_string()))?;
    let is_open = state == State::Received;
    let mut tx = db.begin().await?;
    // What is finished is only remembered: its items are in the catalog.
    let written = sqlx::query(
        "UPDATE intake_delivery SET state = $1, due_at = $2, outcome = $3, error = $4, owner = NULL,
         finished_at = $5, items = CASE WHEN $6 = 1 THEN items ELSE NULL END
         WHERE store = $7 AND id = $8 AND owner = $9 AND attempts = $10 AND state = 'running'",
    )
    .bind(state.as_str())
    .bind(due_at.ms())
    .bind(outcome)
    .bind(why.map(|why| why.replace('\0', " ")))
    .bind((!is_open).then_some(now.ms()))
    .bind(i64::from(is_open))
    .bind(claimed.store.as_str())
    .bind(&claimed.id)
    .bind(owner)
    .bind(claimed.attempt)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(written.rows_affected() == 1)
}

/// Forgets requests whose copies no longer pass, and deliveries finished before a time.
pub(crate) async fn collect(db: &Db, now: Timestamp, finished_before: Timestamp) -> Result<u64, Error> {
    let mut tx = db.begin_soft().await?;
    let seen =
        sqlx::query("DELETE FROM intake_seen WHERE forget_at < $1").bind(now.ms()).execute(&mut *tx).await?;
    let old =
        sqlx::query("DELETE FROM intake_delivery WHERE state IN ('done', 'failed') AND finished_at < $1")
            .bind(finished_before.ms())
            .execute(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(seen.rows_affected() + old.rows_affected())
}

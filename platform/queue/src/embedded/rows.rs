//! The statements that move a message: publish, claim and its answers. Each is one condition and its change.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Priority, StoreId, Timestamp};
use vitrine_db::{Backend, Batch, Db, DbError, Query, Tx, sql};

use super::{TOPIC, body};
use crate::{Message, QueueError};

/// A message and a claim of it.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) store: String,
    pub(super) id: String,
    pub(super) token: String,
}

/// A claimed row, not yet looked into.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) store: String,
    pub(super) id: String,
    priority: i64,
    body: String,
    trace: Option<String>,
    pub(super) attempt: i64,
    pub(super) enqueued_at: i64,
}

impl Claimed {
    fn read(row: &AnyRow) -> Result<Self, QueueError> {
        Ok(Self {
            store: column(row, "store")?,
            id: column(row, "id")?,
            priority: column(row, "priority")?,
            body: column(row, "body")?,
            trace: column(row, "trace")?,
            attempt: column(row, "attempt")?,
            enqueued_at: column(row, "enqueued_at")?,
        })
    }

    pub(super) fn into_message(self) -> Result<Message, DbError> {
        let store = store(&self.store)?;
        let message = Message::new(self.id, store, priority(self.priority), body::from_text(self.body));
        Ok(message.with_trace(self.trace))
    }
}

pub(super) fn store(text: &str) -> Result<StoreId, DbError> {
    StoreId::try_new(text)
        .map_err(|error| DbError::Corrupt { table: "queue_message", what: error.to_string() })
}

pub(super) fn priority(level: i64) -> Priority {
    Priority::from_level(u8::try_from(level.max(0)).unwrap_or(u8::MAX))
}

/// What becomes of a message that is published while one of its id is there: waiting, it is the same message; held,
/// it comes once more after that; dead, it lives again.
const SAME_ID: &str = "ON CONFLICT (store, id) DO UPDATE SET \
     priority = CASE WHEN queue_message.state = 'waiting' AND queue_message.priority > excluded.priority \
         THEN queue_message.priority ELSE excluded.priority END, \
     place = CASE WHEN queue_message.state = 'waiting' AND queue_message.claimed_by IS NULL \
         THEN queue_message.place ELSE excluded.place END, \
     enqueued_at = CASE WHEN queue_message.state = 'waiting' AND queue_message.claimed_by IS NULL \
         THEN queue_message.enqueued_at ELSE excluded.enqueued_at END, \
     attempt = CASE WHEN queue_message.state = 'waiting' THEN queue_message.attempt ELSE 0 END, \
     again = CASE WHEN queue_message.claimed_by IS NULL THEN 0 ELSE 1 END, \
     body = excluded.body, trace = excluded.trace, not_before = 0, state = 'waiting', reason = NULL, dead_at = NULL";

/// Stores messages; of several with one id the most urgent, or else the last.
pub(super) async fn publish_in(
    tx: &mut Tx,
    messages: &[Message],
    now: Timestamp,
    first_place: i64,
) -> Result<(), DbError> {
    let mut last: BTreeMap<(&str, &str), &Message> = BTreeMap::new();
    for message in messages {
        match last.entry((message.store.as_str(), &message.id)) {
            Entry::Vacant(entry) => {
                entry.insert(message);
            }
            Entry::Occupied(mut entry) if entry.get().priority <= message.priority => {
                entry.insert(message);
            }
            Entry::Occupied(_) => {}
        }
    }
    let head = "INSERT INTO queue_message (store, id, priority, place, body, trace, enqueued_at)";
    let mut batch = Batch::new(head, 7, SAME_ID);
    for (message, place) in messages.iter().zip(first_place..) {
        let key = (message.store.as_str(), message.id.as_str());
        if last.get(&key).is_some_and(|last| std::ptr::eq(*last, message)) {
            batch.push([
                key.0.into(),
                key.1.into(),
                i64::from(message.priority.level()).into(),
                place.into(),
                body::to_text(&message.body).into(),
                message.valid_trace().map(ToOwned::to_owned).into(),
                now.ms().into(),
            ]);
        }
    }
    batch.run_in(tx).await?;
    Ok(())
}

/// Claims the next message.
///
/// PostgreSQL's receivers pass rows that another is just claiming, or all would queue for the first; SQLite has one
/// writer and nothing to pass.
pub(super) async fn claim(
    db: &Db,
    now: Timestamp,
    until: Timestamp,
    token: &str,
) -> Result<Option<Claimed>, QueueError> {
    let skip = match db.backend() {
        Backend::Sqlite => "",
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let text = format!(
        "UPDATE queue_message SET claimed_by = $1, claimed_until = $2, attempt = attempt + 1, again = 0 \
         WHERE (store, id) = (SELECT store, id FROM queue_message \
             WHERE state = 'waiting' AND not_before <= $3 AND claimed_until <= $3 \
             ORDER BY priority DESC, place LIMIT 1 {skip}) \
         RETURNING store, id, priority, body, trace, attempt, enqueued_at"
    );
    let mut tx = db.begin_soft().await?;
    let query = sql(text).bind(token.to_owned()).bind(until.ms()).bind(now.ms());
    let claimed = query.fetch_optional(&mut *tx).await?;
    tx.commit().await?;
    claimed.as_ref().map(Claimed::read).transpose()
}

/// Whether a claim would find something.
pub(super) async fn is_due(db: &Db, now: Timestamp) -> Result<bool, QueueError> {
    let due = "SELECT 1 FROM queue_message WHERE state = 'waiting' AND not_before <= $1 AND claimed_until <= $1 \
               ORDER BY priority DESC, place LIMIT 1";
    Ok(sqlx::query(due).bind(now.ms()).fetch_optional(db.reader()).await?.is_some())
}

const HELD: &str = "WHERE store = $1 AND id = $2 AND claimed_by = $3";
const LET_GO: &str = "claimed_by = NULL, claimed_until = 0, again = 0";

fn held(text: &str, name: &Name) -> Query {
    sql(text.to_owned()).bind(name.store.clone()).bind(name.id.clone()).bind(name.token.clone())
}

/// Runs the statement of an answer and says whether the message was held.
async fn run(db: &Db, query: Query, wake: bool) -> Result<bool, QueueError> {
    let mut tx = db.begin_soft().await?;
    let held = query.execute(&mut *tx).await?.rows_affected() > 0;
    if held && wake {
        tx.wake(TOPIC);
    }
    tx.commit().await?;
    Ok(held)
}

/// Prolongs a claim.
pub(super) async fn keep(db: &Db, name: &Name, until: Timestamp) -> Result<bool, QueueError> {
    let text = format!("UPDATE queue_message SET claimed_until = $4 {HELD}");
    run(db, held(&text, name).bind(until.ms()), false).await
}

/// Removes the message, or lets it wait if it was published again meanwhile.
pub(super) async fn ack(db: &Db, name: &Name) -> Result<bool, QueueError> {
    let mut tx = db.begin_soft().await?;
    let text = format!("DELETE FROM queue_message {HELD} AND again = 0");
    let mut done = held(&text, name).execute(&mut *tx).await?.rows_affected() > 0;
    if !done {
        let text = format!("UPDATE queue_message SET attempt = 0, {LET_GO} {HELD}");
        done = held(&text, name).execute(&mut *tx).await?.rows_affected() > 0;
        tx.wake(TOPIC);
    }
    tx.commit().await?;
    Ok(done)
}

/// Lets it wait as if it had not been delivered.
pub(super) async fn put_back(db: &Db, name: &Name) -> Result<bool, QueueError> {
    let text = format!("UPDATE queue_message SET attempt = attempt - 1, {LET_GO} {HELD}");
    run(db, held(&text, name), true).await
}

/// Lets it wait for its time; at once, as a first attempt, if it was published again meanwhile.
pub(super) async fn retry(
    db: &Db,
    name: &Name,
    reason: &str,
    not_before: Timestamp,
    now: bool,
) -> Result<bool, QueueError> {
    let text = format!(
        "UPDATE queue_message SET reason = $4, not_before = CASE WHEN again = 1 THEN 0 ELSE $5 END, \
         attempt = CASE WHEN again = 1 THEN 0 ELSE attempt END, {LET_GO} {HELD}"
    );
    run(db, held(&text, name).bind(reason.to_owned()).bind(not_before.ms()), now).await
}

/// Puts it among the dead; lets it wait, as a first attempt, if it was published again meanwhile.
pub(super) async fn bury(db: &Db, name: &Name, reason: &str, now: Timestamp) -> Result<bool, QueueError> {
    let text = format!(
        "UPDATE queue_message SET reason = $4, dead_at = CASE WHEN again = 1 THEN NULL ELSE $5 END, \
         state = CASE WHEN again = 1 THEN 'waiting' ELSE 'dead' END, \
         attempt = CASE WHEN again = 1 THEN 0 ELSE attempt END, {LET_GO} {HELD}"
    );
    run(db, held(&text, name).bind(reason.to_owned()).bind(now.ms()), true).await
}

/// A column that may not be what the code wrote.
pub(super) fn column<'r, T>(row: &'r AnyRow, name: &str) -> Result<T, QueueError>
where
    T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    Ok(row.try_get(name)?)
}

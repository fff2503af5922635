//! What an operator sees and does: depth, lists, dead letters.

use sqlx::any::AnyRow;
use vitrine_core::Timestamp;
use vitrine_db::{Db, sql};

use super::rows::{column, priority};
use super::{TOPIC, body};
use crate::{Depth, Level, Listed, QueueError, State};

/// The number of a message's state at a time.
const KIND: &str = "CAST(CASE WHEN state = 'dead' THEN 3 WHEN claimed_until > $1 THEN 2 \
     WHEN not_before > $1 THEN 1 ELSE 0 END AS BIGINT) AS kind";

fn kind(state: State) -> i64 {
    match state {
        State::Waiting => 0,
        State::Delayed => 1,
        State::Running => 2,
        State::Dead => 3,
    }
}

pub(super) async fn depth(db: &Db, now: Timestamp) -> Result<Depth, QueueError> {
    let text = format!(
        "SELECT priority, kind, COUNT(*) AS messages, MIN(enqueued_at) AS oldest \
         FROM (SELECT priority, enqueued_at, {KIND} FROM queue_message) AS message \
         GROUP BY priority, kind ORDER BY priority DESC"
    );
    let mut depth = Depth { running: Some(0), ..Depth::default() };
    for row in sql(text).bind(now.ms()).fetch_all(db.reader()).await? {
        let count = u64::try_from(column::<i64>(&row, "messages")?).unwrap_or_default();
        let found: i64 = column(&row, "kind")?;
        if found == kind(State::Waiting) {
            depth.waiting += count;
            depth.levels.push(Level {
                priority: priority(column(&row, "priority")?),
                waiting: count,
                oldest: Timestamp::from_ms(column(&row, "oldest")?),
            });
        } else if found == kind(State::Delayed) {
            depth.delayed += count;
        } else if found == kind(State::Running) {
            depth.running = depth.running.map(|running| running + count);
        } else {
            depth.dead += count;
        }
    }
    Ok(depth)
}

pub(super) async fn list(
    db: &Db,
    now: Timestamp,
    state: State,
    limit: usize,
) -> Result<Vec<Listed>, QueueError> {
    let (until, order) = match state {
        State::Waiting => ("CAST(0 AS BIGINT)", ""),
        State::Delayed => ("not_before", "not_before, "),
        State::Running => ("claimed_until", ""),
        State::Dead => ("CAST(0 AS BIGINT)", "dead_at, "),
    };
    let text = format!(
        "SELECT id, store, priority, body, attempt, reason, enqueued_at, dead_at, {until} AS until \
         FROM (SELECT queue_message.*, {KIND} FROM queue_message) AS message \
         WHERE kind = $2 ORDER BY {order}priority DESC, place LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = sql(text).bind(now.ms()).bind(kind(state)).bind(limit);
    query.fetch_all(db.reader()).await?.iter().map(listed).collect()
}

fn listed(row: &AnyRow) -> Result<Listed, QueueError> {
    let time = |ms: Option<i64>| ms.filter(|ms| *ms != 0).map(Timestamp::from_ms);
    Ok(Listed {
        id: column(row, "id")?,
        store: super::rows::store(&column::<String>(row, "store")?).ok(),
        priority: priority(column(row, "priority")?),
        body: body::from_text(column(row, "body")?),
        attempt: u32::try_from(column::<i64>(row, "attempt")?).unwrap_or(u32::MAX),
        reason: column(row, "reason")?,
        enqueued_at: time(column(row, "enqueued_at")?),
        until: time(column(row, "until")?),
        dead_at: time(column(row, "dead_at")?),
    })
}

pub(super) async fn retry_dead(db: &Db, now: Timestamp, id: Option<&str>) -> Result<u64, QueueError> {
    let set = "UPDATE queue_message SET state = 'waiting', attempt = 0, not_before = 0, reason = NULL, dead_at = NULL, \
               enqueued_at = $1 WHERE state = 'dead'";
    let query = match id {
        Some(id) => sql(format!("{set} AND id = $2")).bind(now.ms()).bind(id.to_owned()),
        None => sql(set.to_owned()).bind(now.ms()),
    };
    let mut tx = db.begin().await?;
    let retried = query.execute(&mut *tx).await?.rows_affected();
    tx.wake(TOPIC);
    tx.commit().await?;
    Ok(retried)
}

pub(super) async fn drop_dead(db: &Db, id: Option<&str>) -> Result<u64, QueueError> {
    let delete = "DELETE FROM queue_message WHERE state = 'dead'";
    let query = match id {
        Some(id) => sql(format!("{delete} AND id = $1")).bind(id.to_owned()),
        None => sql(delete.to_owned()),
    };
    let mut tx = db.begin().await?;
    let dropped = query.execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    Ok(dropped)
}

//! What is still to be done with money, written in the transaction that makes it necessary and done after its commit.

use std::collections::BTreeSet;

use sqlx::Row;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Tx};
use vitrine_payment::AttemptId;

use crate::Error;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Nobody wants the money any more: what is set aside is let go, what was taken is paid back.
    GiveBack,
    /// The goods are on their way: what is set aside is taken.
    Capture,
}

impl Task {
    fn as_str(self) -> &'static str {
        match self {
            Self::GiveBack => "give_back",
            Self::Capture => "capture",
        }
    }

    fn parse(word: &str) -> Result<Self, Error> {
        match word {
            "give_back" => Ok(Self::GiveBack),
            "capture" => Ok(Self::Capture),
            word => Err(Error::Corrupt(format!("no task is called {word}"))),
        }
    }
}

pub(crate) async fn add_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: &AttemptId,
    task: Task,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO checkout_task (store, attempt, kind, since, looked_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (store, attempt, kind) DO NOTHING",
    )
    .bind(store.as_str())
    .bind(attempt.as_str())
    .bind(task.as_str())
    .bind(now.ms())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn done(db: &Db, store: &StoreId, attempt: &AttemptId, task: Task) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    sqlx::query("DELETE FROM checkout_task WHERE store = $1 AND attempt = $2 AND kind = $3")
        .bind(store.as_str())
        .bind(attempt.as_str())
        .bind(task.as_str())
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Payments of a store whose money is still to be given back or taken.
pub(crate) async fn open_in(
    connection: &mut AnyConnection,
    store: &StoreId,
) -> Result<BTreeSet<AttemptId>, Error> {
    let query = sqlx::query("SELECT attempt FROM checkout_task WHERE store = $1").bind(store.as_str());
    let mut open = BTreeSet::new();
    for row in query.fetch_all(connection).await? {
        let attempt: String = row.try_get("attempt")?;
        let corrupt = |_| Error::Corrupt(format!("task of {attempt}"));
        open.insert(AttemptId::try_new(&attempt).map_err(corrupt)?);
    }
    Ok(open)
}

/// What is to be done with the money of an attempt.
pub(crate) async fn of(db: &Db, store: &StoreId, attempt: &AttemptId) -> Result<Vec<Task>, Error> {
    let query = sqlx::query("SELECT kind FROM checkout_task WHERE store = $1 AND attempt = $2 ORDER BY kind");
    let rows = query.bind(store.as_str()).bind(attempt.as_str()).fetch_all(db.reader()).await?;
    rows.iter().map(|row| Task::parse(&row.try_get::<String, _>("kind")?)).collect()
}

/// Claims tasks that nobody has looked at since a time, longest ago first: each call gets others.
pub(crate) async fn claim(
    db: &Db,
    since: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(StoreId, AttemptId, Task)>, Error> {
    let mut tx = db.begin().await?;
    let rows = sqlx::query(
        "UPDATE checkout_task SET looked_at = $2 WHERE looked_at <= $1 AND (store, attempt, kind) IN (
           SELECT store, attempt, kind FROM checkout_task WHERE looked_at <= $1 ORDER BY looked_at LIMIT $3)
         RETURNING store, attempt, kind",
    )
    .bind(since.ms())
    .bind(now.ms())
    .bind(i64::from(limit))
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        let (store, attempt): (String, String) = (row.try_get("store")?, row.try_get("attempt")?);
        let kind: String = row.try_get("kind")?;
        let corrupt = || Error::Corrupt(format!("task of {attempt}"));
        let store = StoreId::try_new(&store).map_err(|_| corrupt())?;
        tasks.push((store, AttemptId::try_new(&attempt).map_err(|_| corrupt())?, Task::parse(&kind)?));
    }
    Ok(tasks)
}

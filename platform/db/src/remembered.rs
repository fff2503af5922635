//! What many ask for and few change, kept in memory for each store as long as it is the database's.
//!
//! Whoever changes it raises the store's version in the same transaction ([`Versions::raise_in`]). That commit wakes
//! this process at once, and others through the server; whoever missed it compares versions every second.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use sqlx::{AnyConnection, Row};
use tokio::sync::Mutex;
use vitrine_core::{StoreId, Timestamp};

use crate::{Db, DbError, Outcome, Tx, Wakeups, sql};

/// How old the comparison of versions may get, ms: what a process may miss that shares a SQLite file.
const COMPARED_EVERY_MS: i64 = 1_000;

/// A version for each store, in a table `(store TEXT, version BIGINT, PRIMARY KEY (store))`.
#[derive(Clone, Copy, Debug)]
pub struct Versions {
    /// The table.
    pub table: &'static str,
    /// Its column; another name than `version` where somebody else raises it.
    pub column: &'static str,
    /// What a commit that raises a version calls out.
    pub topic: &'static str,
}

impl Versions {
    /// Raises a store's version and tells those who remember, if one of the outcomes wrote something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_in(&self, tx: &mut Tx, store: &StoreId, outcomes: &[Outcome]) -> Result<(), DbError> {
        if !outcomes.iter().any(|outcome| outcome.writes()) {
            return Ok(());
        }
        let Self { table, column, .. } = self;
        let raise = sql(format!(
            "INSERT INTO {table} (store, {column}) VALUES ($1, 1) \
             ON CONFLICT (store) DO UPDATE SET {column} = {table}.{column} + 1"
        ));
        raise.bind(store.as_str().to_owned()).execute(&mut **tx).await?;
        tx.wake(self.topic);
        Ok(())
    }

    /// Keeps everybody else from raising a store's version until the transaction ends: for those who decide by what
    /// is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_in(&self, tx: &mut Tx, store: &StoreId) -> Result<(), DbError> {
        let Self { table, column, .. } = self;
        let lock = sql(format!(
            "INSERT INTO {table} (store, {column}) VALUES ($1, 0) \
             ON CONFLICT (store) DO UPDATE SET {column} = {table}.{column}"
        ));
        lock.bind(store.as_str().to_owned()).execute(&mut **tx).await?;
        Ok(())
    }

    /// A store's version; 0 before anything was written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_in(&self, connection: &mut AnyConnection, store: &StoreId) -> Result<i64, DbError> {
        let query = sql(format!("SELECT {} FROM {} WHERE store = $1", self.column, self.table));
        let row = query.bind(store.as_str().to_owned()).fetch_optional(connection).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
    }
}

/// What can be read of a store and remembered.
pub trait OfStore: Sized + Send + Sync {
    /// Why it can't be read.
    type Error: From<DbError>;

    /// Reads it from a snapshot.
    ///
    /// # Errors
    /// When the database fails or holds something else than it should.
    fn load_in(
        snapshot: &mut AnyConnection,
        store: &StoreId,
    ) -> impl Future<Output = Result<Self, Self::Error>> + Send;
}

/// What was read of the stores that were asked for.
pub struct Remembered<T> {
    versions: Versions,
    state: Mutex<State<T>>,
}

struct State<T> {
    wakeups: Option<Wakeups>,
    stores: BTreeMap<StoreId, Entry<T>>,
}

struct Entry<T> {
    version: i64,
    value: Arc<T>,
    /// When the version was compared; never since the last wake-up, without.
    compared_at: Option<Timestamp>,
}

impl<T: OfStore> Remembered<T> {
    /// Nothing yet.
    pub fn new(versions: Versions) -> Self {
        Self { versions, state: Mutex::new(State { wakeups: None, stores: BTreeMap::new() }) }
    }

    /// What a store has, from memory where that is the newest.
    ///
    /// A change is seen at once where it was made, and everywhere within a second.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn get(&self, db: &Db, store: &StoreId, now: Timestamp) -> Result<Arc<T>, T::Error> {
        let mut state = self.state.lock().await;
        // Watched before anything is read, so that no change falls in between.
        let wakeups = state.wakeups.get_or_insert_with(|| db.wakeups(self.versions.topic));
        if was_woken(wakeups).await {
            state.stores.values_mut().for_each(|entry| entry.compared_at = None);
        }
        if let Some(entry) = state.stores.get_mut(store) {
            let age = entry.compared_at.map(|then| now.ms().saturating_sub(then.ms()));
            if age.is_some_and(|age| (0..COMPARED_EVERY_MS).contains(&age)) {
                return Ok(Arc::clone(&entry.value));
            }
            let mut connection = db.reader().acquire().await.map_err(DbError::from)?;
            if self.versions.of_in(&mut connection, store).await? == entry.version {
                entry.compared_at = Some(now);
                return Ok(Arc::clone(&entry.value));
            }
        }
        let mut snapshot = db.snapshot().await?;
        let version = self.versions.of_in(&mut snapshot, store).await?;
        let value = Arc::new(T::load_in(&mut snapshot, store).await?);
        let entry = Entry { version, value: Arc::clone(&value), compared_at: Some(now) };
        state.stores.insert(store.clone(), entry);
        Ok(value)
    }
}

/// Whether a change was called out since the last question.
///
/// Asked once and never waited for: a wait of no time at all would still take the timer's next millisecond.
async fn was_woken(wakeups: &mut Wakeups) -> bool {
    let mut wait = pin!(wakeups.wait(Wakeups::POLL));
    poll_fn(|context| Poll::Ready(matches!(wait.as_mut().poll(context), Poll::Ready(true)))).await
}

impl<T> fmt::Debug for Remembered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("table", &self.versions.table).finish_non_exhaustive()
    }
}

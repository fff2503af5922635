//! A transaction that tells those who wait, once it is committed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Any, AnyConnection};

use crate::wakeups::{Board, CHANNEL};
use crate::{Backend, DbError};

/// A transaction; dropped without a commit, it is rolled back.
///
/// It is a connection: `&mut *tx` runs statements.
pub struct Tx {
    inner: sqlx::Transaction<'static, Any>,
    backend: Backend,
    board: Arc<Board>,
    /// Topics to wake after the commit.
    topics: Vec<&'static str>,
}

impl Tx {
    pub(crate) fn new(inner: sqlx::Transaction<'static, Any>, backend: Backend, board: Arc<Board>) -> Self {
        Self { inner, backend, board, topics: Vec::new() }
    }

    /// Which database answers.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Commits, and wakes those who wait for what this transaction called out.
    ///
    /// # Errors
    /// When the database can't commit. The connection may break after the commit: then it stands, and those who
    /// wait find it when they look by themselves.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        let Self { inner, board, topics, .. } = self;
        inner.commit().await?;
        topics.iter().for_each(|topic| board.wake(topic));
        Ok(())
    }

    /// Takes everything back.
    ///
    /// # Errors
    /// When the connection breaks; the database rolls back by itself then.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }

    /// Wakes those who wait for a topic ([`Db::wakeups`](crate::Db::wakeups)), in this process and in others, once
    /// this transaction is committed.
    ///
    /// # Errors
    /// When the database refuses the notification.
    pub async fn wake(&mut self, topic: &'static str) -> Result<(), DbError> {
        if self.topics.contains(&topic) {
            return Ok(());
        }
        self.topics.push(topic);
        // Processes that share a SQLite file have no channel; they look by themselves.
        if self.backend == Backend::Postgres {
            let payload = self.board.payload(topic);
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
            notify.execute(&mut *self.inner).await?;
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("backend", &self.backend)
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}

//! A transaction that tells those who wait, once it is committed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Any, AnyConnection, AnyPool};

use crate::Backend;
use crate::wakeups::Board;

/// A transaction; dropped without a commit, it is rolled back.
///
/// It is a connection: `&mut *tx` runs statements.
pub struct Tx {
    inner: sqlx::Transaction<'static, Any>,
    backend: Backend,
    board: Arc<Board>,
    /// The server's connections, where other processes can be told of a commit.
    server: Option<AnyPool>,
    /// Topics to wake after the commit.
    topics: Vec<&'static str>,
}

impl Tx {
    pub(crate) fn new(
        inner: sqlx::Transaction<'static, Any>,
        board: Arc<Board>,
        server: Option<AnyPool>,
    ) -> Self {
        let backend = if server.is_some() { Backend::Postgres } else { Backend::Sqlite };
        Self { inner, backend, board, server, topics: Vec::new() }
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
        let Self { inner, board, server, topics, .. } = self;
        inner.commit().await?;
        topics.iter().for_each(|topic| board.wake(topic));
        if let Some(server) = server.filter(|_| !topics.is_empty()) {
            board.tell(&server, topics).await;
        }
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
    pub fn wake(&mut self, topic: &'static str) {
        if !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
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

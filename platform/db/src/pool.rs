//! Connections: one writer and a few readers on SQLite, one pool on PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection};
use tokio::sync::Mutex;

use crate::wakeups::Board;
use crate::{DbError, Query, Tx};

/// SQLite allows one writer at a time, and readers beyond the cores only fill memory.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);
/// A server may have hung up on a connection that lay idle so long. The pool asks when one is given back; asking again
/// at once when it is taken costs a busy server a round trip for each statement.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// `synchronous = FULL`: in WAL mode NORMAL may lose the last commits when the power fails, and a commit that
/// was answered (an order, a publish journal) must stand. `journal_size_limit` gives the space of a bulk
/// import's log back.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; \
     PRAGMA journal_size_limit = 67108864;";
/// `query_only` turns a write that bypasses [`Db::begin`] into an error instead of a lock conflict.
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
     PRAGMA cache_size = -8000; PRAGMA query_only = ON;";

/// What a commit promises when the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// The last commits may be lost, in their order.
    Soft,
    /// It stands.
    Full,
}

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database; clones share their connections.
#[derive(Clone, Debug)]
pub struct Db {
    backend: Backend,
    writer: AnyPool,
    reader: AnyPool,
    /// What SQLite's one writing connection is set to, unless nobody knows; held until a transaction has begun.
    durability: Arc<Mutex<Option<Durability>>>,
    board: Arc<Board>,
}

impl Db {
    /// Opens `sqlite:///path/file.db` (file and folders are created) or `postgres://user@host/name`.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::open_postgres(url).await;
        }
        let path =
            url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or(DbError::Address)?;
        let path = path.split('?').next().filter(|path| !path.is_empty()).ok_or(DbError::Address)?;
        Self::open_file(Path::new(path)).await
    }

    /// Opens a SQLite file, creating it and the folders above it.
    pub async fn open_file(path: &Path) -> Result<Self, DbError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let folder_error = |path: PathBuf| move |source| DbError::Folder { path, source };
        let path = std::path::absolute(path).map_err(folder_error(path.to_owned()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(folder_error(folder.to_owned()))?;
        }
        let url = file_url(&path)?;
        probe(&url, Some(SQLITE_WRITER)).await?;
        let writer = pool(1, Some(SQLITE_WRITER)).connect(&url).await?;
        let reader = pool(SQLITE_READERS, Some(SQLITE_READER)).connect_lazy(&url)?;
        Ok(Self::new(Backend::Sqlite, writer, reader, Board::new(None)))
    }

    async fn open_postgres(url: &str) -> Result<Self, DbError> {
        probe(url, None).await?;
        let both = pool(POSTGRES_CONNECTIONS, None).connect(url).await?;
        Ok(Self::new(Backend::Postgres, both.clone(), both, Board::new(Some(url))))
    }

    fn new(backend: Backend, writer: AnyPool, reader: AnyPool, board: Arc<Board>) -> Self {
        Self { backend, writer, reader, durability: Arc::new(Mutex::new(Some(Durability::Full))), board }
    }

    /// Who waits for commits, in this process.
    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    fn tx(&self, inner: sqlx::Transaction<'static, sqlx::Any>) -> Tx {
        let server = (self.backend == Backend::Postgres).then(|| self.writer.clone());
        Tx::new(inner, Arc::clone(&self.board), server)
    }

    /// Which database answers.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether another is a clone of this one.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.board, &other.board)
    }

    /// The pool for single reads; on SQLite it refuses writes.
    pub fn reader(&self) -> &AnyPool {
        &self.reader
    }

    /// Begins a transaction that writes.
    ///
    /// On SQLite there is one at a time and it takes the write lock at once, so it never fails half-way with
    /// 'database is locked'. Don't begin a second one while holding the first: it would wait for itself.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.begin_with(Durability::Full).await
    }

    /// Begins a transaction that writes what can be found out again: after a power failure the last of these may be
    /// lost on SQLite, always the later before the earlier. A killed process loses none.
    ///
    /// Waiting for the disk costs 4 to 12 ms a commit, and a change passes through several: message, lease, journal,
    /// ledger. PostgreSQL decides by its own settings.
    pub async fn begin_soft(&self) -> Result<Tx, DbError> {
        self.begin_with(Durability::Soft).await
    }

    async fn begin_with(&self, wanted: Durability) -> Result<Tx, DbError> {
        if self.backend == Backend::Postgres {
            return Ok(self.tx(self.writer.begin_with("BEGIN").await?));
        }
        let mut set = self.durability.lock().await;
        // Whoever goes away in the middle leaves it unknown, and so does a failure.
        let begin = match (wanted, set.take()) {
            (wanted, Some(set)) if set == wanted => "BEGIN IMMEDIATE",
            (Durability::Soft, _) => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
            (Durability::Full, _) => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
        };
        let begun = self.writer.begin_with(begin).await?;
        *set = Some(wanted);
        Ok(self.tx(begun))
    }

    /// Runs a single statement that writes, a transaction by itself, and answers how many rows it changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&self, statement: Query) -> Result<u64, DbError> {
        if self.backend == Backend::Postgres {
            // Spares two of three journeys to the server.
            return Ok(statement.execute(&self.writer).await?.rows_affected());
        }
        let mut tx = self.begin().await?;
        let done = statement.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Begins a read-only transaction: all its reads see one state of the database.
    pub async fn snapshot(&self) -> Result<Tx, DbError> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.tx(self.reader.begin_with(begin).await?))
    }

    /// Closes all connections; waits for those in use.
    pub async fn close(&self) {
        self.board.close();
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Connects once without a pool: a pool tries again until its time is up, and a damaged file or a server that is
/// down should be told at once.
async fn probe(url: &str, on_connect: Option<&'static str>) -> Result<(), DbError> {
    let mut connection = AnyConnection::connect(url).await?;
    if let Some(pragmas) = on_connect {
        sqlx::raw_sql(pragmas).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

fn pool(connections: u32, on_connect: Option<&'static str>) -> AnyPoolOptions {
    let options = AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    // A file does not hang up; asking costs two switches of threads for each statement.
    let is_file = on_connect.is_some();
    let options = options.test_before_acquire(false).before_acquire(move |connection, known| {
        Box::pin(async move {
            if !is_file && known.idle_for >= ASKED_AFTER {
                connection.ping().await?;
            }
            Ok(true)
        })
    });
    options.after_connect(move |connection, _| {
        Box::pin(async move {
            if let Some(pragmas) = on_connect {
                sqlx::raw_sql(pragmas).execute(connection).await?;
            }
            Ok(())
        })
    })
}

/// The URL of a file, with everything escaped that a URL gives a meaning to.
fn file_url(path: &Path) -> Result<String, DbError> {
    let path = path.to_str().ok_or(DbError::Address)?;
    let mut url = String::from("sqlite://");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url.push_str("?mode=rwc");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_can_not_be_opened_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let damaged = folder.path().join("damaged.db");
        std::fs::write(&damaged, "this is no database file, whatever its name may say").unwrap();
        let nobody_there = "postgres://postgres@127.0.0.1:1/none";
        let both = async {
            assert!(Db::open_file(&damaged).await.is_err());
            assert!(Db::open(nobody_there).await.is_err());
        };
        let limit = ACQUIRE_TIMEOUT / 4;
        assert!(tokio::time::timeout(limit, both).await.is_ok(), "the pool waited for its time to be up");
    }

    #[tokio::test]
    async fn opens_files_in_new_folders_with_odd_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b/ü?#%41/shop.db");
        let db = Db::open_file(&path).await.unwrap();
        assert!(path.exists());
        let mode: (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(db.reader()).await.unwrap();
        assert_eq!(mode.0, "wal");
    }

    #[tokio::test]
    async fn readers_refuse_writes() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("x.db")).await.unwrap();
        let refused = sqlx::query("CREATE TABLE t (a BIGINT)").execute(db.reader()).await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    }

    #[tokio::test]
    async fn a_commit_waits_for_the_disk_unless_it_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("x.db")).await.unwrap();
        let level = async |mut tx: Tx| {
            let level: (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            level.0
        };
        const FULL: i64 = 2;
        assert_eq!(level(db.begin().await.unwrap()).await, FULL);
        assert_eq!(level(db.begin_soft().await.unwrap()).await, 1);
        assert_eq!(level(db.begin().await.unwrap()).await, FULL);
        // Whoever waits for the connection gets what it asked for, whatever the one before it had.
        let both = async |soft: bool| match soft {
            true => level(db.begin_soft().await.unwrap()).await,
            false => level(db.begin().await.unwrap()).await,
        };
        for _ in 0..20 {
            let (a, b, c) = tokio::join!(both(true), both(false), both(true));
            assert_eq!((a, b, c), (1, FULL, 1));
        }
    }

    #[tokio::test]
    async fn a_bad_address_does_not_leak_itself() {
        let error = Db::open("mysql://root:secret@host/db").await.unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("postgres://"), "{error}");
    }
}

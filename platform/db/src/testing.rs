//! Test bodies on a fresh database of each kind.

use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;

use sqlx::{AnyConnection, Connection};

use crate::{Db, DbError, Module, sql};

/// Where tests find PostgreSQL, unless `VITRINE_TEST_POSTGRES` says otherwise; without a database name.
const POSTGRES: &str = "postgres://postgres@127.0.0.1:5432";

/// Runs a test body on a fresh SQLite file and on a fresh PostgreSQL database, each with the modules' tables.
///
/// The databases are removed at the end, also when the body panics. That PostgreSQL is absent is a failure.
///
/// # Panics
/// When a database can't be made.
#[allow(clippy::expect_used, reason = "a test without its database must fail loudly")]
pub async fn for_each_backend(modules: &[&Module], body: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open_file(&folder.path().join("test.db")).await.expect("a SQLite file");
    run("SQLite", &db, modules, &body).await.unwrap_or_else(|panic| resume_unwind(panic));

    let scratch = Scratch::create().await.expect("a PostgreSQL server; VITRINE_TEST_POSTGRES says where");
    let db = Db::open(&scratch.url).await.expect("the PostgreSQL database");
    let result = run("PostgreSQL", &db, modules, &body).await;
    scratch.drop_database().await.expect("the PostgreSQL database dropped");
    result.unwrap_or_else(|panic| resume_unwind(panic));
}

type Panic = Box<dyn std::any::Any + Send>;

#[allow(clippy::expect_used, clippy::print_stderr, reason = "test support")]
async fn run(name: &str, db: &Db, modules: &[&Module], body: &impl AsyncFn(Db)) -> Result<(), Panic> {
    db.migrate(modules).await.expect("migrations");
    let result = unwinding(body(db.clone())).await;
    if result.is_err() {
        eprintln!("failed on {name}");
    } else {
        db.close().await;
    }
    result
}

/// The result of a future, a panic included.
async fn unwinding<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// A PostgreSQL database that only one test sees.
#[derive(Debug)]
pub struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    /// Makes one at the server of `VITRINE_TEST_POSTGRES`.
    ///
    /// # Errors
    /// When there is no server, or it refuses.
    pub async fn create() -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
        let server = std::env::var("VITRINE_TEST_POSTGRES").unwrap_or_else(|_| POSTGRES.to_owned());
        let server = server.trim_end_matches('/').to_owned();
        // The hasher's keys are random in each process and differ from call to call.
        let random = std::hash::RandomState::new().build_hasher().finish();
        let name = format!("vitrine_test_{random:016x}");
        let mut connection = AnyConnection::connect(&format!("{server}/postgres")).await?;
        sql(format!("CREATE DATABASE {name} TEMPLATE template0")).execute(&mut connection).await?;
        connection.close().await?;
        let url = format!("{server}/{name}");
        Ok(Self { server, name, url })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes it, whoever is connected.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn drop_database(self) -> Result<(), DbError> {
        let mut connection = AnyConnection::connect(&format!("{}/postgres", self.server)).await?;
        sql(format!("DROP DATABASE {} WITH (FORCE)", self.name)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

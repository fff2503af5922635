//! A database of the run's own.

use std::path::Path;

use anyhow::{Context, Result};
use vitrine_db::Db;
use vitrine_db::testing::Scratch;

use crate::Backend;

pub(crate) struct Database {
    pub(crate) url: String,
    backend: Backend,
    scratch: Option<Scratch>,
}

impl Database {
    /// Makes an empty one, in a folder or at the server of `VITRINE_TEST_POSTGRES`.
    pub(crate) async fn create(backend: Backend, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        if backend == Backend::Sqlite {
            let url = format!("sqlite://{}", folder.join("load.db").display());
            return Ok(Self { url, backend, scratch: None });
        }
        let scratch = Scratch::create().await.context("no PostgreSQL; VITRINE_TEST_POSTGRES says where")?;
        Ok(Self { url: scratch.url().to_owned(), backend, scratch: Some(scratch) })
    }

    /// What it promises of a commit.
    pub(crate) async fn promises(&self) -> Result<String> {
        if self.backend == Backend::Sqlite {
            return Ok("WAL, synchronous=FULL".to_owned());
        }
        let db = Db::open(&self.url).await?;
        let mut told = Vec::new();
        for setting in ["server_version", "fsync", "synchronous_commit"] {
            let row = vitrine_db::sql(format!("SHOW {setting}")).fetch_one(db.reader()).await?;
            told.push(format!("{setting}={}", sqlx::Row::try_get::<String, _>(&row, 0)?));
        }
        db.close().await;
        Ok(told.join(", "))
    }

    /// Has PostgreSQL look at its new tables, as it does by itself after a minute.
    pub(crate) async fn analyse(&self) -> Result<()> {
        if self.backend == Backend::Sqlite {
            return Ok(());
        }
        let db = Db::open(&self.url).await?;
        let mut connection = db.reader().acquire().await?;
        vitrine_db::sql("ANALYZE".to_owned()).execute(&mut *connection).await?;
        drop(connection);
        db.close().await;
        Ok(())
    }

    /// How many rows a query counts.
    pub(crate) async fn count(&self, query: &str) -> Result<u64> {
        let db = Db::open(&self.url).await?;
        let row = vitrine_db::sql(query.to_owned()).fetch_one(db.reader()).await?;
        let count: i64 = sqlx::Row::try_get(&row, 0)?;
        db.close().await;
        Ok(u64::try_from(count)?)
    }

    /// Removes what a folder's end does not.
    pub(crate) async fn remove(self) -> Result<()> {
        if let Some(scratch) = self.scratch {
            scratch.drop_database().await?;
        }
        Ok(())
    }
}

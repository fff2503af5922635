//! Whether the database can be worked with.

use std::collections::BTreeMap;

use crate::{AnyConnection, Db, DbError, Module};

impl Db {
    /// Asks the database for nothing.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::query("SELECT 1").execute(self.reader()).await?;
        Ok(())
    }

    /// Steps of modules that are not applied, as `catalog/2-index`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn missing_steps(&self, modules: &[&Module]) -> Result<Vec<String>, DbError> {
        // One connection for all: where many are asked for one after the other, a server makes many.
        let mut connection = self.reader().acquire().await?;
        sqlx::query("SELECT 1").execute(&mut *connection).await?;
        let mut missing = Vec::new();
        for module in modules {
            let applied = applied(&mut connection, module).await;
            let steps = module.steps.iter().filter(|(step, _)| !applied.contains_key(*step));
            missing.extend(steps.map(|(step, _)| format!("{}/{step}", module.name)));
        }
        Ok(missing)
    }
}

/// Steps of a module that are applied, with the hashes of their texts. Without its table, which both databases tell in
/// words of their own, none is.
pub(crate) async fn applied(connection: &mut AnyConnection, module: &Module) -> BTreeMap<String, String> {
    let query = sqlx::AssertSqlSafe(format!("SELECT step, hash FROM {}_migration", module.name));
    let rows: Result<Vec<(String, String)>, _> = sqlx::query_as(query).fetch_all(connection).await;
    rows.unwrap_or_default().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::for_each_backend;

    const OLD: Module = Module { name: "shelf", steps: &[("1-a", "CREATE TABLE shelf_a (a TEXT);")] };
    const NEW: Module = Module {
        name: "shelf",
        steps: &[("1-a", "CREATE TABLE shelf_a (a TEXT);"), ("2-b", "CREATE TABLE shelf_b (b TEXT);")],
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_applied_is_named() {
        for_each_backend(&[], async |db| {
            assert_eq!(db.missing_steps(&[&NEW]).await.unwrap(), ["shelf/1-a", "shelf/2-b"]);
            db.migrate(&[&OLD]).await.unwrap();
            assert_eq!(db.missing_steps(&[&NEW]).await.unwrap(), ["shelf/2-b"]);
            assert_eq!(db.missing_steps(&[&OLD]).await.unwrap(), [""; 0]);
            db.migrate(&[&NEW]).await.unwrap();
            assert_eq!(db.missing_steps(&[&OLD, &NEW]).await.unwrap(), [""; 0]);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_closed_database_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("x.db")).await.unwrap();
        db.ping().await.unwrap();
        db.close().await;
        assert!(db.ping().await.is_err() && db.missing_steps(&[&OLD]).await.is_err());
    }
}

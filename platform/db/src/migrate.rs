//! Migrations: each module keeps its own list of steps and its own table of those applied.

use sqlx::Row;
use vitrine_core::{Clock, ContentHash, SystemClock};

use crate::ready::applied;
use crate::{Backend, Db, DbError, Tx};

/// Any number, as long as all processes of the engine take the same one.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7423160921)";

/// A module's tables: its name and the steps that make them.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Prefix of its tables, `store`.
    pub name: &'static str,
    /// Name and SQL of each step, oldest first; statements end with `;` at the end of a line. A step that was
    /// released never changes.
    pub steps: &'static [(&'static str, &'static str)],
}

impl Db {
    /// Applies the steps that are missing, module by module in the order given.
    ///
    /// Each step is a transaction that first takes the one lock and looks again, so many processes may start at
    /// once. Steps in the table that the code does not know are left alone: an older process may still run
    /// while a newer one is rolled out.
    pub async fn migrate(&self, modules: &[&Module]) -> Result<(), DbError> {
        for (module, step, text) in self.to_apply(modules).await? {
            self.apply(module, step, text).await?;
        }
        Ok(())
    }

    /// The steps that are not applied; mostly none, so this is what a start waits for.
    async fn to_apply(
        &self,
        modules: &[&Module],
    ) -> Result<Vec<(&'static str, &'static str, &'static str)>, DbError> {
        let mut connection = self.reader().acquire().await?;
        let mut missing = Vec::new();
        for module in modules {
            let applied = applied(&mut connection, module).await;
            for &(step, text) in module.steps {
                match applied.get(step) {
                    Some(hash) if *hash == hash_of(text) => {}
                    Some(_) => return Err(DbError::StepChanged { module: module.name, step }),
                    None => missing.push((module.name, step, text)),
                }
            }
        }
        Ok(missing)
    }

    async fn apply(&self, module: &'static str, step: &'static str, text: &str) -> Result<(), DbError> {
        let hash = hash_of(text);
        let mut tx = self.begin().await?;
        if self.backend() == Backend::Postgres {
            sqlx::query(POSTGRES_LOCK).execute(&mut *tx).await?;
        }
        let table = format!("{module}_migration");
        let columns = "(step TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at BIGINT NOT NULL)";
        crate::sql(format!("CREATE TABLE IF NOT EXISTS {table} {columns}")).execute(&mut *tx).await?;
        let applied = crate::sql(format!("SELECT hash FROM {table} WHERE step = $1")).bind(step);
        if let Some(row) = applied.fetch_optional(&mut *tx).await? {
            return match row.try_get::<String, _>(0)? == hash {
                true => Ok(tx.commit().await?),
                false => Err(DbError::StepChanged { module, step }),
            };
        }
        run(&mut tx, text).await.map_err(|source| DbError::Step { module, step, source })?;
        crate::sql(format!("INSERT INTO {table} (step, hash, applied_at) VALUES ($1, $2, $3)"))
            .bind(step)
            .bind(hash)
            .bind(SystemClock.now().ms())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        tracing::info!(module, step, "migration applied");
        Ok(())
    }
}

fn hash_of(text: &str) -> String {
    ContentHash::of(text.as_bytes()).hex()
}

async fn run(tx: &mut Tx, text: &str) -> Result<(), sqlx::Error> {
    for statement in statements(text) {
        crate::sql(statement).execute(&mut **tx).await?;
    }
    Ok(())
}

fn statements(text: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in text.lines() {
        if let Some(statement) = statements.last_mut() {
            statement.push_str(line.trim_end());
            statement.push('\n');
        }
        if line.trim_end().ends_with(';') {
            statements.push(String::new());
        }
    }
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::for_each_backend;

    const ONE: Module = Module {
        name: "one",
        steps: &[(
            "1-table",
            "CREATE TABLE one_a (a TEXT);\n\nCREATE TABLE one_b (\n  b TEXT -- no; end\n);\n",
        )],
    };

    #[test]
    fn statements_end_at_line_ends_only() {
        assert_eq!(statements("A ';' b;\nC\nd;\n\n").len(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn steps_run_once_even_when_many_start_together() {
        for_each_backend(&[], async |db| {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move { db.migrate(&[&ONE]).await })
                })
                .collect();
            for task in tasks {
                task.await.unwrap().unwrap();
            }
            let count: (i64,) =
                sqlx::query_as("SELECT COUNT(*) FROM one_migration").fetch_one(db.reader()).await.unwrap();
            assert_eq!(count.0, 1);
            sqlx::query("SELECT b FROM one_b").fetch_all(db.reader()).await.unwrap();
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_changed_step_is_named() {
        for_each_backend(&[&ONE], async |db| {
            let changed = Module { name: "one", steps: &[("1-table", "CREATE TABLE one_c (a TEXT);\n")] };
            let error = db.migrate(&[&changed]).await.unwrap_err();
            assert!(error.to_string().contains("one/1-table"), "{error}");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failing_step_leaves_nothing_behind() {
        for_each_backend(&[], async |db| {
            let broken = Module {
                name: "bad",
                steps: &[("1", "CREATE TABLE bad_a (a TEXT);\nCREATE TABEL bad_b (b TEXT);\n")],
            };
            assert!(matches!(db.migrate(&[&broken]).await, Err(DbError::Step { step: "1", .. })));
            assert!(sqlx::query("SELECT a FROM bad_a").fetch_all(db.reader()).await.is_err());
        })
        .await;
    }
}

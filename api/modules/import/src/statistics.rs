//! What PostgreSQL's planner knows of the tables that an import fills.

use vitrine_catalog::Catalog;
use vitrine_core::EntityKind;
use vitrine_db::{Backend, Db, DbError};
use vitrine_store::Stores;

use crate::error::ImportError;
use crate::report::Report;

/// Products after which statistics are worth their cost. Smaller imports are over before a bad plan hurts.
const FIRST: u64 = 500;
/// Statistics that count a twentieth of the rows still lead to the right plans.
const GROWTH: u64 = 20;

/// Refreshes statistics while an import writes, on PostgreSQL only; SQLite's planner goes by its keys.
///
/// Without them PostgreSQL takes a table it has never looked at for a small one, and reads all rows of a language for
/// each slug of a batch: 18,000 products took more than ten minutes, 20,000 with statistics after the first 500
/// less than one. Its autovacuum looks too, but only once a minute.
#[derive(Debug)]
pub(crate) struct Statistics {
    due: u64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { due: FIRST }
    }
}

impl Statistics {
    /// Looks at the tables again if enough was written since it last did. Call it between transactions.
    pub(crate) async fn refresh(&mut self, db: &Db, report: &Report) -> Result<(), ImportError> {
        let products = report.counts.get(&EntityKind::Product).copied().unwrap_or_default();
        let written = products.added + products.changed;
        if db.backend() != Backend::Postgres || written < self.due {
            return Ok(());
        }
        self.due = written * GROWTH;
        let mut tx = db.begin().await?;
        Catalog::analyze_in(&mut tx).await?;
        Stores::analyze_in(&mut tx).await?;
        Ok(tx.commit().await.map_err(DbError::from)?)
    }
}

//! The journal: what a publish is about to write or delete, committed before the first byte of it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use vitrine_core::Timestamp;
use vitrine_db::{AnyConnection, Batch, InList, Tx, sql};

use super::{Slot, State};
use crate::error::BuildError;
use crate::key::PageKey;
use crate::lease::LEASE_MS;

/// A page with a path that it takes or leaves.
pub(crate) type Entry<'a> = (Slot, &'a str);

/// How long an entry stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Until {
    /// Until its batch is in the ledger: what is at the path may be half of it, or another.
    Recorded,
    /// Until the publish ends: a path that is left is deleted last, and the change behind it may be taken back
    /// before a publish ends, with nothing in the change log or the clock to tell.
    End,
}

/// What publishes that did not end may have written or deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// Pages that may have been written or deleted though the ledger does not know, and those at their paths.
    pub slots: BTreeSet<Slot>,
    /// Pages that the ledger knows, and that may show what is true no more.
    pub touched: BTreeSet<Slot>,
    /// The paths, with the edition that each is of.
    pub paths: BTreeMap<String, i64>,
}

impl State {
    /// What interrupted publishes of some editions may have written or deleted: pages, those that stand at their
    /// paths, and the paths.
    ///
    /// A publish that lost its lease may still be writing, though it began before. So its paths are noted to be put
    /// once more after its time has passed twice.
    pub(crate) async fn unfinished(
        &self,
        reader: &mut AnyConnection,
        editions: &BTreeSet<i64>,
        as_of: Timestamp,
    ) -> Result<Unfinished, BuildError> {
        let rows = sqlx::query(
            "SELECT page, edition, path, job FROM generator_journal WHERE store = $1 AND target = $2",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .fetch_all(&mut *reader)
        .await?;
        let mut found = Unfinished::default();
        let (mut late, mut doubtful) = (Vec::new(), BTreeMap::new());
        for row in &rows {
            let (edition, path, job): (i64, String, i64) =
                (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            if !editions.contains(&edition) {
                continue;
            }
            let slot = (PageKey::from_raw(row.try_get(0)?), edition);
            late.push((path.clone(), edition));
            found.paths.insert(path.clone(), edition);
            match job % 2 {
                0 => {
                    found.slots.insert(slot);
                    doubtful.insert(path, edition);
                }
                _ => {
                    found.touched.insert(slot);
                }
            }
        }
        if self.lease.is_some() && !late.is_empty() {
            self.recheck(&late, as_of).await?;
        }
        self.due_for_recheck(reader, editions, as_of, &mut doubtful).await?;
        let asked: Vec<String> = doubtful.keys().cloned().collect();
        found.paths.extend(doubtful);
        for list in InList::chunks(&asked) {
            let query = sql(format!(
                "SELECT page, edition FROM generator_ledger WHERE store = $1 AND target = $2 AND path IN {}",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            for row in list.bind(query).fetch_all(&mut *reader).await? {
                found.slots.insert((PageKey::from_raw(row.try_get(0)?), row.try_get(1)?));
            }
        }
        Ok(found)
    }

    /// Notes paths to be put once more when the lease of whoever wrote them has passed twice.
    async fn recheck(&self, paths: &[(String, i64)], as_of: Timestamp) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_recheck (store, target, path, edition, at)",
            5,
            "ON CONFLICT (store, target, path) DO NOTHING",
        );
        let at = as_of.ms() + 2 * LEASE_MS;
        for (path, edition) in paths {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                path.as_str().into(),
                (*edition).into(),
                at.into(),
            ]);
        }
        let mut tx = self.db.begin_soft().await?;
        batch.run_in(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn due_for_recheck(
        &self,
        reader: &mut AnyConnection,
        editions: &BTreeSet<i64>,
        as_of: Timestamp,
        found: &mut BTreeMap<String, i64>,
    ) -> Result<(), BuildError> {
        let rows = sqlx::query(
            "SELECT path, edition FROM generator_recheck WHERE store = $1 AND target = $2 AND at <= $3",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(as_of.ms())
        .fetch_all(reader)
        .await?;
        for row in &rows {
            let edition = row.try_get(1)?;
            if editions.contains(&edition) {
                found.insert(row.try_get(0)?, edition);
            }
        }
        Ok(())
    }

    /// Ends what was due to be put once more at a moment, for some editions.
    pub(crate) async fn rechecked_in(
        &self,
        tx: &mut Tx,
        editions: &BTreeSet<i64>,
        as_of: Timestamp,
    ) -> Result<(), BuildError> {
        let editions: Vec<i64> = editions.iter().copied().collect();
        for list in InList::chunks(&editions) {
            let query = sql(format!(
                "DELETE FROM generator_recheck WHERE store = $1 AND target = $2 AND at <= $3 AND edition IN {}",
                list.sql(4)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target).bind(as_of.ms());
            list.bind(query).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Says what is about to be written or deleted, and how long that is to be remembered.
    pub(crate) async fn journal_in(
        &self,
        tx: &mut Tx,
        entries: impl IntoIterator<Item = (Entry<'_>, Until)>,
    ) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_journal (store, target, job, page, edition, path)",
            6,
            "ON CONFLICT DO NOTHING",
        );
        for (((page, edition), path), until) in entries {
            // Jobs have even numbers; the odd one above is for what stays to the end.
            let job = self.job + i64::from(until == Until::End);
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                job.into(),
                page.raw().into(),
                edition.into(),
                path.into(),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Ends what is in doubt of this job's batch: the ledger says it. Of interrupted jobs it stays to the end.
    pub(crate) async fn journaled_in(&self, tx: &mut Tx) -> Result<(), BuildError> {
        sqlx::query("DELETE FROM generator_journal WHERE store = $1 AND target = $2 AND job = $3")
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(self.job)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

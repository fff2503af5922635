//! What is published: ledger, dependencies, journal and releases of one target.
//!
//! A target is a place that pages are written to; its rows are told apart by a number. Every change of what is
//! published goes through here.

mod journal;
mod published;
mod releases;
mod target;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::pool::PoolConnection;
use sqlx::{Any, Row};
use vitrine_core::{ContentHash, Country, Revision, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Batch, Db, InList, Module, Tx, Value, sql};

use crate::error::BuildError;
use crate::key::{EntityKey, PageKey};
use crate::lease::{Lease, Progress};

use published::published_row;

pub(crate) use journal::{Entry, Unfinished, Until};
pub(crate) use releases::{Change, Opening};
pub use releases::{Release, ReleaseState};
pub(crate) use target::Known;

/// The generator's tables.
pub const MODULE: Module = Module {
    name: "generator",
    steps: &[
        ("tables", include_str!("../migrations/tables.sql")),
        ("journal_paths", include_str!("../migrations/journal_paths.sql")),
        ("publisher", include_str!("../migrations/publisher.sql")),
        ("invalidation_trace", include_str!("../migrations/invalidation_trace.sql")),
        ("invalidation_use", include_str!("../migrations/invalidation_use.sql")),
    ],
};

/// A page of an edition.
pub(crate) type Slot = (PageKey, i64);

/// What is published of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// Path with a leading slash, as in the URL.
    pub path: String,
    /// Of everything the page was made from.
    pub fingerprint: i64,
    /// Of the bytes; `None` for an address that has no object, as a 410.
    pub hash: Option<ContentHash>,
    /// Of what the index alone says of a listing page: which products, in which order. 0 elsewhere.
    pub shape: i64,
    /// Size of the object.
    pub bytes: i64,
    /// When the page may become untrue by time alone.
    pub valid_until: Option<Timestamp>,
    /// What the store calls these bytes, where it is not their hash.
    pub version: Option<String>,
    /// What the store calls the live object, for putting on the condition that it is still this one.
    pub etag: Option<String>,
}

impl Published {
    /// Hash and version of the bytes at the path; `None` for an address without an object.
    pub(crate) fn bytes_there(&self) -> Option<(ContentHash, String)> {
        let hash = self.hash?;
        Some((hash, self.version.clone().unwrap_or_else(|| hash.hex())))
    }
}

/// What a storefront was last built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    /// The store's revision.
    pub revision: Revision,
    /// The moment the pages are true for.
    pub as_of: Timestamp,
    /// What every page carries: header, footer, strings, configuration, theme and code.
    pub site: ContentHash,
    /// The epoch of the code that published it.
    pub epoch: i64,
}

/// The published state of one target.
#[derive(Clone, Debug)]
pub(crate) struct State {
    db: Db,
    store: StoreId,
    target: i64,
    /// Drawn at random; the journal tells by it whose entries are left over.
    job: i64,
    /// Held on to by every transaction that writes, where several processes publish.
    lease: Option<Lease>,
    /// Which start of which machine had last written the target when this was opened.
    machine: Option<String>,
}

impl State {
    /// The same, written under a lease.
    pub(crate) fn under(self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self }
    }

    /// When the truth of the first page of a country ends after a moment, or a path of it is to be put once more.
    pub(crate) async fn next_due(
        &self,
        country: Country,
        after: Timestamp,
    ) -> Result<Option<Timestamp>, BuildError> {
        let editions = "(SELECT edition FROM generator_edition WHERE store = $1 AND country = $3)";
        let query = sql(format!(
            "SELECT MIN(at) FROM (
             SELECT MIN(valid_until) AS at FROM generator_ledger
             WHERE store = $1 AND target = $2 AND valid_until > $4 AND edition IN {editions}
             UNION ALL SELECT MIN(at) AS at FROM generator_recheck
             WHERE store = $1 AND target = $2 AND edition IN {editions}) AS moments"
        ));
        let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
        let row = query.bind(country.code()).bind(after.ms()).fetch_one(self.db.reader()).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp::from_ms))
    }

    /// A connection for several reads: taking one for each costs as much again as what it is for.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Any>, BuildError> {
        Ok(self.db.reader().acquire().await?)
    }

    /// What each storefront was last built from.
    pub(crate) async fn built(
        &self,
        reader: &mut AnyConnection,
    ) -> Result<BTreeMap<Country, Built>, BuildError> {
        let rows = sqlx::query(
            "SELECT country, revision, as_of, site, epoch FROM generator_storefront WHERE store = $1 AND target = $2",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .fetch_all(reader)
        .await?;
        rows.iter()
            .map(|row| {
                let built = Built {
                    revision: Revision(row.try_get(1)?),
                    as_of: Timestamp::from_ms(row.try_get(2)?),
                    site: parse_hash(row.try_get(3)?)?,
                    epoch: row.try_get(4)?,
                };
                let country: &str = row.try_get(0)?;
                Ok((Country::try_new(country).map_err(|_| BuildError::State("country"))?, built))
            })
            .collect()
    }

    /// Pages whose truth ends by time in `(after, until]`, and so must be looked at.
    pub(crate) async fn due(
        &self,
        reader: &mut AnyConnection,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeSet<PageKey>, BuildError> {
        let rows = sqlx::query(
            "SELECT DISTINCT page FROM generator_ledger
             WHERE store = $1 AND target = $2 AND valid_until > $3 AND valid_until <= $4",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(after.ms())
        .bind(until.ms())
        .fetch_all(reader)
        .await?;
        rows.iter().map(|row| Ok(PageKey::from_raw(row.try_get(0)?))).collect()
    }

    /// Pages that show one of some entities that are not their own.
    pub(crate) async fn dependents(
        &self,
        reader: &mut AnyConnection,
        entities: &BTreeSet<EntityKey>,
    ) -> Result<BTreeSet<PageKey>, BuildError> {
        let keys: Vec<i64> = entities.iter().map(|entity| entity.raw()).collect();
        let mut pages = BTreeSet::new();
        for list in InList::chunks(&keys) {
            let query = sql(format!(
                "SELECT page FROM generator_dependency WHERE store = $1 AND target = $2 AND entity IN {}",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            for row in list.bind(query).fetch_all(&mut *reader).await? {
                pages.insert(PageKey::from_raw(row.try_get(0)?));
            }
        }
        Ok(pages)
    }

    /// Begins a transaction of the publish and holds on to the lease in it.
    pub(crate) async fn begin(&self, progress: &Progress) -> Result<Tx, BuildError> {
        let mut tx = self.db.begin_soft().await?;
        if let Some(lease) = &self.lease {
            lease.hold_in(&mut tx, progress).await?;
        }
        Ok(tx)
    }

    /// Records pages as published.
    pub(crate) async fn publish_in(&self, tx: &mut Tx, rows: &[(Slot, Published)]) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_ledger (store, target, page, edition, path, fingerprint, hash, bytes, \
             valid_until, shape, version, etag)",
            12,
            "ON CONFLICT (store, target, page, edition) DO UPDATE SET path = excluded.path,
             fingerprint = excluded.fingerprint, hash = excluded.hash, bytes = excluded.bytes,
             valid_until = excluded.valid_until, shape = excluded.shape, version = excluded.version,
             etag = excluded.etag",
        );
        for ((page, edition), row) in rows {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                page.raw().into(),
                (*edition).into(),
                row.path.as_str().into(),
                row.fingerprint.into(),
                Value::Text(row.hash.map(|hash| hash.hex())),
                row.bytes.into(),
                Value::Int(row.valid_until.map(Timestamp::ms)),
                row.shape.into(),
                Value::Text(row.version.clone()),
                Value::Text(row.etag.clone()),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Adds what pages depend on; a dependency that ended costs a comparison and goes with its page.
    pub(crate) async fn depend_in(
        &self,
        tx: &mut Tx,
        rows: &BTreeSet<(EntityKey, PageKey)>,
    ) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_dependency (store, target, entity, page)",
            4,
            "ON CONFLICT DO NOTHING",
        );
        for (entity, page) in rows {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                entity.raw().into(),
                page.raw().into(),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Drops pages that are no longer there.
    pub(crate) async fn remove_in(&self, tx: &mut Tx, slots: &[Slot]) -> Result<(), BuildError> {
        for (page, edition) in slots {
            sqlx::query(
                "DELETE FROM generator_ledger WHERE store = $1 AND target = $2 AND page = $3 AND edition = $4",
            )
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(page.raw())
            .bind(edition)
            .execute(&mut **tx)
            .await?;
        }
        for page in slots.iter().map(|(page, _)| page).collect::<BTreeSet<_>>() {
            sqlx::query(
                "DELETE FROM generator_dependency WHERE store = $1 AND target = $2 AND page = $3 AND NOT EXISTS
                 (SELECT 1 FROM generator_ledger AS l WHERE l.store = $1 AND l.target = $2 AND l.page = $3)",
            )
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(page.raw())
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    /// Those of some paths that a published file stands at; an address that answers 410 has none.
    pub(crate) async fn taken_in(
        &self,
        tx: &mut Tx,
        paths: &[String],
    ) -> Result<BTreeSet<String>, BuildError> {
        let mut taken = BTreeSet::new();
        for list in InList::chunks(paths) {
            let query = sql(format!(
                "SELECT path FROM generator_ledger
                 WHERE store = $1 AND target = $2 AND hash IS NOT NULL AND path IN {}",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            for row in list.bind(query).fetch_all(&mut **tx).await? {
                taken.insert(row.try_get(0)?);
            }
        }
        Ok(taken)
    }

    /// The pages that the ledger has at some paths with an object.
    pub(crate) async fn standing(&self, paths: &[String]) -> Result<Vec<(Slot, Published)>, BuildError> {
        let mut standing = Vec::new();
        for list in InList::chunks(paths) {
            let query = sql(format!(
                "SELECT page, edition, path, fingerprint, hash, bytes, valid_until, shape, version, etag
                 FROM generator_ledger
                 WHERE store = $1 AND target = $2 AND hash IS NOT NULL AND path IN {}",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            for row in list.bind(query).fetch_all(self.db.reader()).await? {
                standing.push(published_row(&row)?);
            }
        }
        Ok(standing)
    }

    /// Records what storefronts are built from now, and ends their journal: all else of it is in the ledger.
    /// Storefronts that are not among `known` countries are forgotten.
    pub(crate) async fn finish_in(
        &self,
        tx: &mut Tx,
        built: &BTreeMap<Country, Built>,
        known: &BTreeSet<Country>,
        waiting: &BTreeSet<i64>,
    ) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_storefront (store, target, country, revision, as_of, site, epoch)",
            7,
            "ON CONFLICT (store, target, country) DO UPDATE SET revision = excluded.revision,
             as_of = excluded.as_of, site = excluded.site, epoch = excluded.epoch",
        );
        for (country, built) in built {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                country.code().into(),
                built.revision.0.into(),
                built.as_of.ms().into(),
                built.site.hex().into(),
                built.epoch.into(),
            ]);
        }
        batch.run_in(tx).await?;
        let known: Vec<&str> = known.iter().map(Country::code).collect();
        self.delete_others_in(tx, "generator_storefront", "country", &known).await?;
        let waiting: Vec<i64> = waiting.iter().copied().collect();
        self.delete_others_in(tx, "generator_journal", "edition", &waiting).await?;
        if let Some(lease) = &self.lease {
            lease.end_in(tx).await?;
        }
        Ok(())
    }

    /// Deletes the target's rows of a table but those with one of some values, of which there are at most 500.
    async fn delete_others_in<T: Clone + Into<Value>>(
        &self,
        tx: &mut Tx,
        table: &str,
        column: &str,
        values: &[T],
    ) -> Result<(), BuildError> {
        let all = format!("DELETE FROM {table} WHERE store = $1 AND target = $2");
        let query = match InList::chunks(values).next() {
            None => sql(all).bind(self.store.as_str().to_owned()).bind(self.target),
            Some(list) => {
                let query = sql(format!("{all} AND {column} NOT IN {}", list.sql(3)));
                list.bind(query.bind(self.store.as_str().to_owned()).bind(self.target))
            }
        };
        query.execute(&mut **tx).await?;
        Ok(())
    }
}

fn parse_hash(hex: &str) -> Result<ContentHash, BuildError> {
    ContentHash::parse_hex(hex).map_err(|_| BuildError::State("hash"))
}

#[cfg(test)]
mod tests;

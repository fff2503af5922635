//! A content folder into the database.

mod commerce;
mod originals;
mod products;
mod rest;
#[cfg(test)]
mod tests;

pub(crate) use products::BATCH;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ProductInput};
use vitrine_core::{Change, Entity, EntityKind, Origin, ProductId, Revision, StoreId, Timestamp};
use vitrine_db::{Db, Outcome, Run, Tx};
use vitrine_store::{Stores, Write};

use crate::check::{RequiredMessage, broken, check, featured_elsewhere};
use crate::error::ImportError;
use crate::report::{Finding, Report};
use crate::source::commerce::Commerce;
use crate::source::parsed::Parsed;
use crate::source::{Folder, ReadCache, read_folder};
use crate::statistics::Statistics;

/// How a content folder is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Write over what was edited elsewhere or belongs to another origin.
    pub force: bool,
    /// The time written to the rows.
    pub now: Timestamp,
    /// Where the bytes of pictures are kept, under their hash.
    pub media_dir: PathBuf,
    /// Messages the theme needs.
    pub required_messages: Vec<RequiredMessage>,
    /// W3C `traceparent` of what asked for the import; the builds it leads to belong to that trace.
    pub trace: Option<String>,
}

/// What an earlier import in this process read, so that the next one parses only files that changed.
///
/// Start with `ImportCache::default()`; keep one for each folder and database.
#[derive(Debug, Default)]
pub struct ImportCache {
    read: ReadCache,
    last: Option<Last>,
}

/// The last import that ended well.
#[derive(Debug)]
struct Last {
    store: StoreId,
    revision: Revision,
    /// Products as they were put.
    products: BTreeMap<String, Arc<Parsed<ProductInput>>>,
    commerce: Arc<Commerce>,
}

/// Imports a content folder: takes what is right, keeps the last good version of what is wrong, removes what is gone.
///
/// The same folder again changes nothing and leaves the revision.
///
/// # Errors
/// When `store.toml` or a country is wrong, a file can't be read, or the database fails.
pub async fn import_folder(
    db: &Db,
    folder: &Path,
    options: &ImportOptions,
    cache: &mut ImportCache,
) -> Result<Report, ImportError> {
    let folder = read(folder, cache).await?;
    let beyond = beyond(db, &folder).await?;
    let (folder, findings) = judge(folder, options, beyond).await?;
    let broken = broken(&findings);
    let is_foundation = |entity: &&Entity| matches!(entity.kind, EntityKind::Store | EntityKind::Country);
    let store = folder.store.value.as_ref().map(|config| config.id.clone());
    let (None, Some(store)) = (broken.iter().find(is_foundation), store) else {
        let findings =
            findings.into_iter().filter(|finding| finding.item.as_ref().is_some_and(|e| is_foundation(&e)));
        return Err(ImportError::Store { findings: findings.collect() });
    };
    let folder = originals::keep(folder, &options.media_dir).await?;

    let mut report = Report::new(store.clone(), Revision(0));
    findings.into_iter().for_each(|finding| report.find(finding));
    for entity in &broken {
        report.counts_of(entity.kind).failed += 1;
    }
    let run = Run { origin: Origin::Files, now: options.now, force: options.force };
    let before = present_revision(db, &store).await?;
    let known =
        cache.last.take().filter(|last| last.store == store && Some(last.revision) <= before && !run.force);
    let write = Write::at(options.now).traced(options.trace.as_deref());
    let mut import =
        Import { folder: &folder, broken, store: store.clone(), run, write, report, changes: Vec::new() };
    import.run(db, known).await?;
    let Import { report, broken, .. } = import;
    let taken = folder.products.iter().filter(|(_, parsed)| !broken.contains(&parsed.item));
    let products = taken.map(|(id, parsed)| (id.clone(), Arc::clone(parsed))).collect();
    let commerce = Arc::clone(&folder.commerce);
    cache.last = Some(Last { store, revision: report.revision, products, commerce });
    Ok(report)
}

/// Reads on a thread that may block.
async fn read(folder: &Path, cache: &mut ImportCache) -> Result<Folder, ImportError> {
    let (mut read, path) = (std::mem::take(&mut cache.read), folder.to_owned());
    let (folder, read) = blocking(move || (read_folder(&path, &mut read), read)).await?;
    cache.read = read;
    folder
}

/// The products that pages feature, the folder lacks and the database has.
async fn beyond(db: &Db, folder: &Folder) -> Result<BTreeSet<String>, ImportError> {
    let featured = featured_elsewhere(folder);
    let ids: Vec<ProductId> = featured.iter().filter_map(|id| ProductId::try_new(id).ok()).collect();
    let Some(config) = folder.store.value.as_ref().filter(|_| !ids.is_empty()) else {
        return Ok(BTreeSet::new());
    };
    let found = Catalog::seqs_of(db, &config.id, &ids).await?;
    Ok(found.into_keys().map(|id| id.to_string()).collect())
}

/// Checks on a thread that may block.
async fn judge(
    folder: Folder,
    options: &ImportOptions,
    beyond: BTreeSet<String>,
) -> Result<(Folder, Vec<Finding>), ImportError> {
    let required = options.required_messages.clone();
    let work = move || {
        let findings = check(&folder, &required, Some(beyond));
        (folder, findings)
    };
    blocking(work).await
}

/// Runs work that blocks beside the async tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ImportError::Stopped { why: error.to_string() })
}

async fn present_revision(db: &Db, store: &StoreId) -> Result<Option<Revision>, ImportError> {
    match Stores::revision(db, store).await {
        Ok(revision) => Ok(Some(revision)),
        Err(vitrine_store::Error::Unknown(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An import under way.
struct Import<'f> {
    folder: &'f Folder,
    broken: BTreeSet<Entity>,
    store: StoreId,
    run: Run,
    write: Write<'f>,
    report: Report,
    /// Of the transaction under way.
    changes: Vec<Change>,
}

impl Import<'_> {
    /// Everything but the bulk of the products goes in one transaction, so that readers see the shop whole.
    async fn run(&mut self, db: &Db, known: Option<Last>) -> Result<(), ImportError> {
        let (known, rules) = known.map(|last| (last.products, last.commerce)).unzip();
        let products = self.products_to_put(&known.unwrap_or_default());
        let mut batches = products.chunks(BATCH);
        let mut tx = db.begin().await?;
        self.put_rest_in(&mut tx).await?;
        self.remove_products_in(&mut tx).await?;
        let mut waiting = self.put_products_in(&mut tx, batches.next().unwrap_or_default()).await?;
        self.put_commerce_in(&mut tx, rules.as_ref()).await?;
        self.bump_in(&mut tx).await?;
        commit(tx).await?;
        let mut statistics = Statistics::default();
        for batch in batches {
            statistics.refresh(db, &self.report).await?;
            let mut tx = db.begin().await?;
            waiting.extend(self.put_products_in(&mut tx, batch).await?);
            self.bump_in(&mut tx).await?;
            commit(tx).await?;
        }
        // A slug or SKU that a later batch gave up is free by now.
        let waiting: Vec<_> = waiting.into_iter().map(|(parsed, _)| parsed).collect();
        let mut tx = db.begin().await?;
        for (parsed, error) in self.put_products_in(&mut tx, &waiting).await? {
            self.product_failed(&parsed, &error);
        }
        self.bump_in(&mut tx).await?;
        commit(tx).await
    }

    async fn bump_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        self.report.revision = Stores::bump_in(tx, &self.store, &self.changes, &self.write).await?;
        self.changes.clear();
        Ok(())
    }

    fn is_broken(&self, kind: EntityKind, id: &str) -> bool {
        self.broken.contains(&Entity { kind, id: id.to_owned() })
    }

    /// Counts what became of an item.
    fn note(&mut self, kind: EntityKind, id: &str, outcome: Outcome) {
        self.report.count(kind, id, outcome);
    }
}

async fn commit(tx: Tx) -> Result<(), ImportError> {
    Ok(tx.commit().await.map_err(vitrine_db::DbError::from)?)
}

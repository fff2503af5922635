//! Batches into the catalog, a transaction each.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{Catalog, CategoryInput, ItemError, ProductInput, Put, SchemaInput};
use vitrine_core::{Change, Entity, EntityKind, Origin, ProductId, StoreId};
use vitrine_db::{Db, Outcome, Run, Tx};
use vitrine_store::{Stores, Write};

use super::parse::{Batch, Items, Lined, Summary, finding, item_text};
use super::shape::Mode;
use crate::error::ImportError;
use crate::report::{Report, Severity};
use crate::source::catalog::SCHEMA;
use crate::statistics::Statistics;

/// Products that may wait for others to give up a slug or SKU; what comes beyond is reported at once.
const WAITING: usize = 1_000;

/// Writes a feed and keeps its report.
pub(super) struct Writer<'a> {
    db: &'a Db,
    name: String,
    store: StoreId,
    run: Run,
    write: Write<'a>,
    pub(super) report: Report,
    changes: Vec<Change>,
    waiting: Vec<Lined<ProductInput>>,
    /// Items with errors are counted once each.
    failed: BTreeSet<Entity>,
    statistics: Statistics,
}

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a Db, name: String, run: Run, trace: Option<&'a str>, report: Report) -> Self {
        let store = report.store.clone();
        let write = Write::at(run.now).traced(trace);
        Self {
            db,
            name,
            store,
            run,
            write,
            report,
            changes: Vec::new(),
            waiting: Vec::new(),
            failed: BTreeSet::new(),
            statistics: Statistics::default(),
        }
    }

    pub(super) async fn write(&mut self, batch: Batch) -> Result<(), ImportError> {
        for finding in batch.findings {
            if let Some(item) = finding.item.clone().filter(|_| finding.is_error()) {
                self.count_failed(item);
            }
            self.report.find(finding);
        }
        let mut tx = match &batch.items {
            Items::None => return Ok(()),
            _ => self.db.begin().await?,
        };
        match batch.items {
            Items::None => {}
            Items::Schema((_, input)) => self.schema_in(&mut tx, &input).await?,
            Items::Categories(items) => self.categories_in(&mut tx, items).await?,
            Items::Removals(items) => {
                let ids: Vec<ProductId> = items.into_iter().map(|(_, id)| id).collect();
                self.remove_in(&mut tx, &ids).await?;
            }
            Items::Products(items) => {
                for (line, input, error) in self.products_in(&mut tx, items).await? {
                    if self.waiting.len() < WAITING {
                        self.waiting.push((line, input));
                    } else {
                        self.refused(line, &input.product.id, &error);
                    }
                }
            }
        }
        self.commit(tx).await
    }

    /// Ends the import: removes what a full feed no longer names, and puts what had to wait.
    pub(super) async fn finish(&mut self, mode: Mode, summary: &Summary) -> Result<(), ImportError> {
        let mut tx = self.db.begin().await?;
        if let Some(note) = unfinished(mode, summary) {
            self.report.notes.push(note);
        } else if mode == Mode::Full {
            let gone = Catalog::missing(&mut tx, &self.store, Origin::Feed, &summary.products).await?;
            self.remove_in(&mut tx, &gone).await?;
            if summary.end.is_some_and(|end| end.categories.is_some()) {
                let put = Catalog::remove_missing_categories_in(
                    &mut tx,
                    &self.store,
                    &self.run,
                    &summary.categories,
                )
                .await?;
                self.note(EntityKind::Category, put);
            }
        }
        let waiting = std::mem::take(&mut self.waiting);
        for (line, input, error) in self.products_in(&mut tx, waiting).await? {
            self.refused(line, &input.product.id, &error);
        }
        self.commit(tx).await
    }

    async fn commit(&mut self, mut tx: Tx) -> Result<(), ImportError> {
        self.report.revision = Stores::bump_in(&mut tx, &self.store, &self.changes, &self.write).await?;
        self.changes.clear();
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        self.statistics.refresh(self.db, &self.report).await
    }

    async fn schema_in(&mut self, tx: &mut Tx, input: &SchemaInput) -> Result<(), ImportError> {
        let (outcome, changes) = Catalog::put_schema_in(tx, &self.store, &self.run, input).await?;
        self.count(EntityKind::Attribute, SCHEMA, outcome);
        self.changes.extend(changes);
        Ok(())
    }

    async fn categories_in(
        &mut self,
        tx: &mut Tx,
        items: Vec<Lined<CategoryInput>>,
    ) -> Result<(), ImportError> {
        let lines: BTreeMap<String, u64> =
            items.iter().map(|(line, input)| (input.category.id.to_string(), *line)).collect();
        let inputs: Vec<CategoryInput> = items.into_iter().map(|(_, input)| input).collect();
        let mut put = Catalog::put_categories_in(tx, &self.store, &self.run, &inputs).await?;
        for (id, error) in std::mem::take(&mut put.errors) {
            let line = lines.get(id.as_str()).copied().unwrap_or_default();
            self.item_failed(line, Entity { kind: EntityKind::Category, id: id.to_string() }, &error);
        }
        self.note(EntityKind::Category, put);
        Ok(())
    }

    /// Puts products and returns those that were refused.
    async fn products_in(
        &mut self,
        tx: &mut Tx,
        items: Vec<Lined<ProductInput>>,
    ) -> Result<Vec<(u64, ProductInput, ItemError)>, ImportError> {
        let (lines, inputs): (Vec<u64>, Vec<ProductInput>) = items.into_iter().unzip();
        let mut put = Catalog::put_products_in(tx, &self.store, &self.run, &inputs).await?;
        let errors: BTreeMap<ProductId, ItemError> = std::mem::take(&mut put.errors).into_iter().collect();
        self.note(EntityKind::Product, put);
        let items = lines.into_iter().zip(inputs);
        Ok(items
            .filter_map(|(line, input)| Some((line, errors.get(&input.product.id)?.clone(), input)))
            .map(|(line, error, input)| (line, input, error))
            .collect())
    }

    async fn remove_in(&mut self, tx: &mut Tx, ids: &[ProductId]) -> Result<(), ImportError> {
        let put = Catalog::remove_in(tx, &self.store, &self.run, ids).await?;
        self.note(EntityKind::Product, put);
        Ok(())
    }

    fn refused(&mut self, line: u64, id: &ProductId, error: &ItemError) {
        self.item_failed(line, Entity { kind: EntityKind::Product, id: id.to_string() }, error);
    }

    fn item_failed(&mut self, line: u64, entity: Entity, error: &ItemError) {
        let what = item_text(&entity, "", &error.to_string());
        self.report.find(finding(&self.name, line, Severity::Error, what, Some(entity.clone())));
        self.count_failed(entity);
    }

    fn count_failed(&mut self, entity: Entity) {
        let kind = entity.kind;
        if self.failed.insert(entity) {
            self.report.counts_of(kind).failed += 1;
        }
    }

    fn note<Id: std::fmt::Display>(&mut self, kind: EntityKind, put: Put<Id>) {
        for (id, outcome) in &put.outcomes {
            self.count(kind, &id.to_string(), *outcome);
        }
        self.changes.extend(put.changes);
    }

    fn count(&mut self, kind: EntityKind, id: &str, outcome: Outcome) {
        self.report.count(kind, id, outcome);
    }
}

/// Why a feed's end can't be trusted, in a sentence for the report.
fn unfinished(mode: Mode, summary: &Summary) -> Option<String> {
    let Summary { product_lines, category_lines, unnamed, last_line, .. } = summary;
    let kept = "nothing was removed";
    match (mode, summary.end) {
        (Mode::Delta, None) => {
            Some(format!("the feed is unfinished: it has no end line and was taken up to line {last_line}"))
        }
        (Mode::Full, None) => Some(format!("the feed has no end line, so {kept}")),
        (Mode::Full, Some(end)) if end.products != *product_lines => {
            Some(format!("the end line says {} products and {product_lines} came, so {kept}", end.products))
        }
        (Mode::Full, Some(end)) if end.categories.is_some_and(|count| count != *category_lines) => {
            Some(format!(
                "the end line says {} categories and {category_lines} came, so {kept}",
                end.categories.unwrap_or_default()
            ))
        }
        (Mode::Full, Some(_)) if *unnamed > 0 => {
            Some(format!("{unnamed} lines can't be told which item they are, so {kept}"))
        }
        (Mode::Delta, Some(end)) if end.products != *product_lines => {
            Some(format!("the end line says {} products and {product_lines} came", end.products))
        }
        _ => None,
    }
}

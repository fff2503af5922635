//! A put of documents that is decided and not yet written.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{ContentHash, StoreId};

use crate::documents::COLUMNS;
use crate::{Batch, DbError, Documents, NewDocument, Outcome, Run, Tx, Value};

/// What a put is about to write.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(crate) documents: Documents,
    pub(crate) store: &'a StoreId,
    pub(crate) run: &'a Run,
    pub(crate) items: &'a [NewDocument],
    pub(crate) hashes: Vec<ContentHash>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) seqs: BTreeMap<(&'static str, String), i64>,
}

impl Plan<'_> {
    /// The outcome of each item, in order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Leaves an item as it is in the table.
    pub fn drop_item(&mut self, index: usize) {
        if let Some(outcome) = self.outcomes.get_mut(index) {
            *outcome = Outcome::Unchanged;
        }
    }

    /// Writes what is added or changed.
    pub async fn write_in(mut self, tx: &mut Tx) -> Result<(), DbError> {
        self.number_new_in(tx).await?;
        let head = format!("INSERT INTO {} (store, {COLUMNS})", self.documents.table);
        let tail = "ON CONFLICT (store, kind, id, lang) DO UPDATE SET doc = excluded.doc, hash = excluded.hash, \
                    origin = excluded.origin, source_hash = excluded.source_hash, edited = excluded.edited, \
                    changed_at = excluded.changed_at";
        let mut batch = Batch::new(head, 11, tail);
        for ((item, hash), outcome) in self.items.iter().zip(&self.hashes).zip(&self.outcomes) {
            let Some(seq) = self.seqs.get(&(item.kind, item.id.clone())).filter(|_| outcome.writes()) else {
                continue;
            };
            batch.push([
                self.store.as_str().into(),
                item.kind.into(),
                item.id.as_str().into(),
                item.lang.as_str().into(),
                Value::from(*seq),
                item.doc.as_str().into(),
                hash.hex().into(),
                self.run.origin.as_str().into(),
                hash.hex().into(),
                Value::Text(None),
                self.run.now.ms().into(),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    async fn number_new_in(&mut self, tx: &mut Tx) -> Result<(), DbError> {
        let mut new = Vec::new();
        let mut seen = BTreeSet::new();
        for (item, outcome) in self.items.iter().zip(&self.outcomes) {
            let key = (item.kind, item.id.clone());
            if outcome.writes() && !self.seqs.contains_key(&key) && seen.insert(key.clone()) {
                new.push(key);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let first = self.documents.take_seqs_in(tx, self.store, new.len()).await?;
        self.seqs.extend(new.into_iter().zip(first..));
        Ok(())
    }
}

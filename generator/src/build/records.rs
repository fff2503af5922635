//! Products that a pass has read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use vitrine_catalog::{Catalog, ProductRecord};
use vitrine_core::StoreId;
use vitrine_db::Db;

use crate::error::BuildError;

/// Products kept. A single change shows its product on a few dozen pages, products of a category show each other's
/// cards, and those of the next unit are read ahead. One takes some 50 kB in fifteen languages and twenty countries.
const KEPT: usize = 320;

/// The products that a pass has read last.
///
/// A change is seen by several of its units: the product's page, those that show its card, its listing. Once the
/// generator knows of newer changes, all is read anew.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    products: BTreeMap<i64, Arc<ProductRecord>>,
    /// In the order in which they were read.
    order: VecDeque<i64>,
}

impl Kept {
    fn insert(&mut self, seq: i64, record: Arc<ProductRecord>) {
        if self.products.insert(seq, record).is_none() {
            self.order.push_back(seq);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.products.remove(&oldest);
        }
    }
}

impl Records {
    /// Forgets what was read.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The products with these numbers, in order of their numbers; those that there are not are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn read(
        &self,
        db: &Db,
        store: &StoreId,
        seqs: &[i64],
    ) -> Result<Vec<Arc<ProductRecord>>, BuildError> {
        let mut found: BTreeMap<i64, Arc<ProductRecord>> = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seqs.iter().filter_map(|seq| Some((*seq, Arc::clone(kept.products.get(seq)?)))).collect()
        };
        let missing: Vec<i64> = seqs.iter().copied().filter(|seq| !found.contains_key(seq)).collect();
        if !missing.is_empty() {
            let read = Catalog::products_by_seq(db, store, &missing).await?;
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for record in read.into_iter().map(Arc::new) {
                kept.insert(record.seq, Arc::clone(&record));
                found.insert(record.seq, record);
            }
        }
        Ok(found.into_values().collect())
    }
}

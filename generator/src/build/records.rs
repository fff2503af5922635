//! Products that a pass has read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use vitrine_catalog::{Catalog, ProductRecord};
use vitrine_core::StoreId;
use vitrine_db::Db;

use crate::error::BuildError;

/// A single change shows its product on a few dozen pages; beyond this a pass is large, and reading again costs
/// little beside the rest.
const KEPT: usize = 200;

/// The products that a pass has read so far, while they are few.
///
/// A change is seen by several of its units: the product's page, those that show its card, its listing. Once the
/// generator knows of newer changes, all is read anew.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<BTreeMap<i64, Arc<ProductRecord>>>);

impl Records {
    /// Forgets what was read.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
            seqs.iter().filter_map(|seq| Some((*seq, Arc::clone(kept.get(seq)?)))).collect()
        };
        let missing: Vec<i64> = seqs.iter().copied().filter(|seq| !found.contains_key(seq)).collect();
        if !missing.is_empty() {
            let read = Catalog::products_by_seq(db, store, &missing).await?;
            let read = read.into_iter().map(|record| (record.seq, Arc::new(record)));
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (seq, record) in read {
                if kept.len() < KEPT {
                    kept.insert(seq, Arc::clone(&record));
                }
                found.insert(seq, record);
            }
        }
        Ok(found.into_values().collect())
    }
}

//! Products of the folder into the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ItemError, ProductInput};
use vitrine_core::{EntityKind, Origin, ProductId};
use vitrine_db::{Outcome, Tx};

use super::Import;
use crate::error::ImportError;
use crate::report::Severity;
use crate::source::parsed::Parsed;

/// Products a transaction takes: so many that a commit costs little, so few that other writers don't wait long.
pub(crate) const BATCH: usize = 500;

/// A product that has to wait for another to give something up.
pub(super) type Waiting = (Arc<Parsed<ProductInput>>, ItemError);

impl Import<'_> {
    /// The products that are right and not as they were at the last import.
    pub(super) fn products_to_put(
        &mut self,
        known: &BTreeMap<String, Arc<Parsed<ProductInput>>>,
    ) -> Vec<Arc<Parsed<ProductInput>>> {
        let mut products = Vec::new();
        for (id, parsed) in &self.folder.products {
            if self.is_broken(EntityKind::Product, id) {
                continue;
            }
            if known.get(id).is_some_and(|before| Arc::ptr_eq(before, parsed)) {
                self.note(EntityKind::Product, id, Outcome::Unchanged);
            } else {
                products.push(Arc::clone(parsed));
            }
        }
        products
    }

    pub(super) async fn remove_products_in(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        // A folder that can't be read is still there: its last good version stays.
        let keep: BTreeSet<ProductId> =
            self.folder.products.keys().filter_map(|id| ProductId::try_new(id).ok()).collect();
        let gone = Catalog::missing(tx, &self.store, Origin::Files, &keep).await?;
        let put = Catalog::remove_in(tx, &self.store, &self.run, &gone).await?;
        for (id, outcome) in put.outcomes {
            self.note(EntityKind::Product, id.as_str(), outcome);
        }
        self.changes.extend(put.changes);
        Ok(())
    }

    /// Puts products and returns those that were refused.
    pub(super) async fn put_products_in(
        &mut self,
        tx: &mut Tx,
        products: &[Arc<Parsed<ProductInput>>],
    ) -> Result<Vec<Waiting>, ImportError> {
        let inputs: Vec<ProductInput> = products.iter().filter_map(|parsed| parsed.value.clone()).collect();
        let put = Catalog::put_products_in(tx, &self.store, &self.run, &inputs).await?;
        for (id, outcome) in put.outcomes {
            self.note(EntityKind::Product, id.as_str(), outcome);
        }
        self.changes.extend(put.changes);
        let by_id =
            |id: &ProductId| products.iter().find(|parsed| parsed.item.id == id.as_str()).map(Arc::clone);
        Ok(put.errors.into_iter().filter_map(|(id, error)| Some((by_id(&id)?, error))).collect())
    }

    /// Reports a product that was refused for good where the thing stands that another has.
    pub(super) fn product_failed(&mut self, parsed: &Parsed<ProductInput>, error: &ItemError) {
        let field = match error {
            ItemError::SkuTaken { sku, .. } => {
                let variants =
                    parsed.value.as_ref().map(|input| input.product.variants.as_slice()).unwrap_or_default();
                let index = variants.iter().position(|variant| variant.sku == *sku).unwrap_or_default();
                format!("variants[{index}].sku")
            }
            ItemError::SlugTaken { lang, .. } => format!("texts.{lang}.slug"),
            _ => String::new(),
        };
        let finding = self.folder.root.at_field(&parsed.item, &field, Severity::Error, error.to_string());
        self.broken.insert(parsed.item.clone());
        self.report.counts_of(EntityKind::Product).failed += 1;
        self.report.find(finding);
    }
}

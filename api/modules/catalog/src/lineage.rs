//! Which categories stand above which.

use std::collections::BTreeMap;

use vitrine_core::CategoryId;

use crate::domain::Placement;
use crate::record::CategoryRecord;

/// The parents of a store's categories: what is in a category is in all above it, too.
#[derive(Clone, Debug, Default)]
pub struct Lineage(BTreeMap<CategoryId, CategoryId>);

impl Lineage {
    /// Of all categories.
    pub fn of(categories: impl IntoIterator<Item = CategoryRecord>) -> Self {
        let parent = |record: CategoryRecord| Some((record.category.id, record.category.parent?));
        Self(categories.into_iter().filter_map(parent).collect())
    }

    /// A category and all above it.
    pub fn with_ancestors(&self, id: &CategoryId) -> Vec<CategoryId> {
        let mut line = vec![id.clone()];
        while let Some(parent) = line.last().and_then(|id| self.0.get(id)) {
            // A circle can't be imported; one that is there all the same must not hang anybody.
            if line.contains(parent) {
                break;
            }
            line.push(parent.clone());
        }
        line
    }

    /// The categories a product is placed in, with all above them.
    pub fn of_all(&self, placements: &[Placement]) -> Vec<CategoryId> {
        placements.iter().flat_map(|placement| self.with_ancestors(&placement.id)).collect()
    }
}

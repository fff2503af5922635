//! Generators at rest, shared by the slots of a consumer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vitrine_core::StoreId;
use vitrine_generator::Generator;

/// By store; of several the one that was used last is taken first, because it has the least to catch up on. So there
/// are never more than publishes ran at once, and a slot that was idle does not load a whole shop for one price.
#[derive(Clone, Default)]
pub(super) struct Generators(Arc<Mutex<BTreeMap<StoreId, Vec<Generator>>>>);

impl Generators {
    /// Takes one, if one is at rest.
    pub(super) fn take(&self, store: &StoreId) -> Option<Generator> {
        self.at_rest().get_mut(store)?.pop()
    }

    /// Gives one back.
    pub(super) fn rest(&self, store: &StoreId, generator: Generator) {
        self.at_rest().entry(store.clone()).or_default().push(generator);
    }

    fn at_rest(&self) -> MutexGuard<'_, BTreeMap<StoreId, Vec<Generator>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Generators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.at_rest().iter().map(|(store, idle)| (store, idle.len()))).finish()
    }
}

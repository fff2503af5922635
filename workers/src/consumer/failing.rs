//! Storefronts that can't be published as they are, shared by the slots of a consumer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vitrine_core::{Country, StoreId};

type Front = (StoreId, Country);

/// They are tried by themselves until it works again, so that they hold up no others.
#[derive(Clone, Debug, Default)]
pub(super) struct Failing(Arc<Mutex<BTreeSet<Front>>>);

impl Failing {
    pub(super) fn contains(&self, store: &StoreId, country: Country) -> bool {
        self.fronts().contains(&(store.clone(), country))
    }

    pub(super) fn insert(&self, store: &StoreId, countries: &BTreeSet<Country>) {
        self.fronts().extend(countries.iter().map(|country| (store.clone(), *country)));
    }

    pub(super) fn remove(&self, store: &StoreId, countries: &BTreeSet<Country>) {
        self.fronts().retain(|(of, country)| of != store || !countries.contains(country));
    }

    fn fronts(&self) -> MutexGuard<'_, BTreeSet<Front>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Storefronts whose sitemaps were put off, shared by the slots of a consumer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vitrine_core::{Country, StoreId, Timestamp};

type Front = (StoreId, Country);

/// With the time of the publish that put them off.
#[derive(Clone, Debug, Default)]
pub(super) struct Owed(Arc<Mutex<BTreeMap<Front, Timestamp>>>);

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.fronts().is_empty()
    }

    pub(super) fn insert(&self, front: Front, at: Timestamp) {
        self.fronts().insert(front, at);
    }

    pub(super) fn remove(&self, front: &Front) {
        self.fronts().remove(front);
    }

    /// All of them, unless one was put off after a time: then other slots are busy, though this one is not.
    pub(super) fn take_before(&self, time: Timestamp) -> Vec<Front> {
        let mut fronts = self.fronts();
        match fronts.values().all(|at| *at <= time) {
            true => std::mem::take(&mut *fronts).into_keys().collect(),
            false => Vec::new(),
        }
    }

    fn fronts(&self) -> MutexGuard<'_, BTreeMap<Front, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_while_another_slot_goes_on_publishing() {
        let owed = Owed::default();
        let front = |code| (StoreId::try_new("a").unwrap(), Country::try_new(code).unwrap());
        owed.insert(front("DE"), Timestamp::from_ms(10));
        owed.insert(front("FR"), Timestamp::from_ms(30));
        assert!(owed.take_before(Timestamp::from_ms(20)).is_empty() && !owed.is_empty());
        assert_eq!(owed.take_before(Timestamp::from_ms(30)), [front("DE"), front("FR")]);
        assert!(owed.is_empty());
        owed.insert(front("DE"), Timestamp::from_ms(40));
        owed.remove(&front("DE"));
        assert!(owed.is_empty());
    }
}

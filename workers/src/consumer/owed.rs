//! When sitemaps were last put off, shared by the slots of a consumer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vitrine_core::Timestamp;

/// What is owed stands in the database; this tells when to look.
#[derive(Clone, Debug)]
pub(super) struct Owed(Arc<Mutex<Option<Timestamp>>>);

impl Default for Owed {
    /// A process that was killed may have left something behind.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Timestamp::from_ms(0)))))
    }
}

impl Owed {
    /// Whether any were put off since the last look.
    pub(super) fn is_owed(&self) -> bool {
        self.last().is_some()
    }

    /// Notes that a publish at a time has put off sitemaps.
    pub(super) fn note(&self, at: Timestamp) {
        let mut last = self.last();
        *last = (*last).max(Some(at));
    }

    /// Whether to look now: not where some were put off after a time, because then other slots are busy, though this
    /// one is not.
    pub(super) fn take_before(&self, time: Timestamp) -> bool {
        let mut last = self.last();
        let quiet = last.is_none_or(|at| at <= time);
        if quiet {
            *last = None;
        }
        quiet
    }

    fn last(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_looks_while_another_slot_goes_on_publishing() {
        let owed = Owed::default();
        let at = Timestamp::from_ms;
        assert!(owed.is_owed() && owed.take_before(at(0)), "what others left behind is looked for");
        assert!(!owed.is_owed() && owed.take_before(at(0)), "and again from time to time");
        owed.note(at(10));
        owed.note(at(30));
        owed.note(at(20));
        assert!(!owed.take_before(at(25)) && owed.is_owed());
        assert!(owed.take_before(at(30)) && !owed.is_owed());
    }
}

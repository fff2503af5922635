//! What is no longer there is deleted, last of all.

use std::collections::{BTreeMap, BTreeSet};

use super::{Old, Run};
use crate::error::BuildError;
use crate::place::key_of;
use crate::rehearsal;
use crate::state::{Change, Published, Slot, State, Until};

impl Run {
    /// Deletes what is gone, unless another page stands at its path now.
    pub(crate) async fn delete_gone(&mut self) -> Result<(), BuildError> {
        let mut gone = std::mem::take(&mut self.gone);
        let vacated = std::mem::take(&mut self.vacated);
        let Some(state) = self.state.clone() else { return Ok(()) };
        let others = gone.keys().map(|slot| slot.1).filter(|edition| !self.editions.contains_key(edition));
        let (cleared, guard) = state.guard_gone(&others.collect()).await?;
        gone.retain(|slot, _| self.editions.contains_key(&slot.1) || cleared.contains(&slot.1));
        let deleted = self.delete(&state, &gone, vacated).await;
        if let Some(guard) = guard {
            guard.end().await?;
        }
        deleted
    }

    async fn delete(
        &mut self,
        state: &State,
        gone: &BTreeMap<Slot, Published>,
        vacated: BTreeMap<String, (Slot, Old)>,
    ) -> Result<(), BuildError> {
        if gone.is_empty() && vacated.is_empty() {
            return Ok(());
        }
        let slots: Vec<Slot> = gone.keys().copied().collect();
        let mut left: BTreeMap<String, (Slot, Old)> = vacated;
        for (slot, row) in gone {
            left.insert(row.path.clone(), (*slot, row.bytes_there()));
        }
        if self.preview.is_some() {
            return self.would_delete(state, &left, &slots).await;
        }
        let changes = self.journal_deletions(state, &mut left, &slots).await?;
        rehearsal::step("deletions journaled");
        let keys: Vec<String> = left.keys().map(|path| key_of(path)).collect();
        self.objects.delete(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        rehearsal::step("deleted");
        if self.invalidates && !changes.is_empty() {
            let mut tx = state.begin(&self.progress).await?;
            self.invalidate_in(state, &mut tx, &changes).await?;
            tx.commit().await.map_err(vitrine_db::DbError::from)?;
        }
        for (path, (slot, old)) in &left {
            if old.is_some() {
                self.tally.removed(self.editions.get(&slot.1).copied(), path);
            }
        }
        Ok(())
    }

    /// Commits what is about to be deleted; what another page stands at is taken out of `left`.
    pub(super) async fn journal_deletions(
        &mut self,
        state: &State,
        left: &mut BTreeMap<String, (Slot, Old)>,
        gone: &[Slot],
    ) -> Result<Vec<Change>, BuildError> {
        let mut tx = state.begin(&self.progress).await?;
        // If what goes is wanted again before the next build, that one must not believe that it is still there; and
        // if this one is killed now, the next one must know what is left to delete.
        let entries = left.iter().map(|(path, (slot, _))| ((*slot, path.as_str()), Until::End));
        state.journal_in(&mut tx, entries).await?;
        state.remove_in(&mut tx, gone).await?;
        let paths: Vec<String> = left.keys().cloned().collect();
        let taken = state.taken_in(&mut tx, &paths).await?;
        left.retain(|path, _| !taken.contains(path));
        let change = |(path, (slot, old)): (&String, &(Slot, Old))| {
            let country = *self.editions.get(&slot.1)?;
            Some(Change { country, path: path.clone(), old: old.clone(), new: None })
        };
        let changes: Vec<Change> = left.iter().filter_map(change).collect();
        for country in changes.iter().map(|change| change.country).collect::<BTreeSet<_>>() {
            if !self.releases.contains_key(&country) {
                let release = state.open_release_in(&mut tx, country, &self.opening).await?;
                self.releases.insert(country, release);
            }
        }
        self.release_in(state, &mut tx, &changes).await?;
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        Ok(changes)
    }
}

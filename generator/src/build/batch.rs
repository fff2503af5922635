//! One batch of drafts: compared, journaled, rendered, written, recorded.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::ContentHash;

use crate::build::Tally;
use crate::error::BuildError;
use crate::key::{EntityKey, PageKey};
use crate::model::{Body, Draft};
use crate::output::{Output, key_of};
use crate::parallel;
use crate::state::{Published, Slot, State};

/// Where a build writes and what it has done so far.
pub(crate) struct Run<'a> {
    /// The published state; a full build into a fresh directory has none.
    pub state: Option<&'a State>,
    pub output: &'a Output,
    pub threads: usize,
    /// Editions that are built.
    pub editions: BTreeSet<i64>,
    /// Editions of the store; rows of others are left over from countries that are gone.
    pub alive: BTreeSet<i64>,
    /// Pages that an interrupted build may have written or deleted.
    pub unknown: BTreeSet<Slot>,
    pub tally: Tally,
    /// Pages that are no longer there, with their paths: deleted last, when nothing links to them any more.
    pub gone: Vec<(Slot, String)>,
    /// Paths that pages moved away from, or that an interrupted build may have written.
    pub vacated: BTreeSet<String>,
    /// Which listing pages there are may have changed, and with it what the sitemap of categories says.
    pub listings_moved: bool,
    /// Every key written by a build without state, to clear what else lies in the directory.
    pub keys: BTreeSet<String>,
}

/// A rendered page.
struct Made {
    slot: Slot,
    row: Published,
    key: Option<String>,
    written: bool,
}

impl<'a> Run<'a> {
    /// A run for no edition yet.
    pub(crate) fn new(state: Option<&'a State>, output: &'a Output, threads: usize) -> Self {
        Self {
            state,
            output,
            threads,
            editions: BTreeSet::new(),
            alive: BTreeSet::new(),
            unknown: BTreeSet::new(),
            tally: Tally::default(),
            gone: Vec::new(),
            vacated: BTreeSet::new(),
            listings_moved: false,
            keys: BTreeSet::new(),
        }
    }
}

impl Run<'_> {
    /// What is published of a range of pages.
    pub(crate) async fn published(
        &self,
        first: PageKey,
        last: PageKey,
    ) -> Result<BTreeMap<Slot, Published>, BuildError> {
        match self.state {
            Some(state) => state.published(first, last).await,
            None => Ok(BTreeMap::new()),
        }
    }

    /// Publishes drafts, all there is of the pages that `published` lists: what it lists beyond them is gone.
    pub(crate) async fn publish(
        &mut self,
        drafts: Vec<Draft<'_>>,
        published: &BTreeMap<Slot, Published>,
    ) -> Result<(), BuildError> {
        self.note_gone(&drafts, published);
        self.tally.pages += drafts.len() as u64;
        let differs = |draft: &&Draft<'_>| {
            let slot = (draft.page, draft.edition);
            let known = published.get(&slot).filter(|_| !self.unknown.contains(&slot));
            // A page that looks the same may become untrue at another time than the ledger says.
            known.is_none_or(|row| {
                (row.fingerprint, row.shape, row.valid_until)
                    != (draft.fingerprint, draft.shape, draft.valid_until)
            })
        };
        let todo: Vec<&Draft<'_>> = drafts.iter().filter(differs).collect();
        if todo.is_empty() {
            return Ok(());
        }
        if let Some(state) = self.state {
            let mut entries = BTreeSet::new();
            for draft in &todo {
                let slot = (draft.page, draft.edition);
                entries.extend(published.get(&slot).map(|row| (slot, row.path.as_str())));
                entries.insert((slot, draft.path.as_str()));
            }
            state.journal(&entries).await?;
        }
        let made = parallel::off_the_runtime(|| {
            let render = |out: &mut Vec<u8>, draft: &&Draft<'_>| self.make(draft, published, out);
            parallel::map(self.threads, &todo, Vec::new, render)
        });
        let made: Vec<Made> = made.into_iter().collect::<Result<_, _>>()?;
        self.record(&todo, made, published).await
    }

    fn note_gone(&mut self, drafts: &[Draft<'_>], published: &BTreeMap<Slot, Published>) {
        let there: BTreeSet<Slot> = drafts.iter().map(|draft| (draft.page, draft.edition)).collect();
        for (slot, row) in published {
            let ours = self.editions.contains(&slot.1) || !self.alive.contains(&slot.1);
            if ours && !there.contains(slot) {
                self.gone.push((*slot, row.path.clone()));
            }
        }
    }

    /// Renders and writes one page.
    fn make(
        &self,
        draft: &Draft<'_>,
        published: &BTreeMap<Slot, Published>,
        out: &mut Vec<u8>,
    ) -> Result<Made, BuildError> {
        out.clear();
        let bytes: Option<&[u8]> = match &draft.body {
            Body::Template(render) => {
                render(out)?;
                Some(out)
            }
            Body::Bytes(bytes) => Some(bytes),
            Body::None => None,
        };
        let slot = (draft.page, draft.edition);
        let hash = bytes.map(ContentHash::of);
        let known = published.get(&slot).filter(|_| !self.unknown.contains(&slot));
        let same = known.is_some_and(|row| row.hash == hash && row.path == draft.path);
        let key = key_of(&draft.path);
        if let Some(bytes) = bytes.filter(|_| !same) {
            self.output.put(&key, bytes)?;
        }
        let row = Published {
            path: draft.path.clone(),
            fingerprint: draft.fingerprint,
            hash,
            shape: draft.shape,
            bytes: bytes.map_or(0, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
            valid_until: draft.valid_until,
        };
        Ok(Made { slot, row, key: bytes.map(|_| key), written: bytes.is_some() && !same })
    }

    async fn record(
        &mut self,
        todo: &[&Draft<'_>],
        made: Vec<Made>,
        published: &BTreeMap<Slot, Published>,
    ) -> Result<(), BuildError> {
        let needs: BTreeSet<(EntityKey, PageKey)> =
            todo.iter().flat_map(|draft| draft.needs.iter().map(|need| (*need, draft.page))).collect();
        let mut rows = Vec::with_capacity(made.len());
        for made in made {
            self.tally.rendered += 1;
            if made.written {
                self.tally.written += 1;
                self.tally.bytes += u64::try_from(made.row.bytes).unwrap_or_default();
                self.tally.note_path(&made.row.path);
            }
            let leaves = |old: &&Published| old.path != made.row.path || made.row.hash.is_none();
            if let Some(old) = published.get(&made.slot).filter(leaves) {
                self.vacated.insert(old.path.clone());
            }
            if self.state.is_none() {
                self.keys.extend(made.key);
            }
            rows.push((made.slot, made.row));
        }
        if let Some(state) = self.state {
            let mut tx = state.begin().await?;
            state.publish_in(&mut tx, &rows).await?;
            state.depend_in(&mut tx, &needs).await?;
            tx.commit().await.map_err(vitrine_db::DbError::from)?;
        }
        Ok(())
    }

    /// Deletes what is gone, unless another page stands at its path now.
    pub(crate) async fn delete_gone(&mut self) -> Result<(), BuildError> {
        let Some(state) = self.state else { return Ok(()) };
        let gone = std::mem::take(&mut self.gone);
        let mut paths = std::mem::take(&mut self.vacated);
        // If what goes is wanted again before the next build, that one must not believe that it is still there.
        state.journal(&gone.iter().map(|(slot, path)| (*slot, path.as_str())).collect()).await?;
        let slots: Vec<Slot> = gone.iter().map(|(slot, _)| *slot).collect();
        paths.extend(gone.into_iter().map(|(_, path)| path));
        let paths: Vec<String> = paths.into_iter().collect();
        // Committed last: a crash before it leaves the rows, and so the next build deletes again.
        let mut tx = state.begin().await?;
        state.remove_in(&mut tx, &slots).await?;
        let taken = state.taken_in(&mut tx, &paths).await?;
        for path in paths.iter().filter(|path| !taken.contains(*path)) {
            if self.output.remove(&key_of(path))? {
                self.tally.removed += 1;
                self.tally.note_path(path);
            }
        }
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

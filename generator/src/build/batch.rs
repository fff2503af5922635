//! One batch of drafts: compared, rendered, journaled, written, recorded.

mod deletions;
mod preview;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_core::{ContentHash, Country};
use vitrine_objects::{ObjectError, Objects, Stored, Was};

use crate::build::Tally;
use crate::error::BuildError;
use crate::key::{EntityKey, PageKey};
use crate::lease::Progress;
use crate::model::{Body, Draft, EdgeRedirect};
use crate::parallel;
use crate::place::{key_of, put_of};
use crate::rehearsal;
use crate::state::{Change, Entry, Opening, Published, Slot, State, Until};

pub(crate) use preview::Collected;
pub use preview::{PathChange, Preview};

/// What stood at a path: hash and the store's name for the bytes.
type Old = Option<(ContentHash, String)>;

/// Where a build writes and what it has done so far.
pub(crate) struct Run {
    /// The published state; a full build into a fresh directory has none.
    pub state: Option<State>,
    pub objects: Arc<dyn Objects>,
    /// Editions that are built, with their countries.
    pub editions: BTreeMap<i64, Country>,
    /// Editions of the store; rows of others are left over from countries that are gone.
    pub alive: BTreeSet<i64>,
    /// Pages that an interrupted build may have written or deleted.
    pub unknown: BTreeSet<Slot>,
    pub tally: Tally,
    pub progress: Progress,
    /// Pages that are no longer there: deleted last, when nothing links to them any more.
    pub gone: BTreeMap<Slot, Published>,
    /// Paths that pages moved away from, or that an interrupted build may have written, with what stood there.
    pub vacated: BTreeMap<String, (Slot, Old)>,
    /// Which listing pages there are may have changed, and with it what the sitemap of categories says.
    pub listings_moved: bool,
    /// Every key written by a build without state, to clear what else lies in the directory.
    pub keys: BTreeSet<String>,
    /// Old addresses, as the edge's table has them.
    pub edge: Vec<EdgeRedirect>,
    /// What releases begin with.
    pub opening: Opening,
    /// The open releases.
    pub releases: BTreeMap<Country, i64>,
    /// Whether a CDN is to forget what changes.
    pub invalidates: bool,
    /// Nothing that the ledger says of the place can be believed.
    pub distrust: bool,
    /// Only pages are put that are not there yet: nothing leads to them before all of them are.
    pub only_new: bool,
    /// Pages that are there when it is done: kept by a run that lies upon another, where they are few.
    pub there: Option<BTreeSet<Slot>>,
    /// What would be written, where nothing is.
    pub preview: Option<Collected>,
}

/// A rendered page.
struct Made {
    slot: Slot,
    row: Published,
    /// What is to be put; absent where the bytes are there already, or there are none.
    bytes: Option<Vec<u8>>,
    old: Option<Published>,
}

impl Run {
    /// A run for no edition yet.
    pub(crate) fn new(state: Option<State>, objects: Arc<dyn Objects>, opening: Opening) -> Self {
        Self {
            state,
            objects,
            editions: BTreeMap::new(),
            alive: BTreeSet::new(),
            unknown: BTreeSet::new(),
            tally: Tally::default(),
            progress: Progress::default(),
            gone: BTreeMap::new(),
            vacated: BTreeMap::new(),
            listings_moved: false,
            keys: BTreeSet::new(),
            edge: Vec::new(),
            opening,
            releases: BTreeMap::new(),
            invalidates: false,
            distrust: false,
            only_new: false,
            there: None,
            preview: None,
        }
    }

    /// Whether what the ledger says of a page is what is there.
    pub(crate) fn trusts(&self, slot: &Slot) -> bool {
        !self.distrust && !self.unknown.contains(slot)
    }

    /// Begins as one that is done before the rest of another, which has met what is newer.
    pub(crate) fn lies_upon(&mut self, below: &Self) {
        self.unknown.clone_from(&below.unknown);
        self.distrust = below.distrust;
        self.there = Some(BTreeSet::new());
    }

    /// Takes in what was done by a run that lay upon this one.
    pub(crate) fn takes_in(&mut self, done: &Self) {
        self.listings_moved |= done.listings_moved;
        let Some(there) = &done.there else { return };
        // What was gone is back, also where the ledger had not forgotten it and nothing was to be put.
        self.gone.retain(|slot, _| !there.contains(slot));
        self.unknown.retain(|slot| !there.contains(slot));
        if let Some(ours) = &mut self.there {
            ours.extend(there);
        }
    }

    /// What is published of a range of pages.
    pub(crate) async fn published(
        &self,
        first: PageKey,
        last: PageKey,
    ) -> Result<BTreeMap<Slot, Published>, BuildError> {
        self.published_of(&[(first, last)]).await
    }

    /// What is published of several ranges of pages, each with its last page.
    ///
    /// Editions that are not built are left out: nothing is compared with them, and they may be many.
    pub(crate) async fn published_of(
        &self,
        ranges: &[(PageKey, PageKey)],
    ) -> Result<BTreeMap<Slot, Published>, BuildError> {
        let Some(state) = &self.state else { return Ok(BTreeMap::new()) };
        let others: Vec<i64> =
            self.alive.iter().copied().filter(|edition| !self.editions.contains_key(edition)).collect();
        state.published_of(ranges, &others).await
    }

    /// Brings pages up to date: drafts that differ from what is published are rendered and put.
    pub(crate) async fn update(
        &mut self,
        drafts: Vec<Draft<'_>>,
        published: &BTreeMap<Slot, Published>,
    ) -> Result<(), BuildError> {
        let todo = self.compare(drafts, published);
        self.publish(todo, published).await
    }

    /// The drafts that differ from what is published. They are all there is of the pages that `published` lists: what
    /// it lists beyond them is gone.
    pub(crate) fn compare<'d>(
        &mut self,
        mut drafts: Vec<Draft<'d>>,
        published: &BTreeMap<Slot, Published>,
    ) -> Vec<Draft<'d>> {
        // What is looked at for new pages only is looked at once more.
        if !self.only_new {
            self.note_gone(&drafts, published);
            self.tally.pages += drafts.len() as u64;
            self.progress.pages += drafts.len() as u64;
            for draft in &drafts {
                self.tally.looked_at(self.editions.get(&draft.edition).copied(), false);
            }
            if let Some(there) = &mut self.there {
                there.extend(drafts.iter().map(|draft| (draft.page, draft.edition)));
            }
        }
        drafts.retain(|draft| {
            let slot = (draft.page, draft.edition);
            let is_there = |row: &Published| row.path == draft.path && row.hash.is_some();
            if self.only_new && published.get(&slot).is_some_and(is_there) {
                return false;
            }
            let known = published.get(&slot).filter(|_| self.trusts(&slot));
            // A page that looks the same may become untrue at another time than the ledger says.
            known.is_none_or(|row| {
                (row.fingerprint, row.shape, row.valid_until)
                    != (draft.fingerprint, draft.shape, draft.valid_until)
            })
        });
        drafts
    }

    /// Publishes drafts; the cards they show are made.
    pub(crate) async fn publish(
        &mut self,
        todo: Vec<Draft<'_>>,
        published: &BTreeMap<Slot, Published>,
    ) -> Result<(), BuildError> {
        if todo.is_empty() {
            return Ok(());
        }
        let made = parallel::map(&todo, |draft| self.make(draft, published));
        let made: Vec<Made> = made.into_iter().collect::<Result<_, _>>()?;
        self.tally.rendered += made.len() as u64;
        self.progress.rendered += made.len() as u64;
        for one in &made {
            self.tally.looked_at(self.editions.get(&one.slot.1).copied(), true);
        }
        if self.preview.is_some() {
            return self.would_put(made).await;
        }
        self.journal(&made).await?;
        rehearsal::step("journal committed");
        let stored = self.put(&made).await?;
        rehearsal::step("all put");
        let needs: BTreeSet<(EntityKey, PageKey)> =
            todo.iter().flat_map(|draft| draft.needs.iter().map(|need| (*need, draft.page))).collect();
        self.record(made, stored, &needs).await
    }

    fn note_gone(&mut self, drafts: &[Draft<'_>], published: &BTreeMap<Slot, Published>) {
        let there: BTreeSet<Slot> = drafts.iter().map(|draft| (draft.page, draft.edition)).collect();
        for (slot, row) in published {
            let ours = self.editions.contains_key(&slot.1) || !self.alive.contains(&slot.1);
            if ours && !there.contains(slot) {
                self.gone.insert(*slot, row.clone());
            }
        }
    }

    /// Renders one page.
    fn make(&self, draft: &Draft<'_>, published: &BTreeMap<Slot, Published>) -> Result<Made, BuildError> {
        let bytes: Option<Vec<u8>> = match &draft.body {
            Body::Render(render) => {
                let mut out = Vec::with_capacity(24 << 10);
                render(&mut out)?;
                Some(out)
            }
            Body::Bytes(bytes) => Some(bytes.clone()),
            Body::None => None,
        };
        let slot = (draft.page, draft.edition);
        let hash = bytes.as_deref().map(ContentHash::of);
        let old = published.get(&slot);
        let known = old.filter(|_| self.trusts(&slot));
        let same = known.is_some_and(|row| row.hash == hash && row.path == draft.path);
        let row = Published {
            path: draft.path.clone(),
            fingerprint: draft.fingerprint,
            hash,
            shape: draft.shape,
            bytes: bytes.as_ref().map_or(0, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
            valid_until: draft.valid_until,
            version: known.filter(|_| same).and_then(|row| row.version.clone()),
            etag: known.filter(|_| same).and_then(|row| row.etag.clone()),
        };
        Ok(Made { slot, row, bytes: bytes.filter(|_| !same), old: old.cloned() })
    }

    /// Commits what is about to be written, before the first byte of it is.
    async fn journal(&mut self, made: &[Made]) -> Result<(), BuildError> {
        let Some(state) = &self.state else { return Ok(()) };
        let mut entries = BTreeSet::<(Entry<'_>, Until)>::new();
        let mut countries = BTreeSet::new();
        for one in made {
            let leaves = one.old.as_ref().filter(|old| left(old, &one.row));
            let here = (one.slot, one.row.path.as_str());
            entries.insert((here, Until::End));
            entries.extend(leaves.map(|old| ((one.slot, old.path.as_str()), Until::End)));
            if one.bytes.is_some() {
                entries.insert((here, Until::Recorded));
            }
            if one.bytes.is_some() || leaves.is_some() {
                countries.extend(self.editions.get(&one.slot.1));
            }
        }
        let mut tx = state.begin(&self.progress).await?;
        for country in countries {
            if !self.releases.contains_key(country) {
                let release = state.open_release_in(&mut tx, *country, &self.opening).await?;
                self.releases.insert(*country, release);
            }
        }
        state.journal_in(&mut tx, entries).await?;
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        Ok(())
    }

    /// Puts the bytes; answers what is stored of each page, in order.
    async fn put(&self, made: &[Made]) -> Result<Vec<Option<Stored>>, BuildError> {
        let keys: Vec<String> = made.iter().map(|one| key_of(&one.row.path)).collect();
        let puts = made.iter().zip(&keys).filter_map(|(one, key)| {
            let (bytes, hash) = (one.bytes.as_deref()?, one.row.hash?);
            let known = one.old.as_ref().filter(|old| old.path == one.row.path && self.trusts(&one.slot));
            let was = known.and_then(|old| old.etag.as_deref()).map_or(Was::Unknown, Was::Is);
            Some(vitrine_objects::Put { was, ..put_of(key, bytes, hash) })
        });
        let puts: Vec<vitrine_objects::Put<'_>> = puts.collect();
        let mut stored = match self.put_all(&puts).await {
            Err(ObjectError::Changed { .. }) => self.put_again(&puts).await?,
            done => done?,
        }
        .into_iter();
        Ok(made.iter().map(|one| one.bytes.as_ref().and_then(|_| stored.next())).collect())
    }

    async fn put_all(&self, puts: &[vitrine_objects::Put<'_>]) -> Result<Vec<Stored>, ObjectError> {
        #[cfg(debug_assertions)]
        if rehearsal::is_now("half put") {
            let (half, rest) = puts.split_at(puts.len() / 2);
            let mut stored = self.objects.put(half).await?;
            rehearsal::strike();
            stored.extend(self.objects.put(rest).await?);
            return Ok(stored);
        }
        self.objects.put(puts).await
    }

    /// Somebody else wrote one of the objects: if the lease is still ours it was one who lost it, and ours holds.
    async fn put_again(&self, puts: &[vitrine_objects::Put<'_>]) -> Result<Vec<Stored>, BuildError> {
        if let Some(state) = &self.state {
            let tx = state.begin(&self.progress).await?;
            tx.commit().await.map_err(vitrine_db::DbError::from)?;
        }
        let puts: Vec<_> =
            puts.iter().map(|put| vitrine_objects::Put { was: Was::Unknown, ..*put }).collect();
        Ok(self.objects.put(&puts).await?)
    }

    async fn record(
        &mut self,
        made: Vec<Made>,
        stored: Vec<Option<Stored>>,
        needs: &BTreeSet<(EntityKey, PageKey)>,
    ) -> Result<(), BuildError> {
        let mut rows = Vec::with_capacity(made.len());
        let mut changes = Vec::new();
        let mut written = false;
        for (mut one, stored) in made.into_iter().zip(stored) {
            self.gone.remove(&one.slot);
            let country = self.editions.get(&one.slot.1).copied();
            if let Some(old) = one.old.as_ref().filter(|old| left(old, &one.row)) {
                self.vacated.insert(old.path.clone(), (one.slot, old.bytes_there()));
            }
            if one.bytes.is_some() {
                written = true;
                self.tally.wrote(country, &one.row);
                if self.state.is_none() {
                    self.keys.insert(key_of(&one.row.path));
                }
            }
            if let Some(stored) = stored {
                let hash = one.row.hash.map(|hash| hash.hex());
                let version = stored.version.as_str();
                one.row.version = (hash.as_deref() != Some(version)).then(|| version.to_owned());
                one.row.etag =
                    (!stored.etag.is_empty() && hash.as_deref() != Some(&stored.etag)).then_some(stored.etag);
                let old =
                    one.old.as_ref().filter(|old| old.path == one.row.path).and_then(Published::bytes_there);
                let path = one.row.path.clone();
                changes.extend(country.map(|country| Change {
                    country,
                    path,
                    old,
                    new: one.row.bytes_there(),
                }));
            }
            rows.push((one.slot, one.row));
        }
        let Some(state) = &self.state else { return Ok(()) };
        let mut tx = state.begin(&self.progress).await?;
        state.publish_in(&mut tx, &rows).await?;
        state.depend_in(&mut tx, needs).await?;
        self.release_in(state, &mut tx, &changes).await?;
        self.invalidate_in(state, &mut tx, &changes).await?;
        if written {
            state.journaled_in(&mut tx).await?;
        }
        tx.commit().await.map_err(vitrine_db::DbError::from)?;
        rehearsal::step("batch recorded");
        Ok(())
    }

    /// Adds changes to the open releases.
    async fn release_in(
        &self,
        state: &State,
        tx: &mut vitrine_db::Tx,
        changes: &[Change],
    ) -> Result<(), BuildError> {
        // Nobody goes back before the first release: there is nothing.
        let later: BTreeMap<Country, i64> =
            self.releases.iter().filter(|(_, release)| **release > 1).map(|(a, b)| (*a, *b)).collect();
        state.release_in(tx, &later, changes).await
    }

    /// Adds changes to what the CDN must forget, once the objects are what they are to be: what it fetches from then
    /// on is new.
    async fn invalidate_in(
        &self,
        state: &State,
        tx: &mut vitrine_db::Tx,
        changes: &[Change],
    ) -> Result<(), BuildError> {
        match self.invalidates {
            true => state.invalidate_in(tx, &self.releases, changes, &self.opening).await,
            false => Ok(()),
        }
    }
}

/// Whether a page leaves the path it had.
fn left(old: &Published, new: &Published) -> bool {
    old.path != new.path || (new.hash.is_none() && old.hash.is_some())
}

#[cfg(test)]
mod tests;

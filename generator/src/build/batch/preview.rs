//! What a publish would write and delete, collected in place of doing it.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{ContentHash, Country, Revision, Timestamp};
use vitrine_objects::Listed;
use vitrine_pictures::{Rendition, Studio};

use super::{Made, Old, Run, left};
use crate::error::BuildError;
use crate::place::key_of;
use crate::state::{Published, Slot, State};

/// What a publish would do at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathChange {
    /// With a leading slash, as in the URL.
    pub path: String,
    /// Size of what stands there; `None` where nothing does.
    pub before: Option<u64>,
    /// Size of what would stand there; `None` where nothing would.
    pub after: Option<u64>,
    /// The same bytes, put once more: an interrupted publish may have left others, or another page stood there.
    pub again: bool,
    /// What stands there and what would, of as many changed pages as was asked for.
    pub texts: Option<(Vec<u8>, Vec<u8>)>,
}

/// What a publish would do; nothing of it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The store's revision its pages would show.
    pub revision: Revision,
    /// The moment they would be true for.
    pub as_of: Timestamp,
    /// Storefronts that nothing is published of, because somebody rolled them back.
    pub held: BTreeSet<Country>,
    /// Changes in each storefront, by path; also of countries that the store no longer sells in.
    pub by_country: BTreeMap<Country, Vec<PathChange>>,
    /// Files of the theme and pictures to be put, and what a lost ledger has left to be deleted.
    pub files: Vec<PathChange>,
    /// Pictures among the files that are not encoded yet; their size is not known, and given as 0.
    pub unencoded: u64,
}

/// Collects a preview.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Countries of all editions there ever were.
    countries: BTreeMap<i64, Country>,
    /// Changed pages whose bytes are still to be kept.
    texts: usize,
    /// Pages that would be there anew.
    made: BTreeSet<Slot>,
    /// By path, with the edition they belong to.
    changes: BTreeMap<String, (i64, PathChange)>,
    files: Vec<PathChange>,
    unencoded: u64,
}

impl Collected {
    /// Nothing yet; the bytes of so many changed pages are kept.
    pub(crate) fn new(countries: BTreeMap<i64, Country>, texts: usize) -> Self {
        let (changes, files) = (BTreeMap::new(), Vec::new());
        Self { countries, texts, made: BTreeSet::new(), changes, files, unencoded: 0 }
    }

    /// Notes the theme's files and the pictures that are not among `known`.
    pub(crate) fn assets(
        &mut self,
        theme: &BTreeMap<String, usize>,
        pictures: &[Rendition],
        studio: &Studio,
        known: &BTreeSet<String>,
    ) {
        let new = theme.iter().filter(|(key, _)| !known.contains(*key));
        self.files.extend(new.map(|(key, bytes)| added(key, *bytes as u64)));
        for picture in pictures.iter().filter(|picture| !known.contains(&picture.path())) {
            let ready = studio.is_ready(picture);
            let bytes = std::fs::metadata(studio.file(picture)).map_or(0, |file| file.len());
            self.unencoded += u64::from(!ready);
            self.files.push(added(&picture.path(), if ready { bytes } else { 0 }));
        }
    }

    /// Notes what a lost ledger has left.
    pub(crate) fn leftover(&mut self, listed: &Listed) {
        let path = format!("/{}", listed.key);
        let change = PathChange { path, before: Some(listed.bytes), after: None, again: false, texts: None };
        self.files.push(change);
    }

    /// All that was collected.
    pub(crate) fn preview(self, revision: Revision, as_of: Timestamp, held: BTreeSet<Country>) -> Preview {
        let (files, unencoded) = (self.files, self.unencoded);
        let mut preview = Preview { revision, as_of, held, files, unencoded, ..Preview::default() };
        for (_, (edition, change)) in self.changes {
            if let Some(country) = self.countries.get(&edition) {
                preview.by_country.entry(*country).or_default().push(change);
            }
        }
        preview
    }
}

fn added(key: &str, bytes: u64) -> PathChange {
    let path = format!("/{key}");
    PathChange { path, before: None, after: Some(bytes), again: false, texts: None }
}

/// What stands at a path before.
struct Before {
    hash: ContentHash,
    bytes: u64,
    /// Where they had to be read.
    text: Option<Vec<u8>>,
}

impl Run {
    /// Notes what would be put.
    pub(super) async fn would_put(&mut self, made: Vec<Made>) -> Result<(), BuildError> {
        let mut standing = self.standing(&made).await?;
        for one in made {
            self.gone.remove(&one.slot);
            if let Some(preview) = &mut self.preview {
                preview.made.insert(one.slot);
            }
            if let Some(old) = one.old.as_ref().filter(|old| left(old, &one.row)) {
                self.vacated.insert(old.path.clone(), (one.slot, old.bytes_there()));
            }
            let Some(bytes) = one.bytes else { continue };
            self.tally.wrote(self.editions.get(&one.slot.1).copied(), &one.row);
            let mut before = match self.trusts(&one.slot) {
                true => standing.remove(&one.row.path),
                false => self.read(&one.row.path).await?,
            };
            let again = before.as_ref().is_some_and(|before| Some(before.hash) == one.row.hash);
            let key = key_of(&one.row.path);
            let texts = self.preview.as_ref().map_or(0, |preview| preview.texts);
            let is_shown = texts > 0 && !again && key.ends_with(".html");
            if let Some(known) = before.as_mut().filter(|before| is_shown && before.text.is_none()) {
                known.text = self.objects.get(&key, None).await?;
            }
            let Some(preview) = &mut self.preview else { return Ok(()) };
            self.keys.insert(key);
            let path = one.row.path;
            let (sizes, after) = (before.as_ref().map(|before| before.bytes), Some(bytes.len() as u64));
            let old = before.and_then(|before| before.text).filter(|_| is_shown);
            preview.texts -= usize::from(old.is_some());
            let texts = old.map(|old| (old, bytes));
            let change = PathChange { path: path.clone(), before: sizes, after, again, texts };
            preview.changes.insert(path, (one.slot.1, change));
        }
        Ok(())
    }

    /// What the ledger says of the paths of pages that would be put, whichever page stands there.
    async fn standing(&self, made: &[Made]) -> Result<BTreeMap<String, Before>, BuildError> {
        let Some(state) = &self.state else { return Ok(BTreeMap::new()) };
        let puts = made.iter().filter(|one| one.bytes.is_some() && self.trusts(&one.slot));
        let paths: Vec<String> = puts.map(|one| one.row.path.clone()).collect();
        let rows = state.standing(&paths).await?;
        let before = |row: &Published| {
            let bytes = u64::try_from(row.bytes).unwrap_or_default();
            Some(Before { hash: row.hash?, bytes, text: None })
        };
        Ok(rows.into_iter().filter_map(|(_, row)| Some((row.path.clone(), before(&row)?))).collect())
    }

    /// What stands at a path in truth.
    async fn read(&self, path: &str) -> Result<Option<Before>, BuildError> {
        let bytes = self.objects.get(&key_of(path), None).await?;
        let before = |text: Vec<u8>| Before {
            hash: ContentHash::of(&text),
            bytes: text.len() as u64,
            text: Some(text),
        };
        Ok(bytes.map(before))
    }

    /// Notes what would be deleted: the paths that are left, unless a page stands there that stays or would be put.
    pub(super) async fn would_delete(
        &mut self,
        state: &State,
        leaving: &BTreeMap<String, (Slot, Old)>,
        gone: &[Slot],
    ) -> Result<(), BuildError> {
        let paths: Vec<String> = leaving.keys().cloned().collect();
        let rows = state.standing(&paths).await?;
        let gone: BTreeSet<&Slot> = gone.iter().collect();
        let Some(preview) = &mut self.preview else { return Ok(()) };
        let stays = |slot: &Slot| !gone.contains(slot) && !preview.made.contains(slot);
        let taken: BTreeSet<&str> =
            rows.iter().filter(|(slot, _)| stays(slot)).map(|(_, row)| row.path.as_str()).collect();
        for (slot, row) in &rows {
            let leaves = leaving.get(&row.path).is_some_and(|(_, old)| old.is_some());
            if leaves && !taken.contains(row.path.as_str()) && !preview.changes.contains_key(&row.path) {
                let before = Some(u64::try_from(row.bytes).unwrap_or_default());
                let path = row.path.clone();
                let change = PathChange { path, before, after: None, again: false, texts: None };
                preview.changes.insert(row.path.clone(), (slot.1, change));
                self.tally.removed(self.editions.get(&slot.1).copied(), &row.path);
            }
        }
        Ok(())
    }
}

//! A place held against the ledger.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{ContentHash, Reason, Timestamp};
use vitrine_db::DbError;

use super::Storefronts;
use crate::error::BuildError;
use crate::key::PageKey;
use crate::place::{key_of, path_of};
use crate::state::{Change, Opening, Published, Slot, Until};

/// Objects listed at a time.
const LISTED: usize = 1_000;

/// What is wrong with a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Objects that the ledger knows.
    pub checked: u64,
    /// Paths that have no object.
    pub missing: Vec<String>,
    /// Paths whose object is another than was published.
    pub different: Vec<String>,
    /// Keys that nothing published.
    pub stray: Vec<String>,
}

impl Verified {
    /// Whether place and ledger agree.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.different.is_empty() && self.stray.is_empty()
    }
}

impl Storefronts<'_> {
    /// Holds the place against the ledger. With the moment of a repair what is stray is deleted and the CDN told,
    /// and what is missing or different is noted, so that the next publish puts it again.
    ///
    /// # Errors
    /// When the place or the database fails.
    pub async fn verify(&self, repair: Option<Timestamp>) -> Result<Verified, BuildError> {
        let rows = self.state.published(PageKey::from_raw(0), PageKey::from_raw(i64::MAX)).await?;
        let mut expected: BTreeMap<String, (Slot, Published)> = rows
            .into_iter()
            .filter(|(_, row)| row.hash.is_some())
            .map(|(slot, row)| (key_of(&row.path), (slot, row)))
            .collect();
        let mut found = Verified { checked: expected.len() as u64, ..Verified::default() };
        let assets = self.state.assets().await?;
        let mut lost = assets.clone();
        let mut wrong: BTreeSet<(Slot, String)> = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let listed = self.place.objects().list("", after.as_deref(), LISTED).await?;
            for one in &listed {
                lost.remove(&one.key);
                match expected.remove(&one.key) {
                    Some((slot, row)) => {
                        if !self.is_same(&one.key, one.etag.as_deref(), &row).await? {
                            found.different.push(row.path.clone());
                            wrong.insert((slot, row.path));
                        }
                    }
                    None if assets.contains(&one.key) || one.key.starts_with("media/") => {}
                    None => found.stray.push(one.key.clone()),
                }
            }
            match listed.last() {
                Some(last) if listed.len() == LISTED => after = Some(last.key.clone()),
                _ => break,
            }
        }
        for (slot, row) in expected.into_values() {
            found.missing.push(row.path.clone());
            wrong.insert((slot, row.path));
        }
        found.missing.extend(lost.iter().map(|key| format!("/{key}")));
        if let Some(now) = repair {
            self.repair(&wrong, &lost, &found.stray, now).await?;
        }
        Ok(found)
    }

    async fn is_same(&self, key: &str, etag: Option<&str>, row: &Published) -> Result<bool, BuildError> {
        if etag.is_some() && etag == row.etag.as_deref() {
            return Ok(true);
        }
        if !self.place.local
            && let Some(stored) = self.place.objects().head(key).await?
            && stored.hash.is_some()
        {
            return Ok(stored.hash == row.hash);
        }
        let bytes = self.place.objects().get(key, None).await?;
        Ok(bytes.map(|bytes| ContentHash::of(&bytes)) == row.hash)
    }

    async fn repair(
        &self,
        wrong: &BTreeSet<(Slot, String)>,
        lost: &BTreeSet<String>,
        stray: &[String],
        now: Timestamp,
    ) -> Result<(), BuildError> {
        let mut tx = self.db.begin().await?;
        let entries = wrong.iter().map(|(slot, path)| ((*slot, path.as_str()), Until::Recorded));
        self.state.journal_in(&mut tx, entries).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.state.forget_assets(&lost.iter().cloned().collect::<Vec<_>>()).await?;
        self.place.objects().delete(&stray.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        self.invalidate_stray(stray, now).await
    }

    /// Has the CDN forget what was deleted.
    async fn invalidate_stray(&self, stray: &[String], now: Timestamp) -> Result<(), BuildError> {
        // They belong to no storefront; what tells the CDN looks up the place by any of its countries.
        let built = self.state.built(&mut *self.state.reader().await?).await?;
        let Some((country, built)) = built.into_iter().next() else { return Ok(()) };
        if !self.place.invalidates {
            return Ok(());
        }
        let gone = |key: &String| Change { country, path: path_of(key), old: None, new: None };
        let changes: Vec<Change> = stray.iter().map(gone).collect();
        let (revision, as_of) = (built.revision, built.as_of);
        let opening = Opening { revision, as_of, reason: Reason::Manual, now, trace: None };
        let mut tx = self.db.begin().await?;
        self.state.invalidate_in(&mut tx, &BTreeMap::new(), &changes, &opening).await?;
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }
}

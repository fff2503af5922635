//! What happened since a directory was last built: asked of the change log, the clock, the ledger and the journal.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Change, Country, Revision, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_store::Stores;

use crate::build::load::Loaded;
use crate::error::BuildError;
use crate::key::{EntityKey, Kind};
use crate::output::Found;
use crate::plan::{Plan, Since, plan};
use crate::site::Site;
use crate::state::{Built, Slot, State};

/// Changes read for a plan; a storefront that is further behind is swept.
const CHANGES_PLANNED: usize = 10_000;

/// What a build is to do.
#[derive(Debug)]
pub(crate) struct Task {
    pub plan: Plan,
    /// Pages that an interrupted build may have written or deleted.
    pub unknown: BTreeSet<Slot>,
    /// Paths at which it may have done so.
    pub touched: BTreeSet<String>,
    /// The directory was written by a ledger that is gone.
    pub orphaned: bool,
}

impl Task {
    /// Everything, into a directory that no ledger speaks of.
    pub(crate) fn everything() -> Self {
        Self { plan: Plan::Everything, unknown: BTreeSet::new(), touched: BTreeSet::new(), orphaned: false }
    }
}

/// What a build is about.
pub(crate) struct Aim<'a> {
    pub db: &'a Db,
    pub store: &'a StoreId,
    pub loaded: &'a Loaded,
    pub found: &'a Found,
    /// What each selected storefront will be built from.
    pub now: &'a BTreeMap<Country, Built>,
    pub as_of: Timestamp,
}

impl Aim<'_> {
    /// What is to be done in a directory that a ledger speaks of.
    pub(crate) async fn task(&self, state: &State) -> Result<Task, BuildError> {
        let built = state.built().await?;
        let (unknown, touched) = state.unfinished().await?;
        let stale = self.now.iter().any(|(country, now)| {
            built.get(country).is_none_or(|built| built.site != now.site || built.as_of > now.as_of)
        });
        let mut since = Since {
            unknown: unknown.iter().map(|(page, _)| *page).collect(),
            everything: stale,
            ..Since::default()
        };
        if !stale {
            self.follow(state, &built, &mut since).await?;
        }
        let dependents = if since.everything {
            BTreeSet::new()
        } else {
            since.entities.extend(pictured(state, &since.entities).await?);
            state.dependents(&since.entities).await?
        };
        let orphaned = built.is_empty() && *self.found != Found::Empty;
        Ok(Task { plan: plan(&since, &dependents), unknown, touched, orphaned })
    }

    /// Adds what changed since the oldest of the selected storefronts, by edits and by time.
    async fn follow(
        &self,
        state: &State,
        built: &BTreeMap<Country, Built>,
        since: &mut Since,
    ) -> Result<(), BuildError> {
        let chosen = || self.now.keys().filter_map(|country| built.get(country));
        let revision = chosen().map(|built| built.revision).min().unwrap_or_default();
        let as_of = chosen().map(|built| built.as_of).min().unwrap_or(self.as_of);
        match self.changed(revision).await? {
            Some(entities) => since.entities = entities,
            None => since.everything = true,
        }
        let due = self.loaded.index.due(as_of, self.as_of);
        since.entities.extend(due.map(|seq| EntityKey::new(Kind::Product, seq)));
        since.unknown.extend(state.due(as_of, self.as_of).await?);
        Ok(())
    }

    /// Entities changed after a revision; `None` if a sweep is the only sure answer.
    async fn changed(&self, after: Revision) -> Result<Option<BTreeSet<EntityKey>>, BuildError> {
        if after == self.loaded.revision {
            return Ok(Some(BTreeSet::new()));
        }
        let changes = Stores::changes_since(self.db, self.store, after, CHANGES_PLANNED).await?;
        if changes.len() >= CHANGES_PLANNED {
            return Ok(None);
        }
        let changes: Vec<Change> = changes.into_iter().map(|change| change.change).collect();
        Ok(self.loaded.entities(&changes))
    }
}

/// Products that a changed picture belongs to: their cards change with it wherever they are shown.
async fn pictured(state: &State, changed: &BTreeSet<EntityKey>) -> Result<BTreeSet<EntityKey>, BuildError> {
    let of = |kind| move |entity: &EntityKey| entity.kind() == Some(kind);
    let pictures = changed.iter().copied().filter(of(Kind::Media)).collect();
    let pages = state.dependents(&pictures).await?;
    Ok(pages.iter().map(|page| page.entity()).filter(of(Kind::Product)).collect())
}

/// What each selected storefront is built from.
pub(crate) fn built(
    sites: &[Site],
    selected: &BTreeSet<Country>,
    revision: Revision,
    as_of: Timestamp,
) -> BTreeMap<Country, Built> {
    let one = |country: &Country| {
        let mut hasher = vitrine_core::Hasher::new("vitrine storefront");
        for site in sites.iter().filter(|site| site.edition.country == *country) {
            hasher.hash(&site.hash);
        }
        (*country, Built { revision, as_of, site: hasher.finish() })
    };
    selected.iter().map(one).collect()
}

#[cfg(test)]
mod tests;

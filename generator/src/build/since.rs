//! What happened since a directory was last built: asked of the change log, the clock, the ledger and the journal.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Change, Country, EntityKind, Revision, StoreId, Timestamp};
use vitrine_db::AnyConnection;
use vitrine_store::Stores;

use crate::build::load::Loaded;
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::place::Found;
use crate::plan::{Plan, Since, plan};
use crate::site::{Site, render_epoch};
use crate::state::{Built, State, Unfinished};

/// Changes read for a plan; a storefront that is further behind is swept.
const CHANGES_PLANNED: usize = 10_000;

/// What a build is to do.
#[derive(Debug)]
pub(crate) struct Task {
    /// What is looked at.
    pub plan: Plan,
    /// The part of it that changed by itself: all of it, unless every page is looked at because all carry something
    /// that changed.
    pub changes: Plan,
    /// What an interrupted build may have written or deleted.
    pub unfinished: Unfinished,
    /// The directory was written by a ledger that is gone.
    pub orphaned: bool,
}

impl Task {
    /// Everything, into a directory that no ledger speaks of.
    pub(crate) fn everything() -> Self {
        let (plan, changes) = (Plan::Everything, Plan::Everything);
        Self { plan, changes, unfinished: Unfinished::default(), orphaned: false }
    }
}

/// From where on changes are followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From {
    pub revision: Revision,
    pub as_of: Timestamp,
}

/// What a build is about.
pub(crate) struct Aim<'a> {
    pub state: &'a State,
    /// Sees what is published; one connection for all that is asked.
    pub reader: &'a mut AnyConnection,
    pub store: &'a StoreId,
    pub loaded: &'a Loaded,
    pub found: &'a Found,
    /// What each selected storefront will be built from.
    pub now: &'a BTreeMap<Country, Built>,
    pub as_of: Timestamp,
}

impl Aim<'_> {
    /// What is to be done in a directory that a ledger speaks of.
    ///
    /// `built` is what each storefront was last built from.
    pub(crate) async fn task(&mut self, built: &BTreeMap<Country, Built>) -> Result<Task, BuildError> {
        let editions = self.loaded.sites.iter().filter(|site| self.now.contains_key(&site.edition.country));
        let editions = editions.map(|site| site.number).collect();
        let unfinished = self.state.unfinished(self.reader, &editions, self.as_of).await?;
        let stale = self.now.iter().any(|(country, now)| {
            built.get(country).is_none_or(|built| built.site != now.site || built.as_of > now.as_of)
        });
        let mut since = Since {
            unknown: unfinished.slots.iter().chain(&unfinished.touched).map(|(page, _)| *page).collect(),
            ..Since::default()
        };
        // From the oldest of the selected storefronts on.
        let chosen = || self.now.keys().filter_map(|country| built.get(country));
        let from = From {
            revision: chosen().map(|built| built.revision).min().unwrap_or_default(),
            as_of: chosen().map(|built| built.as_of).min().unwrap_or(self.as_of),
        };
        // Where nothing was published, or time goes back, there is nothing to follow.
        let follows = chosen().next().is_some() && chosen().all(|built| built.as_of <= self.as_of);
        match follows {
            true => self.follow(from, &mut since).await?,
            false => since.everything = true,
        }
        let changes = self.planned(since).await?;
        let plan = if stale { Plan::Everything } else { changes.clone() };
        let orphaned = built.is_empty() && *self.found != Found::Empty;
        Ok(Task { plan, changes, unfinished, orphaned })
    }

    /// What changed after a moment of a build that is under way, and pages of which it has yet to learn what they show:
    /// one of them may lead to what is gone now, and the ledger does not say so.
    pub(crate) async fn changes(
        &mut self,
        from: From,
        in_doubt: BTreeSet<PageKey>,
    ) -> Result<Plan, BuildError> {
        let mut since = Since { unknown: in_doubt, ..Since::default() };
        self.follow(from, &mut since).await?;
        self.planned(since).await
    }

    async fn planned(&mut self, mut since: Since) -> Result<Plan, BuildError> {
        let dependents = if since.everything {
            BTreeSet::new()
        } else {
            since.entities.extend(self.pictured(&since.entities).await?);
            self.state.dependents(self.reader, &since.entities).await?
        };
        Ok(plan(&since, &dependents))
    }

    /// Adds what changed, by edits and by time.
    async fn follow(&mut self, from: From, since: &mut Since) -> Result<(), BuildError> {
        match self.changed(from.revision).await? {
            Some((entities, redirects)) => {
                since.entities = entities;
                since.redirects = redirects;
            }
            None => since.everything = true,
        }
        let due: BTreeSet<i64> = self.loaded.index.due(from.as_of, self.as_of).collect();
        since.moved = self.loaded.moved_since(from.revision).map(|moved| &moved | &due);
        since.entities.extend(due.into_iter().map(|seq| EntityKey::new(Kind::Product, seq)));
        since.unknown.extend(self.state.due(self.reader, from.as_of, self.as_of).await?);
        since.redirects |= moves_addresses(since);
        Ok(())
    }

    /// Entities changed after a revision, and whether redirects were; `None` if a sweep is the only sure answer.
    async fn changed(&mut self, after: Revision) -> Result<Option<(BTreeSet<EntityKey>, bool)>, BuildError> {
        if after == self.loaded.revision {
            return Ok(Some((BTreeSet::new(), false)));
        }
        let changes = Stores::changes_since_in(self.reader, self.store, after, CHANGES_PLANNED).await?;
        if changes.len() >= CHANGES_PLANNED {
            return Ok(None);
        }
        let changes: Vec<Change> = changes.into_iter().map(|change| change.change).collect();
        let redirects = changes.iter().any(|change| change.entity.kind == EntityKind::Redirect);
        Ok(self.loaded.entities(&changes).map(|entities| (entities, redirects)))
    }

    /// Products that a changed picture belongs to: their cards change with it wherever they are shown.
    async fn pictured(&mut self, changed: &BTreeSet<EntityKey>) -> Result<BTreeSet<EntityKey>, BuildError> {
        let of = |kind| move |entity: &EntityKey| entity.kind() == Some(kind);
        let pictures = changed.iter().copied().filter(of(Kind::Media)).collect();
        let pages = self.state.dependents(self.reader, &pictures).await?;
        Ok(pages.iter().map(|page| page.entity()).filter(of(Kind::Product)).collect())
    }
}

/// Whether pages may have come, gone or moved, so that old addresses lead elsewhere or are free.
fn moves_addresses(since: &Since) -> bool {
    let other =
        |entity: &EntityKey| matches!(entity.kind(), Some(Kind::Category | Kind::Content | Kind::Absent));
    since.moved.as_ref().is_none_or(|moved| !moved.is_empty()) || since.entities.iter().any(other)
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
        (*country, Built { revision, as_of, site: hasher.finish(), epoch: render_epoch() })
    };
    selected.iter().map(one).collect()
}

#[cfg(test)]
mod tests;

//! Reading what a build needs, and keeping it true from build to build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ProductOutline};
use vitrine_content::Content;
use vitrine_core::{
    Change, ChangeKind, ContentHash, EntityKind, Hasher, ProductId, Revision, StoreId, Timestamp,
};
use vitrine_db::{Db, Tx};
use vitrine_pictures::Rendition;
use vitrine_store::{Redirect, Store, Stores};
use vitrine_theme::Theme;

use crate::cards::CardCache;
use crate::editions::edition_numbers;
use crate::error::BuildError;
use crate::index::Index;
use crate::key::{EntityKey, Kind};
use crate::model::media_key;
use crate::site::{Context, Site};

/// Outlines read at a time.
const OUTLINES: usize = 1_000;
/// Changes followed one by one; a build that is further behind reads everything anew.
const CHANGES_FOLLOWED: usize = 10_000;

/// A store as it was at a revision.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub revision: Revision,
    pub context: Context,
    pub index: Index,
    pub redirects: Vec<Redirect>,
    /// All editions, ready to render.
    pub sites: Vec<Site>,
    /// Raised whenever what every page of some edition carries has changed.
    pub sites_version: u64,
    /// Every rendition that pages may point to.
    pub renditions: Vec<Rendition>,
    /// Something that sites are made of changed since they were made.
    stale: bool,
    /// Products that came, went or changed places, by the revision they were read at.
    moved: BTreeMap<Revision, BTreeSet<i64>>,
    /// The revision from which on `moved` is whole.
    moved_from: Revision,
}

/// Revisions of which it is known what moved; a build that is further behind takes all for moved.
const MOVES_KEPT: usize = 1_000;

impl Loaded {
    /// What was read, with the sites still to be made.
    pub(crate) fn new(revision: Revision, context: Context, index: Index, redirects: Vec<Redirect>) -> Self {
        let renditions = crate::pictures::renditions(index.content());
        Self {
            revision,
            context,
            index,
            redirects,
            sites: Vec::new(),
            sites_version: 0,
            renditions,
            stale: true,
            moved: BTreeMap::new(),
            moved_from: revision,
        }
    }

    /// Takes another theme.
    pub(crate) fn set_theme(&mut self, theme: Arc<Theme>) {
        self.context.theme = theme;
        self.stale = true;
    }

    /// Makes the sites anew where something they are made of has changed; answers whether that changed any.
    pub(crate) async fn prepare(
        &mut self,
        db: &Db,
        store: &StoreId,
        as_of: Timestamp,
    ) -> Result<bool, BuildError> {
        if !std::mem::take(&mut self.stale) {
            return Ok(false);
        }
        let editions = self.context.store.editions();
        let names: Vec<_> =
            editions.iter().map(|edition| (edition.country, edition.locale.clone())).collect();
        let numbers = edition_numbers(db, store, &names).await?;
        let mut sites = Vec::with_capacity(editions.len());
        for (edition, number) in editions.into_iter().zip(numbers) {
            let Some(country) = self.context.store.country(edition.country) else { continue };
            sites.push(Site::try_new(number, edition, country, &self.context, &self.index, as_of)?);
        }
        let changed = !sites.iter().map(|site| site.hash).eq(self.sites.iter().map(|site| site.hash));
        self.sites_version += u64::from(changed);
        self.sites = sites;
        Ok(changed)
    }

    /// Products that may have come, gone or changed places after a revision; `None` if that is not known.
    pub(crate) fn moved_since(&self, after: Revision) -> Option<BTreeSet<i64>> {
        if after < self.moved_from {
            return None;
        }
        let later = self.moved.range(Revision(after.0 + 1)..);
        Some(later.flat_map(|(_, seqs)| seqs.iter().copied()).collect())
    }

    /// Of the theme's files and the pictures that pages may point to.
    pub(crate) fn assets_hash(&self) -> ContentHash {
        let mut hasher = Hasher::new("vitrine assets");
        hasher.hash(&self.context.theme.hash());
        for rendition in &self.renditions {
            hasher.field(rendition.path().as_bytes());
        }
        hasher.finish()
    }

    /// Reads everything.
    pub(crate) async fn read(db: &Db, store: &StoreId, theme: &Arc<Theme>) -> Result<Self, BuildError> {
        let mut snapshot = db.snapshot().await?;
        let config = Stores::load_in(&mut snapshot, store).await?;
        let config = config.ok_or_else(|| BuildError::NoStore(store.clone()))?;
        let revision = Stores::revision_in(&mut snapshot, store).await?;
        let categories = Catalog::categories_in(&mut snapshot, store).await?;
        let content = Content::load_in(&mut snapshot, store).await?;
        let mut outlines = Vec::new();
        let mut after = 0;
        loop {
            let batch = Catalog::outline_in(&mut snapshot, store, after, OUTLINES).await?;
            let Some(last) = batch.last() else { break };
            after = last.seq;
            outlines.extend(batch);
        }
        let redirects = Stores::redirects_in(&mut snapshot, store).await?;
        let context = context(&mut snapshot, store, config, theme).await?;
        Ok(Self::new(revision, context, Index::new(outlines, categories, content), redirects))
    }

    /// Takes in what changed since; answers `false` if it is too much to follow.
    pub(crate) async fn refresh(
        &mut self,
        db: &Db,
        store: &StoreId,
        cards: &CardCache,
    ) -> Result<bool, BuildError> {
        let mut snapshot = db.snapshot().await?;
        let revision = Stores::revision_in(&mut snapshot, store).await?;
        if revision == self.revision {
            return Ok(true);
        }
        let changes = Stores::changes_since_in(&mut snapshot, store, self.revision, CHANGES_FOLLOWED).await?;
        if changes.len() >= CHANGES_FOLLOWED {
            return Ok(false);
        }
        let kinds: BTreeSet<EntityKind> = changes.iter().map(|change| change.change.entity.kind).collect();
        let mut ids: BTreeMap<ProductId, usize> = BTreeMap::new();
        for change in changes.iter().map(|change| &change.change) {
            let id = ProductId::try_new(&change.entity.id).ok();
            let id = id.filter(|_| change.entity.kind == EntityKind::Product);
            let is_edit =
                matches!(change.kind, ChangeKind::Added | ChangeKind::Changed | ChangeKind::Removed);
            if let Some(id) = id {
                *ids.entry(id).or_default() += usize::from(is_edit);
            }
        }
        // What was moved and moved back looks as before, but others may have published what was in between.
        let often: BTreeSet<&ProductId> =
            ids.iter().filter(|(_, edits)| **edits > 1).map(|(id, _)| id).collect();
        let known: Vec<i64> = ids.keys().filter_map(|id| self.index.seq_of(id)).collect();
        let all: Vec<ProductId> = ids.keys().cloned().collect();
        let present = Catalog::seqs_of_in(&mut snapshot, store, &all).await?;
        let often: BTreeSet<i64> = often.iter().filter_map(|id| present.get(*id)).copied().collect();
        let mut seqs: Vec<i64> = present.values().copied().collect();
        let outlines = Catalog::outline_of_in(&mut snapshot, store, &seqs).await?;
        seqs.extend(known);
        seqs.iter().for_each(|seq| cards.forget(*seq));
        self.note_moves(revision, &seqs, &outlines, often);
        self.index.refresh_products(&seqs, outlines);
        if kinds.contains(&EntityKind::Category) {
            self.index.set_categories(Catalog::categories_in(&mut snapshot, store).await?);
        }
        let content = [EntityKind::Page, EntityKind::Navigation, EntityKind::Strings, EntityKind::Media];
        if kinds.contains(&EntityKind::Media) {
            // Which cards show a picture is not known here.
            cards.clear();
        }
        if content.iter().any(|kind| kinds.contains(kind)) {
            self.index.set_content(Content::load_in(&mut snapshot, store).await?);
            self.renditions = crate::pictures::renditions(self.index.content());
        }
        let site = [EntityKind::Store, EntityKind::Country, EntityKind::Attribute];
        if site.iter().any(|kind| kinds.contains(kind)) {
            let config = Stores::load_in(&mut snapshot, store).await?;
            let config = config.ok_or_else(|| BuildError::NoStore(store.clone()))?;
            let theme = Arc::clone(&self.context.theme);
            self.context = context(&mut snapshot, store, config, &theme).await?;
        }
        // A rename leaves an old address behind without a change of its own in the log.
        let renames = [EntityKind::Redirect, EntityKind::Category, EntityKind::Page];
        let moved = self.moved.get(&revision).is_some_and(|moved| !moved.is_empty());
        if moved || renames.iter().any(|kind| kinds.contains(kind)) {
            self.redirects = Stores::redirects_in(&mut snapshot, store).await?;
        }
        let apart = [EntityKind::Product, EntityKind::Redirect, EntityKind::Media];
        self.stale |= kinds.iter().any(|kind| !apart.contains(kind));
        self.revision = revision;
        Ok(true)
    }

    /// Notes which products come, go or change places: a price or a text moves nothing.
    /// `often` are those that were edited more than once since.
    fn note_moves(
        &mut self,
        revision: Revision,
        asked: &[i64],
        outlines: &[ProductOutline],
        often: BTreeSet<i64>,
    ) {
        let now: BTreeMap<i64, &ProductOutline> = outlines.iter().map(|one| (one.seq, one)).collect();
        let moved = asked.iter().copied().filter(|seq| match (self.index.product(*seq), now.get(seq)) {
            (Some(old), Some(new)) => !same_place(old, new),
            _ => true,
        });
        let moved: BTreeSet<i64> = moved.chain(often).collect();
        self.moved.insert(revision, moved);
        while self.moved.len() > MOVES_KEPT {
            if let Some((oldest, _)) = self.moved.pop_first() {
                self.moved_from = oldest;
            }
        }
    }

    /// The entities that changes are about, with those that name them by themselves: a category's parents list it
    /// and its children's breadcrumbs name it. `None` if one can't be told any more, as of a product that is gone.
    pub(crate) fn entities(&self, changes: &[Change]) -> Option<BTreeSet<EntityKey>> {
        let mut entities = BTreeSet::new();
        for change in changes {
            let id = change.entity.id.as_str();
            if change.kind == ChangeKind::Added {
                entities.insert(EntityKey::absent(change.entity.kind, id));
            }
            match change.entity.kind {
                EntityKind::Product => entities.extend(self.product(id, change.kind)?),
                // One that came back has another number, and the log does not name the one it had.
                EntityKind::Category | EntityKind::Page if change.kind == ChangeKind::Removed => return None,
                EntityKind::Category => entities.extend(self.family(id)?),
                EntityKind::Page => {
                    let name = vitrine_core::PageName::try_new(id).ok()?;
                    entities.insert(Index::page_entity(self.index.content().pages.get(&name)?));
                }
                EntityKind::Media => {
                    let media = &self.index.content().media;
                    entities.insert(media_key(id));
                    if !media.contains_key(id) {
                        // Alt texts of a whole language: any picture may be meant.
                        entities.extend(media.keys().map(|file| media_key(file)));
                    }
                }
                // Every page carries these: the site's hash tells.
                EntityKind::Store
                | EntityKind::Country
                | EntityKind::Attribute
                | EntityKind::Navigation
                | EntityKind::Strings
                | EntityKind::Redirect => {}
            }
        }
        Some(entities)
    }

    /// A changed product under all numbers it had, and the SKUs that others may have waited for.
    fn product(&self, id: &str, kind: ChangeKind) -> Option<BTreeSet<EntityKey>> {
        let id = ProductId::try_new(id).ok()?;
        let departed: Vec<i64> = self.index.departed(&id).collect();
        if kind == ChangeKind::Removed && departed.is_empty() {
            return None;
        }
        let present = self.index.seq_of(&id);
        let outline = present.and_then(|seq| self.index.product(seq));
        let edited = outline.filter(|_| matches!(kind, ChangeKind::Added | ChangeKind::Changed));
        let skus = edited.into_iter().flat_map(|outline| &outline.variants);
        let skus = skus.map(|variant| EntityKey::absent_sku(&variant.sku));
        let seqs = present.into_iter().chain(departed);
        Some(seqs.map(|seq| EntityKey::new(Kind::Product, seq)).chain(skus).collect())
    }

    /// A category with those above it and right below it.
    fn family(&self, id: &str) -> Option<BTreeSet<EntityKey>> {
        let id = vitrine_core::CategoryId::try_new(id).ok()?;
        self.index.category_by_id(&id)?;
        let below = self.index.tree().map(|(record, _)| record);
        let below = below.filter(|below| below.category.parent.as_ref() == Some(&id));
        let family = self.index.ancestry(&id).into_iter().chain(below);
        Some(family.map(|record| EntityKey::new(Kind::Category, record.seq)).collect())
    }
}

/// Whether a product is shown under the same addresses and at the same places as before.
fn same_place(old: &ProductOutline, new: &ProductOutline) -> bool {
    let apart =
        |one: &ProductOutline| ProductOutline { hash: old.hash, changed_at: old.changed_at, ..one.clone() };
    *old == apart(new)
}

async fn context(
    snapshot: &mut Tx,
    store: &StoreId,
    config: Store,
    theme: &Arc<Theme>,
) -> Result<Context, BuildError> {
    let schema = Catalog::schema_in(snapshot, store).await?;
    Ok(Context { store: config, schema: schema.schema, schema_texts: schema.texts, theme: Arc::clone(theme) })
}

#[cfg(test)]
mod tests;

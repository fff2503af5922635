//! Reading what a build needs, and keeping it true from build to build.

use std::collections::BTreeSet;
use std::sync::Arc;

use vitrine_catalog::Catalog;
use vitrine_content::Content;
use vitrine_core::{Change, ChangeKind, EntityKind, ProductId, Revision, StoreId};
use vitrine_db::{Db, Tx};
use vitrine_store::{Redirect, Store, Stores};
use vitrine_theme::Theme;

use crate::cards::CardCache;
use crate::error::BuildError;
use crate::index::Index;
use crate::key::{EntityKey, Kind};
use crate::model::media_key;
use crate::site::Context;

/// Outlines read at a time.
const OUTLINES: usize = 5_000;
/// Changes followed one by one; a build that is further behind reads everything anew.
const CHANGES_FOLLOWED: usize = 10_000;

/// A store as it was at a revision.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub revision: Revision,
    pub context: Context,
    pub index: Index,
    pub redirects: Vec<Redirect>,
}

impl Loaded {
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
        Ok(Self { revision, context, index: Index::new(outlines, categories, content), redirects })
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
        let products = changes.iter().filter(|change| change.change.entity.kind == EntityKind::Product);
        let ids: BTreeSet<ProductId> =
            products.filter_map(|change| ProductId::try_new(&change.change.entity.id).ok()).collect();
        let known: Vec<i64> = ids.iter().filter_map(|id| self.index.seq_of(id)).collect();
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let present = Catalog::seqs_of_in(&mut snapshot, store, &ids).await?;
        let mut seqs: Vec<i64> = present.values().copied().collect();
        let outlines = Catalog::outline_of_in(&mut snapshot, store, &seqs).await?;
        seqs.extend(known);
        seqs.iter().for_each(|seq| cards.forget(*seq));
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
        }
        let site = [EntityKind::Store, EntityKind::Country, EntityKind::Attribute];
        if site.iter().any(|kind| kinds.contains(kind)) {
            let config = Stores::load_in(&mut snapshot, store).await?;
            let config = config.ok_or_else(|| BuildError::NoStore(store.clone()))?;
            let theme = Arc::clone(&self.context.theme);
            self.context = context(&mut snapshot, store, config, &theme).await?;
        }
        self.redirects = Stores::redirects_in(&mut snapshot, store).await?;
        self.revision = revision;
        Ok(true)
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

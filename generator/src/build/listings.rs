//! The phases of content pages and of category listings.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::CategoryRecord;

use crate::build::batch::Run;
use crate::build::phases::{BATCH_LISTINGS, Work, gaps, last, page, seqs};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind};
use crate::model::{self, ListingPage, Shelf};
use crate::plan::Plan;
use crate::site::Site;

impl Work<'_> {
    pub(crate) async fn content(&self, run: &mut Run, plan: &Plan) -> Result<(), BuildError> {
        let content = self.loaded.index.content();
        let (pages, not_found): (Vec<_>, bool) = match plan {
            Plan::Everything => (content.pages.values().collect(), true),
            Plan::Some { entities, .. } => {
                let seqs = seqs(entities, Kind::Content);
                let pages = content.pages.values().filter(|page| seqs.contains(&page.seq)).collect();
                (pages, entities.contains(&EntityKey::new(Kind::NotFound, 0)))
            }
        };
        let mut published = match plan {
            Plan::Everything => run.published(page(Kind::Content, 0, 0), last(Kind::Content)).await?,
            Plan::Some { entities, .. } => {
                let keys = seqs(entities, Kind::Content).into_iter().map(|seq| page(Kind::Content, seq, 0));
                run.published_of(&keys.map(|key| (key, key)).collect::<Vec<_>>()).await?
            }
        };
        let mut shown = BTreeSet::new();
        for page in &pages {
            shown.extend(self.seqs_of(&page.facts.featured));
            for body in page.texts.values().filter_map(|text| text.body.as_deref()) {
                shown.extend(
                    self.seqs_of(&crate::rich::products_of(
                        &*self.texts.parse(body, page.facts.name.as_str())?,
                    )),
                );
            }
        }
        if let Some(home) = crate::site::home(&self.loaded.index).filter(|_| not_found) {
            shown.extend(self.seqs_of(&home.facts.featured));
        }
        let deck = self.full_deck(&shown).await?;
        let parts = BTreeMap::new();
        let mut drafts = Vec::new();
        for maker in self.makers(&deck, &parts) {
            for page in &pages {
                drafts.extend(model::content_page(&maker, page)?);
            }
            if not_found {
                drafts.push(model::not_found(&maker)?);
            }
        }
        if not_found {
            published.append(&mut run.published(page(Kind::NotFound, 0, 0), last(Kind::NotFound)).await?);
        }
        run.update(drafts, &published).await
    }

    pub(crate) async fn listings(&self, run: &mut Run, plan: &Plan) -> Result<(), BuildError> {
        let index = &self.loaded.index;
        let wanted: BTreeSet<i64> = match plan {
            Plan::Everything => index.tree().map(|(record, _)| record.seq).collect(),
            Plan::Some { entities, listings, .. } => {
                let moved = seqs(entities, Kind::Product)
                    .into_iter()
                    .filter(|seq| plan.moves(*seq))
                    .flat_map(|seq| index.listed_in(seq).collect::<Vec<_>>());
                let shown = listings.iter().map(|page| page.entity().seq());
                let changed = seqs(entities, Kind::Category);
                // A category that moves takes its products from the categories above its old place as well.
                let all = index.tree().map(|(record, _)| record.seq).filter(|_| !changed.is_empty());
                all.chain(changed.iter().copied()).chain(moved).chain(shown).collect()
            }
        };
        for seq in wanted {
            self.listing(run, plan, seq).await?;
        }
        Ok(())
    }

    /// Pages of categories that are gone: no draft lists them.
    pub(crate) async fn gone_listings(&self, run: &mut Run) -> Result<(), BuildError> {
        let gone = run.published_of(&gaps(Kind::Category, self.loaded.index.category_seqs())).await?;
        run.update(Vec::new(), &gone).await
    }

    /// A category in all editions.
    pub(crate) fn shelf<'b>(&self, record: &'b CategoryRecord) -> Shelf<'b> {
        Shelf::new(self.sites, &self.loaded.index, self.as_of, record)
    }

    /// One category: pages whose order or cards may have changed are compared, the others only counted.
    pub(crate) async fn listing(&self, run: &mut Run, plan: &Plan, seq: i64) -> Result<(), BuildError> {
        let mut published =
            run.published(page(Kind::Category, seq, 0), page(Kind::Category, seq, u16::MAX)).await?;
        let parts = BTreeMap::new();
        let shelf = self.loaded.index.category(seq).map(|record| self.shelf(record));
        let mut work: Vec<(&Site, ListingPage)> = Vec::new();
        for site in self.sites.iter().filter(|site| run.editions.contains_key(&site.number)) {
            for one in shelf.iter().flat_map(|shelf| shelf.pages(site.number)) {
                let slot = (one.page, site.number);
                let known = published.get(&slot).filter(|_| run.trusts(&slot));
                let same = known.is_some_and(|row| row.shape == one.shape);
                run.listings_moved |= !same;
                let skip = match plan {
                    Plan::Everything => false,
                    Plan::Some { entities, listings, .. } => {
                        same && !entities.contains(&one.page.entity()) && !listings.contains(&one.page)
                    }
                };
                if skip {
                    published.remove(&slot);
                    continue;
                }
                work.push((site, one));
            }
        }
        // The editions' pages of a number show much the same products.
        work.sort_by_key(|(_, page)| page.number);
        for batch in work.chunks(BATCH_LISTINGS) {
            let deck = self.deck(&[], &self.shown_on(shelf.as_ref(), batch)?).await?;
            let mut drafts = Vec::with_capacity(batch.len());
            for ((site, page), shelf) in batch.iter().zip(shelf.iter().cycle()) {
                drafts.extend(model::listing_page(&self.maker(site, &deck, &parts), shelf, page)?);
            }
            let rows =
                batch.iter().filter_map(|(site, page)| published.remove_entry(&(page.page, site.number)));
            let rows = rows.collect();
            let todo = run.compare(drafts, &rows);
            self.cards_of(&deck, &todo).await?;
            run.publish(todo, &rows).await?;
        }
        // What is left has no page any more.
        let gone = run.gone.len();
        run.update(Vec::new(), &published).await?;
        run.listings_moved |= run.gone.len() > gone;
        Ok(())
    }

    /// Numbers of the products whose cards some pages of a category show: those listed, and on first pages those
    /// of the introduction.
    fn shown_on(
        &self,
        shelf: Option<&Shelf<'_>>,
        pages: &[(&Site, ListingPage)],
    ) -> Result<BTreeSet<i64>, BuildError> {
        let mut shown: BTreeSet<i64> = pages.iter().flat_map(|(_, page)| page.seqs.iter().copied()).collect();
        let first = pages.iter().any(|(_, page)| page.number == 1);
        for record in shelf.into_iter().filter(|_| first).map(|shelf| shelf.record) {
            for body in record.texts.values().filter_map(|text| text.body.as_deref()) {
                let rich = self.texts.parse(body, record.category.id.as_str())?;
                shown.extend(self.seqs_of(&crate::rich::products_of(&rich)));
            }
        }
        Ok(shown)
    }
}

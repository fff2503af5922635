//! The phases of a build, in the order that never shows a broken link: assets, pages, listings, sitemaps, and
//! deletions last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{Catalog, ProductRecord};
use vitrine_core::{Country, ProductId, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_pictures::{Rendition, Studio};

use crate::build::Renditions;
use crate::build::batch::Run;
use crate::build::load::Loaded;
use crate::cards::{CardCache, CardDeck, CardSet};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::model::{self, Draft, EdgeRedirect, Listing, ListingPage, Maker, ProductShared};
use crate::output::PRIVATE;
use crate::parallel;
use crate::pictures::Pictures;
use crate::plan::{Plan, SHARD_PRODUCTS, SITE_SHARD};
use crate::rich::Texts;
use crate::site::Site;

/// Products of a batch: with ten editions and a page for each, a batch is at most 500 pages.
const BATCH_PRODUCTS: usize = 50;
/// Listing pages of a batch: 480 cards.
const BATCH_LISTINGS: usize = 20;

/// What the phases of a build work with.
pub(crate) struct Work<'a> {
    pub db: &'a Db,
    pub store: &'a StoreId,
    pub loaded: &'a Loaded,
    pub sites: &'a [Site],
    pub selected: &'a BTreeSet<Country>,
    pub texts: &'a Texts,
    pub cards: &'a CardCache,
    pub as_of: Timestamp,
    /// The directory was written by a ledger that is gone.
    pub orphaned: bool,
}

impl Work<'_> {
    /// Theme assets and pictures.
    pub(crate) fn assets(
        &self,
        run: &mut Run<'_>,
        studio: &Studio,
        renditions: &[Rendition],
        when: Renditions,
    ) -> Result<(), BuildError> {
        for asset in self.loaded.context.theme.assets() {
            let key = asset.path.trim_start_matches('/');
            // Its name is a hash of its bytes: what is there is right.
            if !run.output.has(key) {
                run.output.put(key, &asset.bytes)?;
                run.tally.note_path(&asset.path);
            }
            run.keys.insert(key.to_owned());
        }
        let missing: Vec<Rendition> =
            renditions.iter().filter(|one| !run.output.has(&one.path())).copied().collect();
        if when == Renditions::Wait && !missing.is_empty() {
            parallel::off_the_runtime(|| studio.ensure(&missing, &mut |_, _| {}))?;
            for rendition in &missing {
                run.output.link(&rendition.path(), &studio.file(rendition))?;
            }
        }
        run.keys.extend(renditions.iter().map(Rendition::path));
        Ok(())
    }

    /// Pages, listings, sitemaps, and deletions.
    pub(crate) async fn run(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        self.products(run, plan).await?;
        self.content(run, plan).await?;
        self.listings(run, plan).await?;
        let edge = self.redirects(run).await?;
        self.sitemaps(run, plan).await?;
        self.site_files(run, plan).await?;
        run.delete_gone().await?;
        self.private_files(run, &edge)?;
        if self.orphaned {
            self.clear_leftovers(run).await?;
        }
        Ok(())
    }

    async fn products(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        match plan {
            Plan::Everything => {
                let seqs: Vec<i64> = self.loaded.index.product_seqs().collect();
                let mut first = 0;
                for batch in seqs.chunks(BATCH_PRODUCTS) {
                    let last = batch.last().copied().unwrap_or(first);
                    let after = batch.first().copied().unwrap_or_default() - 1;
                    let records = Catalog::products(self.db, self.store, after, batch.len()).await?;
                    self.product_batch(run, records, &[(first, last)]).await?;
                    first = last + 1;
                }
                // Whatever the ledger has behind the last product is gone.
                self.product_batch(run, Vec::new(), &[(first, i64::MAX >> 24)]).await
            }
            Plan::Some { entities, .. } => {
                let seqs: Vec<i64> = seqs(entities, Kind::Product);
                for batch in seqs.chunks(BATCH_PRODUCTS) {
                    let records = Catalog::products_by_seq(self.db, self.store, batch).await?;
                    let ranges: Vec<(i64, i64)> = batch.iter().map(|seq| (*seq, *seq)).collect();
                    self.product_batch(run, records, &ranges).await?;
                }
                Ok(())
            }
        }
    }

    async fn product_batch(
        &self,
        run: &mut Run<'_>,
        records: Vec<ProductRecord>,
        ranges: &[(i64, i64)],
    ) -> Result<(), BuildError> {
        let mut published = BTreeMap::new();
        for (first, last) in ranges {
            published.append(
                &mut run
                    .published(page(Kind::Product, *first, 0), page(Kind::Product, *last, u16::MAX))
                    .await?,
            );
        }
        let deck = self.deck(&records, &self.shown_by(&records)?).await?;
        let parts = self.parts(&records).await?;
        let drafts = parallel::off_the_runtime(|| {
            parallel::map(
                run.threads,
                &records,
                || (),
                |(), record| self.product_drafts(record, &deck, &parts),
            )
        });
        let mut all = Vec::new();
        for drafts in drafts {
            all.append(&mut drafts?);
        }
        run.publish(all, &published).await
    }

    fn product_drafts<'b>(
        &'b self,
        record: &'b ProductRecord,
        deck: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> Result<Vec<Draft<'b>>, BuildError> {
        let Some(first) = self.sites.first() else { return Ok(Vec::new()) };
        let maker = self.maker(first, deck, parts);
        let shared: Vec<(&Site, ProductShared<'_>)> = self
            .sites
            .iter()
            .filter_map(|site| Some((site, ProductShared::new(&maker.for_site(site), record)?)))
            .collect();
        let path_in = |other: Maker<'_>| {
            let found = shared.iter().find(|(site, _)| site.number == other.site.number);
            found.map(|(_, shared)| shared.path.clone())
        };
        let alternates = maker.alternates(None, path_in)?;
        let mut drafts = Vec::new();
        for (site, shared) in shared.iter().filter(|(site, _)| self.selected.contains(&site.edition.country))
        {
            drafts.append(&mut model::product_pages(&maker.for_site(site), shared, &alternates)?);
        }
        Ok(drafts)
    }

    /// Numbers of the products whose cards the pages of some products show.
    fn shown_by(&self, records: &[ProductRecord]) -> Result<BTreeSet<i64>, BuildError> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for record in records {
            ids.extend(record.product.related.iter().map(ToString::to_string));
            for body in record.texts.iter().filter_map(|layer| layer.text.body.as_deref()) {
                ids.extend(crate::rich::products_of(&*self.texts.parse(body, record.product.id.as_str())?));
            }
        }
        Ok(self.seqs_of(&ids))
    }

    fn seqs_of<'s>(&self, ids: impl IntoIterator<Item = &'s String>) -> BTreeSet<i64> {
        let ids = ids.into_iter().filter_map(|id| ProductId::try_new(id).ok());
        ids.filter_map(|id| self.loaded.index.seq_of(&id)).collect()
    }

    /// The cards of a batch: of its own products, freshly made, and of others that its pages show.
    async fn deck(&self, records: &[ProductRecord], others: &BTreeSet<i64>) -> Result<CardDeck, BuildError> {
        let mut deck = CardDeck::default();
        self.make_cards(records, &mut deck)?;
        let mut missing = Vec::new();
        for seq in others.iter().filter(|seq| !deck.has(**seq)).copied().collect::<Vec<_>>() {
            match self.cards.get(seq, self.as_of) {
                Some(set) => deck.insert(seq, set),
                None => missing.push(seq),
            }
        }
        for batch in missing.chunks(500) {
            let records = Catalog::products_by_seq(self.db, self.store, batch).await?;
            self.make_cards(&records, &mut deck)?;
        }
        Ok(deck)
    }

    fn make_cards(&self, records: &[ProductRecord], deck: &mut CardDeck) -> Result<(), BuildError> {
        let make = || parallel::map(available(), records, || (), |(), record| self.card_set(record));
        let sets = if records.len() > 1 { parallel::off_the_runtime(make) } else { make() };
        for (record, set) in records.iter().zip(sets) {
            let set = Arc::new(set?);
            self.cards.insert(record.seq, Arc::clone(&set));
            deck.insert(record.seq, set);
        }
        Ok(())
    }

    fn card_set(&self, record: &ProductRecord) -> Result<CardSet, BuildError> {
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let mut set = CardSet { cards: BTreeMap::new(), as_of: self.as_of, valid_until: None };
        for site in self.sites {
            let maker = self.maker(site, &deck, &parts);
            if let Some(shared) = ProductShared::new(&maker, record) {
                set.cards.insert(site.number, model::card(&maker, &shared)?);
                set.valid_until = set.valid_until.into_iter().chain(shared.valid_until()).min();
            }
        }
        Ok(set)
    }

    /// The products that bundles of the batch consist of.
    async fn parts(&self, records: &[ProductRecord]) -> Result<BTreeMap<i64, ProductRecord>, BuildError> {
        let variants = records.iter().flat_map(|record| &record.product.variants);
        let seqs: BTreeSet<i64> = variants
            .flat_map(|variant| &variant.parts)
            .filter_map(|part| self.loaded.index.seq_of_sku(&part.sku))
            .collect();
        if seqs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let seqs: Vec<i64> = seqs.into_iter().collect();
        let records = Catalog::products_by_seq(self.db, self.store, &seqs).await?;
        Ok(records.into_iter().map(|record| (record.seq, record)).collect())
    }

    async fn content(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
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
                let mut published = BTreeMap::new();
                for seq in seqs(entities, Kind::Content) {
                    let key = page(Kind::Content, seq, 0);
                    published.append(&mut run.published(key, key).await?);
                }
                published
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
        let deck = self.deck(&[], &shown).await?;
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
        run.publish(drafts, &published).await
    }

    async fn listings(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        let index = &self.loaded.index;
        let wanted: BTreeSet<i64> = match plan {
            Plan::Everything => index.tree().map(|(record, _)| record.seq).collect(),
            Plan::Some { entities, listings } => {
                let moved = seqs(entities, Kind::Product)
                    .into_iter()
                    .flat_map(|seq| index.listed_in(seq).collect::<Vec<_>>());
                let shown = listings.iter().map(|page| page.entity().seq());
                seqs(entities, Kind::Category).into_iter().chain(moved).chain(shown).collect()
            }
        };
        for seq in wanted {
            self.listing(run, plan, seq).await?;
        }
        if *plan == Plan::Everything {
            // Categories that are gone: their pages are listed by no draft.
            let published = run.published(page(Kind::Category, 0, 0), last(Kind::Category)).await?;
            let gone =
                published.into_iter().filter(|((key, _), _)| index.category(key.entity().seq()).is_none());
            run.publish(Vec::new(), &gone.collect()).await?;
        }
        Ok(())
    }

    /// One category: pages whose order or cards may have changed are compared, the others only counted.
    async fn listing(&self, run: &mut Run<'_>, plan: &Plan, seq: i64) -> Result<(), BuildError> {
        let mut published =
            run.published(page(Kind::Category, seq, 0), page(Kind::Category, seq, u16::MAX)).await?;
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let record = self.loaded.index.category(seq);
        let mut work: Vec<(&Site, Arc<Listing<'_>>, ListingPage)> = Vec::new();
        for maker in self.makers(&deck, &parts) {
            let Some(listing) = record.and_then(|record| Listing::new(&maker, record)).map(Arc::new) else {
                continue;
            };
            for one in listing.pages() {
                let slot = (one.page, maker.site.number);
                let same = published.get(&slot).is_some_and(|row| row.shape == one.shape);
                let skip = match plan {
                    Plan::Everything => false,
                    Plan::Some { entities, listings } => {
                        same && !entities.contains(&one.page.entity()) && !listings.contains(&one.page)
                    }
                };
                if skip {
                    published.remove(&slot);
                    continue;
                }
                work.push((maker.site, Arc::clone(&listing), one));
            }
        }
        for batch in work.chunks(BATCH_LISTINGS) {
            let shown: BTreeSet<i64> =
                batch.iter().flat_map(|(_, _, page)| page.seqs.iter().copied()).collect();
            let deck = self.deck(&[], &shown).await?;
            let mut drafts = Vec::with_capacity(batch.len());
            for (site, listing, page) in batch {
                drafts.extend(model::listing_page(&self.maker(site, &deck, &parts), listing, page)?);
            }
            let rows =
                batch.iter().filter_map(|(site, _, page)| published.remove_entry(&(page.page, site.number)));
            let rows = rows.collect();
            run.publish(drafts, &rows).await?;
        }
        // What is left has no page any more.
        run.publish(Vec::new(), &published).await
    }

    async fn redirects(&self, run: &mut Run<'_>) -> Result<Vec<EdgeRedirect>, BuildError> {
        let published = run.published(page(Kind::Redirect, 0, 0), last(Kind::Redirect)).await?;
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let live = self.live_paths(&deck, &parts);
        let mut drafts = Vec::new();
        let mut edge = Vec::new();
        for redirect in &self.loaded.redirects {
            // The table of the edge is whole also when only some countries are built.
            for site in self.sites {
                let maker = self.maker(site, &deck, &parts);
                if let Some((draft, entries)) = model::redirect(&maker, redirect, &live)? {
                    edge.extend(entries);
                    if self.selected.contains(&site.edition.country) {
                        drafts.push(draft);
                    }
                }
            }
        }
        run.publish(drafts, &published).await?;
        edge.sort();
        Ok(edge)
    }

    /// Paths of the pages that stand where redirects begin.
    fn live_paths(&self, deck: &CardDeck, parts: &BTreeMap<i64, ProductRecord>) -> BTreeSet<String> {
        if self.loaded.redirects.is_empty() {
            return BTreeSet::new();
        }
        let index = &self.loaded.index;
        let old: BTreeSet<&str> = self
            .loaded
            .redirects
            .iter()
            .filter_map(|redirect| redirect.path.trim_matches('/').rsplit('/').next())
            .collect();
        let mut live = BTreeSet::new();
        for site in self.sites {
            let maker = self.maker(site, deck, parts);
            // Only products whose slug some redirect begins with can be in the way.
            let products = index.product_seqs().filter(|seq| {
                index
                    .product(*seq)
                    .is_some_and(|outline| outline.slugs.values().any(|slug| old.contains(slug.as_str())))
            });
            live.extend(products.filter_map(|seq| maker.view.product_path(seq)));
            live.extend(index.tree().filter_map(|(record, _)| maker.view.category_path(record)));
            live.extend(index.content().pages.values().filter_map(|page| maker.content_path(page)));
        }
        live
    }

    async fn sitemaps(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        let shards: BTreeSet<i64> = match plan {
            Plan::Everything => {
                let products = self.loaded.index.product_seqs().map(|seq| 1 + seq / SHARD_PRODUCTS);
                let known = run.published(page(Kind::Sitemap, 0, 0), last(Kind::Sitemap)).await?;
                products.chain(known.keys().map(|(key, _)| key.entity().seq())).chain([SITE_SHARD]).collect()
            }
            Plan::Some { entities, .. } => seqs(entities, Kind::Sitemap).into_iter().collect(),
        };
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        for shard in &shards {
            let key = page(Kind::Sitemap, *shard, 0);
            let published = run.published(key, key).await?;
            let after = (shard - 1) * SHARD_PRODUCTS - 1;
            let limit = usize::try_from(SHARD_PRODUCTS).unwrap_or_default();
            let mut records = match *shard {
                SITE_SHARD => Vec::new(),
                _ => Catalog::products(self.db, self.store, after, limit).await?,
            };
            records.retain(|record| record.seq < shard * SHARD_PRODUCTS);
            let drafts = self.makers(&deck, &parts).filter_map(|maker| match *shard {
                SITE_SHARD => Some(model::site_shard(&maker)),
                shard => model::product_shard(&maker, shard, &records),
            });
            run.publish(drafts.collect(), &published).await?;
        }
        if !shards.is_empty() {
            let published = run.published(page(Kind::SitemapIndex, 0, 0), last(Kind::SitemapIndex)).await?;
            let drafts = self.makers(&deck, &parts).map(|maker| model::sitemap_index(&maker)).collect();
            run.publish(drafts, &published).await?;
        }
        Ok(())
    }

    /// Chooser, manifest and robots: they change with the site only.
    async fn site_files(&self, run: &mut Run<'_>, plan: &Plan) -> Result<(), BuildError> {
        if *plan != Plan::Everything {
            return Ok(());
        }
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        for kind in [Kind::Chooser, Kind::Manifest, Kind::Robots] {
            let published = run.published(page(kind, 0, 0), last(kind)).await?;
            let mut drafts = Vec::new();
            for maker in self.makers(&deck, &parts) {
                match kind {
                    Kind::Manifest => drafts.push(model::manifest(&maker)),
                    _ if !model::keeps_root(&maker) => {}
                    Kind::Chooser => drafts.push(model::chooser(&maker)?),
                    _ => drafts.push(model::robots(&maker)),
                }
            }
            run.publish(drafts, &published).await?;
        }
        Ok(())
    }

    /// What a server must know of the site.
    fn private_files(&self, run: &mut Run<'_>, edge: &[EdgeRedirect]) -> Result<(), BuildError> {
        let editions: Vec<serde_json::Value> = self
            .sites
            .iter()
            .map(|site| {
                serde_json::json!({
                    "country": site.edition.country,
                    "country_name": site.words.country(site.edition.country),
                    "locale": site.edition.locale,
                    "language": crate::site::endonym(&site.edition.locale),
                    "origin": site.edition.origin,
                    "path": site.edition.path,
                })
            })
            .collect();
        let site = serde_json::json!({ "store": self.store, "editions": editions });
        run.output.put(&format!("{PRIVATE}/site.json"), site.to_string().as_bytes())?;
        let edge = serde_json::to_vec(edge).map_err(|_| BuildError::State("redirect without a JSON form"))?;
        run.output.put(&format!("{PRIVATE}/redirects.json"), &edge)
    }

    /// Removes what a lost ledger has left in the directory.
    async fn clear_leftovers(&self, run: &mut Run<'_>) -> Result<(), BuildError> {
        let rows = run.published(PageKey::from_raw(0), PageKey::from_raw(i64::MAX)).await?;
        let mut keep: BTreeSet<String> = rows.values().map(|row| crate::output::key_of(&row.path)).collect();
        keep.append(&mut run.keys);
        run.output.keep_only(&keep)
    }

    fn maker<'b>(
        &'b self,
        site: &'b Site,
        cards: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> Maker<'b> {
        Maker {
            context: &self.loaded.context,
            site,
            sites: self.sites,
            view: site.view(&self.loaded.index, self.as_of),
            pictures: Pictures::new(self.loaded.index.content()),
            texts: self.texts,
            cards,
            parts,
            as_of: self.as_of,
        }
    }

    /// A maker for each edition that is built.
    fn makers<'b>(
        &'b self,
        cards: &'b CardDeck,
        parts: &'b BTreeMap<i64, ProductRecord>,
    ) -> impl Iterator<Item = Maker<'b>> {
        let selected = self.sites.iter().filter(|site| self.selected.contains(&site.edition.country));
        selected.map(move |site| self.maker(site, cards, parts))
    }
}

fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn page(kind: Kind, seq: i64, sub: u16) -> PageKey {
    EntityKey::new(kind, seq).page_at(sub)
}

fn last(kind: Kind) -> PageKey {
    page(kind, i64::MAX >> 24, u16::MAX)
}

fn seqs(entities: &BTreeSet<EntityKey>, kind: Kind) -> Vec<i64> {
    entities.iter().filter(|entity| entity.kind() == Some(kind)).map(|entity| entity.seq()).collect()
}

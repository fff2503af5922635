//! The phases of files beside pages: assets, old addresses, sitemaps, chooser, manifest and robots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use vitrine_catalog::Catalog;

use crate::build::batch::Run;
use crate::build::phases::{Work, last, page, seqs};
use crate::cards::CardDeck;
use crate::error::BuildError;
use crate::key::Kind;
use crate::model::{self, EdgeRedirect, ProductShard, Shelf};
use crate::plan::{Plan, SHARD_PRODUCTS, SITE_SHARD};

/// Sitemaps that are in memory together: with pictures and twenty alternates each is up to 2 MB.
const SHARDS_AT_ONCE: usize = 4;

impl Work<'_> {
    pub(crate) async fn redirects(&self, run: &mut Run) -> Result<Vec<EdgeRedirect>, BuildError> {
        let published = run.published(page(Kind::Redirect, 0, 0), last(Kind::Redirect)).await?;
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        let mut taken = self.live_paths();
        let mut drafts = Vec::new();
        let mut edge = Vec::new();
        for redirect in &self.loaded.redirects {
            // The table of the edge is whole also when only some countries are built.
            for site in self.sites {
                let maker = self.maker(site, &deck, &parts);
                if let Some((draft, entries)) = model::redirect(&maker, redirect, &taken)? {
                    // What a file states comes before what a rename left at the same address.
                    taken.insert(draft.path.clone());
                    edge.extend(entries);
                    if self.selected.contains(&site.edition.country) {
                        drafts.push(draft);
                    }
                }
            }
        }
        run.update(drafts, &published).await?;
        edge.sort();
        Ok(edge)
    }

    /// Paths of the pages that stand where redirects begin.
    fn live_paths(&self) -> BTreeSet<String> {
        if self.loaded.redirects.is_empty() {
            return BTreeSet::new();
        }
        let index = &self.loaded.index;
        // Only what has a slug that some redirect names can be in the way.
        let old: BTreeSet<&str> =
            self.loaded.redirects.iter().flat_map(|redirect| redirect.path.split('/')).collect();
        let products: Vec<i64> = index
            .product_seqs()
            .filter(|seq| {
                let slugs = index.product(*seq).map(|outline| outline.slugs.iter());
                slugs.into_iter().flatten().any(|(_, slug)| old.contains(slug.as_str()))
            })
            .collect();
        let categories = index.tree().map(|(record, _)| record).filter(|record| {
            record
                .texts
                .values()
                .filter_map(|text| text.slug.as_ref())
                .any(|slug| old.contains(slug.as_str()))
        });
        let shelves: Vec<Shelf<'_>> = categories.map(|record| self.shelf(record)).collect();
        let mut live = BTreeSet::from(["/".to_owned(), "/robots.txt".to_owned()]);
        for site in self.sites {
            let view = site.view(index, self.as_of);
            for seq in &products {
                live.extend(view.product_path(*seq));
                live.extend(view.variant_pages(*seq).into_iter().map(|(_, path)| path));
            }
            for shelf in &shelves {
                let pages = shelf.pages(site.number).into_iter();
                live.extend(pages.filter_map(|page| shelf.path_at(site.number, page.number)));
            }
            live.extend(index.content().pages.values().filter_map(|page| view.page_path(page)));
            let files = ["404.html", "manifest.webmanifest", "sitemap.xml"];
            live.extend(files.map(|file| format!("{}{file}", site.edition.path)));
        }
        live
    }

    pub(crate) async fn sitemaps(&self, run: &mut Run, plan: &Plan) -> Result<(), BuildError> {
        let mut shards: BTreeSet<i64> = match plan {
            Plan::Everything => {
                let products = self.loaded.index.product_seqs().map(|seq| 1 + seq / SHARD_PRODUCTS);
                let known = run.published(page(Kind::Sitemap, 0, 0), last(Kind::Sitemap)).await?;
                products.chain(known.keys().map(|(key, _)| key.entity().seq())).chain([SITE_SHARD]).collect()
            }
            Plan::Some { entities, .. } => seqs(entities, Kind::Sitemap).into_iter().collect(),
        };
        shards.extend(run.listings_moved.then_some(SITE_SHARD));
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        for shard in &shards {
            let key = page(Kind::Sitemap, *shard, 0);
            let published = run.published(key, key).await?;
            if *shard == SITE_SHARD {
                let shelves: Vec<Shelf<'_>> =
                    self.loaded.index.tree().map(|(record, _)| self.shelf(record)).collect();
                let drafts = self.makers(&deck, &parts).map(|maker| model::site_shard(&maker, &shelves));
                run.update(drafts.collect(), &published).await?;
                continue;
            }
            let products = ProductShard::new(self.sites, &self.loaded.index, self.as_of, *shard);
            let pictures = OnceLock::new();
            let drafts = self.makers(&deck, &parts).filter_map(|maker| products.draft(&maker, &pictures));
            let mut todo = run.compare(drafts.collect(), &published);
            if !todo.is_empty() {
                let read = Catalog::media(self.db, self.store, ProductShard::range(*shard)).await?;
                pictures.get_or_init(|| read);
            }
            while !todo.is_empty() {
                let rest = todo.split_off(todo.len().min(SHARDS_AT_ONCE));
                run.publish(std::mem::replace(&mut todo, rest), &published).await?;
            }
        }
        if !shards.is_empty() || plan.names(Kind::SitemapIndex) {
            let published = run.published(page(Kind::SitemapIndex, 0, 0), last(Kind::SitemapIndex)).await?;
            let drafts = self.makers(&deck, &parts).map(|maker| model::sitemap_index(&maker)).collect();
            run.update(drafts, &published).await?;
        }
        Ok(())
    }

    /// Chooser, manifest and robots: they change with the site, and the chooser with the home page.
    pub(crate) async fn site_files(&self, run: &mut Run, plan: &Plan) -> Result<(), BuildError> {
        let (deck, parts) = (CardDeck::default(), BTreeMap::new());
        for kind in [Kind::Chooser, Kind::Manifest, Kind::Robots] {
            if !plan.names(kind) {
                continue;
            }
            let published = run.published(page(kind, 0, 0), last(kind)).await?;
            let mut drafts = Vec::new();
            for maker in self.makers(&deck, &parts) {
                match kind {
                    Kind::Manifest => drafts.push(model::manifest(&maker)),
                    _ if !model::keeps_root(&maker) => {}
                    Kind::Chooser => drafts.extend(model::chooser(&maker)?),
                    _ => drafts.push(model::robots(&maker)),
                }
            }
            run.update(drafts, &published).await?;
        }
        Ok(())
    }
}
